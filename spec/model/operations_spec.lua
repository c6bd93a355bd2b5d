-- Every operation against what was recorded of another implementation: its
-- requests and their signatures, its verdicts on wrong parameters, its results.

local model = require "glacier.model"
local parse = require "glacier.call.parse"
local serialize = require "glacier.call.serialize"
local service_vectors = require "spec.support.service_vectors"
local sigv4 = require "glacier.core.sigv4"
local validate = require "glacier.call.validate"

local FOLDER = os.getenv("SERVICE_VECTORS")

local by_operation = {}
for _, name in ipairs({ "requests", "verdicts", "answers" }) do
  by_operation[name] = service_vectors.by_operation(service_vectors.read(name, FOLDER))
end

local signer = assert(sigv4.signer())
local credentials = assert(sigv4.credentials("AKIDEXAMPLE",
  "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))

-- 2012-05-25T00:24:53Z.
local function signature_of(request)
  local headers = { "Host", "glacier.us-east-1.amazonaws.com", model.service.headers[1],
    model.service.headers[2] }
  for _, text in ipairs(request.headers) do
    headers[#headers + 1] = text
  end
  local signed = assert(signer:sign({
    method = request.method, path = request.path, query = request.query, headers = headers,
    body = request.body, region = "us-east-1", service = "glacier", time = 1337905493,
    credentials = credentials,
  }))
  return signed[#signed]:match("Signature=(%x+)$")
end

local function by_name(headers)
  local result = {}
  for i = 1, #headers, 2 do
    result[headers[i]:lower()] = headers[i + 1]
  end
  return result
end

local function problems_of(params, operation)
  local messages = {}
  local ok, problems = validate(params, operation, "shape")
  for i, problem in ipairs(problems or {}) do
    messages[i] = problem.message
  end
  assert.equal(ok == nil, #messages > 0)
  return messages
end

for name, operation in pairs(model.operations) do
  describe(name, function()
    it("is sent as recorded, byte by byte, and signed so", function()
      assert.is_true(#by_operation.requests[name] > 0)
      for _, case in ipairs(by_operation.requests[name]) do
        assert.same({}, problems_of(case.params, operation))
        local request = serialize.request(case.params, operation)
        local line = "line " .. case.number
        assert.equal(case.method, request.method, line)
        assert.equal(case.path, request.path, line)
        assert.equal(case.query, request.query, line)
        assert.same(case.headers, by_name(request.headers), line)
        assert.is_true(case.body == request.body, line .. ": " .. request.body:sub(1, 1000))
        assert.equal(case.signature, signature_of(request), line)
      end
    end)

    it("refuses what is recorded as wrong, in those words", function()
      assert.is_true(#by_operation.verdicts[name] > 0)
      for _, case in ipairs(by_operation.verdicts[name]) do
        assert.same(case.problems, problems_of(case.params, operation), "line " .. case.number)
      end
    end)

    it("reads answers as recorded", function()
      assert.is_true(#by_operation.answers[name] > 0)
      for _, case in ipairs(by_operation.answers[name]) do
        local result, err = parse({ status = case.status, reason = "", headers = case.headers,
          body = case.body }, operation)
        assert.is_nil(err, tostring(err))
        assert.same({ RequestId = "R", HTTPStatusCode = case.status, HTTPHeaders = case.headers,
          RetryAttempts = 0 }, result.ResponseMetadata)
        result.ResponseMetadata = nil
        if case.blob then
          assert.equal(case.body, result[case.blob])
          result[case.blob] = nil
        end
        assert.same(case.result, result, "line " .. case.number)
      end
    end)
  end)
end
