-- Modules were required at the first call that needed them: hosts, the
-- transport, the runner of programs. Behind a chroot, or a change of folder,
-- they were not found.

local endpoint = require "spec.support.endpoint"
local shell = require "spec.support.shell"

local PRELUDE = [[
local glacier = require "glacier"
-- luv makes this program one of another host, later.
package.path = ""
local has_luv = %s and pcall(require, "luv")
package.cpath = ""
local before = {}
for name in pairs(package.loaded) do
  before[name] = true
end
local function call(options)
  options.region, options.max_attempts = "us-west-2", 1
  local client = assert(glacier.client(options))
  local response = assert(client:initiate_job { vaultName = "v",
    jobParameters = { Type = "inventory-retrieval" } })
  assert(type(response.jobId) == "string")
  return client
end
]]

local END = [[
for name in pairs(package.loaded) do
  assert(before[name], name .. " was loaded late")
end
print "all was there"]]

describe("when nothing more can be loaded", function()
  local server, home

  setup(function()
    server = endpoint.start()
    home = shell.folder()
    shell.check("mkdir " .. home .. "/.aws")
    local file = assert(io.open(home .. "/.aws/config", "wb"))
    file:write("[profile program]\ncredential_process = echo '{\"Version\":1,",
      '"AccessKeyId":"AKIDEXAMPLE",',
      '"SecretAccessKey":"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}\'\n')
    file:close()
  end)

  teardown(function()
    server:stop()
    shell.remove(home)
  end)

  local function run(script, with_luv)
    local text = PRELUDE:format(tostring(with_luv or false)) .. script .. "\n" .. END
    server:reset()
    server:play({ "initiate_job/success" }, { repeat_last = true })
    local output, status = shell.run(("%sHOME=%s %s -e %s"):format(shell.environment(server),
      home, shell.interpreter, shell.quote(text)))
    assert.equal(0, status, output)
    assert.truthy(output:find "all was there\n$", output)
  end

  it("a client is made and calls", function()
    run 'assert(call({}).transport.host.name == "blocking")'
  end)

  it("a client's credentials come from a program", function()
    run 'call { profile = "program" }'
  end)

  it("the default client is made, and tasks are spawned", function()
    run [[
      assert(glacier.spawn(function()
        return assert(glacier.initiate_job { vaultName = "v" }).jobId
      end):wait())]]
  end)

  it("a program becomes one of luv's", function()
    run([[
      if has_luv then
        assert(call({}).transport.host.name == "luv")
        assert(glacier.spawn(call, {}):wait())
      end]], true)
  end)

  it("each host that is not there says so", function()
    run [[
      for _, name in ipairs { "openresty", "openresty-cosocket", "love", "haproxy", "luv" } do
        local client, err = glacier.client { region = "us-west-2", host = name }
        assert(client == nil and err.kind == "config", name)
      end]]
  end)
end)

describe("where libcurl's module cannot be loaded", function()
  local WITHOUT = [[
    package.preload["glacier.core.http"] = function() error("no libcurl here", 0) end
    local glacier = require "glacier"
    ]]

  local function run(script)
    local output, status = shell.run(("%s%s -e %s"):format(shell.environment(),
      shell.interpreter, shell.quote(WITHOUT .. script)))
    assert.equal(0, status, output)
    return output
  end

  for _, host in ipairs { '"auto"', '"blocking"', "{ wait = print, sleep = print, now = os.time }" } do
    it("a client of the host " .. host .. " is refused, and why", function()
      local output = run(('print(select(2, glacier.client { region = "us-west-2", host = %s }))')
        :format(host))
      assert.truthy(output:find("no libcurl here", 1, true), output)
    end)
  end

  it("a task runs at once", function()
    assert.truthy(run("print(glacier.spawn(function() return 'ran' end):wait())"):find "^ran\n")
  end)
end)
