-- What "full" validation refuses in the operations besides initiate_job, which
-- has a spec of its own. "shape" takes all of it, as boto3 does.

local model = require "glacier.model"
local validate = require "glacier.call.validate"

local E_ACUTE = "\195\169"
local HASH = ("0a"):rep(32)

local function messages_of(name, params, mode)
  local messages = {}
  local _, problems = validate(params, model.operations[name], mode)
  for i, problem in ipairs(problems or {}) do
    messages[i] = problem.message
  end
  return messages
end

local function with(params, more)
  local result = { vaultName = "v" }
  for _, each in ipairs({ params, more or {} }) do
    for name, value in pairs(each) do
      result[name] = value
    end
  end
  return result
end

local UPLOAD = { uploadId = "u" }
local JOB = { jobId = "j" }

-- Each: operation, parameters, the problem.
local WRONG = {
  { "delete_archive", { archiveId = "" },
    "Invalid length for parameter archiveId, value: 0, valid min length: 1" },
  { "describe_job", { jobId = "" },
    "Invalid length for parameter jobId, value: 0, valid min length: 1" },
  { "abort_multipart_upload", { uploadId = "" },
    "Invalid length for parameter uploadId, value: 0, valid min length: 1" },
  { "complete_vault_lock", { lockId = "" },
    "Invalid length for parameter lockId, value: 0, valid min length: 1" },
  { "create_vault", { vaultName = "a b" }, "Invalid value for parameter vaultName, value: a b, " ..
    "valid characters: a-z A-Z 0-9 _ . -" },
  { "list_vaults", { vaultName = nil, accountId = "me" },
    'Invalid value for parameter accountId, value: me, valid values: "-" or 12 digits without hyphens' },
  { "upload_archive", { archiveDescription = "caf" .. E_ACUTE },
    "Invalid value for parameter archiveDescription, value: caf" .. E_ACUTE ..
    ", valid characters: ASCII 0x20 - 0x7E" },
  { "initiate_multipart_upload", { archiveDescription = ("d"):rep(1025) },
    "Invalid length for parameter archiveDescription, value: 1025, valid max length: 1024" },
  { "initiate_multipart_upload", { partSize = "1048577" }, "Invalid value for parameter partSize, " ..
    "value: 1048577, valid values: 1048576 times a power of two, up to 4294967296" },
  { "upload_archive", { checksum = "beef" }, "Invalid value for parameter checksum, value: beef, " ..
    "valid values: 64 hexadecimal digits" },
  { "complete_multipart_upload", with(UPLOAD, { checksum = "" }),
    "Invalid value for parameter checksum, value: , valid values: 64 hexadecimal digits" },
  { "upload_multipart_part", with(UPLOAD, { range = "bytes=0-1" }),
    "Invalid value for parameter range, value: bytes=0-1, valid values: bytes A-B/*" },
  { "upload_multipart_part", with(UPLOAD, { range = "bytes 2-1/*" }),
    "Invalid value for parameter range, value: bytes 2-1/*, " ..
    "valid values: an end not below the beginning" },
  { "get_job_output", with(JOB, { range = "bytes 0-1/*" }),
    "Invalid value for parameter range, value: bytes 0-1/*, valid values: bytes=A-B" },
  { "list_jobs", { limit = "0" },
    "Invalid value for parameter limit, value: 0, valid values: a decimal integer, 1 or more" },
  { "list_parts", with(UPLOAD, { limit = "ten" }),
    "Invalid value for parameter limit, value: ten, valid values: a decimal integer, 1 or more" },
  { "list_jobs", { completed = "yes" },
    "Invalid value for parameter completed, value: yes, valid values: true, false" },
  { "add_tags_to_vault", { Tags = { [""] = "v" } },
    "Invalid length for parameter Tags (key: ), value: 0, valid min length: 1" },
  { "add_tags_to_vault", { Tags = { [("k"):rep(129)] = "v" } },
    "Invalid length for parameter Tags (key: " .. ("k"):rep(129) ..
    "), value: 129, valid max length: 128" },
  { "add_tags_to_vault", { Tags = { k = E_ACUTE:rep(257) } },
    "Invalid length for parameter Tags.k, value: 257, valid max length: 256" },
  { "remove_tags_from_vault", { TagKeys = { "a", E_ACUTE:rep(129) } },
    "Invalid length for parameter TagKeys[2], value: 129, valid max length: 128" },
}

local RIGHT = {
  { "upload_archive", { archiveDescription = ("~ "):rep(512), checksum = HASH, body = "\255\0" } },
  { "upload_archive", { archiveDescription = "", checksum = HASH:upper(), body = "" } },
  { "initiate_multipart_upload", { partSize = "4294967296" } },
  { "upload_multipart_part", with(UPLOAD, { range = "bytes 0-0/*", checksum = HASH }) },
  { "get_job_output", with(JOB, { range = "bytes=0-1048575" }) },
  { "list_jobs", { limit = "1000", statuscode = "Succeeded", completed = "true", marker = "\255" } },
  { "add_tags_to_vault", { Tags = { [E_ACUTE:rep(128)] = E_ACUTE:rep(256), k = "" } } },
  { "add_tags_to_vault", { Tags = {} } },
  { "remove_tags_from_vault", { TagKeys = { ("k"):rep(128) } } },
  { "set_data_retrieval_policy", { vaultName = false, Policy = { Rules = {
    { Strategy = "BytesPerHour", BytesPerHour = 2 ^ 53 } } } } },
  { "set_vault_access_policy", { policy = { Policy = "{}" } } },
  { "set_vault_notifications", { vaultNotificationConfig = { SNSTopic = "arn", Events = {} } } },
}

-- With a vault, where the operation has one.
local function complete(case)
  local params = with(case[2])
  local has_vault = model.operations[case[1]].uri:find("{vaultName}", 1, true)
  params.vaultName = has_vault and params.vaultName or nil
  return params
end

describe("full validation of the operations", function()
  for i, case in ipairs(WRONG) do
    it(("refuses: %s (%d)"):format(case[1], i), function()
      assert.same({ case[3] }, messages_of(case[1], complete(case), "full"))
      assert.same({}, messages_of(case[1], complete(case), "shape"))
    end)
  end

  for i, case in ipairs(RIGHT) do
    it(("takes: %s (%d)"):format(case[1], i), function()
      assert.same({}, messages_of(case[1], complete(case), "full"))
    end)
  end

  it("takes the ids of every operation as the service makes them", function()
    local id = "-_" .. ("aB9"):rep(45)
    for name, operation in pairs(model.operations) do
      local params = {}
      for _, required in ipairs(operation.input.required or {}) do
        params[required] = required == "vaultName" and "v" or id
      end
      assert.same({}, messages_of(name, params, "full"))
    end
  end)

  it("of both modes: a header has one line", function()
    for _, mode in ipairs({ "full", "shape" }) do
      for _, value in ipairs({ "a\r\nX: y", "a\nb", "\0", "\127" }) do
        assert.truthy(messages_of("upload_archive", { vaultName = "v", archiveDescription = value },
          mode)[1]:find("a header cannot hold control characters", 1, true))
      end
    end
  end)

  it("of both modes: whole numbers, and no booleans", function()
    for _, value in ipairs({ 1.5, 0 / 0, math.huge, -math.huge, true, "5" }) do
      for _, mode in ipairs({ "full", "shape" }) do
        assert.equal(1, #messages_of("set_data_retrieval_policy",
          { Policy = { Rules = { { BytesPerHour = value } } } }, mode))
      end
    end
    for _, value in ipairs({ 5, 5.0, -1, 2 ^ 53, 2 ^ 60 }) do
      assert.same({}, messages_of("set_data_retrieval_policy",
        { Policy = { Rules = { { BytesPerHour = value } } } }, "full"))
    end
  end)

  it("of both modes: a body is a string, of any bytes", function()
    for _, value in ipairs({ 5, {}, print, true }) do
      assert.truthy(messages_of("upload_archive", { vaultName = "v", body = value },
        "shape")[1]:find("valid types: string$"))
    end
    assert.same({}, messages_of("upload_archive", { vaultName = "v", body = "\0\255" }, "full"))
  end)
end)
