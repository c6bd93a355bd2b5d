-- Answers of STS: credentials whose parts can be sent, or an error without what
-- was secret in the request.
--
-- The input: a byte for the status, then the body.

local errors = require "glacier.errors"
local sts = require "glacier.credentials.sts"

local STATUSES = { 200, 200, 400, 403, 500, 503, 302, 204 }
local SECRET = "s3cr3t-web-identity"

local function is_word(value)
  return type(value) == "string" and value:find "^[!-~]+$"
end

return function(bytes)
  if bytes == "" then return end
  local response = { status = STATUSES[bytes:byte() % #STATUSES + 1], reason = "Reason",
    headers = {}, body = bytes:sub(2) }
  local sent = 0
  local context = {
    client = { options = { connect_timeout = 1, read_timeout = 1 }, environment = {},
      configuration = { profile = {}, profiles = {}, sso_sessions = {}, services = {} } },
    region = "us-west-2",
    now = function() return 1767323045 end,
    sleep = function() end,
    send = function()
      sent = sent + 1
      return response
    end,
  }
  local fields, err = sts.assume(context, {
    action = "AssumeRoleWithWebIdentity", parameters = { WebIdentityToken = SECRET },
    order = { "WebIdentityToken" }, source = "role", secret = SECRET,
  })
  assert(sent >= 1 and sent <= 3, "asked " .. sent .. " times")
  if fields then
    assert(response.status == 200)
    assert(is_word(fields.access_key_id) and is_word(fields.secret_access_key))
    assert(fields.session_token == nil or is_word(fields.session_token))
    assert(fields.expiration == nil or type(fields.expiration) == "number")
  else
    assert(errors.is_error(err) and err.kind == "credentials", tostring(err))
    assert(not tostring(err):find(SECRET, 1, true), "a secret is shown")
  end
end
