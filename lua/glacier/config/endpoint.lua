--- region and flags -> URL and signing region. Pure.

local errors = require("glacier.errors")
local lower = require("glacier.text").lower

local find, format, gsub, match = string.find, string.format, string.gsub, string.match
local ipairs, tonumber = ipairs, tonumber

local endpoint = {}

-- The partitions: how their regions read, and where their hosts are. A word
-- has no hyphen, so "us-gov-west-1" is no region of the first.
local WORD_NUMBER = "%-[A-Za-z0-9_]+%-[0-9]+$"
local PARTITIONS = {
  { prefixes = { "us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx" },
    suffix = "amazonaws.com", dualstack_suffix = "api.aws" },
  { prefixes = { "cn" },
    suffix = "amazonaws.com.cn", dualstack_suffix = "api.amazonwebservices.com.cn" },
  -- The plain hosts of this partition are FIPS hosts already.
  { prefixes = { "us-gov" }, plain_is_fips = true,
    suffix = "amazonaws.com", dualstack_suffix = "api.aws" },
  { prefixes = { "us-iso" },
    suffix = "c2s.ic.gov", dualstack_suffix = "api.aws.ic.gov" },
  { prefixes = { "us-isob" },
    suffix = "sc2s.sgov.gov", dualstack_suffix = "api.aws.scloud" },
  { prefixes = { "eu-isoe" },
    suffix = "cloud.adc-e.uk", dualstack_suffix = "api.cloud-aws.adc-e.uk" },
  { prefixes = { "us-isof" },
    suffix = "csp.hci.ic.gov", dualstack_suffix = "api.aws.hci.ic.gov" },
  { prefixes = { "eusc-de" },
    suffix = "amazonaws.eu", dualstack_suffix = "api.amazonwebservices.eu" },
}

--- The partition of a region; of an unknown one, the first.
---@param region string
---@return {suffix: string, dualstack_suffix: string, plain_is_fips: boolean?}
function endpoint.partition(region)
  for _, partition in ipairs(PARTITIONS) do
    for _, prefix in ipairs(partition.prefixes) do
      if find(region, "^" .. gsub(prefix, "%-", "%%-") .. WORD_NUMBER) then
        return partition
      end
    end
  end
  return PARTITIONS[1]
end

-- What may stand between the dots of a host name (RFC 1123, 2.1).
local function is_host_label(text)
  return #text <= 63 and find(text, "^[A-Za-z0-9-]+$") ~= nil and
    not find(text, "^%-") and not find(text, "%-$")
end

-- "fips-us-east-1" and "us-east-1-fips" are not regions, but names of FIPS
-- hosts from before there was an option for them.
local function split_pseudo_region(region)
  local real = match(region, "^fips%-(.+)$") or region
  real = match(real, "^(.+)%-fips$") or real
  return real, real ~= region
end

-- A secret key set in the region's place is longer, and is not shown.
local LONGEST_SHOWN = 32

local function shown(region)
  return #region <= LONGEST_SHOWN and gsub(region, "[^ -~]", "?") or "(not shown: too long)"
end

--- Judges a region and tells what it stands for.
---@param region string?
---@return string? region  the real one, to sign with
---@return boolean|glacier.Error fips  whether the name asked for a FIPS host
function endpoint.region(region)
  if region == nil or region == "" then
    return nil, errors.config("You must specify a region.", "NoRegionError")
  end
  local real, fips = split_pseudo_region(region)
  if not is_host_label(region) or not is_host_label(real) then
    return nil, errors.config(format(
      "Provided region_name '%s' doesn't match a supported format.",
      shown(region)), "InvalidRegionError")
  end
  return real, fips
end

local DEFAULT_PORTS = { http = 80, https = 443 }
local LARGEST_PORT = 65535

-- A host name, an IPv4 address, or an IPv6 address in brackets; a port or "".
-- Returns the host as it goes into a header, nil where it is none.
local function split_authority(authority, default_port)
  local host, digits = match(authority, "^(.*):([0-9]*)$")
  if not host then
    host, digits = authority, ""
  end
  local port = tonumber(digits) or default_port
  if port < 1 or port > LARGEST_PORT or
      not (find(host, "^%[[0-9A-Fa-f:.]+%]$") or find(host, "^[A-Za-z0-9_][A-Za-z0-9_.%-]*$")) then
    return nil
  end
  return lower(host) .. (port == default_port and "" or format(":%d", port))
end

---@class glacier.Endpoint
---@field url string    scheme, host and port: what a path is appended to
---@field host string   the Host header: lower case, a default port left out
---@field path string   base path, without a slash at its end
---@field query string  base query, without "?"
---@field region string signing region

--- Takes a configured URL apart.
---@param url string
---@return glacier.Endpoint? endpoint  without region
---@return glacier.Error? err
function endpoint.parse_url(url)
  local scheme, authority, rest = match(url, "^([A-Za-z]+)://([^/?#]*)(.*)$")
  scheme = scheme and lower(scheme)
  local default_port = DEFAULT_PORTS[scheme]
  local host = default_port and split_authority(authority, default_port)
  -- The URL is not shown: a password may stand in it.
  if not host or find(rest, "#", 1, true) or find(rest, "[^!-~]") then
    return nil, errors.config(
      "Invalid endpoint: endpoint_url must be http:// or https://, a host, " ..
      "and if need be a port, a path and a query, percent-encoded", "InvalidEndpointError")
  end
  local path, query = match(rest, "^([^?]*)%??(.*)$")
  return {
    url = scheme .. "://" .. host,
    host = host,
    path = gsub(path, "/+$", ""),
    query = query,
  }
end

local function check_conflicts(options, fips)
  if fips or options.use_fips_endpoint then
    return errors.config("Invalid Configuration: FIPS and custom endpoint are not supported")
  end
  if options.use_dualstack_endpoint then
    return errors.config("Invalid Configuration: Dualstack and custom endpoint are not supported")
  end
end

local function regional_host(prefix, region, fips, dualstack)
  local partition = endpoint.partition(region)
  if fips and not (partition.plain_is_fips and not dualstack) then
    prefix = prefix .. "-fips"
  end
  return prefix .. "." .. lower(region) .. "." ..
    (dualstack and partition.dualstack_suffix or partition.suffix)
end

--- Where requests go.
---@param options table  region, endpoint_url, use_fips_endpoint, use_dualstack_endpoint
---@param prefix string  the service's part of the host name
---@return glacier.Endpoint?
---@return glacier.Error? err  kind "config"
function endpoint.resolve(options, prefix)
  local region, fips = endpoint.region(options.region)
  if not region then
    return nil, fips
  end
  local resolved, err
  if options.endpoint_url then
    err = check_conflicts(options, fips)
    if not err then
      resolved, err = endpoint.parse_url(options.endpoint_url)
    end
  else
    local host = regional_host(prefix, region, fips or options.use_fips_endpoint,
      options.use_dualstack_endpoint)
    resolved = { url = "https://" .. host, host = host, path = "", query = "" }
  end
  if not resolved then
    return nil, err
  end
  resolved.region = region
  return resolved
end

return endpoint
