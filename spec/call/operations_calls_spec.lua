-- Operations over the wire: what is sent, what is made of the answers, and what
-- a lost answer leads to.

local clients = require("spec.support.clients")
local digest = require("glacier.core.digest")
local endpoint = require("spec.support.endpoint")
local model = require("glacier.model")
local service_vectors = require("spec.support.service_vectors")

local EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
local MEBIBYTE = 1048576

local server = endpoint.during {
  setup = setup, teardown = teardown, before_each = before_each,
}
after_each(clients.close_all)

local function only_request()
  local requests = server:requests()
  assert.are.equal(1, #requests)
  assert.are.equal("ok", requests[1].signature)
  return requests[1]
end

local function call(name, params, options)
  local client = clients.new(server, options)
  return client[name](client, params)
end

local function targets()
  local list = {}
  for i, request in ipairs(server:requests()) do
    list[i] = request.method .. " " .. request.target
  end
  return list
end

-- Of parameters that both modes take.
local function params_of(operation)
  local params = {}
  for _, name in ipairs(operation.input.required or {}) do
    params[name] = name
  end
  return params
end

describe("over the wire", function()
  local cases = service_vectors.by_operation(service_vectors.read("answers"))

  for name, operation in pairs(model.operations) do
    it(name .. " is sent, signed and answered", function()
      local case = cases[name][1]
      local headers = {}
      for header, value in pairs(case.headers) do
        headers[#headers + 1] = { header, value }
      end
      server:play({ status = case.status, headers = headers, body = case.body })
      local result, err = call(name, params_of(operation))
      assert.is_nil(err)
      assert.are.equal(case.status, result.ResponseMetadata.HTTPStatusCode)
      result.ResponseMetadata = nil
      if case.blob then
        assert.are.equal(case.body, result[case.blob])
        result[case.blob] = nil
      end
      assert.are.same(case.result, result)
      local request = only_request()
      local target = operation.uri:gsub("{(%w+)}", function(label)
        return label == "accountId" and "-" or label
      end) .. (operation.query and "?" .. operation.query or "")
      assert.are.equal(operation.method, request.method)
      assert.are.equal(target, request.target)
      assert.are.equal("2012-06-01", request:header("x-amz-glacier-version"))
      if operation.method == "POST" or operation.method == "PUT" then
        assert.are.equal(tostring(#request.body), request:header("content-length"))
      end
      assert.are.equal(request.body == "{}" and "application/json" or nil,
        request:header("content-type"))
    end)
  end

  it("the tags' operation is joined to an endpoint's own query", function()
    server:play({ status = 204 })
    local client = clients.new(server, { endpoint_url = server.url .. "/base?a=b" })
    assert(client:add_tags_to_vault({ vaultName = "v", Tags = { k = "v" } }))
    assert.are.equal("/base/-/vaults/v/tags?a=b&operation=add", only_request().target)
  end)
end)

describe("an upload", function()
  local bodies = { none = "", bytes = "\0\255\r\n{}", leaf = ("x"):rep(MEBIBYTE),
    leaves = ("0123456789"):rep(250000) }

  for kind, body in pairs(bodies) do
    it("of " .. kind .. " carries both hashes", function()
      server:play({ status = 201, headers = { ["x-amz-archive-id"] = "A" } })
      local response = assert(clients.new(server):upload_archive({ vaultName = "v", body = body,
        archiveDescription = "my  archive" }))
      assert.are.equal("A", response.archiveId)
      local request = only_request()
      assert.is_true(request.body == body)
      assert.are.equal(digest.sha256(body), request:header("x-amz-content-sha256"))
      assert.are.equal(digest.tree_hash(body), request:header("x-amz-sha256-tree-hash"))
      assert.are.equal("my  archive", request:header("x-amz-archive-description"))
      assert.is_nil(request:header("content-type"))
      assert.are.equal(tostring(#body), request:header("content-length"))
    end)
  end

  it("without a body is one of no bytes", function()
    server:play({ status = 204, headers = { ["x-amz-sha256-tree-hash"] = EMPTY } })
    local response = assert(clients.new(server):upload_multipart_part({ vaultName = "v",
      uploadId = "u" }))
    assert.are.equal(EMPTY, response.checksum)
    local request = only_request()
    assert.are.equal("0", request:header("content-length"))
    assert.are.equal(EMPTY, request:header("x-amz-content-sha256"))
    assert.are.equal(EMPTY, request:header("x-amz-sha256-tree-hash"))
  end)

  it("keeps a checksum that is given, even a wrong one", function()
    server:play({ status = 204 })
    assert(clients.new(server):upload_multipart_part({ vaultName = "v", uploadId = "u",
      body = "bytes", checksum = ("a"):rep(64), range = "bytes 0-4/*" }))
    local request = only_request()
    assert.are.equal(("a"):rep(64), request:header("x-amz-sha256-tree-hash"))
    assert.are.equal(digest.sha256("bytes"), request:header("x-amz-content-sha256"))
    assert.are.equal("bytes 0-4/*", request:header("content-range"))
  end)

  it("is completed with what is given, and nothing computed", function()
    server:play({ status = 201, headers = { ["x-amz-archive-id"] = "A" } })
    assert(clients.new(server):complete_multipart_upload({ vaultName = "v", uploadId = "u" }))
    local request = only_request()
    assert.is_nil(request:header("x-amz-sha256-tree-hash"))
    assert.is_nil(request:header("x-amz-content-sha256"))
    assert.is_nil(request:header("x-amz-archive-size"))
  end)
end)

describe("whole numbers", function()
  local LARGE = "9007199254740992" -- 2^53

  it("are exact both ways", function()
    server:play({ { status = 204 },
      { status = 200, body = '{"Policy":{"Rules":[{"BytesPerHour":' .. LARGE .. "}]}}" } })
    local client = clients.new(server)
    for _, number in ipairs({ 2 ^ 53, 1e3 }) do
      server:play({ status = 204 })
      assert(client:set_data_retrieval_policy({ Policy = { Rules = {
        { Strategy = "BytesPerHour", BytesPerHour = number } } } }))
      local requests = server:requests()
      assert.are.equal('{"Policy":{"Rules":[{"Strategy":"BytesPerHour","BytesPerHour":' ..
        ("%.0f"):format(number) .. "}]}}", requests[#requests].body)
    end
    server:play({ status = 200, body = '{"Policy":{"Rules":[{"BytesPerHour":' .. LARGE .. "}]}}" })
    local response = assert(client:get_data_retrieval_policy())
    assert.are.equal(LARGE, ("%.0f"):format(response.Policy.Rules[1].BytesPerHour))
  end)

  local largest = rawget(math, "maxinteger") -- Lua 5.3 and later

  if largest then
    it("are exact beyond 2^53, as Lua has integers", function()
      local client = clients.new(server)
      for _, number in ipairs({ largest, -largest - 1, largest - 1 }) do
        server:reset()
        server:play({ { status = 204 }, { status = 200,
          body = '{"SizeInBytes":' .. ("%d"):format(number) .. "}" } })
        assert(client:set_data_retrieval_policy({ Policy = { Rules = { { BytesPerHour = number } } } }))
        assert.is_truthy(server:requests()[1].body:find(":" .. ("%d"):format(number) .. "}", 1, true))
        local response = assert(client:describe_vault({ vaultName = "v" }))
        assert.are.equal(number, response.SizeInBytes)
      end
    end)
  end
end)

describe("a success without the id it is made for is not believed:", function()
  for name, operation in pairs(model.operations) do
    if operation.output.required then
      it(name, function()
        server:play({ status = 200, body = "<html>", headers = { Location = "/x" } })
        local response, err = call(name, params_of(operation), { reconcile = false })
        assert.is_nil(response)
        assert.are.equal("protocol", err.kind)
        assert.is_truthy(err.message:find("it has no " .. operation.output.required[1], 1, true))
        assert.is_true(err.sent)
        assert.is_true(err.in_doubt)
      end)
    end
  end
end)

describe("after a lost answer", function()
  local LOST = { { raw = "" }, { status = 500, body = "" }, { status = 503, body = "" } }

  for i, lost in ipairs(LOST) do
    it("capacity is not bought again (" .. i .. ")", function()
      server:play({ lost, { status = 201, headers = { ["x-amz-capacity-id"] = "C" } } })
      local response, err = clients.new(server, { max_attempts = 3 }):purchase_provisioned_capacity()
      assert.is_nil(response)
      assert.is_true(err.in_doubt)
      assert.is_true(err.sent)
      assert.is_false(err.retryable)
      assert.are.same({ "POST /-/provisioned-capacity" }, targets())
    end)

    it("others are sent again (" .. i .. ")", function()
      for name, operation in pairs(model.operations) do
        if operation.resend then
          server:reset()
          server:play({ lost, { status = 201, headers = { ["x-amz-archive-id"] = "A",
            ["x-amz-multipart-upload-id"] = "U", ["x-amz-lock-id"] = "L" } } })
          local response = assert(call(name, params_of(operation), { max_attempts = 2 }))
          assert.are.equal(1, response.ResponseMetadata.RetryAttempts)
          assert.are.equal(2, #targets())
        end
      end
    end)

    it("a 404 to the second CompleteMultipartUpload leaves it in doubt (" .. i .. ")", function()
      server:play({ lost, "initiate_job/resource_not_found" })
      local _, err = clients.new(server, { max_attempts = 3 }):complete_multipart_upload({
        vaultName = "v", uploadId = "u" })
      assert.are.equal("ResourceNotFoundException", err.code)
      assert.is_true(err.in_doubt)
      assert.are.equal(2, err.attempts)
    end)

    it("reading leaves nothing in doubt (" .. i .. ")", function()
      server:play(lost, { repeat_last = true })
      local _, err = clients.new(server):describe_vault({ vaultName = "v" })
      assert.is_false(err.in_doubt)
      assert.is_true(err.sent)
    end)
  end

  it("capacity is bought again after what was certainly refused", function()
    server:play({ { status = 400, body = '{"code":"ThrottlingException"}' },
      { status = 201, headers = { ["x-amz-capacity-id"] = "C" } } })
    local client = clients.new(server, { max_attempts = 2 })
    assert.are.equal("C", assert(client:purchase_provisioned_capacity()).capacityId)
  end)

  it("nothing is in doubt that was refused, or never sent", function()
    server:play({ { status = 400, body = '{"code":"ThrottlingException"}' }, "initiate_job/resource_not_found" })
    local client = clients.new(server, { max_attempts = 3 })
    local _, err = client:complete_multipart_upload({ vaultName = "v", uploadId = "u" })
    assert.are.equal("ResourceNotFoundException", err.code)
    assert.is_false(err.in_doubt)
    assert.is_true(err.sent)
    _, err = clients.new({ url = "http://127.0.0.1:1" }):delete_vault({ vaultName = "v" })
    assert.are.equal("EndpointConnectionError", err.code)
    assert.is_false(err.in_doubt)
    assert.is_false(err.sent)
    local closed = clients.new(server)
    closed:close()
    for _, refused in ipairs({ { client, {} }, { client, { vaultName = "v" }, { timeouts = 1 } },
      { closed, { vaultName = "v" } } }) do
      _, err = refused[1]:delete_vault(refused[2], refused[3])
      assert.are.equal("DeleteVault", err.operation)
      assert.is_false(err.sent)
      assert.is_false(err.in_doubt)
    end
  end)
end)
