-- Any Lua value as the parameters of any operation: an answer or a validation
-- error, in bounded steps and memory; and what is sent says what was given.
-- GLACIER_SEED repeats a run.
-- Begins early: it takes long.

local cjson = require "cjson"
local clients = require "spec.support.clients"
local glacier = require "glacier"
local model = require "glacier.model"
local share = require "spec.support.share"
local values = require "spec.support.random_values"

local seed = tonumber(os.getenv "GLACIER_SEED") or os.time() % 1000000

local ROUNDS = 6 -- of each operation
local STEPS = 3e6 -- and so many more a byte of the parameters:
local STEPS_A_BYTE = 30
local KIB, KIB_A_BYTE = 16 * 1024, 24 / 1024
local STEPS_AT_A_TIME = 1000

local names = {}
for name in pairs(model.operations) do
  names[#names + 1] = name
end
table.sort(names)

-- A client whose requests come to nothing; the last is in `sent`.
local function new_client(validate)
  local client = assert(glacier.client({ region = "us-west-2", max_attempts = 1,
    endpoint_url = "http://127.0.0.1:1", credentials = clients.CREDENTIALS, validate = validate,
    reconcile = false }))
  local transport = { host = client.transport.host, close = function() end }
  function transport:send(request)
    self.sent = request
    return { status = 400, reason = "Bad Request", headers = {}, body = '{"code":"Nothing"}' }
  end
  client:close()
  clients.replace_transport(client, transport)
  return client, transport
end

-- Calls f; raises where that takes more steps or memory than it may.
local function bounded(size, f, ...)
  local steps, most = 0, STEPS + size * STEPS_A_BYTE
  local limit = collectgarbage "count" + KIB + size * KIB_A_BYTE
  local problem
  if jit then -- luacheck: ignore 113
    jit.off() -- luacheck: ignore 113
  end
  debug.sethook(function()
    steps = steps + STEPS_AT_A_TIME
    problem = steps > most and "too many steps" or
      collectgarbage "count" > limit and "too much memory" or nil
    if problem then
      debug.sethook()
      error(problem)
    end
  end, "", STEPS_AT_A_TIME)
  local ok, result, err = pcall(f, ...)
  debug.sethook()
  if jit then -- luacheck: ignore 113
    jit.on() -- luacheck: ignore 113
  end
  return ok, result, err
end

local function decode(text)
  return (text:gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

-- Whether JSON says what was given, as the shape has it.
local function agree(shape, given, said, where)
  if shape.type == "structure" then
    local known = {}
    for _, member in ipairs(shape.members) do
      local item = rawget(given, member[1])
      known[member.as or member[1]] = true
      if not member.location and item ~= nil then
        agree(member[2], item, said[member.as or member[1]], where .. "." .. member[1])
      end
    end
    for name in pairs(said) do
      assert(known[name], where .. "." .. tostring(name) .. " was not given")
    end
  elseif shape.type == "list" or shape.type == "map" then
    for key, item in next, given do
      agree(shape.member or shape.value, item, said[key], where .. "." .. tostring(key))
    end
    for key in pairs(said) do
      assert(rawget(given, key) ~= nil, where .. " has too much")
    end
  else
    assert(said == given, where .. " is another")
  end
end

-- Reads the request apart, by the model's places, and compares.
local function check_request(operation, params, request)
  local path, query = request.url:match "^http://127%.0%.0%.1:1([^?]*)%??(.*)$"
  local fields, headers, segments = {}, {}, {}
  for name, value in query:gmatch "([^&=]*)=([^&]*)" do
    fields[decode(name)] = decode(value)
  end
  for i = 1, #request.headers, 2 do
    headers[request.headers[i]:lower()] = request.headers[i + 1]
  end
  local pattern = operation.uri:gsub("%p", "%%%0"):gsub("%%{(%w+)%%}", function(name)
    segments[#segments + 1] = name
    return "([^/]*)"
  end)
  local found = { path:match("^" .. pattern .. "$") }
  assert(#segments == 0 or #found == #segments, "the path is another: " .. path)
  for i, name in ipairs(segments) do
    local given = rawget(params, name)
    if given == nil or given == "" then
      given = "-"
    end
    assert(decode(found[i]) == given, name .. " in the path")
  end
  local has_body = false
  for _, member in ipairs(operation.input.members) do
    local given = rawget(params, member[1])
    if member.location == "querystring" and given ~= nil then
      assert(fields[member.as or member[1]] == tostring(given), member[1])
    elseif member.location == "header" and given ~= nil then
      assert(headers[(member.as or member[1]):lower()] == tostring(given), member[1])
    elseif member.location == "payload" and member[2].type == "blob" then
      assert(request.body == (given or ""), member[1])
    elseif member.location == "payload" then
      agree(member[2], given or {}, cjson.decode(request.body), member[1])
    elseif not member.location then
      has_body = true
    end
  end
  if has_body then
    local body = cjson.decode(request.body)
    for _, member in ipairs(operation.input.members) do
      assert(not member.location or body[member.as or member[1]] == nil, "twice: " .. member[1])
    end
    agree(operation.input, params, body, "body")
  end
end

describe("any value as parameters (seed " .. seed .. ")", function()
  local counts = { sent = 0, refused = 0 }

  local function try(name, params, size, client, transport)
    local where = ("seed %d, %s"):format(seed, name)
    transport.sent = nil
    local ok, result, err = bounded(size, client[name], client, params)
    assert(ok, where .. ": raised: " .. tostring(result))
    assert(result == nil and type(err) == "table", where .. ": no answer")
    if transport.sent then
      assert(err.code == "Nothing", where .. ": " .. tostring(err))
      counts.sent = counts.sent + 1
      ok, err = pcall(check_request, model.operations[name], params or {}, transport.sent)
      assert(ok, where .. ": " .. tostring(err))
    else
      assert(err.kind == "validation", where .. ": " .. tostring(err.kind) .. ": " ..
        tostring(err))
      assert(#tostring(err) < 1e6, where .. ": the error is too long")
      counts.refused = counts.refused + 1
    end
  end

  for index, name in ipairs(names) do
    it("of " .. name, function()
      local made = values.new(seed * 101 + index)
      for round = 1, ROUNDS do
        local client, transport = new_client(round % 2 == 0 and "shape" or "full")
        local params, size = made:params(model.operations[name].input, round)
        try(name, params, size, client, transport)
      end
    end)
  end

  it("that is no table at all", function()
    local made = values.new(seed)
    local client, transport = new_client("full")
    for _, name in ipairs(names) do
      for _ = 1, 4 do
        local params, size = made:any(0)
        try(name, params, size, client, transport)
      end
    end
  end)

  local megabytes = share.of(10)

  it(("of %d MB"):format(megabytes), function()
    local long = ("\195\169x"):rep(megabytes * 350000)
    local client, transport = new_client("full")
    for _, case in ipairs({
      { "initiate_job", { vaultName = "v", jobParameters = { Description = long } } },
      { "initiate_job", { vaultName = "v", [long] = long } },
      { "describe_vault", { vaultName = long } },
      { "upload_archive", { vaultName = "v", body = long } },
      { "list_jobs", { vaultName = "v", marker = long } },
    }) do
      try(case[1], case[2], 2 * #long, client, transport)
    end
  end)

  it("are sent and refused, both", function()
    assert(counts.sent > 20 and counts.refused > 100, ("%d were sent, %d refused"):format(
      counts.sent, counts.refused))
  end)
end)
