local model = require "glacier.model"
local parameters = require "spec.vectors.parameters"
local rules = require "glacier.call.rules"
local service_vectors = require "spec.support.service_vectors"

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

-- The same with the places of members, as the service's own description has
-- them; enumerations apart. `in_output`: what is required there is ours.
local function describe_shape(shape, path, list, in_output)
  local required = {}
  for _, name in ipairs(not in_output and shape.required or {}) do
    required[name] = true
  end
  for _, member in ipairs(shape.members or {}) do
    local inner = path == "" and member[1] or path .. "." .. member[1]
    list[#list + 1] = { path = inner, type = member[2].type, location = member.location,
      as = member.as and member.as:lower(), required = required[member[1]],
      default = member.default }
    describe_shape(member[2], inner, list)
  end
  if shape.type == "list" then
    list[#list + 1] = { path = path .. "[1]", type = shape.member.type }
    describe_shape(shape.member, path .. "[1]", list)
  elseif shape.type == "map" then
    assert.equal("string", shape.key.type)
    list[#list + 1] = { path = path .. ".key", type = shape.value.type }
  end
  return list
end

describe("glacier.model", function()
  local count = 0

  for _, facts in ipairs(service_vectors.read("operations")) do
    count = count + 1
    it("has " .. facts.operation .. " as the service describes it", function()
      local found = assert(model.operations[facts.operation])
      for _, field in ipairs({ "name", "method", "uri", "query" }) do
        assert.equal(facts[field], found[field])
      end
      assert.same(facts.input, describe_shape(found.input, "", {}))
      assert.same(facts.output, describe_shape(found.output, "", {}, true))
      assert.same(facts.pagination, found.pagination)
    end)
  end

  it("has no other operations", function()
    local names = 0
    for _ in pairs(model.operations) do
      names = names + 1
    end
    assert.equal(33, names)
    assert.equal(names, count)
  end)

  it("has the waiters of boto3", function()
    local exists, gone = model.waiters.vault_exists, model.waiters.vault_not_exists
    for _, waiter in ipairs({ exists, gone }) do
      assert.equal("describe_vault", waiter.operation)
      assert.equal(3, waiter.delay)
      assert.equal(15, waiter.max_attempts)
    end
    assert.same({ 200, "ResourceNotFoundException" }, { exists.success, exists.retry })
    assert.same({ "ResourceNotFoundException", 200 }, { gone.success, gone.retry })
  end)

  it("does not believe a success without the id it is made for", function()
    local ids = { initiate_job = "jobId", upload_archive = "archiveId",
      complete_multipart_upload = "archiveId", initiate_multipart_upload = "uploadId",
      initiate_vault_lock = "lockId", purchase_provisioned_capacity = "capacityId" }
    for name, each in pairs(model.operations) do
      assert.same(ids[name] and { ids[name] }, each.output.required)
    end
  end)

  it("says of each operation that is not idempotent what a lost answer leads to", function()
    local resend = { upload_archive = true, initiate_multipart_upload = true,
      complete_multipart_upload = true, initiate_vault_lock = true,
      purchase_provisioned_capacity = false }
    for name, each in pairs(model.operations) do
      assert.equal(resend[name], each.resend)
      assert.equal(name == "initiate_job" and "list_jobs" or nil, each.reconcile)
    end
  end)

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
