--- Which proxy a request goes through: the one of the option, else the one of
-- the usual variables, which are read as libcurl reads them, and no_proxy with
-- ports as Python and Go read it. Pure.
--
-- Source: "Environment" and "Proxy" in curl's manual; CURLOPT_NOPROXY; Python's
-- urllib.request.proxy_bypass_environment.

local text = require("glacier.text")

local find, gmatch, gsub, match, sub =
  string.find, string.gmatch, string.gsub, string.match, string.sub
local floor = math.floor
local ipairs, tonumber = ipairs, tonumber
local lower = text.lower

local proxy = {}

-- By scheme, the first that is set counts. HTTP_PROXY is not among them: a CGI
-- program finds the header "Proxy" of a request there.
local VARIABLES = {
  http = { "http_proxy", "all_proxy", "ALL_PROXY" },
  https = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" },
}
local EXCEPTIONS = { "no_proxy", "NO_PROXY" }

local DEFAULT_PORTS = { http = 80, https = 443 }

local LARGEST_BYTE = 255
local ADDRESS_BITS = 32

-- An empty variable is as good as none.
local function first_set(environment, names)
  for _, name in ipairs(names) do
    if environment[name] and environment[name] ~= "" then
      return environment[name]
    end
  end
end

local IPV4 = "^([0-9][0-9]?[0-9]?)%.([0-9][0-9]?[0-9]?)%." ..
  "([0-9][0-9]?[0-9]?)%.([0-9][0-9]?[0-9]?)$"

-- An IPv4 address as a number.
local function parse_address(shown)
  local number = 0
  local a, b, c, d = match(shown, IPV4)
  for _, digits in ipairs(a and { a, b, c, d } or {}) do
    local byte = tonumber(digits)
    if byte > LARGEST_BYTE then
      return nil
    end
    number = number * (LARGEST_BYTE + 1) + byte
  end
  return a and number
end

-- Without the brackets of an IPv6 address, and without the root's dot.
local function canonical(name)
  return (gsub(match(name, "^%[(.*)%]$") or name, "%.$", ""))
end

local function is_in_network(address, network, bits)
  network = parse_address(network)
  if not address or not network or bits > ADDRESS_BITS then
    return false
  end
  local size = 2 ^ (ADDRESS_BITS - bits)
  return floor(address / size) == floor(network / size)
end

-- An entry without its port, and that port: of a name, an IPv4 address, a
-- network, or an IPv6 address in brackets. Nil where it has none.
local function split_port(entry)
  local name, digits = match(entry, "^([^:]*):([0-9]+)$")
  if not name then
    name, digits = match(entry, "^(%[.*%]):([0-9]+)$")
  end
  return name or entry, tonumber(digits)
end

-- Whether an entry of the list means the host, which is reached at the port.
local function matches(host, address, port, entry)
  local only_port
  entry, only_port = split_port(entry)
  if only_port and only_port ~= port then
    return false
  end
  local network, bits = match(entry, "^([0-9.]+)/([0-9]+)$")
  if network then
    return is_in_network(address, network, tonumber(bits))
  end
  local name = canonical(gsub(entry, "^%.", ""))
  if address or find(host, ":", 1, true) then
    return host == name
  end
  return name ~= "" and (host == name or sub(host, -#name - 1) == "." .. name)
end

-- Whether no_proxy says that this host is reached without a proxy.
local function is_excepted(host, port, list)
  if text.trim(list) == "*" then
    return true
  end
  local address = parse_address(host)
  for entry in gmatch(lower(list), "[^, \t\n\v\f\r]+") do
    if matches(host, address, port, entry) then
      return true
    end
  end
  return false
end

-- Scheme and host of a URL, in lower case, and the port to connect to.
local function split(url)
  local scheme, authority = match(lower(url), "^([A-Za-z]+)://([^/?#]*)")
  if not scheme then
    return nil
  end
  authority = gsub(authority, "^.*@", "")
  local host = match(authority, "^%[.-%]") or match(authority, "^[^:]*")
  local port = tonumber(match(sub(authority, #host + 1), "^:([0-9]+)$"))
  return scheme, canonical(host), port or DEFAULT_PORTS[scheme]
end

-- A password may hold an "@" as it is. The last one before the host is the one
-- that ends it, and libcurl knows no other: those before are encoded.
local function readable(url)
  local _, last = find(url, "://", 1, true)
  local first = (last or 0) + 1
  local rest = find(url, "[/?#]", first) or #url + 1
  local user, host = match(sub(url, first, rest - 1), "^(.*)@([^@]*)$")
  if not user then
    return url
  end
  return sub(url, 1, first - 1) .. gsub(user, "@", "%%40") .. "@" .. host .. sub(url, rest)
end

--- The proxy for a request.
---@param url string
---@param option string?  the client's option: no_proxy is for variables only
---@param environment table<string, string>
---@return string proxy  its URL, "" for none
function proxy.choose(url, option, environment)
  if option then
    return readable(option)
  end
  local scheme, host, port = split(url)
  local chosen = scheme and VARIABLES[scheme] and first_set(environment, VARIABLES[scheme])
  local list = chosen and first_set(environment, EXCEPTIONS)
  if not chosen or list and is_excepted(host, port, list) then
    return ""
  end
  return readable(chosen)
end

--- The proxy for all requests, where it is the same for all.
---@param option string?
---@param environment table<string, string>
---@return string? proxy  as `choose` gives it; nil where it depends on the URL
function proxy.settled(option, environment)
  if option or first_set(environment, VARIABLES.http) or
      first_set(environment, VARIABLES.https) then
    return option and readable(option)
  end
  return ""
end

return proxy
