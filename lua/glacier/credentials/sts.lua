--- Credentials of a role, from the AWS Security Token Service: one call of its
-- query protocol, and the few fields of its XML answers that are needed.
-- Source: AWS STS API Reference, AssumeRole, AssumeRoleWithWebIdentity,
-- "Common Errors".

local config = require("glacier.config")
local endpoint = require("glacier.endpoint")
local errors = require("glacier.errors")
local remote = require("glacier.credentials.remote")
local redact = require("glacier.redact")
local retry = require("glacier.retry")
local serialize = require("glacier.serialize")
local trim = require("glacier.text").trim

local char = string.char
local find, format, gsub, match, sub = string.find, string.format, string.gsub,
  string.match, string.sub
local concat = table.concat
local floor = math.floor
local ipairs, pairs, tonumber, tostring = ipairs, pairs, tonumber, tostring

local sts = {}

local VERSION = "2011-06-15"
local ATTEMPTS, PAUSE = 3, 0.1 -- seconds, doubled after each attempt
local LONGEST_TEXT = 1000

-- The identity provider could not be asked by STS: no fault of the request.
local TRANSIENT_CODE = "IDPCommunicationError"

local ENTITIES = { lt = "<", gt = ">", amp = "&", quot = '"', apos = "'" }

-- The character of a reference such as "#38", "#x26" or "amp"; nil where it is
-- none of ASCII.
local function referred(name)
  local code = tonumber(match(name, "^#([0-9][0-9]?[0-9]?)$") or "")
    or tonumber(match(name, "^#x([0-9A-Fa-f][0-9A-Fa-f]?)$") or "", 16)
  if code then
    return code < 128 and char(code) or nil
  end
  return ENTITIES[name]
end

local function decode(text)
  local is_sound = not find(gsub(text, "&[#A-Za-z0-9]+;", ""), "&", 1, true)
  local decoded = gsub(text, "&([#A-Za-z0-9]+);", function(name)
    local character = referred(name)
    is_sound = is_sound and character ~= nil
    return character
  end)
  return is_sound and decoded or nil
end

-- What is between the tags of the only element of this name; nil where there
-- is none, or more than one, or no end of it.
local function element(text, name)
  local open, close = "<" .. name .. ">", "</" .. name .. ">"
  local _, before = find(text, open, 1, true)
  local after = before and find(text, close, before + 1, true)
  if not after or find(text, open, before + 1, true)
    or find(text, close, after + 1, true) then
    return nil
  end
  return sub(text, before + 1, after - 1)
end

-- The text of an element that holds nothing but text.
local function field(text, name)
  local content = element(text, name)
  if not content or find(content, "<", 1, true) then
    return nil
  end
  return decode(trim(content))
end

local FIELDS = {
  access_key_id = "AccessKeyId",
  secret_access_key = "SecretAccessKey",
  session_token = "SessionToken",
  expiration = "Expiration",
}

-- The fields of an answer with status 200; nil and what is wrong with it.
local function read_credentials(body, action)
  local credentials = find(body, "</" .. action .. "Response>[ \t\n\v\f\r]*$")
    and element(body, "Credentials")
  local fields = {}
  if not credentials then
    return nil, "the answer holds no Credentials, or is cut off"
  end
  for key, name in pairs(FIELDS) do
    fields[key] = field(credentials, name)
    if not remote.is_word(fields[key]) then
      return nil, name .. " is missing or unusable"
    end
  end
  return fields
end

-- One line, of ASCII, of bounded length.
local function printable(text)
  return (gsub(gsub(sub(text, 1, LONGEST_TEXT), "[ \t\n\v\f\r]+", " "), "[^ -~]", "?"))
end

-- What an answer with another status says, and whether to ask again is useless.
local function read_error(response, action)
  local body = element(response.body, "Error") or ""
  local code = printable(field(body, "Code") or format("%d", response.status))
  local message = element(body, "Message")
  local err = errors.new("service", code,
    printable(message and decode(message) or message or response.reason),
    { status = response.status, operation = action })
  return err, not (retry.is_retryable(err) or code == TRANSIENT_CODE)
end

local function read_response(action)
  return function(response)
    if response.status == 200 then
      local fields, problem = read_credentials(response.body, action)
      return fields, problem, true
    end
    local err, is_final = read_error(response, action)
    return nil, tostring(err), is_final
  end
end

-- The parameters as a form; those without a value are left out.
local function encode_form(call)
  local pairs_of_form = { "Action=" .. call.action, "Version=" .. VERSION }
  for _, name in ipairs(call.order) do
    local value = call.parameters[name]
    if value then
      pairs_of_form[#pairs_of_form + 1] = name .. "=" .. serialize.encode(value)
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
      secrets[#secrets + 1] = match(signature[i + 1], "Signature=([0-9A-Fa-f]+)")
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

local function failed(call, text)
  return nil, errors.credentials(call.source .. ": " .. text)
end

---@class glacier.StsCall
---@field action string       "AssumeRole" or "AssumeRoleWithWebIdentity"
---@field parameters table<string, string>
---@field order string[]      the names of the parameters, as they are to be sent
---@field identity userdata?  what to sign with; nil: the call is not signed
---@field source string       names the role and where it is configured
---@field secret string?      no error may show it

--- Asks STS for credentials of a role: up to three times where it does not
--- answer, or answers that another attempt may end better.
---@param context glacier.CredentialContext
---@param call glacier.StsCall
---@return table? fields
---@return glacier.Error? err  with the Code and the Message of STS
function sts.assume(context, call)
  local where, err = resolve(context)
  if not where then
    return failed(call, err.message)
  end
  local secrets = { call.secret }
  local request, problem = new_request(context, call, where, secrets)
  if not request then
    return failed(call, problem)
  end
  local fields
  fields, problem = remote.fetch(context, request,
    { attempts = ATTEMPTS, pause = PAUSE, read = read_response(call.action) })
  if fields then
    return fields
  end
  return nil, redact.error(remote.error(call.source, problem), secrets)
end

--- A name for the sessions of a role that has none configured.
---@param context glacier.CredentialContext
---@return string
function sts.session_name(context)
  return format("lua-glacier-%.0f", floor(context.now()))
end

return sts
