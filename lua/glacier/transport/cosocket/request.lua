--- A request as the bytes of HTTP/1.1 (RFC 9112), and where they go.

local sending = require("glacier.transport.sending")
local lower = require("glacier.text").lower

local concat = table.concat
local find, match, sub = string.find, string.match, string.sub
local tonumber = tonumber

local request = {}

local DEFAULT_PORTS = { http = 80, https = 443 }

-- RFC 9110 5.6.2.
local TOKEN = "^[A-Za-z0-9!#$%%&'*+.^_`|~-]+$"

local function refuse(text)
  return nil, sending.failure("InvalidConfigError", text)
end

local function parse_url(url)
  local scheme, authority, target = match(url, "^([A-Za-z]+)://([^/?#]*)([^#]*)")
  scheme = scheme and lower(scheme)
  local name, port = match(authority or "", "^(.-):?([0-9]*)$")
  if authority and sub(authority, 1, 1) == "[" then
    name, port = match(authority, "^(%[[0-9A-Fa-f:.]+%]):?([0-9]*)$")
  end
  port = tonumber(port) or DEFAULT_PORTS[scheme]
  if not DEFAULT_PORTS[scheme] or not name or name == "" or find(name, "[@ \t\n\v\f\r]") or
      not find(name, "^%[") and find(name, ":", 1, true) or port > 65535 or
      find(target, "[^!-~\128-\255]") then
    return refuse("the URL cannot be used here")
  end
  if sub(target, 1, 1) ~= "/" then
    target = "/" .. target
  end
  return {
    scheme = scheme, authority = authority, host = lower(name), port = port, target = target,
  }
end

-- A CR, LF or NUL would end the field and begin another.
local function is_one_line(text)
  return not find(text, "[%z\r\n]")
end

-- The fields given, and those that must be there.
local function write_fields(given, where)
  local headers = given.headers or {}
  local lines, named = {}, {}
  for i = 1, #headers, 2 do
    if not find(headers[i], TOKEN) or not is_one_line(headers[i + 1]) then
      return refuse("the name or value of a request header cannot be sent")
    end
    named[lower(headers[i])] = true
    lines[#lines + 1] = headers[i] .. ": " .. headers[i + 1]
  end
  local length = given.body and #given.body or 0
  local is_bare = given.method == "GET" or given.method == "HEAD"
  if not named["content-length"] and (length > 0 or not is_bare) then
    lines[#lines + 1] = "Content-Length: " .. length
  end
  if not named.host then
    lines[#lines + 1] = "Host: " .. where.authority
  end
  return concat(lines, "\r\n")
end

-- A connection is used again only for what would have made the same one.
local function pool_of(where, verify)
  return concat({ "glacier", where.scheme, where.host, where.port,
    where.scheme == "https" and (verify and "verified" or "unverified") or "plain" }, " ")
end

---@class glacier.CosocketJob
---@field host string        to connect to: a name, or an address (IPv6 in brackets)
---@field port integer
---@field name string?       to ask for in TLS, and to verify; nil: no TLS
---@field verify boolean
---@field pool string
---@field bytes string[]     of the request
---@field method string
---@field repeatable boolean sending it twice does no harm
---@field fresh boolean      only a new connection will do
---@field sent boolean       whether anything of it may have been sent
---@field reused boolean     whether it went over a kept connection last

--- A request in the form that glacier.Transport takes, ready to be sent.
---@param given table
---@return glacier.CosocketJob?
---@return glacier.Failure? failure
function request.prepare(given)
  local where, failure = parse_url(given.url)
  if not where then
    return nil, failure
  elseif not find(given.method, TOKEN) then
    return refuse("the method is no token")
  end
  local fields
  fields, failure = write_fields(given, where)
  if not fields then
    return nil, failure
  end
  local verify = not given.insecure
  return {
    host = where.host,
    port = where.port,
    name = where.scheme == "https" and where.host or nil,
    verify = verify,
    pool = pool_of(where, verify),
    bytes = { given.method, " ", where.target, " HTTP/1.1\r\n", fields, "\r\n\r\n",
      given.body or "" },
    method = given.method,
    repeatable = given.method == "GET" or given.method == "HEAD",
    fresh = given.fresh_connection or false,
    sent = false,
    reused = false,
  }
end

return request
