-- What a client does beyond single calls, by canned answers: pages, waits, jobs
-- and their outputs.

local errors = require "glacier.errors"
local glacier = require "glacier"
local lfs = require "lfs"
local shell = require "spec.support.shell"
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

local function collect(pieces)
  return function(piece)
    pieces[#pieces + 1] = piece
  end
end

describe("by a stub", function()
  local folder

  before_each(function() folder = shell.folder() end)
  after_each(function() shell.remove(folder) end)

  local function read(path)
    local file = assert(io.open(path, "rb"))
    local bytes = file:read("*a")
    file:close()
    return bytes
  end

  local function entries()
    local list = {}
    for name in lfs.dir(folder) do
      if name ~= "." and name ~= ".." then
        list[#list + 1] = name
      end
    end
    table.sort(list)
    return list
  end

  it("lists come in pages", function()
    stub:add_response("list_jobs", { JobList = { { JobId = "1" }, { JobId = "2" } }, Marker = "m" },
      { vaultName = "v" })
    stub:add_response("list_jobs", { JobList = { { JobId = "3" } } },
      { vaultName = "v", marker = "m" })
    local ids = {}
    for job in client:each("list_jobs", { vaultName = "v" }) do
      ids[#ids + 1] = job.JobId
    end
    assert.same({ "1", "2", "3" }, ids)
    stub:add_client_error("list_vaults", { code = "AccessDeniedException", status = 403 })
    local ok, err = pcall(client:pages("list_vaults"))
    assert.is_false(ok)
    assert.equal("AccessDeniedException", err.code)
  end)

  it("a waiter waits", function()
    stub:add_client_error("describe_vault", { code = "ResourceNotFoundException", status = 404 })
    stub:add_response("describe_vault", { VaultName = "v" })
    local vault = assert(client:wait_until("vault_exists", { vaultName = "v" }, { delay = 0 }))
    assert.equal("v", vault.VaultName)
  end)

  it("jobs are waited for", function()
    stub:add_response("describe_job", { JobId = "J", StatusCode = "InProgress" })
    stub:add_client_error("describe_job", { code = "ServiceUnavailableException", status = 503 })
    stub:add_response("describe_job", { JobId = "J", StatusCode = "Succeeded" })
    local job = { vaultName = "v", jobId = "J" }
    assert.equal("Succeeded", assert(client:wait_job(job, { interval = 0 })).StatusCode)

    stub:add_response("describe_job", { StatusCode = "Failed", StatusMessage = "no luck" })
    local _, err = client:wait_job(job, { interval = 0 })
    assert.equal("JobFailed", err.code)

    stub:add_response("list_jobs", { JobList = { { JobId = "A", StatusCode = "InProgress" } } })
    stub:add_response("list_jobs", { JobList = { { JobId = "A", StatusCode = "Succeeded" },
      { JobId = "B", StatusCode = "Succeeded" } } })
    stub:add_response("describe_job", { JobId = "B", StatusCode = "InProgress" })
    local jobs = assert(client:wait_jobs({ vaultName = "v", jobIds = { "A", "B" } },
      { interval = 0 }))
    assert.equal("Succeeded", jobs.A.StatusCode)
    assert.equal("Succeeded", jobs.B.StatusCode)
    stub:assert_no_pending_responses()
  end)

  it("an output goes where the options say", function()
    local params = { vaultName = "v", jobId = "J" }
    local body = ("0123456789abcdef"):rep(4096) .. "end"
    for _ = 1, 4 do
      stub:add_response("get_job_output", { body = body, contentType = "text/csv" })
    end
    local whole = assert(client:get_job_output(params))
    assert.equal(body, whole.body)
    assert.equal(200, whole.status)
    assert.equal("text/csv", whole.contentType)

    local pieces = {}
    local result = assert(client:get_job_output(params, { sink = collect(pieces) }))
    assert.is_nil(result.body)
    assert.equal("text/csv", result.contentType)
    assert.equal(body, table.concat(pieces))
    assert.is_true(#pieces > 1)

    local head
    pieces = {}
    assert(client:get_job_output(params, { sink = {
      head = function(seen)
        head = seen
        return true
      end,
      write = collect(pieces),
    } }))
    assert.equal(200, head.status)
    assert.equal(tostring(#body), head.headers["content-length"])
    assert.equal(body, table.concat(pieces))

    local path = folder .. "/output"
    assert.is_nil(assert(client:get_job_output(params, { path = path })).body)
    assert.equal(body, read(path))
    assert.same({ "output" }, entries())
    assert.equal(path, stub.calls[4].options.path)
  end)

  it("an output of no bytes is empty", function()
    stub:add_response("get_job_output")
    stub:add_response("get_job_output")
    local params = { vaultName = "v", jobId = "J" }
    assert.equal("", client:get_job_output(params).body)
    assert(client:get_job_output(params, { path = folder .. "/empty" }))
    assert.equal("", read(folder .. "/empty"))
  end)

  it("a range is 206", function()
    stub:add_response("get_job_output", { body = "cde", contentRange = "bytes 2-4/9" })
    local result = assert(client:get_job_output({ vaultName = "v", jobId = "J",
      range = "bytes=2-4" }))
    assert.equal(206, result.status)
    assert.equal(206, result.ResponseMetadata.HTTPStatusCode)
    assert.equal("bytes 2-4/9", result.ResponseMetadata.HTTPHeaders["content-range"])
  end)

  it("a failed output leaves no file, and a file in the way no answer used", function()
    local path, params = folder .. "/output", { vaultName = "v", jobId = "J" }
    stub:add_client_error("get_job_output", { code = "ResourceNotFoundException", status = 404 })
    local _, err = client:get_job_output(params, { path = path })
    assert.equal("ResourceNotFoundException", err.code)
    assert.same({}, entries())
    raised(client.get_job_output, client, params, { path = path })
    assert.same({}, entries())

    stub:add_response("get_job_output", { body = "one" })
    stub:add_response("get_job_output", { body = "two" })
    assert(client:get_job_output(params, { path = path }))
    _, err = client:get_job_output(params, { path = path })
    assert.equal("FileExists", err.code)
    assert.is_false(err.sent)
    assert(client:get_job_output(params, { path = path, overwrite = true }))
    assert.equal("two", read(path))
  end)

  it("a sink ends a call", function()
    local params = { vaultName = "v", jobId = "J" }
    stub:add_response("get_job_output", { body = "one" })
    stub:add_response("get_job_output", { body = "one" })
    local result, err = client:get_job_output(params, { sink = function()
      return nil, "enough"
    end })
    assert.is_nil(result)
    assert.equal("SinkError", err.code)
    has(err.message, "enough")
    assert.equal("GetJobOutput", err.operation)
    assert.equal(1, err.attempts)
    local own = errors.new("service", "X", "m", { operation = "PutObject", attempts = 3 })
    result, err = client:get_job_output(params, { sink = function()
      error(own, 0)
    end })
    assert.is_nil(result)
    assert.equal(own, err)
    assert.equal("PutObject", err.operation)
    assert.equal(3, err.attempts)
  end)

  it("an output is downloaded, in parts that may fail", function()
    local first, rest = ("a"):rep(1048576), "bcd"
    local bytes = first .. rest
    local hash = glacier.tree_hash(bytes)
    stub:add_response("describe_job", { JobId = "J", StatusCode = "Succeeded",
      Action = "ArchiveRetrieval", ArchiveSizeInBytes = #bytes, SHA256TreeHash = hash })
    stub:add_client_error("get_job_output", { code = "ThrottlingException" })
    stub:add_response("get_job_output", { body = first, contentRange = "bytes 0-1048575/1048579",
      checksum = glacier.tree_hash(first) })
    stub:add_response("get_job_output", { body = rest,
      contentRange = "bytes 1048576-1048578/1048579" },
      { vaultName = "v", jobId = "J", range = "bytes=1048576-1048578" })
    local path = folder .. "/archive"
    local result = assert(client:download_job_output({ vaultName = "v", jobId = "J" },
      { path = path, part_size = 1048576, concurrency = 1 }))
    assert.equal("tree_hash", result.verified)
    assert.equal(2, result.parts)
    assert.equal(bytes, read(path))
    stub:assert_no_pending_responses()
  end)

  it("an archive is retrieved, and a call too many is raised", function()
    local path, bytes = folder .. "/archive", "the archive's bytes"
    local params = { vaultName = "v", jobParameters = { Type = "archive-retrieval",
      ArchiveId = "A", Tier = "Bulk" } }
    local description = { JobId = "J", StatusCode = "Succeeded", Action = "ArchiveRetrieval",
      ArchiveId = "A", ArchiveSizeInBytes = #bytes, SHA256TreeHash = glacier.tree_hash(bytes) }
    has(raised(client.retrieve, client, params, { path = folder .. "/other" }), "list_jobs")
    stub:add_response("list_jobs")
    stub:add_response("initiate_job", { jobId = "J" }, { vaultName = "v", jobParameters = {
      Type = "archive-retrieval", ArchiveId = "A", Tier = "Bulk", Description = stub.ANY } })
    stub:add_response("describe_job", { JobId = "J", StatusCode = "InProgress" })
    stub:add_response("describe_job", description)
    stub:add_response("describe_job", description)
    stub:add_response("get_job_output", { body = bytes })
    local result = assert(client:retrieve(params, { path = path, interval = 0 }))
    assert.equal("tree_hash", result.verified)
    assert.equal(bytes, read(path))
    stub:assert_no_pending_responses()
  end)

  it("client:sleep sleeps", function()
    local began = client:now()
    assert.is_true(client:sleep(0.05))
    assert.is_true(client:now() - began >= 0.04)
  end)
end)
