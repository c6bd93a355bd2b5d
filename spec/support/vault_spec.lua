-- The vault server keeps to the rules of the service on which the specs of the
-- job's life stand: asked here by plain requests.

local assert = require "luassert"
local cjson = require "cjson"
local ltn12 = require "ltn12"
local socket = require "socket"
local socket_http = require "socket.http"
local vault = require "spec.support.vault"

local MIB = vault.MIB
local server

local function start(options)
  server = vault.start(options)
  return server
end

--- One request of its own.
---@return integer? status
---@return string body
---@return table headers
local function ask(method, path, range, body)
  local chunks = {}
  local _, status, headers = socket_http.request {
    url = server.url .. "/-/vaults/examplevault" .. path,
    method = method,
    headers = { range = range, ["content-length"] = body and #body or nil },
    source = body and ltn12.source.string(body),
    sink = ltn12.sink.table(chunks),
  }
  return status, table.concat(chunks), headers
end

local function output(id, range)
  return ask("GET", "/jobs/" .. id .. "/output", range)
end

local function describe_job(id)
  local status, body = ask("GET", "/jobs/" .. id)
  return status, cjson.decode(body)
end

--- ListJobs, one page.
local function list(query)
  local _, body = ask("GET", "/jobs" .. (query and "?" .. query or ""))
  return cjson.decode(body), body
end

describe("the vault server", function()
  after_each(function()
    if server then
      server:stop()
      server = nil
    end
  end)

  it("plays a job's life by its clock", function()
    start { archives = { a = { size = 3 * MIB + 5 } }, ready_after = 3600 }
    local archive = server.archives.a
    local status, _, headers = ask("POST", "/jobs", nil, cjson.encode {
      Type = "archive-retrieval", ArchiveId = archive.id, Description = "one" })
    local id = headers["x-amz-job-id"]
    assert.equal(202, status)
    assert.equal(92, #id)
    assert.equal("/111122223333/vaults/examplevault/jobs/" .. id, headers.location)

    local _, job = describe_job(id)
    assert.equal("InProgress", job.StatusCode)
    assert.equal(cjson.null, job.SHA256TreeHash)
    assert.is_false(job.Completed)
    local body
    status, body = output(id)
    assert.equal(400, status)
    assert.matches("not currently available for download", body)

    server:control { advance = 3601 }
    _, job = describe_job(id)
    assert.equal("Succeeded", job.StatusCode)
    assert.equal("one", job.JobDescription)
    assert.equal("0-3145732", job.RetrievalByteRange)
    assert.equal(archive.tree_hash, job.SHA256TreeHash)
    assert.equal(archive.tree_hash, job.ArchiveSHA256TreeHash)
    status, body, headers = output(id)
    assert.equal(200, status)
    assert.equal("a", headers["x-amz-archive-description"])
    assert.equal(archive.tree_hash, headers["x-amz-sha256-tree-hash"])
    assert.is_true(body == archive.content:bytes(0, archive.size))

    server:control { advance = 86400 }
    status, job = describe_job(id)
    assert.equal(404, status)
    assert.equal("ResourceNotFoundException", job.code)
    assert.matches("The job ID was not found", job.message)
    assert.equal(404, output(id))
  end)

  it("keeps to the rules of ranges", function()
    start { archives = { a = { size = 3 * MIB + 5 } } }
    local id = server:add_job { archive = "a" }
    local content = server.archives.a.content
    local whole = content:bytes(0, content.size)
    for _, case in ipairs {
      { "bytes=0-9", 206, 0, 9 },
      { "bytes=1048576-3145732", 206, MIB, 3 * MIB + 4 },
      { "bytes=3145732-99999999999", 206, 3 * MIB + 4, 3 * MIB + 4 },
      { "bytes=5-", 200 }, { "bytes=-5", 200 }, { "bytes=0-1,4-5", 200 }, { "bytes=9-1", 200 },
      { "octets=0-9", 200 }, { nil, 200 },
    } do
      local status, body, headers = output(id, case[1])
      assert.equal(case[2], status)
      if case[2] == 206 then
        assert.equal(("bytes %d-%d/3145733"):format(case[3], case[4]), headers["content-range"])
        assert.is_true(body == whole:sub(case[3] + 1, case[4] + 1))
      else
        assert.is_nil(headers["content-range"])
        assert.is_true(body == whole)
      end
    end
    local status, body = output(id, "bytes=3145733-3145740")
    assert.equal(400, status)
    assert.matches("InvalidParameterValueException", body)
  end)

  it("sends hashes of aligned ranges of aligned jobs only", function()
    start { archives = { a = { size = 11 * MIB + 1 } } }
    local content = server.archives.a.content
    local function hash(id, first, count)
      local _, _, headers = output(id, ("bytes=%d-%d"):format(first * MIB, (first + count) * MIB - 1))
      return headers["x-amz-sha256-tree-hash"]
    end
    local all = server:add_job { archive = "a" }
    assert.equal(content:tree_hash(4 * MIB, 4 * MIB), hash(all, 4, 4))
    assert.equal(content:tree_hash(8 * MIB), hash(all, 8, 4))
    assert.is_nil(hash(all, 1, 2))
    assert.is_nil(hash(all, 0, 3))
    local aligned = server:add_job { archive = "a", range = "4194304-8388607" }
    assert.equal(content:tree_hash(6 * MIB, 2 * MIB), hash(aligned, 2, 2))
    local _, job = describe_job(aligned)
    assert.equal(content:tree_hash(4 * MIB, 4 * MIB), job.SHA256TreeHash)
    assert.equal(content.size, job.ArchiveSizeInBytes)
    assert.equal(content:tree_hash(), job.ArchiveSHA256TreeHash)
    local crooked = server:add_job { archive = "a", range = "1048576-4194303" }
    assert.is_nil(hash(crooked, 0, 1))
    assert.equal(cjson.null, select(2, describe_job(crooked)).SHA256TreeHash)
    server:control { hash_headers = "mib" }
    assert.equal(content:tree_hash(MIB, 2 * MIB), hash(crooked, 0, 2))
    server:control { hash_headers = "never" }
    assert.is_nil(hash(all, 4, 4))
  end)

  it("refuses jobs for what is not there, and crooked ranges", function()
    start { archives = { a = { size = 3 * MIB } } }
    local function refusal(parameters)
      local status, body = ask("POST", "/jobs", nil, cjson.encode(parameters))
      return status, cjson.decode(body).code
    end
    local id = server.archives.a.id
    assert.same({ 404, "ResourceNotFoundException" },
      { refusal { Type = "archive-retrieval", ArchiveId = ("x"):rep(138) } })
    for _, range in ipairs { "1-1048575", "0-1048576", "0-3145728", "2097152-1048575", "0-" } do
      assert.same({ 400, "InvalidParameterValueException" },
        { refusal { Type = "archive-retrieval", ArchiveId = id, RetrievalByteRange = range } })
    end
    assert.same({ 400, "InvalidParameterValueException" }, { refusal { Type = "select" } })
    assert.equal(0, #list().JobList)
  end)

  it("lists jobs in pages, filtered, and late where it is told to", function()
    start { archives = { a = { size = 5 } } }
    local jobs = {}
    for index = 1, 120 do
      jobs[index] = { archive = "a", ready_after = index % 2 * 1000 }
    end
    server:control { jobs = jobs }
    local seen, count, marker, pages = {}, 0, nil, 0
    repeat
      local page = list(marker and "marker=" .. marker)
      for _, job in ipairs(page.JobList) do
        assert.is_nil(seen[job.JobId])
        seen[job.JobId], count = true, count + 1
      end
      pages, marker = pages + 1, page.Marker ~= cjson.null and page.Marker
    until not marker
    assert.same({ 120, 3 }, { count, pages })
    local function size(query)
      return #list(query).JobList
    end
    assert.equal(7, size "limit=7")
    assert.equal(50, size "statuscode=InProgress")
    assert.equal(10, size "statuscode=Succeeded&marker=page-from-20")
    assert.equal(10, size "completed=false&marker=page-from-20")
    server:control { forget = true, listed_after = 1000 }
    local late = server:add_job { archive = "a" }
    assert.is_nil((select(2, list "limit=1")):find(late, 1, true))
    server:control { advance = 1001 }
    assert.truthy((select(2, list "limit=1")):find(late, 1, true))
    assert.equal(2, server:count "ListJobs")
  end)

  it("gives inventories, and jobs that fail", function()
    start { archives = { ['say "a"'] = { size = 5 } } }
    local csv = server:add_job { format = "CSV" }
    local status, body, headers = output(csv)
    assert.same({ 200, "text/csv" }, { status, headers["content-type"] })
    assert.is_nil(headers["x-amz-sha256-tree-hash"])
    assert.matches('\n%x+,"say \\"a\\"",2012%-01%-01T00:00:00Z,5,%x+\n$', body)
    assert.equal(#body, select(2, describe_job(csv)).InventorySizeInBytes)
    local _, text = output(server:add_job {})
    local listed = cjson.decode(text)
    assert.equal('say "a"', listed.ArchiveList[1].ArchiveDescription)
    server:control { inventory = "as it is\0" }
    _, text = output(server:add_job {})
    assert.equal("as it is\0", text)
    local failed = server:add_job { archive = 'say "a"', fails = "The archive is gone" }
    local _, job = describe_job(failed)
    assert.same({ "Failed", "The archive is gone", true },
      { job.StatusCode, job.StatusMessage, job.Completed })
    assert.equal(400, output(failed))
  end)

  it("strikes by rule", function()
    start { archives = { a = { size = 3 * MIB } } }
    local id = server:add_job { archive = "a" }
    local whole = server.archives.a.content:bytes(0, 3 * MIB)
    local function struck(rule, range)
      rule.operation = "GetJobOutput"
      server:control { faults = { rule }, forget = true }
      return output(id, range or "bytes=1048576-2097151")
    end
    local _, status, body, headers
    status, body = struck { status = 400, code = "ThrottlingException" }
    assert.equal(400, status)
    assert.matches("ThrottlingException", body)
    assert.equal(206, (output(id, "bytes=0-1")), "only once")
    struck { cut = 70000 }
    assert.same({ 70000, "cut" }, { server:log()[1].sent, server:log()[1].ended })
    status, body = struck { ignore_range = true }
    assert.same({ 200, 3 * MIB }, { status, #body })
    _, body, headers = struck { shift = 3 }
    assert.equal("bytes 1048579-2097154/3145728", headers["content-range"])
    assert.is_true(body == whole:sub(MIB + 4, 2 * MIB + 3))
    _, body, headers = struck { swap = MIB }
    assert.equal("bytes 1048576-2097151/3145728", headers["content-range"])
    assert.is_true(body == whole:sub(2 * MIB + 1))
    _, _, headers = struck { total = 99 }
    assert.equal("bytes 1048576-2097151/99", headers["content-range"])
    _, body, headers = struck { short = 5 }
    assert.equal("bytes 1048576-2097146/3145728", headers["content-range"])
    assert.equal(MIB - 5, #body)
    _, _, headers = struck { hash = "wrong" }
    assert.equal(("0123456789abcdef"):rep(4), headers["x-amz-sha256-tree-hash"])
    _, _, headers = struck { hash = false }
    assert.is_nil(headers["x-amz-sha256-tree-hash"])
    _, body = struck { flip = MIB + 10 }
    assert.is_false(body == whole:sub(MIB + 1, 2 * MIB))
    assert.is_true(body:sub(1, 10) .. body:sub(12)
      == whole:sub(MIB + 1, MIB + 10) .. whole:sub(MIB + 12, 2 * MIB))
    struck { close = true }
    assert.equal("closed", server:log()[1].ended)
    struck({ covers = 5, status = 500 }, "bytes=6-10")
    assert.equal(206, server:log()[1].status)
    local outcomes = {}
    server:control { faults = { { chance = 0.5, status = 500 } }, seed = 4, forget = true }
    for _ = 1, 40 do
      outcomes[output(id, "bytes=0-1")] = true
    end
    assert.same({ [206] = true, [500] = true }, outcomes)
  end)

  it("loses the answer of a job that it made", function()
    start { archives = { a = { size = 5 } }, faults = { { operation = "InitiateJob", lost = true,
      job_settings = { ready_after = 50 } } } }
    local body = cjson.encode { Type = "archive-retrieval", ArchiveId = server.archives.a.id }
    assert.are_not.equal(202, (ask("POST", "/jobs", nil, body)))
    local found = list().JobList
    assert.equal(1, #found)
    assert.equal("InProgress", found[1].StatusCode)
    assert.equal("lost", server:log()[1].ended)
  end)

  it("lets a job expire amid its output, at the byte", function()
    start { archives = { a = { size = 4 * MIB } } }
    local id = server:add_job { archive = "a", expires_after_bytes = 2 * MIB + 5 }
    assert.equal(206, (output(id, "bytes=0-2097151")))
    output(id, "bytes=2097152-4194303")
    assert.equal(404, (output(id, "bytes=0-1")))
    assert.equal(2 * MIB + 5, server:bytes_sent())
  end)

  it("serves others while bodies stall and flow", function()
    start { archives = { a = { size = 1024 * MIB } },
      faults = { { operation = "GetJobOutput", stall = 10 },
        { operation = "GetJobOutput", from = 2, rate = 1000 } } }
    local id = server:add_job { archive = "a" }
    local open = {}
    for index = 1, 4 do
      open[index] = assert(socket.connect("127.0.0.1", server.url:match ":(%d+)$"))
      open[index]:send("GET /-/vaults/examplevault/jobs/" .. id .. "/output HTTP/1.1\r\n\r\n")
      assert.matches(" 200 ", open[index]:receive "*l")
    end
    local before = socket.gettime()
    assert.equal(200, (describe_job(id)))
    assert.is_true(socket.gettime() - before < 2)
    for _, connection in ipairs(open) do
      connection:close()
    end
  end)
end)
