-- The ends of credentials were read less well than StartDate and EndDate are
-- judged: without seconds, or with an offset of hours alone, they were no times.
-- Milliseconds, as JavaScript has them, were seconds.

local container = require "glacier.credentials.container"
local blocking = require "glacier.host.blocking"
local credentials_of = require "glacier.credentials"
local imds = require "glacier.credentials.imds"
local remote = require "spec.support.remote"
local rules = require "glacier.call.rules"
local sts = require "glacier.credentials.sts"
local scene = require "spec.support.scene"
local sigv4 = require "glacier.core.sigv4"
local sso = require "glacier.credentials.sso"
local support = require "spec.support.sso"
local timestamp = require "glacier.timestamp"

-- By `date -u -d TEXT +%s`.
local FORMS = {
  { "2099-01-01T10:00Z", 4070944800 },
  { "2099-01-01T10:00:00+00", 4070944800 },
  { "2099-01-01T10:00", 4070944800 },
  { "2099-01-01T10:00:00,5Z", 4070944800.5 },
  { "2099-01-01T12:30+0230", 4070944800 },
  { "2099-01-01T05:00:00-05", 4070944800 },
  { "20990101T1000Z", 4070944800 },
  { "20990101T100000+0000", 4070944800 },
  { "2099-01-01", 4070908800 },
  { "20990101", 4070908800 },
  { "2098-12-31T24:00Z", 4070908800 },
}

-- Answers to each request in turn.
local function context_of(environment, ...)
  local context = remote.context { environment = environment }
  local bodies, sent = { ... }, 0
  function context.send()
    sent = sent + 1
    return { status = 200, reason = "OK", headers = {}, body = bodies[sent] }
  end
  return context
end

local BODY = '{"AccessKeyId":"AKID","SecretAccessKey":"s3cr3t","Token":"s3cr3t","Expiration":%s}'

local function of_container(value)
  return container.load(context_of({ AWS_CONTAINER_CREDENTIALS_FULL_URI = "http://127.0.0.1:1" },
    BODY:format(value)))
end

local function of_instance(value)
  return imds.load(context_of({}, "s3cr3t", "role", BODY:format(value)))
end

local function of_sts(text)
  local context = context_of({}, (scene.sts_body("role"):gsub("<Expiration>[^<]*",
    "<Expiration>" .. text)))
  context.client, context.signer, context.region = context, sigv4.signer(), "us-west-2"
  return sts.assume(context, {
    action = "AssumeRole", parameters = {}, order = {}, source = "spec",
    identity = sigv4.credentials("AKID", "s3cr3t"),
  })
end

-- When a function's credentials are renewed: not before 15 minutes are left.
local function is_renewed(expiration, now)
  local asked = 0
  local credentials = credentials_of.new({
    now = function() return now end,
    options = { credentials = function()
      asked = asked + 1
      return { access_key_id = "A", secret_access_key = "s3cr3t", expiration = expiration }
    end },
  }, { host = blocking, is_closed = function() return false end })
  assert(credentials:get({}))
  assert(credentials:get({}))
  return asked == 2
end

describe("an end of credentials is read as", function()
  for _, form in ipairs(FORMS) do
    it(form[1], function()
      local text, epoch = form[1], form[2]
      assert.is_nil(rules.date(text))
      assert.equal(epoch, timestamp.parse(text))
      assert.equal(epoch, of_container('"' .. text .. '"').expiration)
      assert.equal(epoch, of_instance('"' .. text .. '"').expiration)
      assert.equal(epoch, of_sts(text).expiration)
      assert.is_false(is_renewed(text, epoch - 16 * 60))
      assert.is_true(is_renewed(text, epoch - 14 * 60))
    end)
  end

  it("seconds, or milliseconds where it can be nothing else", function()
    for _, number in ipairs { 4070944800, 4070944800000, 4070944800123 } do
      local epoch = number > 1e11 and number / 1000 or number
      assert.equal(epoch, timestamp.read(number))
      assert.equal(epoch, of_container(("%.0f"):format(number)).expiration)
      assert.equal(epoch, of_instance(("%.0f"):format(number)).expiration)
      assert.is_false(is_renewed(number, 4070944800 - 16 * 60))
      assert.is_true(is_renewed(number, 4070944800 - 14 * 60))
    end
  end)

  it("SSO has it, or in seconds or as a text", function()
    local sessions = support.new()
    finally(function()
      sessions:clean()
      sessions.server:stop()
    end)
    sessions:reset()
    for _, written in ipairs { "2099-01-01T10:00Z", "2099-01-01T10:00:00+00", "20990101" } do
      sessions.place:write(support.SESSION_FILE, support.token(0, { expiresAt = written }))
      for value, epoch in pairs {
        ["4070944800000"] = 4070944800, ["4070944800"] = 4070944800,
        ['"2099-01-01T10:00Z"'] = 4070944800,
      } do
        sessions:play { remote.reply(200, (support.GOOD:gsub("1767344645000", value))) }
        assert.equal(epoch, sso.load(sessions:context(support.PROFILE)).expiration)
      end
    end
  end)

  it("no time, where it is none", function()
    for _, text in ipairs { "2099-01-01T10Z", "2099-13-01", "2099-01-01T24:01Z", "soon" } do
      assert.truthy(rules.date(text))
      assert.is_nil(timestamp.read(text))
      assert.is_nil((of_container('"' .. text .. '"')))
    end
    assert.is_nil(timestamp.read(0 / 0))
    for _, value in ipairs { "5", "-1", "1e300", "true", "{}" } do
      assert.is_nil((of_container(value)))
    end
  end)
end)
