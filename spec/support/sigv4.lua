--- A verifier of AWS Signature Version 4, written apart from the signer under
-- test and sharing only the hash functions with it. Source of the rules: the
-- IAM User Guide, "Create a signed AWS API request", and what Glacier asks
-- for: the canonical path is the wire path, normalised and encoded once more.

local digest = require "glacier.core.digest"
local http = require "spec.support.http"

local sigv4 = {}

local ALGORITHM = "AWS4-HMAC-SHA256"
local TERMINATOR = "aws4_request"
local WINDOW = 300

---@class VerifyOptions
---@field service string? "glacier" unless given
---@field region string? any region is taken unless given
---@field now number|false|nil the server's clock, seconds since 1970; false leaves dates unchecked

--- Percent-encodes all but RFC 3986's unreserved characters.
local function encode(text)
  return (text:gsub("[^A-Za-z0-9._~-]", function(byte)
    return ("%%%02X"):format(byte:byte())
  end))
end

local function decode(text)
  return (text:gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

--- The path with dot segments removed, doubled slashes collapsed, and what is
-- not unreserved percent-encoded (again).
local function canonical_path(path)
  local kept = {}
  for segment in path:gmatch("[^/]+") do
    if segment == ".." then
      kept[#kept] = nil
    elseif segment ~= "." then
      kept[#kept + 1] = encode(segment)
    end
  end
  local directory = path:find("/$") or path:find("/%.%.?$")
  local tail = directory and #kept > 0 and "/" or ""
  return "/" .. table.concat(kept, "/") .. tail
end

local function canonical_query(query)
  local parameters, lines = {}, {}
  for part in query:gmatch("[^&]+") do
    local name, value = part:match("^([^=]*)=?(.*)$")
    parameters[#parameters + 1] = { encode(decode(name)), encode(decode(value)) }
  end
  table.sort(parameters, function(a, b)
    if a[1] ~= b[1] then
      return a[1] < b[1]
    end
    return a[2] < b[2]
  end)
  for index, pair in ipairs(parameters) do
    lines[index] = pair[1] .. "=" .. pair[2]
  end
  return table.concat(lines, "&")
end

--- The headers by lower-case name: trimmed, runs of white space made one
-- space, several of one name joined by a comma.
local function fold_headers(headers)
  local folded = {}
  for _, header in ipairs(headers) do
    local name = header[1]:lower()
    local value = header[2]:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")
    folded[name] = folded[name] and folded[name] .. "," .. value or value
  end
  return folded
end

local function split(text, separator)
  local parts = {}
  for part in (text .. separator):gmatch("(.-)" .. separator) do
    parts[#parts + 1] = part
  end
  return parts
end

--- Splits an Authorization header into its parts.
local function parse_authorization(value)
  local form = "^" .. ALGORITHM:gsub("%-", "%%-")
    .. " Credential=([^,%s]+), SignedHeaders=([^,%s]+), Signature=(%x+)$"
  local credential, signed, signature = (value or ""):match(form)
  if not credential then
    return nil, "Authorization is missing or malformed"
  elseif #signature ~= 64 or signature ~= signature:lower() then
    return nil, "the signature is no 64 lower-case hex digits"
  end
  local scope = split(credential, "/")
  if #scope ~= 5 or scope[5] ~= TERMINATOR then
    return nil, "the credential scope is malformed"
  end
  return {
    access_key_id = scope[1],
    date = scope[2],
    region = scope[3],
    service = scope[4],
    signed = split(signed, ";"),
    signed_text = signed,
    signature = signature,
  }
end

--- Days from 1970-01-01 in the Gregorian calendar.
local function days_since_epoch(year, month, day)
  local shifted = month > 2 and year or year - 1
  local from_march = (month + 9) % 12
  local leaps = math.floor(shifted / 4) - math.floor(shifted / 100) + math.floor(shifted / 400)
  return shifted * 365 + leaps + math.floor((from_march * 153 + 2) / 5) + day - 1 - 719468
end

--- The seconds since 1970 that an X-Amz-Date such as 20120525T002453Z means.
---@param date string?
---@return number? seconds nil where the date is malformed
function sigv4.parse_date(date)
  local form = "^(%d%d%d%d)(%d%d)(%d%d)T(%d%d)(%d%d)(%d%d)Z$"
  local year, month, day, hour, minute, second = (date or ""):match(form)
  if not year then
    return nil
  end
  return days_since_epoch(tonumber(year), tonumber(month), tonumber(day)) * 86400
    + tonumber(hour) * 3600
    + tonumber(minute) * 60
    + tonumber(second)
end

local function check_scope(parts, headers, options)
  local date = headers["x-amz-date"]
  local seconds = sigv4.parse_date(date)
  if not seconds then
    return nil, "X-Amz-Date is missing or malformed"
  elseif parts.date ~= date:sub(1, 8) then
    return nil, "the scope's date is not that of X-Amz-Date"
  elseif parts.service ~= (options.service or "glacier") then
    return nil, "the scope's service is wrong"
  elseif not parts.region:find("^[%l%d][%l%d-]*$") then
    return nil, "the scope's region is malformed"
  elseif options.region and parts.region ~= options.region then
    return nil, "the scope's region is wrong"
  end
  local now = options.now
  if now == nil then
    now = os.time()
  end
  if now and math.abs(now - seconds) > WINDOW then
    return nil, "X-Amz-Date is more than 5 minutes off"
  end
  return true
end

local function must_be_signed(name)
  return name == "content-type" or name == "range" or name:find("^x%-amz%-") ~= nil
end

local function must_stay_unsigned(name)
  return name == "user-agent"
    or name == "authorization"
    or name == "x-amzn-trace-id"
    or name:find("^amz%-sdk%-") ~= nil
end

local function check_signed_headers(signed, headers)
  local seen = {}
  for index, name in ipairs(signed) do
    if name ~= name:lower() then
      return nil, "SignedHeaders is not in lower case"
    elseif index > 1 and signed[index - 1] >= name then
      return nil, "SignedHeaders is not sorted"
    elseif not headers[name] then
      return nil, ("%s is signed and was not sent"):format(name)
    elseif must_stay_unsigned(name) then
      return nil, ("%s must not be signed"):format(name)
    end
    seen[name] = true
  end
  for _, name in ipairs { "host", "x-amz-date" } do
    if not seen[name] then
      return nil, ("%s is not signed"):format(name)
    end
  end
  for name in pairs(headers) do
    if must_be_signed(name) and not seen[name] then
      return nil, ("%s was sent and is not signed"):format(name)
    end
  end
  return true
end

local function check_token(credential, headers)
  local sent = headers["x-amz-security-token"]
  if credential.session_token == sent then
    return true
  elseif not credential.session_token then
    return nil, "a session token was sent for a key without one"
  elseif not sent then
    return nil, "X-Amz-Security-Token is missing"
  end
  return nil, "the session token is not the key's"
end

local function canonical_request(request, parts, headers)
  local path, query = http.split_target(request.target)
  local lines = { request.method, canonical_path(path), canonical_query(query) }
  for _, name in ipairs(parts.signed) do
    lines[#lines + 1] = name .. ":" .. headers[name]
  end
  lines[#lines + 1] = ""
  lines[#lines + 1] = parts.signed_text
  lines[#lines + 1] = digest.sha256(request.body)
  return table.concat(lines, "\n")
end

local function expected_signature(request, parts, headers, secret)
  local scope = table.concat({ parts.date, parts.region, parts.service, TERMINATOR }, "/")
  local to_sign = table.concat({
    ALGORITHM,
    headers["x-amz-date"],
    scope,
    digest.sha256(canonical_request(request, parts, headers)),
  }, "\n")
  local key = "AWS4" .. secret
  for _, part in ipairs { parts.date, parts.region, parts.service, TERMINATOR } do
    key = digest.hmac_sha256(key, part, true)
  end
  return digest.hmac_sha256(key, to_sign)
end

--- Checks a request's signature, as the service would and a little stricter.
---@param request { method: string, target: string, headers: Header[], body: string }
---@param credentials table<string, { secret_access_key: string, session_token: string? }>
---@param options VerifyOptions?
---@return true?
---@return string? reason
function sigv4.verify(request, credentials, options)
  options = options or {}
  local headers = fold_headers(request.headers)
  local parts, reason = parse_authorization(headers.authorization)
  if not parts then
    return nil, reason
  end
  local credential = credentials[parts.access_key_id]
  if not credential then
    return nil, "the access key is unknown"
  end
  local content_hash = headers["x-amz-content-sha256"]
  if content_hash and content_hash ~= digest.sha256(request.body) then
    return nil, "x-amz-content-sha256 is not the body's hash"
  end
  local checks = {
    { check_scope, parts, headers, options },
    { check_signed_headers, parts.signed, headers },
    { check_token, credential, headers },
  }
  for _, check in ipairs(checks) do
    local ok
    ok, reason = check[1](check[2], check[3], check[4])
    if not ok then
      return nil, reason
    end
  end
  local secret = credential.secret_access_key
  if parts.signature ~= expected_signature(request, parts, headers, secret) then
    return nil, "the signature does not match"
  end
  return true
end

return sigv4
