local scheduler = require "glacier.host.scheduler"

-- A stand-in for the engine's transfers: it ends when told.
local function new_transfer()
  local transfer = { ended = false }
  function transfer:done()
    return self.ended
  end
  return transfer
end

-- LuaJIT takes a file's metatable for one that never changes.
local new_proxy = rawget(_G, "newproxy")

local function new_userdata()
  if new_proxy then
    return new_proxy(true)
  end
  local file = io.tmpfile()
  file:close()
  return file
end

-- One in C: a userdata that counts how often it is asked. Its engine tells of it
-- by its number.
local function new_native(engine)
  local native = { transfer = new_userdata(), asked = 0, ended = false,
    number = #engine.natives + 1 }
  debug.setmetatable(native.transfer, { __index = {
    done = function()
      native.asked = native.asked + 1
      return native.ended
    end,
    number = function()
      return native.number
    end,
  } })
  engine.natives[native.number] = native
  return native
end

local function new_engine()
  local engine = { natives = {}, told = {} }
  function engine:news()
    local news = self.told
    self.told = {}
    return news
  end
  function engine:finish(number)
    self.natives[number].ended = true
    self.told[#self.told + 1] = number
  end
  return engine
end

-- Not in every Lua.
local close = rawget(coroutine, "close")
local tells_of_c = rawget(coroutine, "isyieldable") ~= nil

local waiters, nudges

local function nudge()
  nudges = nudges + 1
end

-- A coroutine that waits for a transfer and then calls `after`.
local function start(engine, transfer, after)
  local thread = coroutine.create(function()
    waiters:wait(engine, transfer)
    if after then
      after()
    end
  end)
  assert(coroutine.resume(thread))
  return thread
end

local function go_on()
  waiters:resume_all(waiters:take_ready())
end

before_each(function()
  nudges = 0
  waiters = scheduler.new(nudge)
end)

describe("scheduler.can_yield", function()
  it("is true in a coroutine, but for one that has ended", function()
    local inside
    coroutine.wrap(function()
      inside = scheduler.can_yield()
    end)()
    assert.is_true(inside)
  end)

  it("is false where C stands between, if this Lua tells", function()
    local inside = false
    coroutine.wrap(function()
      ("x"):gsub("x", function()
        inside = scheduler.can_yield()
      end)
    end)()
    assert.are.equal(not tells_of_c, inside)
  end)
end)

describe("Scheduler:wait", function()
  it("goes on when the transfer has ended, in the order of coming", function()
    local order, transfers = {}, {}
    for i = 1, 20 do
      transfers[i] = new_transfer()
      start("engine", transfers[i], function()
        order[#order + 1] = i
      end)
    end
    assert.are.equal(20, waiters.waiting.engine)
    for i = 2, 20, 2 do
      transfers[i].ended = true
    end
    go_on()
    assert.are.same({ 2, 4, 6, 8, 10, 12, 14, 16, 18, 20 }, order)
    assert.are.equal(10, waiters.waiting.engine)
    for i = 1, 20, 2 do
      transfers[i].ended = true
    end
    go_on()
    assert.are.equal(20, #order)
    assert.is_nil(waiters.waiting.engine)
    assert.is_true(waiters:is_idle())
  end)

  it("waits on where somebody resumes it too early", function()
    local transfer, ended = new_transfer(), false
    local thread = start("engine", transfer, function()
      ended = true
    end)
    assert(coroutine.resume(thread))
    assert.is_false(ended)
    assert.are.equal(1, waiters.waiting.engine)
    transfer.ended = true
    go_on()
    assert.is_true(ended)
  end)

  it("does not resume one that somebody else has resumed", function()
    local transfer, steps = new_transfer(), 0
    local thread = start("engine", transfer, function()
      steps = 1
      coroutine.yield()
      steps = 2
    end)
    transfer.ended = true
    local ready = waiters:take_ready()
    assert.are.equal(1, #ready)
    assert(coroutine.resume(thread))
    waiters:resume_all(ready)
    assert.are.equal(1, steps)
    assert.is_nil(waiters.waiting.engine)
  end)

  if close then
    it("forgets coroutines that were closed", function()
      close(start("engine", new_transfer()))
      go_on()
      assert.is_nil(waiters.waiting.engine)
      assert.is_true(waiters:is_idle())
    end)
  end

  it("raises what a user's own coroutine raised, after the others went on", function()
    local transfer, ended = new_transfer(), 0
    for i = 1, 3 do
      start("engine", transfer, function()
        ended = ended + 1
        if i == 1 then
          error("oops")
        end
      end)
    end
    transfer.ended = true
    assert.error_matches(go_on, "oops")
    assert.are.equal(3, ended)
  end)
end)

describe("Scheduler:forget", function()
  it("says whether anybody waited, and they go on", function()
    local transfer, ended = new_transfer(), false
    start("engine", transfer, function()
      ended = true
    end)
    assert.is_false(waiters:forget("another"))
    assert.is_true(waiters:forget("engine"))
    transfer.ended = true
    go_on()
    assert.is_true(ended)
    assert.is_nil(waiters.waiting.engine)
  end)
end)

describe("Scheduler:spawn", function()
  local function outcome_of(run)
    local outcome
    waiters:spawn(run, function(...)
      assert.is_nil(outcome)
      outcome = { n = select("#", ...), ... }
    end)
    return function()
      return outcome
    end
  end

  it("runs at once and tells the results, nil too", function()
    local outcome = outcome_of(function()
      return 1, nil, nil
    end)
    assert.are.same({ n = 4, true, 1 }, outcome())
    assert.are.equal(1, nudges)
  end)

  it("tells what was raised, whatever it is, before and after a wait", function()
    local value, transfer = {}, new_transfer()
    assert.are.same({ n = 2, false, value }, outcome_of(function()
      error(value)
    end)())
    local outcome = outcome_of(function()
      waiters:wait("engine", transfer)
      error(nil)
    end)
    assert.is_nil(outcome())
    transfer.ended = true
    go_on()
    assert.are.same({ n = 2, false }, outcome())
  end)

  it("tells the end too where somebody else brings it about", function()
    local thread
    local outcome = outcome_of(function()
      thread = coroutine.running()
      coroutine.yield()
      return "end"
    end)
    assert.is_nil(outcome())
    assert(coroutine.resume(thread))
    assert.are.same({ n = 2, true, "end" }, outcome())
  end)

  it("lets a coroutine wait for what is so in the end", function()
    local ready, ended = false, false
    waiters:spawn(function()
      waiters:park(function()
        return ready
      end)
    end, function()
      ended = true
    end)
    go_on()
    assert.is_false(ended)
    ready = true
    go_on()
    assert.is_true(ended)
  end)
end)

describe("a scheduler of an engine's own transfers", function()
  local engine, gone_on

  before_each(function()
    engine, gone_on = new_engine(), {}
    for i = 1, 100 do
      start(engine, new_native(engine).transfer, function()
        gone_on[#gone_on + 1] = i
      end)
    end
  end)

  it("asks only those that the engine tells of", function()
    for _, native in ipairs(engine.natives) do
      native.asked = 0
    end
    for _, number in ipairs { 70, 7, 33 } do
      engine:finish(number)
    end
    go_on()
    assert.same({ 7, 33, 70 }, gone_on)
    assert.are.equal(97, waiters.waiting[engine])
    for number, native in ipairs(engine.natives) do
      assert.are.equal(native.ended, native.asked > 0, number)
    end
    go_on()
    assert.same({ 7, 33, 70 }, gone_on)
    assert.is_false(waiters:is_idle())
  end)

  it("does not miss one of which the engine has told before", function()
    local early = new_native(engine)
    engine:finish(early.number)
    engine:news()
    start(engine, early.transfer, function()
      gone_on[#gone_on + 1] = "early"
    end)
    go_on()
    assert.same({ "early" }, gone_on)
  end)

  it("lets all go on whose engine is closed, and asks it no more", function()
    for _, native in ipairs(engine.natives) do
      native.ended = true
    end
    function engine.news()
      error("it is closed")
    end
    assert.is_true(waiters:forget(engine))
    go_on()
    assert.are.equal(100, #gone_on)
    assert.is_true(waiters:is_idle())
  end)

  if close then
    it("lets go of those who are gone, sooner or later", function()
      close(start(engine, new_native(engine).transfer))
      for _ = 1, 101 do
        go_on()
      end
      assert.are.equal(100, waiters.waiting[engine])
    end)
  end

  it("says whether any can go on, and then they do", function()
    assert.is_false(waiters:has_ready())
    engine:finish(50)
    assert.is_true(waiters:has_ready())
    assert.is_true(waiters:has_ready())
    go_on()
    assert.same({ 50 }, gone_on)
    assert.is_false(waiters:has_ready())
  end)

  it("passes on what it was told of another scheduler's", function()
    local asked_first = scheduler.new(nudge)
    local mine = new_native(engine)
    assert(coroutine.resume(coroutine.create(function()
      asked_first:wait(engine, mine.transfer)
      gone_on[#gone_on + 1] = "mine"
    end)))
    engine:finish(12)
    asked_first:resume_all(asked_first:take_ready())
    assert.same({}, gone_on)
    engine:finish(mine.number)
    assert.is_true(waiters:has_ready())
    go_on()
    asked_first:resume_all(asked_first:take_ready())
    assert.same({ 12, "mine" }, gone_on)
  end)

  it("lets all go on that wait for one transfer, in whichever scheduler", function()
    local other = scheduler.new(nudge)
    for _, each in ipairs { waiters, other, waiters } do
      assert(coroutine.resume(coroutine.create(function()
        each:wait(engine, engine.natives[9].transfer)
        gone_on[#gone_on + 1] = each == other and "other" or "again"
      end)))
    end
    engine:finish(9)
    go_on()
    assert.same({ 9, "again", "again" }, gone_on)
    other:resume_all(other:take_ready())
    assert.same({ 9, "again", "again", "other" }, gone_on)
    assert.are.equal(99, waiters.waiting[engine])
  end)

  it("ends the waits for one engine with a reason, and no others", function()
    local reasons, other = {}, new_engine()
    for name, each in pairs { broken = engine, unbroken = other } do
      assert(coroutine.resume(coroutine.create(function()
        reasons[name] = { waiters:wait(each, new_native(each).transfer) }
      end)))
    end
    waiters:break_off("why", engine)
    assert.is_true(waiters:has_ready())
    go_on()
    assert.same({ broken = { "why" } }, reasons)
    assert.are.equal(100, #gone_on)
    waiters:break_off("all")
    go_on()
    assert.same({ "all" }, reasons.unbroken)
    assert.is_true(waiters:is_idle())
  end)
end)
