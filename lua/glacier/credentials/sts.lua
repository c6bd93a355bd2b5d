--- Credentials of a role, from the AWS Security Token Service: one call of its
-- query protocol, and the few fields of its XML answers that are needed.
-- Source: AWS STS API Reference, AssumeRole, AssumeRoleWithWebIdentity,
-- "Common Errors".

local config = require("glacier.config")
local endpoint = require("glacier.config").endpoint
local error_body = require("glacier.error_body")
local errors = require("glacier.errors")
local line = require("glacier.text").line
local remote = require("glacier.credentials.remote")
local failures = require("glacier.failures")
local uri = require("glacier.uri")
local timestamp = require("glacier.timestamp")
local xml = require("glacier.xml")

local find, format, match = string.find, string.format, string.match
local concat = table.concat
local floor = math.floor
local ipairs, pairs, tostring = ipairs, pairs, tostring

local sts = {}

local VERSION = "2011-06-15"
local ATTEMPTS, PAUSE = 3, 0.1 -- seconds, doubled after each attempt
local LONGEST_TEXT = 1000

-- The identity provider could not be asked by STS: no fault of the request.
local TRANSIENT_CODE = "IDPCommunicationError"

local KEYS = { access_key_id = "AccessKeyId", secret_access_key = "SecretAccessKey" }

-- The fields of an answer with status 200; nil and what is wrong with it. All
-- elements must be there, but the token and the time may be empty: none.
local function read_credentials(body, action)
  local element = find(body, "</" .. action .. "Response>[ \t-\r]*$")
    and xml.element(body, "Credentials")
  if not element then
    return nil, "the answer holds no Credentials, or is cut off"
  end
  local fields = {}
  for key, name in pairs(KEYS) do
    fields[key] = xml.field(element, name)
    if not remote.is_word(fields[key]) then
      return nil, name .. " is missing or unusable"
    end
  end
  local token, time = xml.field(element, "SessionToken"), xml.field(element, "Expiration")
  if token ~= "" and not remote.is_word(token) then
    return nil, "SessionToken is missing or unusable"
  elseif time ~= "" and not timestamp.parse(time) then
    return nil, "Expiration is missing or unusable"
  end
  fields.session_token = token ~= "" and token or nil
  fields.expiration = timestamp.parse(time)
  return fields
end

-- What an answer with another status says, and whether to ask again is useless.
local function read_error(response, action)
  local said = error_body.read(response)
  local err = errors.new("service",
    line(said.code or format("%d", response.status), LONGEST_TEXT),
    line(said.message or response.reason, LONGEST_TEXT),
    { status = response.status, operation = action, date = response.headers.date })
  return err, not (failures.is_retryable(err) or err.code == TRANSIENT_CODE)
end

-- For remote.fetch. The error of the last answer is left in `seen`.
local function read_response(action, seen)
  return function(response)
    if response.status == 200 then
      local fields, problem = read_credentials(response.body, action)
      return fields, problem, true
    end
    local err, is_final = read_error(response, action)
    seen.err = err
    return nil, tostring(err), is_final
  end
end

-- The parameters as a form; those without a value are left out.
local function encode_form(call)
  local pairs_of_form = { "Action=" .. call.action, "Version=" .. VERSION }
  for _, name in ipairs(call.order) do
    local value = call.parameters[name]
    if value then
      pairs_of_form[#pairs_of_form + 1] = name .. "=" .. uri.encode(value)
    end
  end
  return concat(pairs_of_form, "&")
end

-- Where STS is: as the client's profile says, whichever profile's role it is.
local function resolve(context)
  local client = context.client
  local url, err = config.service_endpoint("sts", client.environment, client.configuration)
  local settings = {}
  if not url and not err then
    settings, err = config.settings(client.options, client.environment, client.configuration)
  end
  if err then
    return nil, err
  end
  return endpoint.resolve({
    region = context.region,
    endpoint_url = url,
    use_fips_endpoint = settings.use_fips_endpoint,
    use_dualstack_endpoint = settings.use_dualstack_endpoint,
  }, "sts")
end

local function append(list, more)
  for i = 1, #more do
    list[#list + 1] = more[i]
  end
end

-- Adds the headers of the signature, and to `secrets` what no error may show
-- of them. Gives the problem where there is one.
local function sign(context, request, where, identity, secrets)
  local signature, failure = context.signer:sign({
    method = request.method,
    path = where.path == "" and "/" or where.path,
    query = where.query,
    headers = request.headers,
    body = request.body,
    region = where.region,
    service = "sts",
    time = context.now(),
    credentials = identity,
  })
  if not signature then
    return failure.message
  end
  append(request.headers, signature)
  for i = 1, #signature, 2 do
    if signature[i] == "X-Amz-Security-Token" then
      secrets[#secrets + 1] = signature[i + 1]
    elseif signature[i] == "Authorization" then
      secrets[#secrets + 1] = match(signature[i + 1], "Signature=([0-9a-f]+)")
    end
  end
end

-- The request, signed where it is to be; nil and the problem otherwise.
local function new_request(context, call, where, secrets)
  local url = where.url .. (where.path == "" and "/" or where.path)
  local options = context.client.options
  local request = {
    method = "POST",
    url = where.query == "" and url or url .. "?" .. where.query,
    headers = {
      "Host", where.host,
      "Content-Type", "application/x-www-form-urlencoded; charset=utf-8",
    },
    body = encode_form(call),
  }
  local problem = call.identity and sign(context, request, where, call.identity, secrets)
  if problem then
    return nil, problem
  end
  -- Only now, as the headers that it adds are not signed.
  return remote.bounded(context, request, options.connect_timeout, options.read_timeout)
end

-- Asks, signed as the clock says now. Gives the fields; or nil, the problem
-- and the error of the last answer, if there was one.
local function ask(context, call, where)
  local seen, secrets = {}, { call.secret }
  local request, text = new_request(context, call, where, secrets)
  if not request then
    return nil, { text = text }
  end
  local fields, problem = remote.fetch(context, request, {
    attempts = ATTEMPTS, pause = PAUSE, secrets = secrets,
    read = read_response(call.action, seen),
  })
  return fields, problem, seen.err
end

-- Sets the clock where STS refused a signature because of it, as is done where
-- the service does. `offset`: of the clock that signed; another call may have
-- set it since.
local function correct_clock(context, err, offset)
  local theirs = timestamp.parse_http(err.date)
  local skew = theirs and theirs - context.now(offset)
  if not failures.is_clock_skew(err, skew) then
    return false
  end
  context.set_clock_offset(offset + skew)
  return true
end

---@class glacier.StsCall
---@field action string       "AssumeRole" or "AssumeRoleWithWebIdentity"
---@field parameters table<string, string>
---@field order string[]      the names of the parameters, as they are to be sent
---@field identity userdata?  what to sign with; nil: the call is not signed
---@field source string       names the role and where it is configured
---@field secret string?      no error may show it

--- Asks STS for credentials of a role: up to three times where it does not
--- answer, or answers that another attempt may end better; and once more where
--- our clock was off.
---@param context glacier.CredentialContext
---@param call glacier.StsCall
---@return table? fields
---@return glacier.Error? err  with the Code and the Message of STS
function sts.assume(context, call)
  local where, wrong = resolve(context)
  if not where then
    return nil, errors.credentials(call.source .. ": " .. wrong.message)
  end
  local offset = call.identity and context.clock_offset and context.clock_offset()
  local fields, problem, err = ask(context, call, where)
  if err and not fields and offset and correct_clock(context, err, offset) then
    fields, problem = ask(context, call, where)
  end
  if fields then
    return fields
  end
  return nil, remote.error(call.source, problem)
end

--- A name for the sessions of a role that has none configured.
---@param context glacier.CredentialContext
---@return string
function sts.session_name(context)
  return format("lua-glacier-%.0f", floor(context.now()))
end

return sts
