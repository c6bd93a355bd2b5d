--- The streams of a download: cut, stalled, trickling, throttled; their number,
-- their rate, and what is told of them.

local clients = require "spec.support.clients"
local downloads = require "spec.support.downloads"
local socket = require "socket"

local MIB = downloads.MIB
local SIZE = 9 * MIB + 4321

local scene

local function faults(...)
  local rules = { ... }
  for _, rule in ipairs(rules) do
    rule.operation = rule.operation or "GetJobOutput"
  end
  scene.server:control { faults = rules, forget = true }
end

before_each(function()
  scene = downloads.start({ size = SIZE })
end)

after_each(function()
  scene:stop()
end)

local function assert_downloads(options, more)
  local result = assert(scene:download(nil, options, more))
  assert.are.equal("tree_hash", result.verified)
  scene:assert_right()
  return result
end

describe("a stream", function()
  for _, reset in ipairs { false, true } do
    it("that is cut anywhere goes on from there" .. (reset and ", after a reset, too" or ""), function()
      local cuts = {}
      for index = 1, 12 do
        cuts[index] = { operation = "GetJobOutput", from = index, cut = math.random(0, 300000), reset = reset }
      end
      scene.server:control { faults = cuts, forget = true }
      assert_downloads { part_size = 2 * MIB }
      local bytes, requests = scene:fetched()
      -- What a reset throws away was sent, and has to come again.
      assert.is_true(bytes >= SIZE and bytes <= SIZE + (reset and 12 * 300000 or 0), bytes)
      assert.is_true(requests >= 5 + 8 and requests <= 5 + 12, requests)
    end)
  end

  it("that is cut amid a part does not begin it again", function()
    faults { covers = 0, cut = 3 * MIB + 12345 }
    assert_downloads { part_size = 16 * MIB }
    local log = scene.server:log "GetJobOutput"
    assert.are.equal(2, #log)
    assert.are.equal(("bytes=%d-%d"):format(3 * MIB + 12345, SIZE - 1), log[2].range)
  end)

  it("that brings nothing ends the download after a bounded number of requests", function()
    faults { covers = 0, close = true, times = "always" }
    local client = clients.new(scene.server)
    local sleep, slept = client.sleep, 0
    -- The pauses pass at once.
    function client.sleep(self, seconds)
      slept = slept + seconds
      return sleep(self, math.min(seconds, 0.002))
    end
    local job = scene.server:add_job { archive = "A" }
    local result, err = client:download_job_output({ vaultName = downloads.VAULT, jobId = job },
      { path = scene.target, part_size = MIB })
    assert.is_nil(result)
    assert.are.equal("network", err.kind, tostring(err))
    assert.truthy(err.message:find("part 1", 1, true), err.message)
    local _, requests = scene:fetched()
    assert.is_true(requests <= 10 + 10, requests)
    assert.is_true(slept > 5)
    scene:assert_none()
    faults()
    assert.is_true(assert_downloads().resumed > 0)
  end)

  it("that stalls is a part asked for again", function()
    faults({ from = 1, stall = 0 }, { from = 2, stall = 700000 }, { from = 3, delay = 60 })
    local begun = socket.gettime()
    assert_downloads({}, { read_timeout = 0.5 })
    assert.is_true(socket.gettime() - begun < 20)
  end)

  it("that trickles is a part asked for again", function()
    local client = clients.new(scene.server)
    client.attempts.low_speed_time = 0.5
    -- Half of what it should bring in that time.
    faults { covers = 5 * MIB, rate = 500 }
    local begun = socket.gettime()
    local job = scene.server:add_job { archive = "A" }
    assert(client:download_job_output({ vaultName = downloads.VAULT, jobId = job },
      { path = scene.target, part_size = MIB }))
    scene:assert_right()
    assert.is_true(socket.gettime() - begun < 20)
    assert.are.equal(11, scene.server:count "GetJobOutput")
  end)

  it("that is refused for a while goes on: throttling and the service's own failures", function()
    for _, refusal in ipairs {
      { status = 400, code = "ThrottlingException" }, { status = 503, code = "ServiceUnavailableException" },
      { status = 500, code = "InternalFailure" }, { status = 408, code = "RequestTimeoutException" },
    } do
      refusal.from, refusal.times = 2, 3
      faults(refusal)
      assert_downloads()
      assert.are.equal(10 + 3, scene.server:count "GetJobOutput")
      os.remove(scene.target)
    end
  end)

  it("that is refused for good ends the download at once", function()
    for code, status in pairs { AccessDeniedException = 403, InvalidSignatureException = 403,
      MissingParameterValueException = 400 } do
      faults { status = status, code = code, times = "always" }
      local result, err = scene:download()
      assert.is_nil(result)
      assert.are.equal(code, err.code, tostring(err))
      assert.is_true(scene.server:count "GetJobOutput" <= 4)
      scene:assert_none()
    end
  end)
end)

describe("the streams", function()
  -- How many requests were on their way at the same time, at the most.
  local function most_at_a_time()
    local seen = {}
    for _, entry in ipairs(scene.server:log "GetJobOutput") do
      seen[entry.connection] = true
    end
    local count = 0
    for _ in pairs(seen) do
      count = count + 1
    end
    return count
  end

  it("are four, or as many as are wanted", function()
    faults { rate = 8 * MIB, times = "always" }
    for streams, options in pairs { [4] = {}, [1] = { concurrency = 1 }, [7] = { concurrency = 7 } } do
      assert_downloads(options)
      assert.are.equal(streams, most_at_a_time())
      os.remove(scene.target)
      scene:fetched()
    end
  end)

  it("keep below max_rate together, and hold nobody up", function()
    local begun = socket.gettime()
    assert_downloads { max_rate = 4 * MIB }
    local seconds = socket.gettime() - begun
    assert.is_true(seconds > 0.7 * SIZE / (4 * MIB), seconds)
    assert.is_true(seconds < 15, seconds)
  end)

  it("are told of at most twice a second, and at the end", function()
    faults { rate = 1.5 * MIB, times = "always" }
    local events, times = {}, {}
    assert_downloads { concurrency = 3, on_progress = function(event)
      events[#events + 1], times[#times + 1] = event, socket.gettime()
    end }
    local last = events[#events]
    assert.is_true(last.done)
    assert.is_nil(last.err)
    assert.are.equal(SIZE, last.bytes)
    assert.are.equal(SIZE, last.total)
    assert.is_true(#events >= 3, #events)
    for index = 2, #events - 1 do
      assert.is_true(times[index] - times[index - 1] > 0.4)
      assert.is_true((events[index].bytes or 0) >= (events[index - 1].bytes or 0))
      assert.truthy(({ checking = true, downloading = true, saving = true })[events[index].phase])
    end
    assert.truthy(last.expires)
  end)

  it("of a download that goes on begin with what is there", function()
    assert.is_nil(scene:download(scene:short_job(6 * MIB)))
    local first
    local result = assert_downloads { on_progress = function(event)
      if event.phase == "downloading" then
        first = first or event.bytes
      end
    end }
    assert.is_true(result.resumed >= 2 * MIB)
    assert.is_true(not first or first >= result.resumed)
  end)

  it("of a download that fails say so at the end", function()
    local last
    local _, err = scene:download(scene:short_job(2 * MIB), { on_progress = function(event)
      last = event
    end })
    assert.is_true(last.done)
    assert.are.equal(err, last.err)
  end)
end)
