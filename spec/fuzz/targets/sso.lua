-- The cached token of a session, and answers of the two services of SSO:
-- credentials whose parts can be sent, or an error; a token's file that is
-- rewritten keeps what is not ours.
--
-- The input: a byte for the statuses, then the token's file, a byte 1, the
-- answer to a refresh, a byte 1, the answer with the credentials.

local cache = require "glacier.credentials.sso_cache"
local errors = require "glacier.errors"
local json = require "glacier.json"
local same = require "spec.fuzz.targets.same"
local sso = require "glacier.credentials.sso"

local STATUSES = { 200, 400, 401, 500 }
local VALUES = { accessToken = "new", refreshToken = "next" }

local function is_word(value)
  return type(value) == "string" and value:find "^[!-~]+$"
end

-- A member that stands twice counts once, as the last of them.
local function check_rewritten(text)
  local before = json.decode_object(text)
  if not before then return end
  local after = json.decode_object(cache.replace_members(text, VALUES))
  assert(after, "no JSON when rewritten")
  for name, value in pairs(VALUES) do before[name] = value end
  same(before, after, "token")
end

return function(bytes)
  local status, file, refreshed, role = bytes:match "^(.)([^\1]*)\1?([^\1]*)\1?(.*)$"
  if not status then return end
  local saved = cache.save
  cache.save = function(token, values) -- nothing is to be written
    cache.replace_members(token.text, values)
    return true
  end
  local context = {
    options = { connect_timeout = 1, read_timeout = 1 }, environment = { HOME = "/nowhere" },
    configuration = { profile_name = "work", profiles = {}, services = {}, sso_sessions = {},
      profile = { sso_role_name = "R", sso_account_id = "111122223333", sso_region = "eu-west-1",
        sso_start_url = "https://example.awsapps.com/start" } },
    now = function() return 1767323045 end,
    sleep = function() end,
    random = function() return 0.5 end,
    read_file = function() return file end,
    send = function(request)
      local is_role = request.method == "GET"
      local choice = is_role and status:byte() // 4 or status:byte()
      return { status = STATUSES[choice % #STATUSES + 1], reason = "Reason", headers = {},
        body = is_role and role or refreshed }
    end,
  }
  local fields, err = sso.load(context)
  cache.save = saved
  if fields then
    assert(is_word(fields.access_key_id) and is_word(fields.secret_access_key))
    assert(fields.session_token == nil or is_word(fields.session_token))
    assert(type(fields.expiration) == "number")
  else
    assert(errors.is_error(err) and err.kind == "credentials", tostring(err))
  end
  check_rewritten(file)
end
