local model = require "glacier.model"
local operations = require "spec.vectors.operations"
local serialize = require "glacier.call.serialize"
local validate = require "glacier.call.validate"

local initiate_job = model.operations.initiate_job

local function request_of(params, operation)
  assert.is_true(validate(params, operation or initiate_job, "shape"))
  return serialize.request(params, operation or initiate_job)
end

local function body_of(job)
  return request_of({ vaultName = "v", jobParameters = job }).body
end

local function path_of(vault, account)
  return request_of({ vaultName = vault, accountId = account }).path
end

-- The documentation's request syntax, filled in; the tables are made anew, and
-- in another order, at each call.
local function full_request(backwards)
  local function fill(pairs_of)
    local result = {}
    for i = 1, #pairs_of do
      local pair = pairs_of[backwards and #pairs_of + 1 - i or i]
      result[pair[1]] = pair[2]
    end
    return result
  end
  return fill({
    { "vaultName", "examplevault" },
    { "accountId", "111122223333" },
    { "jobParameters", fill({
      { "Format", "JSON" }, { "Type", "select" }, { "ArchiveId", "archive" },
      { "Description", "d" }, { "SNSTopic", "arn:aws:sns:us-west-2:111122223333:t" },
      { "RetrievalByteRange", "0-1048575" }, { "Tier", "Bulk" },
      { "InventoryRetrievalParameters", fill({ { "StartDate", "2013-03-20T17:03:43Z" },
        { "EndDate", "2013-04-20" }, { "Limit", "1000" }, { "Marker", "m" } }) },
      { "SelectParameters", fill({
        { "InputSerialization", { csv = fill({ { "FileHeaderInfo", "USE" }, { "Comments", "#" },
          { "QuoteEscapeCharacter", "\\" }, { "RecordDelimiter", "\n" },
          { "FieldDelimiter", "," }, { "QuoteCharacter", '"' } }) } },
        { "ExpressionType", "SQL" }, { "Expression", "SELECT * FROM archive s" },
        { "OutputSerialization", { csv = fill({ { "QuoteFields", "ASNEEDED" },
          { "QuoteEscapeCharacter", "\\" }, { "RecordDelimiter", "\r\n" },
          { "FieldDelimiter", "\t" }, { "QuoteCharacter", "'" } }) } } }) },
      { "OutputLocation", { S3 = fill({
        { "BucketName", "bucket" }, { "Prefix", "a/b" },
        { "Encryption", fill({ { "EncryptionType", "aws:kms" }, { "KMSKeyId", "k" },
          { "KMSContext", "c" } }) },
        { "CannedACL", "private" },
        { "AccessControlList", {
          fill({ { "Grantee", fill({ { "Type", "Group" }, { "DisplayName", "n" },
            { "URI", "http://u/" }, { "ID", "i" }, { "EmailAddress", "e@x" } }) },
            { "Permission", "READ" } }),
          { Grantee = { Type = "CanonicalUser" } } } },
        { "Tagging", fill({ { "b", "2" }, { "a", "1" }, { "B", "3" }, { "", "0" } }) },
        { "UserMetadata", fill({ { "k10", "x" }, { "k9", "y" } }) },
        { "StorageClass", "STANDARD_IA" } }) } },
    }) },
  })
end

local FULL_BODY = '{"Format":"JSON","Type":"select","ArchiveId":"archive","Description":"d",' ..
  '"SNSTopic":"arn:aws:sns:us-west-2:111122223333:t","RetrievalByteRange":"0-1048575",' ..
  '"Tier":"Bulk","InventoryRetrievalParameters":{"StartDate":"2013-03-20T17:03:43Z",' ..
  '"EndDate":"2013-04-20","Limit":"1000","Marker":"m"},"SelectParameters":{' ..
  '"InputSerialization":{"csv":{"FileHeaderInfo":"USE","Comments":"#",' ..
  '"QuoteEscapeCharacter":"\\\\","RecordDelimiter":"\\n","FieldDelimiter":",",' ..
  '"QuoteCharacter":"\\""}},"ExpressionType":"SQL","Expression":"SELECT * FROM archive s",' ..
  '"OutputSerialization":{"csv":{"QuoteFields":"ASNEEDED","QuoteEscapeCharacter":"\\\\",' ..
  '"RecordDelimiter":"\\r\\n","FieldDelimiter":"\\t","QuoteCharacter":"\'"}}},' ..
  '"OutputLocation":{"S3":{"BucketName":"bucket","Prefix":"a/b","Encryption":{' ..
  '"EncryptionType":"aws:kms","KMSKeyId":"k","KMSContext":"c"},"CannedACL":"private",' ..
  '"AccessControlList":[{"Grantee":{"Type":"Group","DisplayName":"n","URI":"http://u/",' ..
  '"ID":"i","EmailAddress":"e@x"},"Permission":"READ"},{"Grantee":{"Type":"CanonicalUser"}}],' ..
  '"Tagging":{"":"0","B":"3","a":"1","b":"2"},"UserMetadata":{"k10":"x","k9":"y"},' ..
  '"StorageClass":"STANDARD_IA"}}}'

describe("glacier.call.serialize", function()
  it("writes the full request down, members in the model's order, maps sorted", function()
    assert.same({
      method = "POST",
      path = "/111122223333/vaults/examplevault/jobs",
      query = "",
      headers = { "Content-Type", "application/json" },
      body = FULL_BODY,
    }, request_of(full_request()))
  end)

  it("gives the same bytes for the same parameters", function()
    assert.same(request_of(full_request()), request_of(full_request(true)))
    for _ = 1, 20 do
      local map, keys = {}, {}
      for i = 1, 50 do
        keys[i] = ("k%02d"):format(i)
      end
      for i = #keys, 1, -1 do
        map[table.remove(keys, math.random(i))] = ""
      end
      local previous = ""
      for key in body_of({ OutputLocation = { S3 = { Tagging = map } } }):gmatch('"(k%d%d)"') do
        assert.is_true(previous < key)
        previous = key
      end
      assert.equal("k50", previous)
    end
  end)

  describe("writes a body", function()
    local cases = {
      { "of nothing", nil, "{}" },
      { "of an empty table", {}, "{}" },
      { "with an empty text", { Description = "" }, '{"Description":""}' },
      { "with an empty list", { OutputLocation = { S3 = { AccessControlList = {} } } },
        '{"OutputLocation":{"S3":{"AccessControlList":[]}}}' },
      { "with empty maps", { OutputLocation = { S3 = { Tagging = {}, UserMetadata = {} } } },
        '{"OutputLocation":{"S3":{"Tagging":{},"UserMetadata":{}}}}' },
      { "with empty structures", { InventoryRetrievalParameters = {}, SelectParameters = {},
        OutputLocation = { S3 = {} } },
        '{"InventoryRetrievalParameters":{},"SelectParameters":{},"OutputLocation":{"S3":{}}}' },
      { "with an empty item", { OutputLocation = { S3 = { AccessControlList = { {}, {} } } } },
        '{"OutputLocation":{"S3":{"AccessControlList":[{},{}]}}}' },
      { "with digits as a map's key", { OutputLocation = { S3 = { Tagging = { ["1"] = "x" } } } },
        '{"OutputLocation":{"S3":{"Tagging":{"1":"x"}}}}' },
    }

    for _, case in ipairs(cases) do
      it(case[1], function()
        assert.equal(case[3], body_of(case[2]))
      end)
    end
  end)

  describe("writes a text", function()
    local cases = {
      { "beyond ASCII as it is", "caf\195\169 \226\130\172 \240\159\167\138",
        "caf\195\169 \226\130\172 \240\159\167\138" },
      { "with quotes and backslashes", 'a"b\\c\\"', 'a\\"b\\\\c\\\\\\"' },
      { "with slashes as they are", "a/b\\/c//", "a/b\\\\/c//" },
      { "with short escapes", "\b\t\n\f\r", "\\b\\t\\n\\f\\r" },
      { "with control characters", "\1\11\31", "\\u0001\\u000b\\u001f" },
      { "with a NUL", "a\0b", "a\\u0000b" },
      { "with a DEL", "\127", "\\u007f" },
      { "with percent signs", "%s%1%%", "%s%1%%" },
      { "with line separators", "\226\128\168\226\128\169", "\226\128\168\226\128\169" },
    }

    for _, case in ipairs(cases) do
      it(case[1], function()
        assert.equal('{"ArchiveId":"' .. case[3] .. '"}', body_of({ ArchiveId = case[2] }))
        assert.equal('{"OutputLocation":{"S3":{"Tagging":{"' .. case[3] .. '":"' .. case[3] ..
          '"}}}}', body_of({ OutputLocation = { S3 = { Tagging = { [case[2]] = case[2] } } } }))
      end)
    end
  end)

  describe("encodes in the path", function()
    local cases = {
      { "nothing unreserved", "AZaz09-._~", "AZaz09-._~" },
      { "a space", "a b", "a%20b" },
      { "a percent sign", "100%", "100%25" },
      { "an escape", "%20", "%2520" },
      { "what a replacement would expand", "%0%1", "%250%251" },
      { "a slash", "a/b", "a%2Fb" },
      { "no dots", "..", ".." },
      { "no single dot", ".", "." },
      { "a NUL", "a\0b", "a%00b" },
      { "a line break", "a\r\nb", "a%0D%0Ab" },
      { "bytes beyond ASCII", "\195\169\255", "%C3%A9%FF" },
      { "what ends a path", "?#&=+;:@", "%3F%23%26%3D%2B%3B%3A%40" },
      { "braces", "{accountId}", "%7BaccountId%7D" },
      { "nothing", "", "" },
    }

    for _, case in ipairs(cases) do
      it(case[1], function()
        assert.equal("/-/vaults/" .. case[3] .. "/jobs", path_of(case[2]))
      end)
    end

    it("every byte", function()
      for code = 0, 255 do
        local char = string.char(code)
        assert.equal(char:find("[A-Za-z0-9._~-]") and char or ("%%%02X"):format(code),
          serialize.encode(char))
      end
    end)

    it("the account, a hyphen where it is empty or absent", function()
      assert.equal("/-/vaults/v/jobs", path_of("v"))
      assert.equal("/-/vaults/v/jobs", path_of("v", ""))
      assert.equal("/-/vaults/v/jobs", path_of("v", "-"))
      assert.equal("/111122223333/vaults/v/jobs", path_of("v", "111122223333"))
      assert.equal("/a%2Fb/vaults/v/jobs", path_of("v", "a/b"))
    end)
  end)

  it("runs no metamethod", function()
    local function guard(content)
      local function raise()
        error("looked at")
      end
      return setmetatable(content, { __index = raise, __pairs = raise, __len = raise })
    end
    assert.equal('{"OutputLocation":{"S3":{"AccessControlList":[{"Permission":"READ"}],' ..
      '"Tagging":{"k":"v"}}}}', request_of(guard({
        vaultName = "v",
        jobParameters = guard({ OutputLocation = guard({ S3 = guard({
          AccessControlList = guard({ guard({ Permission = "READ" }) }),
          Tagging = guard({ k = "v" }),
        }) }) }),
      })).body)
  end)

  it("leaves the parameters as they are", function()
    local params = full_request()
    request_of(params)
    assert.same(full_request(), params)
  end)

  describe("writes by data alone", function()
    it("a GET", function()
      assert.same({ method = "GET", path = "/-/vaults/v/jobs/a%2Fb", query = "", headers = {},
        body = "" }, request_of({ vaultName = "v", jobId = "a/b" }, operations.describe_job))
    end)

    it("a query, in the model's order", function()
      assert.same({ method = "GET", path = "/-/vaults/v/jobs", headers = {}, body = "",
        query = "limit=10&marker=a%20b%26c%3D%C3%A9&completed=true" },
        request_of({ vaultName = "v", completed = "true", marker = "a b&c=\195\169",
          limit = "10" }, operations.list_jobs))
      assert.equal("", request_of({ vaultName = "v" }, operations.list_jobs).query)
    end)

    it("a header", function()
      assert.same({ method = "GET", path = "/-/vaults/v/jobs/j/output", query = "",
        headers = { "Range", "bytes=0-1048575" }, body = "" },
        request_of({ vaultName = "v", jobId = "j", range = "bytes=0-1048575" },
          operations.get_job_output))
      assert.same({},
        request_of({ vaultName = "v", jobId = "j" }, operations.get_job_output).headers)
    end)

    it("a body of bytes", function()
      assert.same({ method = "POST", path = "/-/vaults/v/archives", query = "", body = "\0\255{",
        headers = { "x-amz-archive-description", "", "x-amz-sha256-tree-hash", "beef" } },
        request_of({ vaultName = "v", body = "\0\255{", checksum = "beef",
          archiveDescription = "" }, operations.upload_archive))
      assert.equal("", request_of({ vaultName = "v" }, operations.upload_archive).body)
    end)

    it("members of the body, numbers and booleans, alike in every Lua", function()
      assert.same({ method = "PUT", path = "/-/plans", query = "page=10",
        headers = { "Content-Type", "application/json", "x-part", "3" },
        body = '{"rate":9007199254740992,"strict":false,"Title":"t"}' },
        request_of({ rate = 2 ^ 53, strict = false, title = "t", page = 1e1, part = 6 / 2 },
          operations.make_plan))
      assert.equal('{"rate":-5}', request_of({ rate = -5 }, operations.make_plan).body)
      assert.equal("{}", request_of({}, operations.make_plan).body)
    end)

    it("and validation holds it to that data", function()
      local function paths(params, operation)
        local found = {}
        local _, problems = validate(params, operation, "full")
        for i, problem in ipairs(problems or {}) do
          found[i] = problem.path
        end
        return found
      end
      assert.same({ "jobId" }, paths({ vaultName = "v" }, operations.describe_job))
      assert.same({ "range" }, paths({ vaultName = "v", jobId = "j", range = "bytes=0-1\r\nX: y" },
        operations.get_job_output))
      assert.same({ "rate", "page", "part" }, paths({ rate = 1.5, page = 0 / 0,
        part = math.huge }, operations.make_plan))
      assert.same({ "strict" }, paths({ rate = 3, strict = 1 }, operations.make_plan))
      assert.same({ "body" }, paths({ vaultName = "v", body = {} }, operations.upload_archive))
      assert.same({}, paths({ vaultName = "v", body = "\255" }, operations.upload_archive))
    end)
  end)
end)
