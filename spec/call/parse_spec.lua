local errors = require "glacier.errors"
local model = require "glacier.model"
local operations = require "spec.vectors.operations"
local parse = require "glacier.call.parse"

local initiate_job = model.operations.initiate_job

local function response(status, body, headers, reason)
  return { status = status, reason = reason or "Reason", headers = headers or {},
    body = body or "" }
end

local function error_of(status, body, headers, reason, operation)
  local result, err = parse(response(status, body, headers, reason), operation or initiate_job)
  assert.is_nil(result)
  assert.is_true(errors.is_error(err))
  assert.equal(status, err.status)
  assert.is_true(err.sent)
  return err
end

local function result_of(operation, body, headers, status)
  local result, err = parse(response(status or 200, body, headers), operation)
  assert.is_nil(err)
  return result
end

describe("glacier.call.parse", function()
  describe("a success", function()
    it("gives what the headers say", function()
      local headers = {
        ["location"] = "/111122223333/vaults/v/jobs/j",
        ["x-amz-job-id"] = "j",
        ["x-amz-job-output-path"] = "out/put",
        ["x-amzn-requestid"] = "request",
        ["x-amz-request-id"] = "other",
      }
      local result = result_of(initiate_job, "", headers, 202)
      assert.same({
        location = "/111122223333/vaults/v/jobs/j", jobId = "j", jobOutputPath = "out/put",
        ResponseMetadata = { RequestId = "request", HTTPStatusCode = 202, HTTPHeaders = headers,
          RetryAttempts = 0 },
      }, result)
    end)

    it("has no key for an absent header", function()
      local result = result_of(initiate_job, "", { ["x-amz-job-id"] = "j",
        ["x-amz-request-id"] = "other" })
      assert.is_nil(result.location)
      assert.is_nil(result.jobOutputPath)
      assert.equal("other", result.ResponseMetadata.RequestId)
    end)

    it("may have any body, which says nothing here", function()
      for _, body in ipairs({ "", "{}", "null", "\255", "<html>", ("x"):rep(1000000) }) do
        assert.equal("j", result_of(initiate_job, body, { ["x-amz-job-id"] = "j" }).jobId)
      end
    end)

    for _, headers in ipairs({ {}, { ["x-amz-job-id"] = "" }, { location = "/x" } }) do
      it("is not believed without a job's id", function()
        local err = error_of(200, "<html>captive portal</html>", headers)
        assert.equal("protocol", err.kind)
        assert.equal("ResponseParserError", err.code)
        assert.equal("InitiateJob", err.operation)
        assert.equal("Unable to parse the response of the InitiateJob operation (status 200): " ..
          "it has no jobId", tostring(err))
      end)
    end
  end)

  describe("an error's code is taken from", function()
    local name = "ResourceNotFoundException"
    local cases = {
      { "code", '{"code":"X"}', {}, "X" },
      { "Code", '{"Code":"X"}', {}, "X" },
      { "__type", '{"__type":"X"}', {}, "X" },
      { "__type with a namespace", '{"__type":"com.amazonaws.glacier#X"}', {}, "X" },
      { "__type with a URI", '{"__type":"X:http://internal.amazon.com/coral/"}', {}, "X" },
      { "__type with both", '{"__type":"aws.glacier#X:http://a/#b"}', {}, "X" },
      { "the header", "", { ["x-amzn-errortype"] = "X" }, "X" },
      { "the header with a URI", "{}", { ["x-amzn-errortype"] = "X:http://a/" }, "X" },
      { "the header with a namespace", "", { ["x-amzn-errortype"] = "a.b#X" }, "X" },
      { "the header before the body", '{"code":"Y","__type":"Z"}',
        { ["x-amzn-errortype"] = "X" }, "X" },
      { "code before Code and __type", '{"__type":"Z","Code":"Y","code":"X"}', {}, "X" },
      { "Code before __type", '{"__type":"Z","Code":"X"}', {}, "X" },
      { "the body where the header is empty", '{"code":"X"}', { ["x-amzn-errortype"] = "" }, "X" },
      { "the next where one is no text", '{"code":5,"Code":null,"__type":"X"}', {}, "X" },
      { "the status where there is none", "{}", {}, "404" },
      { "the status where it is empty", '{"code":"","__type":"#"}', {}, "404" },
      { "the status where the body is no object", '["code","X"]', {}, "404" },
      { "the text, printable", '{"code":"X\\u0000\\n"}', {}, "X?\n" },
    }

    for _, case in ipairs(cases) do
      it(case[1], function()
        assert.equal(case[4], error_of(404, case[2], case[3]).code)
      end)
    end

    -- The exceptions of the operation, as the service writes them.
    for exception, status in pairs({
      ResourceNotFoundException = 404, PolicyEnforcedException = 400,
      InvalidParameterValueException = 400, MissingParameterValueException = 400,
      InsufficientCapacityException = 503, ServiceUnavailableException = 500,
      NoLongerSupportedException = 400,
    }) do
      it("the service's body: " .. exception, function()
        local err = error_of(status, ('{"code":"%s","type":"Client","message":"what"}')
          :format(exception), { ["x-amzn-requestid"] = "r" })
        assert.equal("service", err.kind)
        assert.is_true(err:is(exception))
        assert.equal("what", err.message)
        assert.equal("r", err.request_id)
        assert.equal("An error occurred (" .. exception .. ") when calling the InitiateJob " ..
          "operation: what", tostring(err))
      end)
    end

    it("and tostring is boto3's", function()
      assert.equal("An error occurred (" .. name .. ") when calling the InitiateJob operation: " ..
        "Vault not found", tostring(error_of(404, '{"code":"' .. name ..
        '","message":"Vault not found"}')))
    end)
  end)

  describe("an error's message is", function()
    local cases = {
      { "message", '{"message":"m"}', "m" },
      { "Message", '{"Message":"m"}', "m" },
      { "message before Message", '{"Message":"n","message":"m"}', "m" },
      { "Message where the other is no text", '{"message":{},"Message":"m"}', "m" },
      { "empty where there is none", '{"code":"X"}', "" },
      { "empty where it is null", '{"code":"X","message":null}', "" },
      { "the reason of an empty body", "", "Reason" },
      { "the reason of a blank body", " \r\n\t", "Reason" },
      { "the reason of a page", "<html><body>503</body></html>", "Reason" },
      { "the reason of a page after blanks", "\n  <!DOCTYPE html>", "Reason" },
      { "the text of any other", "upstream connect error", "upstream connect error" },
      { "the text of a list", '["x"]', '["x"]' },
      { "the text of a string", '"x"', '"x"' },
      { "the text of a number", "5", "5" },
      { "the text of null", "null", "null" },
      { "the text of a torn object", '{"message":"m', '{"message":"m' },
      { "text with its line breaks", "a\nb\tc", "a\nb\tc" },
      { "text without control characters", "a\0b\27[31m\r\127", "a?b?[31m??" },
      { "a message without control characters", '{"message":"a\\u0000\\u001b\\u007f"}', "a???" },
      { "U+FFFD for bytes that are no UTF-8", "\255\254", "\239\191\189\239\191\189" },
      { "unicode", '{"message":"caf\\u00e9"}', "caf\195\169" },
    }

    for _, case in ipairs(cases) do
      it(case[1], function()
        assert.equal(case[3], error_of(503, case[2]).message)
      end)
    end

    it("no longer than a page", function()
      assert.equal(("m"):rep(2000), error_of(500, ("m"):rep(1048576)).message)
      assert.equal(("m"):rep(2000),
        error_of(500, '{"message":"' .. ("m"):rep(1048576) .. '"}').message)
      assert.equal("Reason", error_of(500, (" "):rep(1048576)).message)
    end)

    it("the text of what is nested too deep", function()
      for _, body in ipairs({ ('{"message":'):rep(200000), ("["):rep(200000),
        ('{"a":'):rep(150) .. "1" .. ("}"):rep(150) }) do
        assert.equal("500", error_of(500, body).code)
      end
    end)
  end)

  it("reads any other status as an error", function()
    for _, status in ipairs({ 100, 199, 300, 301, 304, 400, 429, 501, 599, 999 }) do
      assert.equal(tostring(status), error_of(status).code)
    end
  end)

  it("takes along what retrying needs", function()
    local function retry_after(value)
      return error_of(500, "", { ["x-amz-retry-after"] = value }).retry_after
    end
    assert.equal(1500, retry_after("1500"))
    for _, value in ipairs({ "", "soon", "-1", "1.5", "1e3", "1, 2", " 5" }) do
      assert.is_nil(retry_after(value))
    end
    assert.equal("Fri, 25 May 2012 00:24:53 GMT",
      error_of(403, "", { date = "Fri, 25 May 2012 00:24:53 GMT" }).date)
    assert.is_false(error_of(500).retryable)
  end)

  describe("by data alone reads", function()
    it("a description of a job", function()
      local result = result_of(operations.describe_job, [[{
        "JobId": "j", "Completed": false, "Action": "ArchiveRetrieval", "ArchiveId": null,
        "ArchiveSizeInBytes": 16777216, "InventorySizeInBytes": null, "Unknown": {"a": 1},
        "InventoryRetrievalParameters": {"Format": "CSV", "StartDate": null, "Limit": "10"},
        "OutputLocation": {"S3": {"BucketName": "b", "Tagging": {"k": "v", "n": null},
          "AccessControlList": [{"Grantee": {"Type": "Group"}, "Permission": "READ"}, {}]}}
      }]])
      result.ResponseMetadata = nil
      assert.same({
        JobId = "j", Completed = false, Action = "ArchiveRetrieval", ArchiveSizeInBytes = 16777216,
        InventoryRetrievalParameters = { Format = "CSV", Limit = "10" },
        OutputLocation = { S3 = { BucketName = "b", Tagging = { k = "v" },
          AccessControlList = { { Grantee = { Type = "Group" }, Permission = "READ" }, {} } } },
      }, result)
      assert.equal("16777216", tostring(result.ArchiveSizeInBytes))
    end)

    it("a list of jobs", function()
      local result = result_of(operations.list_jobs,
        '{"JobList":[{"JobId":"a","Completed":true},{"JobId":"b"}],"Marker":null}')
      assert.same({ { JobId = "a", Completed = true }, { JobId = "b" } }, result.JobList)
      assert.is_nil(result.Marker)
      assert.same({}, result_of(operations.list_jobs, '{"JobList":[]}').JobList)
      assert.is_nil(result_of(operations.list_jobs, "{}").JobList)
    end)

    it("an output: its bytes, status and headers", function()
      local result = result_of(operations.get_job_output, "\0\255{", {
        ["x-amz-sha256-tree-hash"] = "beef", ["content-range"] = "bytes 0-2/10",
        ["content-type"] = "text/csv" }, 206)
      result.ResponseMetadata = nil
      assert.same({ body = "\0\255{", status = 206, checksum = "beef",
        contentRange = "bytes 0-2/10", contentType = "text/csv" }, result)
      assert.equal("", result_of(operations.get_job_output, "").body)
    end)

    it("an upload", function()
      assert.equal("a", result_of(operations.upload_archive, "", { ["x-amz-archive-id"] = "a" },
        201).archiveId)
      assert.equal("protocol", error_of(201, "", {}, nil, operations.upload_archive).kind)
    end)

    local wrong = {
      { "a body that is none", "", "the body is no JSON object" },
      { "a list", '[{"JobId":"j"}]', "the body is no JSON object" },
      { "a page", "<html>", "the body is no JSON object" },
      { "what is no UTF-8 nor JSON", "\255", "the body is no JSON object" },
    }

    for _, case in ipairs(wrong) do
      it("no description from " .. case[1], function()
        local err = error_of(200, case[2], {}, nil, operations.describe_job)
        assert.equal("protocol", err.kind)
        assert.equal("Unable to parse the response of the DescribeJob operation (status 200): " ..
          case[3], err.message)
      end)
    end

    -- Of another type than the service's own; what is left of it.
    local odd = {
      { "a number for a text", '{"JobId":5}', {} },
      { "a text for a number", '{"ArchiveSizeInBytes":"5","JobId":"j"}', { JobId = "j" } },
      { "a fraction for a whole number", '{"ArchiveSizeInBytes":1.5}', {} },
      { "a text for a boolean", '{"Completed":"true"}', {} },
      { "a text for a structure", '{"OutputLocation":"x"}', {} },
      { "a list for a structure", '{"OutputLocation":[1]}', {} },
      { "an object for a list", '{"OutputLocation":{"S3":{"AccessControlList":{"a":1}}}}',
        { OutputLocation = { S3 = {} } } },
      { "a list for a map", '{"OutputLocation":{"S3":{"Tagging":["a"]}}}',
        { OutputLocation = { S3 = {} } } },
      { "null in a list", '{"OutputLocation":{"S3":{"AccessControlList":[null,{}]}}}',
        { OutputLocation = { S3 = { AccessControlList = { {} } } } } },
      { "a number in a map", '{"OutputLocation":{"S3":{"Tagging":{"k":1,"l":"m"}}}}',
        { OutputLocation = { S3 = { Tagging = { l = "m" } } } } },
    }

    for _, case in ipairs(odd) do
      it("a description without " .. case[1], function()
        local result = result_of(operations.describe_job, case[2])
        result.ResponseMetadata = nil
        assert.same(case[3], result)
      end)
    end
  end)
end)
