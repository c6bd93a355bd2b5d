-- A program that makes a client for each call: what was given to the call of a
-- client that is closed was given again to the next one, made in the same
-- second, and nobody knew of the second job.

local cjson = require "cjson"
local clients = require "spec.support.clients"
local endpoint = require "spec.support.endpoint"

local PARAMS = { vaultName = "v", jobParameters = { Type = "archive-retrieval", ArchiveId = "A" } }

local LOST = { match = { method = "POST" }, raw = "", times = 1 }

describe("after a client was closed", function()
  local server = endpoint.during {
    setup = setup, teardown = teardown, before_each = before_each,
  }

  after_each(clients.close_all)

  local function listing(...)
    local jobs = {}
    for i, id in ipairs { ... } do
      jobs[i] = {
        JobId = id, Action = "ArchiveRetrieval", ArchiveId = "A", Tier = "Standard",
        CreationDate = os.date("!%Y-%m-%dT%H:%M:%S.999Z"),
        VaultARN = "arn:aws:glacier:us-west-2:1:vaults/v",
      }
    end
    return { match = { method = "GET" }, status = 200, reason = "OK",
      headers = { { "Content-Type", "application/json" } }, body = cjson.encode { JobList = jobs } }
  end

  local function started(id)
    return { match = { method = "POST" }, status = 202, body = "", times = 1,
      headers = { { "x-amz-job-id", id } } }
  end

  local function call(id, close)
    local client = clients.new(server, { max_attempts = 3 })
    assert.equal(id, assert(client:initiate_job(PARAMS)).jobId)
    if close then
      client:close()
    end
  end

  for name, ids in pairs { ["the earlier"] = { "ONE", "TWO" }, ["the later"] = { "FOUR", "THREE" } } do
    it("its job is not another's, listed as " .. name .. " one", function()
      local first, second = ids[1], ids[2]
      if name == "the later" then
        server:play { started(first), LOST, listing(second, first) }
      else
        server:play { started(first), LOST, listing(first, second) }
      end
      call(first, true)
      collectgarbage()
      collectgarbage()
      call(second, true)
    end)
  end

  it("nor are those of several", function()
    server:play { started "A1", started "A2", LOST, listing("A1", "A3", "A2") }
    call("A1", true)
    call("A2", true)
    call("A3", true)
  end)

  it("it is where there is no other: none is sent twice", function()
    server:play { started "ALONE", LOST, listing "ALONE" }
    call("ALONE", true)
    call("ALONE", true)
  end)
end)
