local json = require "glacier.json"
local operation = require("glacier.model").operations.initiate_job
local parameters = require "spec.vectors.parameters"
local validate = require "glacier.call.validate"

local S3 = "jobParameters.OutputLocation.S3"
local NAMES = "accountId, vaultName, jobParameters"
local JOB_NAMES = "Format, Type, ArchiveId, Description, SNSTopic, RetrievalByteRange, Tier, " ..
  "InventoryRetrievalParameters, SelectParameters, OutputLocation"

local function problems_of(params, mode)
  local ok, problems = validate(params, operation, mode or "full")
  assert.equal(problems == nil, ok == true)
  return problems or {}
end

local function messages_of(params, mode)
  local messages = {}
  for i, problem in ipairs(problems_of(params, mode)) do
    messages[i] = problem.message
  end
  return messages
end

-- Parameters with `value` at `path`, right in all else.
local function with(path, value)
  local params = { vaultName = "examplevault" }
  local place, last = params, nil
  for step in path:gmatch("[^.%[%]]+") do
    if last then
      place[last] = place[last] or {}
      place = place[last]
    end
    last = tonumber(step) or step
    if last == "Grantee" then
      place.Grantee = { Type = "Group" }
    end
  end
  place[last] = value
  return params
end

local function job(fields)
  return { vaultName = "examplevault", jobParameters = fields }
end

local function noop() end

-- A table that refuses to be looked at by any means but the raw ones.
local function evil(content)
  local function raise()
    error("looked at")
  end
  return setmetatable(content, { __index = raise, __newindex = raise, __pairs = raise,
    __ipairs = raise, __len = raise, __tostring = raise, __eq = raise, __lt = raise,
    __concat = raise, __call = raise, __name = "evil" })
end

describe("glacier.call.validate", function()
  describe("takes", function()
    it("the parameters of the documentation's example", function()
      assert.same({}, problems_of({
        accountId = "-",
        vaultName = "examplevault",
        jobParameters = {
          Description = "My inventory job",
          Format = "CSV",
          SNSTopic = "arn:aws:sns:us-west-2:111111111111:Glacier-InventoryRetrieval-topic-Example",
          Type = "inventory-retrieval",
        },
      }))
    end)

    it("no more than the vault's name", function()
      assert.same({}, problems_of({ vaultName = "examplevault" }))
      assert.same({}, problems_of({ vaultName = "examplevault", accountId = "" }))
      assert.same({}, problems_of(job({})))
    end)

    for _, parameter in ipairs(parameters) do
      it("every value listed for " .. parameter[1], function()
        local container = parameter[2] ~= "string" and {} or nil
        for _, value in ipairs(parameter.enum or { container }) do
          local params = with(parameter[1], value)
          if value == "select" or value == "archive-retrieval" then
            params.jobParameters.ArchiveId = "archive"
          end
          if type(value) == "table" and parameter[1]:find("Grantee$") then
            value.Type = "Group"
          end
          assert.same({}, problems_of(params))
        end
      end)
    end
  end)

  describe("finds a wrong type in", function()
    local values = { 5, 1.5, true, false, noop, json.null, coroutine.create(noop), {}, "text" }

    for _, parameter in ipairs(parameters) do
      local path = parameter[1]
      local right = parameter[2] == "string" and "string" or "table"

      it(path, function()
        for _, value in ipairs(values) do
          local kind = value == json.null and "null" or type(value)
          if kind ~= right then
            local shown = (kind == "number" or kind == "boolean" or kind == "string")
              and tostring(value) or kind
            for _, mode in ipairs({ "full", "shape" }) do
              local message = ("Invalid type for parameter %s, value: %s, type: %s, " ..
                "valid types: %s"):format(path, shown, kind, right)
              assert.same({ { path = path, message = message } },
                problems_of(with(path, value), mode))
            end
          end
        end
      end)
    end

    it("the parameters as a whole", function()
      for _, value in ipairs({ 5, true, "text", noop, json.null, coroutine.create(noop) }) do
        local problems = problems_of(value, "shape")
        assert.equal(1, #problems)
        assert.truthy(problems[1].message:find("^Invalid type for parameter input, value: "))
      end
    end)

    it("map keys, each and its value", function()
      for key, shown in pairs({ [5] = "5", [true] = "true", [noop] = "function" }) do
        assert.same({
          ("Invalid type for parameter %s.Tagging (key: %s), value: %s, type: %s, " ..
            "valid types: string"):format(S3, shown, shown, type(key)),
          ("Invalid type for parameter %s.Tagging.%s, value: 7, type: number, valid types: string")
            :format(S3, shown),
        }, messages_of(with(S3 .. ".Tagging", { [key] = 7 }), "shape"))
      end
    end)

    it("map keys in one order, whatever they are", function()
      local map = { b = 1, a = 1, [2] = "x", [10] = "x", [true] = "x", [false] = "x" }
      local paths = {}
      for i, problem in ipairs(problems_of(with(S3 .. ".UserMetadata", map))) do
        paths[i] = problem.path:gsub("^.*UserMetadata", "")
      end
      assert.same({ " (key: false)", " (key: true)", " (key: 10)", " (key: 2)", ".a", ".b" }, paths)
    end)
  end)

  describe("finds a list that is none:", function()
    local grant = { Permission = "READ" }
    local lists = {
      { "with a hole", { [1] = grant, [3] = grant } },
      { "without a first", { [2] = grant } },
      { "with a zeroth", { [0] = grant, grant } },
      { "with a name", { grant, x = grant } },
      { "with a digit as a name", { ["1"] = grant } },
      { "with a fraction", { [1.5] = grant } },
      { "with a fraction in a hole", { grant, [1.5] = grant, [3] = grant } },
      { "with a negative place", { grant, [-1] = grant } },
      { "with an infinite place", { grant, [math.huge] = grant } },
      { "with true as a place", { [true] = grant } },
      { "a structure", grant },
    }

    for _, case in ipairs(lists) do
      it(case[1], function()
        local problems = problems_of(with(S3 .. ".AccessControlList", case[2]), "shape")
        assert.equal(1, #problems)
        assert.equal(S3 .. ".AccessControlList", problems[1].path)
        assert.truthy(problems[1].message:find("^Invalid type for parameter " ..
          "jobParameters%.OutputLocation%.S3%.AccessControlList, value: table, type: table, "))
      end)
    end

    it("but each item of one that is", function()
      local paths = {}
      for i, problem in ipairs(problems_of(with(S3 .. ".AccessControlList",
        { grant, 5, grant, { Grantee = {} } }))) do
        paths[i] = problem.path
      end
      assert.same({ S3 .. ".AccessControlList[2]",
        S3 .. ".AccessControlList[4].Grantee.Type" }, paths)
    end)
  end)

  describe("finds missing parameters:", function()
    it("the vault's name", function()
      assert.same({ { path = "vaultName",
        message = 'Missing required parameter in input: "vaultName"' } }, problems_of({}, "shape"))
    end)

    it("the grantee's type", function()
      assert.same({ { path = S3 .. ".AccessControlList[1].Grantee.Type",
        message = "Missing required parameter in jobParameters.OutputLocation.S3." ..
          'AccessControlList[1].Grantee: "Type"' } },
        problems_of(with(S3 .. ".AccessControlList[1].Grantee.Type", nil), "shape"))
    end)
  end)

  describe("finds unknown parameters in", function()
    it("the input", function()
      assert.same({ { path = "vaultname", message = 'Unknown parameter in input: "vaultname", ' ..
        "must be one of: " .. NAMES } }, problems_of({ vaultName = "v", vaultname = "v" }, "shape"))
    end)

    it("jobParameters", function()
      assert.same({ { path = "jobParameters.type", message = "Unknown parameter in " ..
        'jobParameters: "type", must be one of: ' .. JOB_NAMES } },
        problems_of(job({ type = "select" }), "shape"))
    end)

    for _, parameter in ipairs(parameters) do
      if parameter[2] == "structure" then
        it("every structure: " .. parameter[1], function()
          for _, key in ipairs({ "unknown", "", 1, true }) do
            local params = with(parameter[1] .. ".Type", nil)
            local place = params
            for step in parameter[1]:gmatch("[^.%[%]]+") do
              place[tonumber(step) or step] = place[tonumber(step) or step] or {}
              place = place[tonumber(step) or step]
            end
            place[key] = "x"
            local found = {}
            for _, problem in ipairs(problems_of(params)) do
              if problem.message:find("^Unknown") then
                found[#found + 1] = problem.path
              end
            end
            assert.same({ parameter[1] .. "." .. tostring(key) }, found)
          end
        end)
      end
    end

    it("one order", function()
      local paths = {}
      for i, problem in ipairs(problems_of({ vaultName = "v", c = 1, a = 1, b = 1, [1] = 1 })) do
        paths[i] = problem.path
      end
      assert.same({ "1", "a", "b", "c" }, paths)
    end)
  end)

  it("reports all at once: missing, unknown, then members, depth first", function()
    local unknown = ", must be one of: "
    assert.same({
      'Missing required parameter in input: "vaultName"',
      'Unknown parameter in input: "vault"' .. unknown .. NAMES,
      "Invalid type for parameter accountId, value: 123456789012, type: number, " ..
        "valid types: string",
      'Unknown parameter in jobParameters: "tier"' .. unknown .. JOB_NAMES,
      "Invalid type for parameter jobParameters.Format, value: true, type: boolean, " ..
        "valid types: string",
      "Invalid type for parameter jobParameters.InventoryRetrievalParameters.Limit, value: 5, " ..
        "type: number, valid types: string",
      "Missing required parameter in " .. S3 .. '.AccessControlList[1].Grantee: "Type"',
      "Unknown parameter in " .. S3 .. '.AccessControlList[1].Grantee: "Name"' .. unknown ..
        "Type, DisplayName, URI, ID, EmailAddress",
      "Invalid type for parameter " .. S3 .. ".AccessControlList[1].Permission, value: function" ..
        ", type: function, valid types: string",
      "Invalid type for parameter " .. S3 .. ".AccessControlList[2], value: x, type: string, " ..
        "valid types: table",
      "Invalid type for parameter " .. S3 .. ".Tagging (key: 5), value: 5, type: number, " ..
        "valid types: string",
      "Invalid type for parameter " .. S3 .. ".Tagging.5, value: 5, type: number, " ..
        "valid types: string",
      "Invalid type for parameter " .. S3 .. ".Tagging.k, value: 5, type: number, " ..
        "valid types: string",
    }, messages_of({
      accountId = 123456789012,
      vault = "examplevault",
      jobParameters = {
        tier = "Bulk",
        Format = true,
        InventoryRetrievalParameters = { Limit = 5 },
        OutputLocation = { S3 = {
          AccessControlList = { { Grantee = { Name = "n" }, Permission = noop }, "x" },
          Tagging = { k = 5, [5] = 5 },
        } },
      },
    }, "shape"))
  end)

  describe("does not fail on", function()
    it("huge strings", function()
      local huge = ("1"):rep(200000)
      for _, parameter in ipairs(parameters) do
        if parameter[2] == "string" then
          assert.same({}, problems_of(with(parameter[1], huge), "shape"))
          for _, value in ipairs({ huge .. "x", "0-" .. huge .. "x", huge .. "\255" }) do
            for _, problem in ipairs(problems_of(with(parameter[1], value))) do
              assert.equal(parameter[1], problem.path)
              assert.is_true(#problem.message < 500)
            end
          end
        end
      end
    end)

    it("metatables that raise", function()
      assert.same({}, problems_of(evil({ vaultName = "v", jobParameters = evil({
        OutputLocation = evil({ S3 = evil({
          AccessControlList = evil({ evil({ Grantee = evil({ Type = "Group" }) }) }),
          Tagging = evil({ k = "v" }),
        }) }),
      }) })))
      local function paths(value)
        local found = {}
        for i, problem in ipairs(problems_of(value)) do
          found[i] = problem.path
        end
        return found
      end
      assert.same({ "vaultName" }, paths(evil({})))
      assert.same({ "table", "vaultName" }, paths(evil({ vaultName = evil({}), [evil({})] = 1 })))
      assert.same({ S3 .. ".Tagging (key: table)", S3 .. ".Tagging.table" },
        paths(with(S3 .. ".Tagging", evil({ [evil({})] = evil({}) }))))
      assert.same({ S3 .. ".AccessControlList" },
        paths(with(S3 .. ".AccessControlList", evil({ [2] = evil({}) }))))
    end)

    it("tables that hold themselves", function()
      local cycle = { vaultName = "v", jobParameters = {} }
      cycle.jobParameters.jobParameters = cycle
      cycle.jobParameters.OutputLocation = cycle
      cycle.jobParameters.Tier = cycle
      local list = {}
      list[1] = list
      cycle.jobParameters.SelectParameters = list
      assert.equal(5, #problems_of(cycle))
      local map = {}
      map.k = map
      map[map] = "v"
      assert.equal(2, #problems_of(with(S3 .. ".Tagging", map)))
      assert.equal(1, #problems_of(with(S3 .. ".AccessControlList", list)))
    end)
  end)

  it("leaves the parameters as they are", function()
    local params = { vaultName = "v", accountId = "", jobParameters = { Tier = "x" } }
    problems_of(params)
    assert.same({ vaultName = "v", accountId = "", jobParameters = { Tier = "x" } }, params)
  end)
end)
