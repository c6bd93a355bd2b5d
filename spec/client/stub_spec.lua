-- glacier.stub: canned answers of all kinds, by a client whose endpoint nobody
-- answers at.

local errors = require "glacier.errors"
local glacier = require "glacier"
local model = require "glacier.model"
local stubbed = require "spec.support.stubbed"

local has, raised = stubbed.has, stubbed.raised
local client, stub

before_each(function()
  client = stubbed.client()
  stub = glacier.stub(client)
end)

after_each(function()
  client:close()
end)

describe("a stub", function()
  it("gives what was added, in order, with a head like a real one's", function()
    stub:add_response("initiate_job", { jobId = "J1" })
    stub:add_response("initiate_job", { jobId = "J2", location = "/x" })
    local first = assert(client:initiate_job({ vaultName = "v" }))
    local second = assert(client:initiate_job({ vaultName = "w" }))
    assert.equal("J1", first.jobId)
    assert.equal("J2", second.jobId)
    local metadata = second.ResponseMetadata
    assert.equal(202, metadata.HTTPStatusCode)
    assert.equal(0, metadata.RetryAttempts)
    assert.is_true(#metadata.RequestId > 10)
    assert.not_equal(first.ResponseMetadata.RequestId, metadata.RequestId)
    assert.equal(metadata.RequestId, metadata.HTTPHeaders["x-amzn-requestid"])
    assert.equal("J2", metadata.HTTPHeaders["x-amz-job-id"])
    assert.equal("/x", metadata.HTTPHeaders.location)
    stub:assert_no_pending_responses()
  end)

  it("keeps the order of one operation, whichever others come between", function()
    stub:add_response("describe_vault", { VaultName = "a" })
    stub:add_response("list_vaults", { VaultList = { { VaultName = "a" } } })
    stub:add_response("describe_vault", { VaultName = "b" })
    assert.equal(1, #client:list_vaults().VaultList)
    assert.equal("a", client:describe_vault({ vaultName = "a" }).VaultName)
    assert.equal("b", client:describe_vault({ vaultName = "b" }).VaultName)
  end)

  it("knows every operation, with the status of its success", function()
    local statuses = {}
    for name, operation in pairs(model.operations) do
      local response, params = {}, {}
      for _, member in ipairs(operation.output.required or {}) do
        response[member] = "x"
      end
      for _, member in ipairs(operation.input.required or {}) do
        params[member] = "x"
      end
      params.tagKeys = params.tagKeys and { "x" }
      stub:add_response(name, response)
      local result = assert(client[name](client, params))
      local status = result.ResponseMetadata.HTTPStatusCode
      statuses[status] = (statuses[status] or 0) + 1
      assert.equal(name, stub.calls[#stub.calls].operation)
    end
    -- As reference tables of the API have it.
    assert.same({ [200] = 13, [201] = 6, [202] = 1, [204] = 13 }, statuses)
  end)

  it("gives each call a table of its own", function()
    local canned = { JobList = { { JobId = "J", Completed = false } } }
    stub:add_response("list_jobs", canned)
    canned.JobList[1].JobId = "changed"
    local result = assert(client:list_jobs({ vaultName = "v" }))
    assert.equal("J", result.JobList[1].JobId)
    assert.is_false(result.JobList[1].Completed)
  end)

  it("takes ResponseMetadata as far as it is given", function()
    stub:add_response("describe_vault", { ResponseMetadata = { RequestId = "R",
      HTTPStatusCode = 203, HTTPHeaders = { Date = "Thu, 01 Jan 1970 00:00:00 GMT" } } })
    local metadata = client:describe_vault({ vaultName = "v" }).ResponseMetadata
    assert.equal("R", metadata.RequestId)
    assert.equal(203, metadata.HTTPStatusCode)
    assert.equal("Thu, 01 Jan 1970 00:00:00 GMT", metadata.HTTPHeaders.date)
  end)

  it("validates as ever; what is refused was not called", function()
    stub:add_response("initiate_job", { jobId = "J" })
    local result, err = client:initiate_job({ vaultNam = "v" })
    assert.is_nil(result)
    assert.equal("validation", err.kind)
    assert.same({}, stub.calls)
    result, err = client:initiate_job({ vaultName = "v" }, { timeot = 1 })
    assert.is_nil(result)
    assert.equal("UnknownOptionError", err.code)
    assert.equal("J", client:initiate_job({ vaultName = "v" }).jobId)
  end)

  it("tells what was called, as it was then", function()
    stub:add_response("initiate_job", { jobId = "J" })
    local params = { vaultName = "v", jobParameters = { Type = "inventory-retrieval" } }
    assert(client:initiate_job(params, { timeout = 5 }))
    params.jobParameters.Type = "changed"
    assert.same({ { operation = "initiate_job", options = { timeout = 5 },
      params = { vaultName = "v", jobParameters = { Type = "inventory-retrieval" } } } },
      stub.calls)
  end)

  it("works where no credentials are and no client's host waits", function()
    local bare = assert(glacier.client({ region = "eu-west-1", credentials = function()
      error("nobody is to ask for credentials")
    end }))
    glacier.stub(bare):add_response("list_vaults")
    assert.same({}, bare:list_vaults().VaultList)
    bare:close()
  end)

  it("is one client's alone", function()
    local other = stubbed.client()
    local result, err = other:list_vaults()
    assert.is_nil(result)
    assert.equal("network", err.kind)
    other:close()
  end)

  it("ends with the client, and with deactivate", function()
    stub:add_response("list_vaults")
    stub:deactivate()
    stub:deactivate()
    local result, err = client:list_vaults()
    assert.is_nil(result)
    assert.equal("network", err.kind)
    has(raised(stub.assert_no_pending_responses, stub), "list_vaults (1)")
    local again = glacier.stub(client)
    again:add_response("list_vaults", { Marker = "m" })
    stub:deactivate()
    assert.equal("m", client:list_vaults().Marker)
    local closed = 0
    function client.calls.real.close()
      closed = closed + 1
    end
    client:close()
    assert.equal(1, closed)
    result, err = client:list_vaults()
    assert.is_nil(result)
    assert.equal("cancelled", err.kind)
  end)
end)

describe("a stub's errors", function()
  it("look as real ones", function()
    stub:add_client_error("initiate_job",
      { code = "ThrottlingException", message = "Rate exceeded", status = 400 })
    local result, err = client:initiate_job({ vaultName = "v" })
    assert.is_nil(result)
    assert.is_true(errors.is_error(err))
    assert.equal("service", err.kind)
    assert.is_true(err:is("ThrottlingException"))
    assert.equal("Rate exceeded", err.message)
    assert.equal(400, err.status)
    assert.is_true(err.retryable)
    assert.equal("InitiateJob", err.operation)
    assert.is_true(#err.request_id > 10)
    assert.equal(1, err.attempts)
    assert.is_true(err.sent)
    assert.is_false(err.in_doubt)
    assert.equal("An error occurred (ThrottlingException) when calling the InitiateJob operation: " ..
      "Rate exceeded", tostring(err))
  end)

  it("are final or not, in doubt or not, as those of the service", function()
    local function fail(name, code, status)
      stub:add_client_error(name, { code = code, status = status })
      local _, err = client[name](client, { vaultName = name ~= "purchase_provisioned_capacity" and
        "v" or nil })
      return { err.retryable, err.in_doubt, err.status, err.message }
    end
    assert.same({ false, false, 400, "" }, fail("initiate_job", "PolicyEnforcedException"))
    assert.same({ false, false, 404, "" }, fail("list_jobs", "ResourceNotFoundException", 404))
    assert.same({ true, true, 500, "" }, fail("initiate_job", "ServiceUnavailableException", 500))
    assert.same({ true, false, 503, "" }, fail("list_jobs", "503", 503))
    assert.same({ false, true, 500, "" },
      fail("purchase_provisioned_capacity", "ServiceUnavailableException", 500))
  end)

  it("come in the order of the answers", function()
    stub:add_client_error("describe_vault", { code = "ResourceNotFoundException", status = 404 })
    stub:add_response("describe_vault", { VaultName = "v" })
    local _, err = client:describe_vault({ vaultName = "v" })
    assert.equal("ResourceNotFoundException", err.code)
    assert.equal("v", client:describe_vault({ vaultName = "v" }).VaultName)
  end)
end)

describe("a stub raises", function()
  for _, case in ipairs({
    { "a name that the model does not know", "initiate_job", { jobId = "J", JobId = "J" },
      'Unknown parameter in the response: "JobId", must be one of: location, jobId, jobOutputPath',
      'JobId = "J"' },
    { "a name of a structure within", "list_jobs", { JobList = { { Nothing = 1 } } },
      'Unknown parameter in JobList[1]: "Nothing"', "Nothing = 1" },
    { "a value of another type", "describe_vault", { SizeInBytes = "12" },
      "Invalid type for parameter SizeInBytes, value: 12, type: string, valid types: number",
      'SizeInBytes = "12"' },
    { "a list that is none", "list_jobs", { JobList = { JobId = "J" } }, "a list", 'JobId = "J"' },
    { "what no answer goes without", "initiate_job", {}, '"jobId"', "given: {}" },
    { "an empty one of those", "upload_archive", { archiveId = "" }, "empty archiveId" },
    { "a status of no success", "get_job_output", { status = 404 }, "404", "200 to 299" },
    { "unknown metadata", "list_vaults", { ResponseMetadata = { HttpStatusCode = 200 } },
      '"HttpStatusCode"', "HTTPStatusCode" },
    { "metadata of another type", "list_vaults", { ResponseMetadata = { RequestId = 1 } },
      "RequestId", "number" },
  }) do
    it("for a response with " .. case[1], function()
      has(raised(stub.add_response, stub, case[2], case[3]), case[2], case[4], case[5] or case[4])
      stub:assert_no_pending_responses()
    end)
  end

  it("for a response that holds itself", function()
    local endless = {}
    endless.JobList = { endless }
    has(raised(stub.add_response, stub, "list_jobs", endless), "nested too deeply")
    has(raised(stub.add_response, stub, "list_jobs", {}, endless), "nested too deeply")
  end)

  it("for an operation that is none, and what is no table", function()
    has(raised(stub.add_response, stub, "InitiateJob", {}), '"InitiateJob"', "initiate_job")
    has(raised(stub.add_client_error, stub, nil, {}), "nil", "initiate_job")
    has(raised(stub.add_response, stub, "list_jobs", "x"), "#2 to 'add_response'", "string")
    has(raised(stub.add_response, stub, "list_jobs", {}, "x"), "#3 to 'add_response'", "string")
    has(raised(stub.add_client_error, stub, "list_jobs"), "#2 to 'add_client_error'", "nil")
    has(raised(glacier.stub, {}), "#1 to 'stub'", "table")
    has(raised(glacier.stub), "#1 to 'stub'", "nil")
    has(raised(glacier.stub, client), "a stub already")
  end)

  it("for an error that is none", function()
    has(raised(stub.add_client_error, stub, "list_jobs", { message = "m" }), "no code", '"m"')
    has(raised(stub.add_client_error, stub, "list_jobs", { code = "C", status = 200 }), "200")
    has(raised(stub.add_client_error, stub, "list_jobs", { code = "C", Message = "m" }),
      '"Message"', "code, message, request_id, status")
    has(raised(stub.add_client_error, stub, "list_jobs", { code = 400 }), "code", "400")
  end)

  it("for a call that nothing was added for, with what is left", function()
    stub:add_response("describe_vault")
    local problem = raised(client.list_jobs, client, { vaultName = "v", completed = "true" })
    has(problem, "list_jobs", 'called with: { completed = "true", vaultName = "v" }',
      "answers left: describe_vault (1)")
    assert(client:describe_vault({ vaultName = "v" }))
    has(raised(client.describe_vault, client, { vaultName = "w" }), 'vaultName = "w"',
      "answers left: none")
    assert.equal(3, #stub.calls)
  end)

  it("for other parameters than expected, with both, and goes on waiting for them", function()
    local expected = { vaultName = "v", jobParameters = { Type = "archive-retrieval",
      ArchiveId = "A" } }
    stub:add_response("initiate_job", { jobId = "J" }, expected)
    local problem = raised(client.initiate_job, client, { vaultName = "v", jobParameters = {
      Type = "archive-retrieval", ArchiveId = "B" } })
    has(problem, "initiate_job",
      'expected: { jobParameters = { ArchiveId = "A", Type = "archive-retrieval" }, vaultName = "v" }',
      'got: { jobParameters = { ArchiveId = "B", Type = "archive-retrieval" }, vaultName = "v" }')
    has(raised(client.initiate_job, client, { vaultName = "v" }), 'got: { vaultName = "v" }')
    assert.equal("J", client:initiate_job(expected).jobId)
  end)

  it("for more than was expected", function()
    stub:add_client_error("list_jobs", { code = "X" }, { vaultName = "v" })
    has(raised(client.list_jobs, client, { vaultName = "v", limit = "1" }), 'limit = "1"')
    has(raised(client.list_jobs, client, { vaultName = "v", accountId = "123456789012" }),
      'accountId = "123456789012"')
    local _, err = client:list_jobs({ vaultName = "v", accountId = "-" })
    assert.equal("X", err.code)
    for _, account in ipairs({ "", "-" }) do
      stub:add_response("list_vaults", {}, { accountId = account })
      assert(client:list_vaults())
    end
    stub:add_response("list_vaults", {}, {})
    assert(client:list_vaults({ accountId = "" }))
  end)

  it("nothing for ANY, which is there at least", function()
    assert.equal("ANY", tostring(stub.ANY))
    stub:add_response("initiate_job", { jobId = "J" },
      { vaultName = "v", jobParameters = { Type = "select", Description = stub.ANY,
        ArchiveId = stub.ANY } })
    has(raised(client.initiate_job, client, { vaultName = "v",
      jobParameters = { Type = "select", ArchiveId = "A" } }), "Description = ANY")
    assert(client:initiate_job({ vaultName = "v",
      jobParameters = { Type = "select", ArchiveId = "A", Description = "d" } }))
  end)

  it("for what is left at the end, by operation", function()
    stub:add_response("list_vaults")
    stub:add_response("list_vaults")
    stub:add_client_error("list_jobs", { code = "X" })
    has(raised(stub.assert_no_pending_responses, stub), "list_jobs (1), list_vaults (2)")
  end)
end)
