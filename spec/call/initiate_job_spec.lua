-- client:initiate_job{...} over a real socket, against recorded responses. The
-- server checks every signature, so all of this fails when signing breaks.

local cjson = require("cjson")
local clients = require("spec.support.clients")
local endpoint = require("spec.support.endpoint")

local JOB_ID = "HkF9p6o7yjhFx-K3CGl6fuSm6VzW9T7esGQfco8nUXVYwS0jlb5gq1JZ55yHgt5v" ..
  "P54ZShjoQzQVVh7vEXAMPLEjobID"
local INVENTORY = { Type = "inventory-retrieval" }

-- Every parameter of the specification, with a value that full validation
-- lets pass.
local EVERYTHING = {
  Format = "JSON",
  Type = "select",
  ArchiveId = "NkbByEejwEggmBz2fTHgJrg0XBoDfjP4q6iu87-TjhqG6eGoOY9Z8i1",
  Description = "An 'odd' \"description\" with \\ and / ~",
  SNSTopic = "arn:aws:sns:us-west-2:111111111111:topic",
  RetrievalByteRange = "1048576-2097151",
  Tier = "Bulk",
  InventoryRetrievalParameters = {
    StartDate = "2013-03-20T17:03:43Z",
    EndDate = "2014-03-20",
    Limit = "10000",
    Marker = "opaque/+=",
  },
  SelectParameters = {
    InputSerialization = {
      csv = {
        FileHeaderInfo = "USE", Comments = "#", QuoteEscapeCharacter = "\\",
        RecordDelimiter = "\n", FieldDelimiter = "\t", QuoteCharacter = '"',
      },
    },
    ExpressionType = "SQL",
    Expression = "SELECT * FROM archive s WHERE s._1 = 'é \226\130\172 \240\159\167\138'",
    OutputSerialization = {
      csv = {
        QuoteFields = "ASNEEDED", QuoteEscapeCharacter = "", RecordDelimiter = "\r\n",
        FieldDelimiter = "\0", QuoteCharacter = "\127",
      },
    },
  },
  OutputLocation = {
    S3 = {
      BucketName = "bucket",
      Prefix = "a/b",
      Encryption = { EncryptionType = "aws:kms", KMSKeyId = "key", KMSContext = "{}" },
      CannedACL = "bucket-owner-full-control",
      AccessControlList = {
        { Grantee = { Type = "CanonicalUser", DisplayName = "n", URI = "u", ID = "i",
            EmailAddress = "e@example.org" },
          Permission = "READ_ACP" },
        { Grantee = { Type = "Group" } },
      },
      Tagging = { b = "2", a = "1", [""] = "" },
      UserMetadata = { ["käse"] = "\1" },
      StorageClass = "STANDARD_IA",
    },
  },
}

local server = endpoint.during {
  setup = setup, teardown = teardown, before_each = before_each,
}

after_each(clients.close_all)

local function call(recording, params, options)
  server:play(recording)
  local client = clients.new(server, options)
  return client:initiate_job(params or {
    vaultName = "examplevault", jobParameters = INVENTORY,
  })
end

local function only_request()
  local requests = server:requests()
  assert.are.equal(1, #requests)
  assert.are.equal("ok", requests[1].signature)
  return requests[1]
end

describe("a success", function()
  it("gives jobId, location and ResponseMetadata", function()
    local response = assert(call("initiate_job/success"))
    assert.are.equal(JOB_ID, response.jobId)
    assert.are.equal("/111122223333/vaults/examplevault/jobs/" .. JOB_ID, response.location)
    assert.is_nil(response.jobOutputPath)
    local metadata = response.ResponseMetadata
    assert.are.equal(202, metadata.HTTPStatusCode)
    assert.are.equal(0, metadata.RetryAttempts)
    assert.are.equal(metadata.HTTPHeaders["x-amzn-requestid"], metadata.RequestId)
    assert.are.equal(JOB_ID, metadata.HTTPHeaders["x-amz-job-id"])
  end)

  it("gives jobOutputPath for a select job", function()
    local response = assert(call("initiate_job/success_select"))
    assert.are.equal(response.ResponseMetadata.HTTPHeaders["x-amz-job-output-path"],
      response.jobOutputPath)
    assert.is_truthy(response.jobOutputPath)
  end)
end)

describe("the request", function()
  it("is what boto3 sends", function()
    assert(call("initiate_job/success", { vaultName = "examplevault" }))
    local request = only_request()
    assert.are.equal("POST", request.method)
    assert.are.equal("/-/vaults/examplevault/jobs", request.target)
    assert.are.equal("{}", request.body)
    assert.are.equal("application/json", request:header("content-type"))
    assert.are.equal("2", request:header("content-length"))
    assert.are.equal("2012-06-01", request:header("x-amz-glacier-version"))
    assert.are.equal("identity", request:header("accept-encoding"))
    assert.are.equal("attempt=1; max=1", request:header("amz-sdk-request"))
    assert.is_truthy(request:header("amz-sdk-invocation-id"):find(
      "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-4%x%x%x%-[89ab]%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$"))
    for _, name in ipairs({ "expect", "accept", "x-amz-content-sha256", "x-amz-security-token" }) do
      assert.is_nil(request:header(name))
    end
    assert.is_truthy(request:header("authorization"):find(
      "SignedHeaders=content-type;host;x-amz-date;x-amz-glacier-version,", 1, true))
  end)

  it("carries and signs a session token", function()
    local credentials = {
      access_key_id = "ASIAEXAMPLE", secret_access_key = "s", session_token = "TOKEN/abc==",
    }
    server:add_credentials(credentials)
    assert(call("initiate_job/success", nil, { credentials = credentials }))
    local request = only_request()
    assert.are.equal("TOKEN/abc==", request:header("x-amz-security-token"))
    assert.is_truthy(request:header("authorization"):find(
      "x-amz-glacier-version;x-amz-security-token,", 1, true))
  end)

  it("carries every parameter of the specification", function()
    assert(call("initiate_job/success", {
      accountId = "111122223333", vaultName = "a.b_c-D", jobParameters = EVERYTHING,
    }))
    local request = only_request()
    assert.are.equal("/111122223333/vaults/a.b_c-D/jobs", request.target)
    assert.are.same(EVERYTHING, cjson.decode(request.body))
  end)

  it("keeps empty lists, maps, structures and strings apart", function()
    assert(call("initiate_job/success", { vaultName = "v", jobParameters = {
      Description = "",
      InventoryRetrievalParameters = {},
      OutputLocation = { S3 = { AccessControlList = {}, Tagging = {}, UserMetadata = {} } },
    } }))
    assert.are.equal('{"Description":"","InventoryRetrievalParameters":{},"OutputLocation":' ..
      '{"S3":{"AccessControlList":[],"Tagging":{},"UserMetadata":{}}}}', only_request().body)
  end)

  it("is the same, byte for byte, for the same parameters", function()
    server:play("initiate_job/success")
    local client = clients.new(server)
    for _ = 1, 3 do
      assert(client:initiate_job({ vaultName = "v", jobParameters = EVERYTHING }))
    end
    local requests = server:requests()
    assert.are.equal(requests[1].body, requests[2].body)
    assert.are.equal(requests[1].body, requests[3].body)
    assert.is_true(requests[1].body:find('"Tagging":{"":"","a":"1","b":"2"}', 1, true) ~= nil)
  end)

  local NAMES = {
    ["a b"] = "a%20b", ["a/b"] = "a%2Fb", ["100%"] = "100%25", ["%2F"] = "%252F",
    ["."] = ".", [".."] = "..", ["é"] = "%C3%A9", ["a?b#c"] = "a%3Fb%23c", ["~"] = "~",
    ["a+b&c=d"] = "a%2Bb%26c%3Dd", ["\0\255"] = "%00%FF", ["a//b/../c"] = "a%2F%2Fb%2F..%2Fc",
  }
  for name, wire in pairs(NAMES) do
    it(("names the vault %q as the AWS SDKs do"):format(name), function()
      assert(call("initiate_job/success", { vaultName = name }, { validate = "shape" }))
      assert.are.equal("/-/vaults/" .. wire .. "/jobs", only_request().target)
    end)
  end

  it("takes no account, '' and '-' for the account of the credentials", function()
    for _, account in ipairs({ "", "-" }) do
      server:reset()
      assert(call("initiate_job/success", { accountId = account, vaultName = "v" }))
      assert.are.equal("/-/vaults/v/jobs", only_request().target)
    end
  end)

  it("goes below the path of endpoint_url and keeps its query", function()
    assert(call("initiate_job/success", { vaultName = "v" }, {
      endpoint_url = server.url .. "/base/path/?b=2&a=x%20y",
    }))
    assert.are.equal("/base/path/-/vaults/v/jobs?b=2&a=x%20y", only_request().target)
  end)
end)

describe("an exception", function()
  local EXCEPTIONS = {
    { "resource_not_found", "ResourceNotFoundException", 404 },
    { "policy_enforced", "PolicyEnforcedException", 400 },
    { "invalid_parameter_value", "InvalidParameterValueException", 400 },
    { "missing_parameter_value", "MissingParameterValueException", 400 },
    { "insufficient_capacity", "InsufficientCapacityException", 503, true },
    { "service_unavailable", "ServiceUnavailableException", 500, true },
    { "no_longer_supported", "NoLongerSupportedException", 400 },
    { "access_denied", "AccessDeniedException", 403 },
    { "expired_token", "ExpiredTokenException", 403 },
    { "invalid_signature", "InvalidSignatureException", 403 },
    { "throttling", "ThrottlingException", 400, true },
  }
  for _, case in ipairs(EXCEPTIONS) do
    local recording, code, status, retryable = case[1], case[2], case[3], case[4] or false
    it(code .. " reads as boto3's", function()
      local response, err = call("initiate_job/" .. recording)
      assert.is_nil(response)
      assert.are.equal("service", err.kind)
      assert.are.equal(code, err.code)
      assert.are.equal(status, err.status)
      assert.are.equal(retryable, err.retryable)
      assert.are.equal("InitiateJob", err.operation)
      assert.are.equal(1, err.attempts)
      assert.is_truthy(err.request_id)
      assert.is_true(err:is(code))
      assert.is_true(err:is("service"))
      assert.is_false(err:is("network"))
      assert.are.equal(("An error occurred (%s) when calling the InitiateJob operation: %s")
        :format(code, err.message), tostring(err))
      assert.is_true(#err.message > 0)
    end)
  end

  it("without a readable body is told by its status", function()
    local _, err = call("initiate_job/html_503")
    assert.are.equal("503", err.code)
    assert.are.equal("Service Unavailable", err.message)
    _, err = call("initiate_job/empty_500")
    assert.are.equal("500", err.code)
    assert.are.equal("Internal Server Error", err.message)
    for _, name in ipairs({ "not_json", "json_not_object" }) do
      _, err = call("initiate_job/" .. name)
      assert.are.equal("service", err.kind)
      assert.are.equal(tostring(err.status), err.code)
    end
  end)

  it("is raised for a success that names no job", function()
    for _, name in ipairs({ "no_job_id", "html_200" }) do
      local response, err = call("initiate_job/" .. name)
      assert.is_nil(response)
      assert.are.equal("protocol", err.kind)
    end
  end)

  it("shows neither token nor signature, though the service repeats them", function()
    local token = "SESSIONTOKEN/abc=="
    local credentials = {
      access_key_id = "ASIAEXAMPLE", secret_access_key = "verysecret", session_token = token,
    }
    server:add_credentials(credentials)
    server:play({
      status = 403, reason = "Forbidden", headers = { { "Content-Type", "application/json" } },
      body = cjson.encode({ code = "InvalidSignatureException",
        message = "should have been 'x-amz-security-token:" .. token .. "'" }),
    })
    local client = clients.new(server, { credentials = credentials })
    local _, err = client:initiate_job({ vaultName = "v" })
    assert.are.equal("InvalidSignatureException", err.code)
    assert.is_nil(tostring(err):find(token, 1, true))
    assert.is_truthy(tostring(err):find("x-amz-security-token:***", 1, true))
  end)

  it("leaves the client fit for the next call", function()
    server:play({ "initiate_job/html_503", "initiate_job/success" })
    local client = clients.new(server)
    assert.is_nil((client:initiate_job({ vaultName = "v" })))
    assert.is_truthy(client:initiate_job({ vaultName = "v" }))
    assert.are.equal(server:requests()[1].connection, server:requests()[2].connection)
  end)
end)

describe("bad input", function()
  it("gives one error that names every path, and nothing is sent", function()
    local response, err = call("initiate_job/success", {
      vaultName = 5,
      vault = "v",
      jobParameters = {
        Type = false,
        InventoryRetrievalParameters = { Limit = 5 },
        SelectParameters = { InputSerialization = { csv = "x" } },
        OutputLocation = { S3 = {
          AccessControlList = { { Grantee = {} }, "grant" },
          Tagging = { k = 1 },
          Prefix = "\255",
        } },
      },
    })
    assert.is_nil(response)
    assert.are.equal("validation", err.kind)
    local paths = {}
    for i, problem in ipairs(err.problems) do
      paths[i] = problem.path
      assert.is_truthy(tostring(err):find(problem.message, 1, true))
    end
    assert.are.same({
      "vault", "vaultName", "jobParameters.Type",
      "jobParameters.InventoryRetrievalParameters.Limit",
      "jobParameters.SelectParameters.InputSerialization.csv",
      "jobParameters.OutputLocation.S3.Prefix",
      "jobParameters.OutputLocation.S3.AccessControlList[1].Grantee.Type",
      "jobParameters.OutputLocation.S3.AccessControlList[2]",
      "jobParameters.OutputLocation.S3.Tagging.k",
    }, paths)
    assert.are.same({}, server:requests())
  end)

  it("of any type in place of the parameters is a validation error", function()
    for _, params in ipairs({ 5, "x", true, print }) do
      local _, err = call("initiate_job/success", params)
      assert.are.equal("validation", err.kind)
    end
    local client = clients.new(server)
    local _, err = client:initiate_job()
    assert.are.equal('Parameter validation failed:\n' ..
      'Missing required parameter in input: "vaultName"', tostring(err))
    assert.are.same({}, server:requests())
  end)
end)
