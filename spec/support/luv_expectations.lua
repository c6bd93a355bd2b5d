--- What spec.support.luv_program must have reported, in whatever program it ran.

local assert = require "luassert"
local endpoint = require "spec.support.endpoint"
local hosted_waits = require "spec.support.hosted_waits"
local programs = require "spec.support.programs"

local expectations = {}

local SEQUENCE, CALLS = 100, 20

-- The program's report; it runs once for all that is expected of it.
local function runner(given)
  local report, connections, requests
  local function run()
    local server = endpoint.start()
    programs.play(server)
    given.url = server.url
    local result = programs.run(given)
    connections, requests = programs.connections(server, "fast_yielding")
    server:stop()
    report = assert(result.status == 0 and result.report, given.command .. "\n" .. result.output)
    return report.gap
  end
  return function()
    if not report then
      programs.measure_gap(run)
      programs.print_figures(given.name,
        "%.3f ms a call, %.3f ms where it blocks; longest gap %.1f ms in %.2f s of %d calls",
        report.yielding_seconds * 1000, report.blocking_seconds * 1000, report.gap * 1000,
        report.at_once_seconds, CALLS)
    end
    return report, connections, requests
  end
end

local function expect_calls(it, name, get)
  it("makes calls of 1 s at once without stalling the loop: " .. name, function()
    local report = get()
    assert.are.equal("luv", report.host)
    assert.are.equal(CALLS, report.at_once)
    assert.is_true(report.at_once_seconds >= 0.9 and report.at_once_seconds < 2)
    assert.is_true(report.gap < programs.LONGEST_GAP, report.gap)
    assert.is_true(report.ticks > 20)
  end)

  it("makes calls one after the other by one connection: " .. name, function()
    local report, connections, requests = get()
    assert.are.equal(SEQUENCE, report.blocking)
    assert.are.equal(SEQUENCE, report.yielding)
    assert.are.equal(1, connections)
    assert.are.equal(SEQUENCE, requests)
  end)

  it("gives outputs to sinks that wait: " .. name, function()
    local report = get()
    assert.are.equal(2 * #programs.OUTPUT, report.outputs)
  end)

  it("waits for jobs while the loop goes on: " .. name, function()
    local report = get()
    assert.are.equal(hosted_waits.EXPECTED, report.waits)
    assert.is_true(report.wait_ticks > 20)
  end)

  it("blocks outside a coroutine and wakes the others after that: " .. name, function()
    local report = get()
    assert.is_false(report.mixed_first)
    assert.is_true(report.mixed_blocking)
    assert.is_false(report.mixed_still)
    assert.is_true(report.mixed_yielding)
  end)
end

local function expect_ends(it, name, get)
  it("ends calls when the client is closed: " .. name, function()
    local report = get()
    for i = 1, 3 do
      assert.are.equal("cancelled CancelledError", report["closed_" .. i])
    end
    assert.is_true(report.closed_seconds < 0.9)
  end)

  it("tells of a refused connection, and tries again: " .. name, function()
    local report = get()
    assert.are.equal("network EndpointConnectionError", report.refused)
    assert.is_true(report.retried)
  end)

  it("raises in wait what the task raised: " .. name, function()
    local report = get()
    assert.are.equal("at once", report.raised_at_once)
    assert.are.equal("later", report.raised_later)
    assert.is_true(report.nested)
  end)

  it("resumes the user's own coroutines: " .. name, function()
    local report = get()
    assert.is_true(report.own)
    assert.is_false(report.own_fast)
  end)

  it("leaves nothing in the loop: " .. name, function()
    local report = get()
    assert.is_true(report.handles > 0)
    assert.are.equal(0, report.handles_left)
    assert.are.equal(0, report.walked or 0)
  end)
end

--- Defines the specs of a program.
---@param it function  busted's, which only spec files see
---@param given table  as programs.run takes it, with a `name`
function expectations.define(it, given)
  local get = runner(given)
  expect_calls(it, given.name, get)
  expect_ends(it, given.name, get)
end

return expectations
