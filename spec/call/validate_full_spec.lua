-- What "full" validation refuses beyond "shape": values, not types.

local model = require "glacier.model"
local to_utf8 = require("glacier.text").to_utf8
local validate = require "glacier.call.validate"

local operation = model.operations.initiate_job

local S3 = "jobParameters.OutputLocation.S3"

local function paths_of(params, mode)
  local paths = {}
  local _, problems = validate(params, operation, mode)
  for i, problem in ipairs(problems or {}) do
    paths[i] = problem.path
  end
  return paths
end

local function message_of(params)
  local _, problems = validate(params, operation, "full")
  return problems and problems[1].message
end

local function job(fields)
  return { vaultName = "examplevault", jobParameters = fields }
end

local function vault(name)
  return { vaultName = name }
end

local function s3(fields)
  return job({ OutputLocation = { S3 = fields } })
end

local function inventory(fields)
  return job({ InventoryRetrievalParameters = fields })
end

-- Each: the path of the one problem, the parameters, the message.
local WRONG = {
  { "vaultName", vault(""),
    "Invalid length for parameter vaultName, value: 0, valid min length: 1" },
  { "vaultName", vault(("v"):rep(256)),
    "Invalid length for parameter vaultName, value: 256, valid max length: 255" },
  { "vaultName", vault("a/b"), "Invalid value for parameter vaultName, value: a/b, " ..
    "valid characters: a-z A-Z 0-9 _ . -" },
  { "vaultName", vault("arn:aws:glacier:us-west-2:111122223333:vaults/v"),
    "Invalid value for parameter vaultName, value: " ..
    "arn:aws:glacier:us-west-2:111122223333:vaults/v, " ..
    'valid values: the vault\'s name alone, not its ARN (the part behind "vaults/")' },
  { "accountId", { vaultName = "v", accountId = "1111-2222-3333" },
    "Invalid value for parameter accountId, value: 1111-2222-3333, " ..
    'valid values: "-" or 12 digits without hyphens' },
  { "jobParameters.Type", job({ Type = "Select" }), "Invalid value for parameter " ..
    "jobParameters.Type, value: Select, valid values: select, archive-retrieval, " ..
    "inventory-retrieval" },
  { "jobParameters.Type", job({ Type = "" }) },
  { "jobParameters.Format", job({ Format = "csv" }),
    "Invalid value for parameter jobParameters.Format, value: csv, valid values: CSV, JSON" },
  { "jobParameters.Tier", job({ Tier = "standard" }), "Invalid value for parameter " ..
    "jobParameters.Tier, value: standard, valid values: Expedited, Standard, Bulk" },
  { "jobParameters.Description", job({ Description = ("d"):rep(1025) }),
    "Invalid length for parameter jobParameters.Description, value: 1025, valid max length: 1024" },
  { "jobParameters.Description", job({ Description = "a\tb" }),
    "Invalid value for parameter jobParameters.Description, value: a\tb, " ..
    "valid characters: ASCII 0x20 - 0x7E" },
  { "jobParameters.Description", job({ Description = "caf\195\169" }) },
  { "jobParameters.RetrievalByteRange", job({ RetrievalByteRange = "0" }),
    "Invalid value for parameter jobParameters.RetrievalByteRange, value: 0, " ..
    "valid values: StartByteValue-EndByteValue, in decimal digits" },
  { "jobParameters.RetrievalByteRange", job({ RetrievalByteRange = "1-1048575" }),
    "Invalid value for parameter jobParameters.RetrievalByteRange, value: 1-1048575, " ..
    "valid values: a StartByteValue divisible by 1048576" },
  { "jobParameters.RetrievalByteRange", job({ RetrievalByteRange = "1048576-0" }),
    "Invalid value for parameter jobParameters.RetrievalByteRange, value: 1048576-0, " ..
    "valid values: an EndByteValue not below StartByteValue" },
  { "jobParameters.InventoryRetrievalParameters.StartDate", inventory({ StartDate = "2013-02-29" }),
    "Invalid value for parameter jobParameters.InventoryRetrievalParameters.StartDate, " ..
    "value: 2013-02-29, valid values: an ISO 8601 date such as 2013-03-20T17:03:43Z" },
  { "jobParameters.InventoryRetrievalParameters.EndDate", inventory({ EndDate = "" }) },
  { "jobParameters.InventoryRetrievalParameters.Limit", inventory({ Limit = "0" }),
    "Invalid value for parameter jobParameters.InventoryRetrievalParameters.Limit, value: 0, " ..
    "valid values: a decimal integer, 1 or more" },
  { "jobParameters.SelectParameters.ExpressionType",
    job({ SelectParameters = { ExpressionType = "sql" } }) },
  { "jobParameters.SelectParameters.InputSerialization.csv.FileHeaderInfo",
    job({ SelectParameters = { InputSerialization = { csv = { FileHeaderInfo = "use" } } } }) },
  { "jobParameters.SelectParameters.OutputSerialization.csv.QuoteFields",
    job({ SelectParameters = { OutputSerialization = { csv = { QuoteFields = "NEVER" } } } }) },
  { S3 .. ".Encryption.EncryptionType", s3({ Encryption = { EncryptionType = "aes256" } }) },
  { S3 .. ".CannedACL", s3({ CannedACL = "Private" }) },
  { S3 .. ".StorageClass", s3({ StorageClass = "GLACIER" }) },
  { S3 .. ".AccessControlList[1].Permission",
    s3({ AccessControlList = { { Permission = "read" } } }) },
  { S3 .. ".AccessControlList[2].Grantee.Type",
    s3({ AccessControlList = { {}, { Grantee = { Type = "User" } } } }) },
  -- Rules across fields
  { "jobParameters.ArchiveId", job({ Type = "archive-retrieval" }), "Missing required parameter " ..
    'in jobParameters: "ArchiveId" (required where Type is "archive-retrieval")' },
  { "jobParameters.ArchiveId", job({ Type = "select" }), "Missing required parameter in " ..
    'jobParameters: "ArchiveId" (required where Type is "select")' },
  { "jobParameters.ArchiveId", job({ Type = "archive-retrieval", ArchiveId = "" }) },
  { "jobParameters.ArchiveId", job({ Type = "inventory-retrieval", ArchiveId = "a" }),
    'Invalid parameter in jobParameters: "ArchiveId" (not allowed where Type is ' ..
    '"inventory-retrieval")' },
  { "jobParameters.RetrievalByteRange",
    job({ Type = "inventory-retrieval", RetrievalByteRange = "0-1" }),
    'Invalid parameter in jobParameters: "RetrievalByteRange" (not allowed where Type is ' ..
    '"inventory-retrieval")' },
}

local RIGHT = {
  { "a vault's name of 255 bytes", vault(("v"):rep(255)) },
  { "a description of 1024 bytes", job({ Description = ("~"):rep(1024) }) },
  { "an empty description", job({ Description = "" }) },
  { "an empty marker", inventory({ Marker = "" }) },
  { "a range that ends where the archive may", job({ Type = "archive-retrieval", ArchiveId = "a",
    RetrievalByteRange = "1048576-1048577" }) },
  { "a range beyond 2^53", job({ RetrievalByteRange = "9007199255789568-9007199255789568" }) },
  { "an archive without a type", job({ ArchiveId = "a" }) },
  { "unicode where nothing forbids it", s3({ Prefix = "\240\159\167\138/", BucketName = "" }) },
  { "a job of any type", job({ Type = "select", ArchiveId = "a", Tier = "Expedited" }) },
}

local NOT_UTF8 = {
  "\255", "a\128", "\195", "\195\40", "\226\130", "\226\40\161", "\240\159\146", "\192\128",
  "\193\191", "\224\128\128", "\237\160\128", "\240\128\128\128", "\244\144\128\128",
  "\245\128\128\128", "\248\136\128\128\128", "\226\195\169\130", "\195\169\169",
}

describe('validation in mode "full"', function()
  for i, case in ipairs(WRONG) do
    it(("refuses %s (%d)"):format(case[1], i), function()
      assert.same({ case[1] }, paths_of(case[2], "full"))
      if case[3] then
        assert.equal(case[3], message_of(case[2]))
      end
      assert.same({}, paths_of(case[2], "shape"))
    end)
  end

  for _, case in ipairs(RIGHT) do
    it("takes " .. case[1], function()
      assert.same({}, paths_of(case[2], "full"))
    end)
  end

  it("reports the rules across fields after the members", function()
    assert.same({ "jobParameters.RetrievalByteRange", "jobParameters.Tier",
      "jobParameters.ArchiveId", "jobParameters.RetrievalByteRange" },
      paths_of(job({ Type = "inventory-retrieval", ArchiveId = "a", RetrievalByteRange = "x",
        Tier = "x" }), "full"))
  end)

  it("reports both a length and its bytes", function()
    assert.same({ "jobParameters.Description", "jobParameters.Description" },
      paths_of(job({ Description = ("\n"):rep(1025) }), "full"))
  end)

  it("cuts what it shows of a value", function()
    local message = message_of(job({ Tier = ("t"):rep(201) }))
    assert.equal("Invalid value for parameter jobParameters.Tier, value: " .. ("t"):rep(200) ..
      "..., valid values: Expedited, Standard, Bulk", message)
  end)

  it("keeps a bound that a shape has without any other rule", function()
    local text = { type = "string", minimum = 2, maximum = 3 }
    local bounded = { input = { type = "structure", members = { { "a", text } } } }
    for value, valid in pairs({ a = false, ab = true, abc = true, abcd = false }) do
      assert.equal(valid, validate({ a = value }, bounded, "full") == true)
      assert.is_true(validate({ a = value }, bounded, "shape"))
    end
  end)
end)

describe("validation in both modes", function()
  local function each_mode(check)
    check("full")
    check("shape")
  end

  for i, text in ipairs(NOT_UTF8) do
    it("refuses what is no UTF-8 (" .. i .. ")", function()
      each_mode(function(mode)
        assert.same({ "jobParameters.SNSTopic" }, paths_of(job({ SNSTopic = text }), mode))
        assert.same({ S3 .. ".Tagging.k" }, paths_of(s3({ Tagging = { k = text } }), mode))
        assert.same({ S3 .. ".Tagging (key: " .. to_utf8(text) .. ")" },
          paths_of(s3({ Tagging = { [text] = "v" } }), mode))
      end)
    end)
  end

  it("names the path of what is no UTF-8", function()
    assert.equal("Invalid value for parameter jobParameters.ArchiveId: it is not valid UTF-8",
      message_of(job({ ArchiveId = "\255" })))
  end)

  it("takes all of UTF-8", function()
    each_mode(function(mode)
      for _, text in ipairs({ "", "\0", "\127", "\194\128", "\223\191", "\224\160\128",
        "\237\159\191", "\238\128\128", "\239\191\191", "\240\144\128\128", "\244\143\191\191" }) do
        assert.same({}, paths_of(job({ SNSTopic = text }), mode))
      end
    end)
  end)

  it("takes any bytes in a vault's name, in mode shape alone", function()
    assert.same({}, paths_of(vault("\255"), "shape"))
    assert.same({ "vaultName" }, paths_of(vault("\255"), "full"))
  end)
end)
