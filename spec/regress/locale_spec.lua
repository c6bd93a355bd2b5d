-- The host's locale was believed: where its decimal point is a comma JSON was
-- no JSON, under tr_TR variables with an "I" were passed over, and under
-- ISO-8859-1 bytes of names were control characters. All must be as in C.

local endpoint = require "spec.support.endpoint"
local locales = require "spec.support.locales"
local shell = require "spec.support.shell"

local reason = locales.missing()
if reason then
  pending(reason)
  return
end

local JOBS = '{"JobList":[{"InventorySizeInBytes":12345678901234,"Completed":true,"JobId":"J"}]}'
local ERROR = '{"code":"LimitExceededException","n":1,"message":"no I","m":0.5,"type":"Client"}'
local PROCESS = '{"Version":1,"AccessKeyId":"AKIDEXAMPLE","n":0.5,"SecretAccessKey":'
  .. '"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}'

-- When the locale is set: before the module is loaded, after it, between cjson
-- and the module, or before both and back to C after.
local ORDERS = { "before", "after", "between", "back" }

describe("under every locale", function()
  local server, made, folder, expected

  local function run(order, locale)
    local json = { verify = false, status = 200, headers = { { "Content-Type", "application/json" } } }
    local function answer(status, body)
      local entry = {}
      for name, value in pairs(json) do
        entry[name] = value
      end
      entry.status, entry.body = status, body
      return entry
    end
    server:reset()
    server:play { answer(200, JOBS), answer(400, ERROR), answer(200, JOBS) }
    local output, status = shell.run(("%s%sHOME=%s AWS_ENDPOINT_URL_GLACIER=%s "
      .. "AWS_EC2_METADATA_DISABLED=true %s spec/support/locale_program.lua %s %s %s"):format(
      shell.environment(), made:environment(), folder, server.url, shell.interpreter, order,
      locale, server.url))
    assert.equal(0, status, output)
    return output
  end

  setup(function()
    server = endpoint.start()
    made = locales.new()
    folder = shell.folder()
    shell.check("mkdir " .. folder .. "/.aws")
    local file = assert(io.open(folder .. "/.aws/config", "wb"))
    file:write("[profile work]\nCREDENTIAL_PROCESS = echo '", PROCESS, "'\nREGION = us-west-2\n")
    file:close()
    expected = run("before", "C")
  end)

  teardown(function()
    server:stop()
    made:remove()
    shell.remove(folder)
  end)

  it("(in C, to begin with) all is read right", function()
    for _, line in ipairs {
      "endpoint\ttrue", "list_jobs\tnil\t12345678901234\ttrue\tJ",
      "error\tnil\tLimitExceededException\tno I\tnil", "process\t1\tnil",
      "ca_bundle\ttrue\tnil", "control\tnil\tOption 'ca_bundle' holds a control character",
      "letters I\ti\tI", "letters \221\t\221\t\221", "sorted\tA Z a b \228",
      "time\t1853172529496064/1048576\t1853166867447808/1048576", "number 0.5,1\t524288/1048576\t1",
      "number 12345678901234\t12345678901234\tnil", "number -1.5e-3,2\t-1573/1048576\t2",
      "wrong [1 5]\ttrue", "imds\t524288/1048576", "shown\t-0.5\t12\ttrue", "proxy\t",
      "profile\t\195\156\ti", "value: 1.5, type: number", "cjson\ttrue\t1000\ttrue",
    } do
      assert.truthy(expected:find(line, 1, true), line .. " is not in:\n" .. expected)
    end
  end)

  for _, locale in ipairs(locales.NAMES) do
    for _, order in ipairs(ORDERS) do
      it(("such as %s, set %s, it is the same"):format(locale, order), function()
        assert.equal(expected, run(order, locale))
      end)
    end
  end
end)
