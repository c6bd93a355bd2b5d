-- RequestExpired and RequestInTheFuture were no clock's errors, and STS was
-- signed for by a clock that nobody set: no role could be assumed.

local clients = require "spec.support.clients"
local endpoint = require "spec.support.endpoint"
local scene = require "spec.support.scene"

local DAY = 86400
local ROLE = "[default]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n"
local BASE = "[base]\naws_access_key_id = AKIDFIRST\naws_secret_access_key = s3cr3t/first+key\n"

local function date(seconds)
  return os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + seconds)
end

describe("a clock that is off is set", function()
  local server = endpoint.during {
    setup = setup, teardown = teardown, before_each = before_each,
  }

  after_each(clients.close_all)

  for code, off in pairs { RequestExpired = DAY, RequestInTheFuture = -DAY,
    RequestTimeTooSkewed = DAY } do
    it("by " .. code .. " of the service", function()
      for _, body in ipairs { '{"code":"' .. code .. '","message":"x"}',
        "<Error><Code>" .. code .. "</Code><Message>x</Message></Error>" } do
        server:reset()
        server:play {
          { status = 403, body = body, headers = { Date = date(off) }, verify = false, times = 1 },
          { recording = "initiate_job/success", headers = { Date = date(off) }, verify = false },
        }
        local client = clients.new(server, { reconcile = false })
        assert(client:initiate_job { vaultName = "v" })
        assert.is_true(math.abs(client.clock.offset - off) < 60)
        assert.equal(2, #server:requests())
      end
    end)

    it("not by " .. code .. " of a service whose clock is ours", function()
      server:play { status = 403, body = '{"code":"' .. code .. '"}', verify = false,
        headers = { Date = date(0) } }
      local result, err = clients.new(server):initiate_job { vaultName = "v" }
      assert.is_nil(result)
      assert.equal(code, err.code)
      assert.equal(1, #server:requests())
    end)
  end

  local function signed_at(request)
    local year, month, day, hour, minute, second = request:header("x-amz-date"):match(
      "^(%d%d%d%d)(%d%d)(%d%d)T(%d%d)(%d%d)(%d%d)Z$")
    return os.time({ year = year, month = month, day = day, hour = hour, min = minute,
      sec = second, isdst = false }) + os.time() - os.time(os.date("!*t"))
  end

  for code, off in pairs { SignatureDoesNotMatch = DAY, RequestExpired = -DAY } do
    it("by " .. code .. " of STS, which is asked once more", function()
      local events = {}
      local current = scene.new(server, { config = ROLE, credentials = BASE, play = {
        scene.sts_error(403, code, "Signature expired",
          { headers = { Date = date(off) }, verify = false }),
        scene.sts(scene.sts_body("role", off + 3600), { verify = false }),
        { recording = "initiate_job/success", verify = false, headers = { Date = date(off) } },
      } })
      local client = current:client { logger = function(event)
        events[#events + 1] = event.event == "clock" and event.offset or nil
      end }
      local result, err = current:call(client)
      assert.is_nil(err and tostring(err))
      assert.is_string(result.jobId)
      local requests = server:requests()
      current:close()
      assert.equal(3, #requests)
      assert.equal(1, #events)
      assert.is_true(math.abs(events[1] - off) < 60)
      for index, expected in ipairs { 0, off, off } do
        assert.is_true(math.abs(signed_at(requests[index]) - os.time() - expected) < 120, index)
      end
    end)
  end

  it("by STS once, and not where it is our key that is wrong", function()
    for _, case in ipairs { { DAY, 2 }, { 0, 1 }, { 200, 1 } } do
      local current = scene.new(server, { config = ROLE, credentials = BASE, play = {
        scene.sts_error(403, "SignatureDoesNotMatch", "x",
          { headers = { Date = date(case[1]) }, verify = false, times = 9 }),
      } })
      local result, err = current:call()
      assert.is_nil(result)
      assert.truthy(err.message:find("(SignatureDoesNotMatch)", 1, true), err.message)
      assert.equal(case[2], #server:requests())
      current:close()
    end
  end)
end)
