-- glacier.job_from_notification: what stands in messages of SNS, SQS and Lambda.

local cjson = require("cjson")
local glacier = require("glacier")

-- As Amazon's guide shows it, in our own values.
local JOB = {
  Action = "ArchiveRetrieval", ArchiveId = ("a"):rep(138), ArchiveSHA256TreeHash = ("0"):rep(64),
  ArchiveSizeInBytes = 16777216, Completed = true, CompletionDate = "2012-05-15T17:21:39.339Z",
  CreationDate = "2012-05-15T17:19:46.700Z", InventorySizeInBytes = cjson.null, JobDescription = "My job",
  JobId = "HkF9p6", RetrievalByteRange = "0-16777215", SHA256TreeHash = ("0"):rep(64),
  SNSTopic = "arn:aws:sns:us-west-2:012345678901:topic", StatusCode = "Succeeded",
  StatusMessage = "Succeeded", Tier = "Standard",
  VaultARN = "arn:aws:glacier:us-west-2:012345678901:vaults/examplevault",
}

local function job(changes, missing)
  local result = {}
  for name, value in pairs(JOB) do
    result[name] = value
  end
  for name, value in pairs(changes or {}) do
    result[name] = value
  end
  for _, name in ipairs(missing or {}) do
    result[name] = nil
  end
  return cjson.encode(result)
end

local function sns(message)
  return cjson.encode({
    Type = "Notification", MessageId = "22b80b92", TopicArn = JOB.SNSTopic, Message = message,
    Timestamp = "2012-05-15T17:21:40.000Z", SignatureVersion = "1", Signature = "EXAMPLE",
    UnsubscribeURL = "https://sns.us-west-2.amazonaws.com/?Action=Unsubscribe",
  })
end

local READABLE = {
  { "DescribeJob's JSON itself", job() },
  { "with white space around it", "\r\n " .. job() .. "\n" },
  { "SNS", sns(job()) },
  { "the description twice as a text", sns(cjson.encode(job())) },
  { "a message of SQS, as its JSON", cjson.encode({ MessageId = "m", Body = sns(job()) }) },
  { "a message of SQS with raw delivery", cjson.encode({ Body = job() }) },
  { "SQS's answer with one message", cjson.encode({ Messages = { { Body = sns(job()) } } }) },
  { "Lambda's event of SNS",
    cjson.encode({ Records = { { EventSource = "aws:sns", Sns = { Type = "Notification", Message = job() } } } }) },
  { "Lambda's event of SQS around SNS",
    cjson.encode({ Records = { { eventSource = "aws:sqs", body = sns(cjson.encode(job())) } } }) },
}

local REFUSED = {
  { "nothing", "" }, { "words", "Succeeded" }, { "a number", "5" }, { "a list", "[" .. job() .. "]" },
  { "a cut text", sns(job()):sub(1, -2) }, { "null", "null" }, { "a string", '"x"' },
  { "an object of nothing", "{}" },
  { "an SNS message of words", sns("hello") },
  { "an SNS message whose message is no text", cjson.encode({ Type = "Notification", Message = true }) },
  { "a subscription's confirmation", cjson.encode({ Type = "SubscriptionConfirmation", Token = "t",
    Message = "You have chosen to subscribe to the topic" }) },
  { "S3's event", cjson.encode({ Records = { { eventSource = "aws:s3", s3 = { object = { key = "k" } } } } }) },
  { "S3's test", cjson.encode({ Service = "Amazon S3", Event = "s3:TestEvent", Bucket = "b" }) },
  { "Textract's message", sns(cjson.encode({ JobId = "j", Status = "SUCCEEDED", API = "StartDocumentAnalysis" })) },
  { "a job without an id", job({}, { "JobId" }) },
  { "a job with an empty id", job({ JobId = "" }) },
  { "a job with an odd id", job({ JobId = 5 }) },
  { "no messages", cjson.encode({ Messages = cjson.empty_array or {} }) },
  { "several", cjson.encode({ Messages = { { Body = sns(job()) }, { Body = sns(job()) } } }) },
}

describe("glacier.job_from_notification reads", function()
  for _, case in ipairs(READABLE) do
    it(case[1], function()
      local description = assert(glacier.job_from_notification(case[2]))
      assert.equal("HkF9p6", description.JobId)
      assert.equal("Succeeded", description.StatusCode)
      assert.equal(16777216, description.ArchiveSizeInBytes)
      assert.is_true(description.Completed)
      assert.is_nil(description.InventorySizeInBytes)
      assert.is_nil(description.ResponseMetadata)
    end)
  end

  it("an inventory's, its parameters too", function()
    local description = assert(glacier.job_from_notification(sns(job({
      Action = "InventoryRetrieval", ArchiveId = cjson.null, InventorySizeInBytes = 40000 * 2 ^ 30,
      InventoryRetrievalParameters = { Format = "JSON", Limit = cjson.null, Marker = "m", Other = 1 },
    }))))
    assert.same({ Format = "JSON", Marker = "m" }, description.InventoryRetrievalParameters)
    assert.equal(40000 * 2 ^ 30, description.InventorySizeInBytes)
    assert.is_nil(description.ArchiveId)
  end)

  it("older ones, which lack members", function()
    for _, missing in ipairs({ { "Tier", "StatusMessage" }, { "Action", "VaultARN" }, { "StatusCode", "Action" } }) do
      local description = assert(glacier.job_from_notification(sns(job({}, missing))))
      assert.equal("HkF9p6", description.JobId)
      assert.is_nil(description[missing[1]])
      assert.is_nil(description[missing[2]])
    end
  end)

  it("what is of an odd type as absent, and unknown members not at all", function()
    local description = assert(glacier.job_from_notification(job({
      ArchiveSizeInBytes = "16", Completed = "true", Tier = {}, StatusMessage = 5, SelectParameters = "x",
      InventorySizeInBytes = 0.5, New = "member",
    })))
    for _, name in ipairs({ "ArchiveSizeInBytes", "Completed", "Tier", "StatusMessage", "SelectParameters",
      "InventorySizeInBytes", "New" }) do
      assert.is_nil(description[name], name)
    end
    assert.equal("ArchiveRetrieval", description.Action)
  end)

  it("a failed job's: whether it has failed is the caller's to see", function()
    local description = assert(glacier.job_from_notification(sns(job({ StatusCode = "Failed" }))))
    assert.equal("Failed", description.StatusCode)
    assert.is_true(description.Completed)
  end)
end)

describe("glacier.job_from_notification refuses", function()
  for _, case in ipairs(REFUSED) do
    it(case[1], function()
      local description, err = glacier.job_from_notification(case[2])
      assert.is_nil(description)
      assert.equal("protocol", err.kind)
      assert.equal("NotificationError", err.code)
      assert.truthy(tostring(err):find("no message of a job", 1, true))
    end)
  end

  it("a subscription's confirmation by its name", function()
    local _, err = glacier.job_from_notification(cjson.encode({ Type = "SubscriptionConfirmation", Token = "t" }))
    assert.truthy(err.message:find("SubscriptionConfirmation", 1, true))
    _, err = glacier.job_from_notification(cjson.encode({ Type = "SubscriptionConfirmation", Token = "t",
      Message = "You have chosen to subscribe to the topic arn:aws:sns:us-east-1:1:t." }))
    assert.truthy(err.message:find("SubscriptionConfirmation", 1, true))
  end)

  it("messages in messages without end", function()
    local text = job()
    for _ = 1, 15 do
      text = cjson.encode({ Message = text })
    end
    local _, err = glacier.job_from_notification(text)
    assert.truthy(err.message:find("too deeply", 1, true))
  end)

  it("nothing of a megabyte slowly", function()
    assert.is_nil((glacier.job_from_notification(("{"):rep(1000000))))
    assert.is_nil((glacier.job_from_notification(sns(("x"):rep(1000000)))))
  end)

  it("by raising what is no text, at its caller", function()
    for _, value in ipairs({ 5, true, {} }) do
      local ok, message = pcall(glacier.job_from_notification, value)
      assert.is_false(ok)
      assert.truthy(message:find("bad argument #1 to 'job_from_notification' (string expected", 1, true))
    end
    assert.has_error(function() glacier.job_from_notification() end)
  end)
end)
