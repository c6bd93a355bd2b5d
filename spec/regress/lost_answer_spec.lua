-- Ways in which a job was billed twice, or another's was taken: the service
-- was not asked where no time was left for the next attempt, nor once another
-- failure had come after the lost answer; a job a moment older counted; and a
-- call that blocks waited for one that could not go on.

local cjson = require "cjson"
local clients = require "spec.support.clients"
local endpoint = require "spec.support.endpoint"
local reconcile = require "glacier.call.reconcile"
local simulation = require "spec.support.simulation"

local PARAMS = { vaultName = "v", jobParameters = { Type = "archive-retrieval", ArchiveId = "A" } }

local function job(id, created)
  return {
    JobId = id, Action = "ArchiveRetrieval", ArchiveId = "A", Tier = "Standard",
    CreationDate = created, VaultARN = "arn:aws:glacier:us-west-2:1:vaults/v",
  }
end

describe("a lost answer is asked for", function()
  local server

  setup(function()
    server = endpoint.start()
  end)
  teardown(function()
    server:stop()
  end)
  after_each(clients.close_all)

  local function listing()
    return {
      match = { method = "GET" }, status = 200, reason = "OK",
      headers = { { "Content-Type", "application/json" } },
      body = cjson.encode { JobList = { job("J1", os.date "!%Y-%m-%dT%H:%M:%S.999Z") } },
    }
  end

  local function call(list, options)
    server:reset()
    server:play(list)
    local response, err = clients.new(server, options):initiate_job(PARAMS)
    local methods = {}
    for i, request in ipairs(server:requests()) do
      methods[i] = request.method
    end
    return response, err, table.concat(methods, " ")
  end

  it("where no time is left to try again", function()
    local response, err, methods = call({
      { match = { method = "POST" }, status = 503, reason = "Slow", times = 1,
        headers = { { "x-amz-retry-after", "5000" } }, body = '{"code":"SlowDown"}' },
      listing(),
    }, { max_attempts = 3, timeout = 4 })
    assert.equal("J1", response and response.jobId, tostring(err))
    assert.equal("POST GET", methods)
  end)

  it("again, whatever failed since", function()
    local response, err, methods = call({
      { match = { method = "POST" }, raw = "", times = 1 },
      { match = { method = "GET" }, status = 500, reason = "No", body = "", times = 3 },
      { recording = "initiate_job/throttling", match = { method = "POST" }, times = 1 },
      listing(),
    }, { max_attempts = 3 })
    assert.equal("J1", response and response.jobId, tostring(err))
    assert.equal("POST GET GET GET POST GET", methods)
  end)
end)

describe("a job from before the call", function()
  local NOW = 1795341600 -- 2026-11-22T10:00:00Z

  -- What is found of two pages, the first after 1 s and the second after 5 s.
  local function find(jobs)
    local elapsed = 0
    local found = reconcile.find({
      params = PARAMS, now = NOW, elapsed = function() return elapsed end,
    }, function(params)
      elapsed = params.marker and 5 or 1
      return {
        JobList = params.marker and jobs or {}, Marker = not params.marker and "m" or nil,
        ResponseMetadata = { HTTPHeaders = { date = "Sun, 22 Nov 2026 10:00:01 GMT" } },
      }
    end)
    return found[1] and found[1].JobId
  end

  it("is not taken, were it older by a moment only", function()
    assert.is_nil(find { job("J1", "2026-11-22T09:59:59.900Z") })
    assert.equal("J1", find { job("J1", "2026-11-22T10:00:00.001Z") })
  end)

  it("is not told from one of that second where dates tell no more", function()
    assert.equal("J1", find { job("J1", "2026-11-22T10:00:00Z") })
    assert.is_nil(find { job("J1", "2026-11-22T09:59:58Z") })
  end)
end)

describe("a call that blocks", function()
  it("does not wait for one that cannot go on meanwhile, and takes its own job", function()
    local world = simulation.new(function() return 0.5 end, { lists_lost = 0, clock = 0 })
    local client = clients.new({ url = "http://127.0.0.1:1" }, { host = world.host })
    local transport = client.transport
    clients.replace_transport(client, world)
    local pending = coroutine.create(function() return client:initiate_job(PARAMS) end)
    local send, lost = world.send, false
    function world.send(self, request)
      local response = send(self, request)
      if coroutine.running() == pending then
        coroutine.yield()
      elseif request.method == "POST" and not lost then
        lost = true
        return nil, { kind = "network", code = "ConnectionClosedError", message = "", sent = true }
      end
      return response
    end
    coroutine.resume(pending)
    assert.equal(1, #world.jobs)
    local response = assert(client:initiate_job(PARAMS))
    assert.equal("JOB2", response.jobId)
    assert.is_true(world.host.now() < 1010)
    local _, first = coroutine.resume(pending)
    assert.equal("JOB1", first.jobId)
    transport:close()
  end)
end)

describe("a machine that slept amid an attempt", function()
  it("finds the job from before its sleep", function()
    local world = simulation.new(function() return 0.5 end, { lists_lost = 0, clock = 0 })
    local client = clients.new({ url = "http://127.0.0.1:1" }, { host = world.host })
    local transport, send = client.transport, world.send
    finally(function()
      transport:close()
    end)
    clients.replace_transport(client, world)
    function world.send(self, request)
      local response = send(self, request)
      if request.method == "POST" then
        -- An hour passes, and the monotonic clock knows nothing of it.
        local now = self.service_time
        self.service_time = function() return now() + 3600 end
        client.slept = 3600
        return nil, { kind = "network", code = "ConnectionClosedError", message = "", sent = true }
      end
      return response
    end
    local make = client.attempts.make
    function client.attempts.make(self, call)
      local result, err = make(self, call)
      if client.slept then
        call.sent_time = call.sent_time - client.slept
        client.slept = nil
      end
      return result, err
    end
    local response = client:initiate_job(PARAMS)
    assert.equal("JOB1", response.jobId)
    assert.equal(1, #world.jobs)
  end)
end)
