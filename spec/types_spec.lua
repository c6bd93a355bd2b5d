-- lua/glacier/types.lua, for editors: as the model and its template have it,
-- and what the template says of options is so.

local call_options = require "glacier.config.call_options"
local download = require "glacier.job.download"
local error_codes = require "spec.support.error_codes"
local generate = dofile "src/types/generate.lua"
local glacier = require "glacier"
local model = require "glacier.model"
local options = require "glacier.config.options"
local retrieve = require "glacier.job.retrieve"
local sorted_keys = require "spec.support.sorted_keys"
local watch = require "glacier.job.wait.watch"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

-- Class -> field -> its type, with what is said of it; several classes of one
-- name are one.
local function parse(text)
  local classes, parents = {}, {}
  local class
  for line in text:gmatch("[^\n]+") do
    local name, parent = line:match("^%-%-%-@class ([%w_.]+):? ?([%w_.]*)$")
    local field, optional, rest = line:match("^%-%-%-@field ([%w_]+)(%??) (.+)$")
    if name then
      class = name
      classes[name] = classes[name] or {}
      parents[name] = parent ~= "" and parent or nil
    elseif field then
      local fields = classes[class]
      fields[field] = (fields[field] and fields[field] .. "\n" or "") .. optional .. rest
    end
  end
  return classes, parents
end

-- A local of a function's, such as the options that it judges by.
local function upvalue(call, name)
  for i = 1, 60 do
    local found, value = debug.getupvalue(call, i)
    if found == name then
      return value
    end
  end
  error("no upvalue " .. name)
end

describe("lua/glacier/types.lua", function()
  local text = read("lua/glacier/types.lua")
  local classes, parents = parse(text)

  it("offers what the service is known to say, and takes what else it says", function()
    local job = classes["glacier.Job"]
    assert.equal('?"InProgress"|"Succeeded"|"Failed"|string', (job.StatusCode:gsub(" ", "")))
    assert.equal('?"ArchiveRetrieval"|"InventoryRetrieval"|"Select"|string',
      (job.Action:gsub(" ", "")))
  end)

  it("has every method of a restore, its plan's and its status's fields", function()
    local methods = {}
    for name in read("lua/glacier/restore/init.lua"):gmatch "\nfunction Restore:([%l_]+)" do
      methods[name] = true
    end
    assert.same(sorted_keys(methods), sorted_keys(classes["glacier.Restore"]))
    local functions = {}
    for name in read("lua/glacier/restore/init.lua"):gmatch "\nfunction restore%.([%l_]+)" do
      functions[name] = true
    end
    assert.same(sorted_keys(functions), sorted_keys(classes["glacier.RestoreModule"]))
    local source = read "lua/glacier/restore/init.lua" .. read "lua/glacier/restore/status.lua"
    for _, name in ipairs { "glacier.RestorePlan", "glacier.RestoreStatus" } do
      local fields = parse(source)[name]
      assert.same(sorted_keys(fields), sorted_keys(classes[name]), name)
    end
  end)

  it("is not stale: `make types` makes it anew", function()
    assert.is_true(generate() == text, "run `make types`")
  end)

  it("follows the model", function()
    local job = model.operations.describe_job
    local members = job.output.members
    members[#members + 1] = { "Colour", { type = "string", enum = { "red", "green" } } }
    local changed = generate()
    members[#members] = nil
    assert.truthy(changed:find('---@field Colour? "red"|"green"', 1, true))
    assert.is_true(generate() == text)
  end)

  it("has nothing but comments, and is for editors", function()
    assert.equal("---@meta _\n", text:sub(1, 11))
    for line in text:gmatch("[^\n]+") do
      assert.equal("--", line:sub(1, 2), line)
    end
    local loaded = package.loaded["glacier.types"]
    assert.is_nil(loaded)
  end)

  it("knows every class that it names", function()
    local known = {}
    for name in pairs(classes) do
      known[name] = true
    end
    for name in text:gmatch("%-%-%-@alias ([%w_.]+)") do
      known[name] = true
    end
    local missing = {}
    for line in text:gmatch("%-%-%-@field [^\n]+") do
      for name in line:gmatch("glacier%.[A-Z]%w*") do
        if not known[name] then
          missing[#missing + 1] = name
        end
      end
    end
    assert.same({}, missing)
    for _, parent in pairs(parents) do
      assert.is_true(known[parent], parent)
    end
  end)

  for name, operation in pairs(model.operations) do
    it("has " .. name .. ", its parameters and results", function()
      local params = classes["glacier." .. operation.name .. "Params"]
      local result = classes["glacier." .. operation.name .. "Result"]
      local required = {}
      for _, member in ipairs(operation.input.required or {}) do
        required[member] = true
      end
      local expected = {}
      for _, member in ipairs(operation.input.members) do
        expected[#expected + 1] = member[1]
        assert.equal(required[member[1]] == true, params[member[1]]:sub(1, 1) ~= "?")
        for _, value in ipairs(member[2].enum or {}) do
          assert.truthy(params[member[1]]:find('"' .. value .. '"', 1, true))
        end
      end
      table.sort(expected)
      assert.same(expected, sorted_keys(params))
      expected = { "ResponseMetadata" }
      for _, member in ipairs(operation.output.members) do
        expected[#expected + 1] = member[1]
      end
      table.sort(expected)
      assert.same(expected, sorted_keys(result))
      for _, class in ipairs({ "glacier.Client", "glacier" }) do
        assert.truthy(classes[class][name]:find("glacier." .. operation.name .. "Result?", 1, true))
      end
      if operation.pagination then
        assert.truthy(classes["glacier.Client"].each:find('"' .. name .. '"', 1, true))
        assert.truthy(classes["glacier.Client"].pages:find('"' .. name .. '"', 1, true))
      end
    end)
  end

  it("has the enumerations of what a job is asked for", function()
    assert.equal('?"Expedited"|"Standard"|"Bulk"', classes["glacier.JobParameters"].Tier)
    assert.equal("?glacier.JobParametersInventoryRetrievalParameters",
      classes["glacier.JobParameters"].InventoryRetrievalParameters)
    assert.equal("?glacier.Job[]", classes["glacier.ListJobsResult"].JobList)
    assert.equal("?table<string, string>", classes["glacier.AddTagsToVaultParams"].Tags)
    assert.equal("?integer", classes["glacier.Job"].ArchiveSizeInBytes)
  end)

  it("has the options that there are, and their choices", function()
    local output = {}
    for name, known in pairs(upvalue(call_options.read, "WITH_OUTPUT")) do
      output[name] = not call_options.KNOWN[name] and known or nil
    end
    local waiter = { delay = {} }
    for class, known in pairs({
      ClientOptions = upvalue(options.known, "KNOWN"), CallOptions = call_options.KNOWN,
      OutputOptions = output, WaiterOptions = waiter, WaitOptions = watch.KNOWN,
      DownloadOptions = download.KNOWN, RetrieveOptions = upvalue(retrieve.retrieve, "KNOWN"),
    }) do
      local fields = classes["glacier." .. class]
      assert.same(sorted_keys(known), sorted_keys(fields), class)
      for name, option in pairs(known) do
        for _, choice in ipairs(option.choices or {}) do
          assert.truthy(fields[name]:find('"' .. choice .. '"', 1, true), name)
        end
        local is_optional = fields[name]:sub(1, 1) == "?"
        assert.equal(name ~= "path" or class == "OutputOptions", is_optional, class .. "." .. name)
      end
    end
  end)

  it("has every method of a client and every function of the module, and no others", function()
    local client = assert(glacier.client({ region = "us-west-2" }))
    local methods, functions = {}, {}
    for name, value in pairs(getmetatable(client)) do
      methods[name] = type(value) == "function" and not name:find("^__") and name ~= "call" or nil
    end
    for name in pairs(glacier) do
      functions[name] = true
    end
    client:close()
    assert.same(sorted_keys(methods), sorted_keys(classes["glacier.Client"]))
    assert.same(sorted_keys(functions), sorted_keys(classes["glacier"]))
    assert.same({ "ANY", "add_client_error", "add_response", "assert_no_pending_responses", "calls",
      "deactivate" }, sorted_keys(classes["glacier.Stub"]))
  end)

  it("has every code of an error that is made here", function()
    for code in pairs(error_codes.made()) do
      assert.truthy(text:find('---| "' .. code .. '"', 1, true), code)
    end
  end)
end)
