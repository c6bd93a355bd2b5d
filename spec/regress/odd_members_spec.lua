-- One member of another type than the service's own made a whole answer
-- unreadable: one odd job spoilt the list of jobs, so that a lost answer started a
-- second one.

local cjson = require "cjson"
local clients = require "spec.support.clients"
local endpoint = require "spec.support.endpoint"

local PARAMS = { vaultName = "v", jobParameters = { Type = "archive-retrieval", ArchiveId = "A" } }

local ODD = {
  '"JobId":"ODD","ArchiveSizeInBytes":"many"',
  '"JobId":"ODD","Completed":1,"StatusCode":[]',
  '"JobId":"ODD","InventoryRetrievalParameters":["JSON"]',
  '"JobId":5,"CreationDate":{}',
  '"JobId":"ODD","ArchiveSizeInBytes":1.5,"SelectParameters":"none"',
}

describe("a member of another type", function()
  local server = endpoint.during {
    setup = setup, teardown = teardown, before_each = before_each,
  }
  after_each(clients.close_all)

  local function listing(jobs)
    return {
      match = { method = "GET" }, status = 200, reason = "OK",
      headers = { { "Content-Type", "application/json" } },
      body = '{"JobList":[' .. jobs .. '],"Marker":null}',
    }
  end

  local function own()
    return cjson.encode { JobId = "OWN", Action = "ArchiveRetrieval", ArchiveId = "A",
      Tier = "Standard", CreationDate = os.date "!%Y-%m-%dT%H:%M:%S.999Z",
      ArchiveSizeInBytes = 12345678901234 }
  end

  for _, odd in ipairs(ODD) do
    it("is absent, and the rest counts: " .. odd, function()
      server:play { listing("{" .. odd .. "}," .. own()) }
      local response = assert(clients.new(server):list_jobs { vaultName = "v" })
      assert.equal(2, #response.JobList)
      assert.equal(odd:find "ODD" and "ODD" or nil, response.JobList[1].JobId)
      assert.is_nil(response.JobList[1].ArchiveSizeInBytes)
      assert.equal(12345678901234, response.JobList[2].ArchiveSizeInBytes)
      assert.is_nil(response.Marker)
    end)

    it("hides no job of a lost answer: " .. odd, function()
      server:play { { match = { method = "POST" }, raw = "", times = 1 },
        listing("7,{" .. odd .. "},null," .. own()) }
      local response = assert(clients.new(server, { max_attempts = 3 }):initiate_job(PARAMS))
      assert.equal("OWN", response.jobId)
    end)
  end

  it("is left out of the list where it is an item of it", function()
    server:play { listing('7,"J",true,[1],null,' .. own() .. ",8") }
    local response = assert(clients.new(server):list_jobs { vaultName = "v" })
    assert.equal(1, #response.JobList)
    assert.equal("OWN", response.JobList[1].JobId)
  end)

  -- The lost job's own description, which is told by the members that are left.
  for _, member in ipairs({ '"ArchiveSizeInBytes":"many"', '"Completed":1',
    '"InventoryRetrievalParameters":["JSON"]' }) do
    it("does not hide the job that has it: " .. member, function()
      local job = '{"JobId":"OWN","Action":"ArchiveRetrieval","ArchiveId":"A",' ..
        '"Tier":"Standard","RetrievalByteRange":"0-9","CreationDate":"' ..
        os.date "!%Y-%m-%dT%H:%M:%S.999Z" .. '",' .. member .. "}"
      server:play { { match = { method = "POST" }, raw = "", times = 1 }, listing(job) }
      local response = assert(clients.new(server, { max_attempts = 3 }):initiate_job(PARAMS))
      assert.equal("OWN", response.jobId)
      assert.is_true(response.ResponseMetadata.Reconciled)
    end)
  end

  it("that is a marker does not make its page the last", function()
    server:play {
      { match = { method = "POST" }, raw = "", times = 1 },
      { match = { method = "GET" }, status = 200, body = '{"JobList":[],"Marker":7}',
        headers = { { "Content-Type", "application/json" } } },
    }
    local client = clients.new(server, { max_attempts = 3, reconcile = "strict" })
    local response, err = client:initiate_job(PARAMS)
    assert.is_nil(response)
    assert.is_true(err.in_doubt)
    response, err = client:list_jobs { vaultName = "v" }
    assert.is_nil(response)
    assert.equal("protocol", err.kind)
  end)

  it("that is the list itself is no empty list", function()
    server:play { { match = { method = "GET" }, status = 200, body = '{"JobList":"none"}',
      headers = { { "Content-Type", "application/json" } } } }
    local response, err = clients.new(server):list_jobs { vaultName = "v" }
    assert.is_nil(response)
    assert.equal("protocol", err.kind)
  end)

  for _, body in ipairs { "{}", '{"JobList":null,"Marker":null}', '{"message":"signed in"}' } do
    it("that is not there is no list without jobs: " .. body, function()
      local function call(reconcile)
        server:reset()
        server:play { { match = { method = "POST" }, raw = "", times = 1 },
          { match = { method = "GET" }, status = 200, body = body,
            headers = { { "Content-Type", "application/json" } } },
          { recording = "initiate_job/success", match = { method = "POST" } } }
        return clients.new(server, { max_attempts = 3, reconcile = reconcile }):initiate_job(PARAMS)
      end
      local response, err = call "strict"
      assert.is_nil(response)
      assert.same({ "ConnectionClosedError", true }, { err.code, err.in_doubt })
      assert.is_truthy(call(true))
    end)
  end
end)
