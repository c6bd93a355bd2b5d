-- LOVE, without window, graphics and audio.
-- Runs on one Lua: what it tests runs in programs of its own.

local endpoint = require "spec.support.endpoint"
local hosted_waits = require "spec.support.hosted_waits"
local programs = require "spec.support.programs"

local CONF = [[
function love.conf(t)
  for _, name in ipairs({ "audio", "graphics", "image", "font", "joystick", "keyboard", "mouse",
      "physics", "sound", "touch", "video", "window" }) do
    t.modules[name] = false
  end
end
]]

local SEQUENCE, CALLS = 30, 5
local FRAME_SECONDS = 0.0002

describe("glacier.host.love", function()
  local reason = programs.missing("love", "5.1")
  local report, connections, requests

  if reason then
    pending(reason)
    return
  end

  local function run()
    local server = endpoint.start()
    programs.play(server)
    local result = programs.run({
      version = "5.1",
      url = server.url,
      command = "love .",
      files = { ["conf.lua"] = CONF, ["main.lua"] = 'require "spec.support.love_program"\n' },
    })
    connections, requests = programs.connections(server, "fast_yielding")
    server:stop()
    report = assert(result.status == 0 and result.report, result.output)
    return report.gap
  end

  setup(function()
    programs.measure_gap(run)
    programs.print_figures("LOVE",
      "%.3f ms a call, %.3f ms where it blocks; longest frame %.1f ms of %d; update() %.2f us "
      .. "when idle, %.2f us when waiting",
      report.yielding_seconds * 1000, report.blocking_seconds * 1000, report.gap * 1000,
      report.frames, report.idle_seconds * 1e6, report.waiting_seconds * 1e6)
  end)

  it("makes calls of 1 s at once without holding up a frame", function()
    assert.are.equal("love", report.host)
    assert.are.equal(CALLS, report.at_once)
    assert.is_true(report.at_once_seconds >= 0.9 and report.at_once_seconds < 2)
    assert.is_true(report.gap < programs.LONGEST_GAP, report.gap)
    assert.is_true(report.frames > 20)
  end)

  it("takes next to nothing of a frame when nothing happens", function()
    assert.is_true(report.idle_seconds < FRAME_SECONDS, report.idle_seconds)
    assert.is_true(report.waiting_seconds < FRAME_SECONDS, report.waiting_seconds)
  end)

  it("makes calls one after the other by one connection", function()
    assert.are.equal(SEQUENCE, report.yielding)
    assert.are.equal(1, connections)
    assert.are.equal(SEQUENCE, requests)
  end)

  it("gives outputs to sinks that wait", function()
    assert.are.equal(2 * #programs.OUTPUT, report.outputs)
  end)

  it("waits for jobs, several at once", function()
    assert.are.equal(hosted_waits.EXPECTED, report.waits)
  end)

  it("blocks outside a coroutine", function()
    assert.are.equal(SEQUENCE, report.blocking)
    assert.is_true(report.joined_outside)
  end)

  it("ends calls when the client is closed", function()
    for i = 1, 3 do
      assert.are.equal("cancelled CancelledError", report["closed_" .. i])
    end
    assert.is_true(report.closed_seconds < 0.9)
  end)

  it("tells of a refused connection, and tries again", function()
    assert.are.equal("network EndpointConnectionError", report.refused)
    assert.is_true(report.retried)
  end)

  it("raises in wait what the task raised", function()
    assert.is_true(report.main_finished)
    assert.are.equal("later", report.raised_later)
  end)
end)
