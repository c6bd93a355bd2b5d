local model = require "glacier.model"
local parameters = require "spec.vectors.parameters"
local rules = require "glacier.rules"

local operation = model.operations.initiate_job

-- Writes a shape down as the list of parameters is written.
local function flatten(shape, path, list)
  local required = {}
  for _, name in ipairs(shape.required or {}) do
    required[name] = true
  end
  for _, member in ipairs(shape.members or {}) do
    local inner = path == "" and member[1] or path .. "." .. member[1]
    list[#list + 1] = { inner, member[2].type, enum = member[2].enum,
      required = required[member[1]] }
    flatten(member[2], inner, list)
  end
  if shape.type == "list" then
    list[#list + 1] = { path .. "[1]", shape.member.type, enum = shape.member.enum }
    flatten(shape.member, path .. "[1]", list)
  elseif shape.type == "map" then
    assert.equal("string", shape.key.type)
    list[#list + 1] = { path .. ".key", shape.value.type, enum = shape.value.enum }
    flatten(shape.value, path .. ".key", list)
  end
  return list
end

describe("glacier.model", function()
  it("has the parameters of the documentation, in its order", function()
    local found = flatten(operation.input, "", {})
    for i, parameter in ipairs(parameters) do
      assert.same(parameter, found[i])
    end
    assert.equal(#parameters, #found)
  end)

  it("sends the call where the service expects it", function()
    assert.equal("InitiateJob", operation.name)
    assert.equal("POST", operation.method)
    assert.equal("/{accountId}/vaults/{vaultName}/jobs", operation.uri)
    assert.equal("glacier", model.service.signing_name)
    assert.same({ "x-amz-glacier-version", "2012-06-01" }, model.service.headers)
  end)

  it("names rules that there are", function()
    local function check(shape)
      if shape.rule then
        assert.is_function(rules[shape.rule])
      end
      for _, member in ipairs(shape.members or {}) do
        check(member[2])
      end
      local inner = shape.member or shape.value
      if inner then
        check(inner)
      end
    end
    for _, each in pairs(model.operations) do
      check(each.input)
    end
  end)

  it("names members that there are in `required`, `rules` and the URI", function()
    local function check(shape)
      local names = {}
      for _, member in ipairs(shape.members or {}) do
        names[member[1]] = true
        check(member[2])
      end
      for _, name in ipairs(shape.required or {}) do
        assert.is_true(names[name])
      end
      for _, rule in ipairs(shape.rules or {}) do
        assert.is_true(names[rule[1]])
        assert.is_true(names[rule.demand or rule.refuse])
      end
      return names
    end
    for _, each in pairs(model.operations) do
      local names = check(each.input)
      check(each.output)
      for name in each.uri:gmatch("{(%w+)}") do
        assert.is_true(names[name])
      end
    end
  end)
end)
