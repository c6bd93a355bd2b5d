--- Started by specs in a locale, before or after the module is loaded, and in
-- between: prints what must be the same in all, a line each.
--   lua locale_program.lua ORDER LOCALE URL

local order, locale, url = arg[1], arg[2], arg[3]

-- What the locale may change is found out before anything is printed.
local function show(value)
  if type(value) == "number" then
    return value % 1 == 0 and ("%.0f"):format(value) or
      ("%.0f/1048576"):format(value * 1048576)
  end
  return tostring(value)
end

local function set(name)
  assert(os.setlocale(name), name)
end

if order == "before" then
  set(locale)
elseif order == "between" then
  require "cjson"
  set(locale)
elseif order == "back" then
  set(locale)
  require "cjson"
end
local glacier = require "glacier"
local imds = require "glacier.credentials.imds"
local json = require "glacier.json"
local profiles = require "glacier.config.profiles"
local proxy = require "glacier.config.proxy"
local text = require "glacier.text"
local timestamp = require "glacier.timestamp"
set(order == "back" and "C" or locale)

local function report(name, ...)
  local words = { name }
  for i = 1, select("#", ...) do
    words[i + 1] = show((select(i, ...)))
  end
  print(table.concat(words, "\t"))
end

local function client(more)
  local options = {
    region = "us-west-2", max_attempts = 1,
    credentials = { access_key_id = "AKIDEXAMPLE",
      secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
  }
  for name, value in pairs(more or {}) do
    options[name] = value or nil
  end
  return glacier.client(options)
end

local function check_calls()
  -- The endpoint is that of AWS_ENDPOINT_URL_GLACIER.
  local made = assert(client())
  report("endpoint", made.endpoint.url == url)
  local response, err = made:list_jobs { vaultName = "v" }
  local job = response and response.JobList[1] or {}
  report("list_jobs", err, job.InventorySizeInBytes, job.Completed, job.JobId)
  response, err = made:list_jobs { vaultName = "v" }
  report("error", response, err and err.code, err and err.message, err and err.retry_after)
  response, err = assert(client { credentials = false, profile = "work" })
    :list_jobs { vaultName = "v" }
  report("process", response and #response.JobList, err)
end

local function check_texts()
  local latin = "/Ca\195\156bung\133.pem"
  local made, err = client { ca_bundle = latin }
  report("ca_bundle", made ~= nil, err)
  made, err = client { ca_bundle = "/a\nb" }
  report("control", made, err)
  made, err = client { retry_mod = 1.5, region = "x" }
  report("option", made, err)
  local _, problem = assert(client()):initiate_job { vaultName = "v", jobParameters = {
    Type = "select", Tier = 1.5, OutputLocation = { S3 = { UserMetadata = { a = 0.25 } } } } }
  report("validation", problem)
  for _, reserved in ipairs { "I", "i", "\221", "\253", "\195\159" } do
    report("letters " .. reserved, text.lower(reserved), text.upper(reserved))
  end
  report("sorted", table.concat(text.sort { "b", "A", "a", "\228", "Z" }, " "))
  report("quoted", text.quote "\133\159\n\1")
  report("shown", text.of(-0.5), text.of(12), text.of(1e300 * 1e10 == math.huge))
end

local function check_readers()
  report("time", timestamp.parse "2026-01-02T03:04:05.25Z", timestamp.parse
    "2026-01-02T03:04:05,5+01:30", timestamp.parse_http "Sun, 06 Nov 1994 08:49:37 GMT")
  report("written", timestamp.format(1767323045.75))
  local file = profiles.parse("[profile I]\nAWS_ACCESS_KEY_ID = \195\156\nREGION=i\n", "config", "f")
  report("profile", file.profiles.I.aws_access_key_id, file.profiles.I.region)
  report("proxy", proxy.choose("HTTP://HOSTI.example/", nil,
    { http_proxy = "http://p", no_proxy = "\160, hosti.EXAMPLE" }))
  for _, number in ipairs { "12345678901234", "0.5,1", "-1.5e-3,2", "1e3,4", "0.0,1", "5,6" } do
    local list = json.decode("[" .. number .. "]") or {}
    report("number " .. number, list[1], list[2])
  end
  for _, wrong in ipairs { "[1,]", "[01.5]", "[1.5.5]", "[0x1]", "[.5]", "[1 5]", "[NaN]" } do
    report("wrong " .. wrong, json.decode(wrong) == nil)
  end
  local odd = json.decode [=[["1.5\"2.5", 0.5, "\\", 1.25, "\\\"7.5"]]=]
  report("escaped", odd[1], odd[2], odd[3], odd[4], odd[5])
  local sent
  imds.load {
    environment = { AWS_METADATA_SERVICE_TIMEOUT = "0.5" },
    configuration = { profile = {} },
    send = function(request)
      sent = request.connect_timeout
      return nil, { kind = "network", code = "EndpointConnectionError", message = "none" }
    end,
  }
  report("imds", sent)
end

check_texts()
check_readers()
check_calls()

-- What others have of cjson is as it would be without the module.
set(order == "back" and locale or "C")
local cjson = require "cjson"
report("cjson", order == "before" or order == "after" or pcall(cjson.decode, "[0.5]"),
  cjson.decode_max_depth(), cjson.decode_invalid_numbers())
