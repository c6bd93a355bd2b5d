-- The engine as Lua sees it: loops that drive it, closing, collecting.

local engines = require "spec.support.engines"
local faults = require "spec.support.faults"
local http = require "glacier.core.http"

local new_engine, request, endless, finish, play =
  engines.new, engines.request, engines.endless, engines.finish, engines.play

local function collect()
  for _ = 1, 3 do
    collectgarbage()
  end
end

setup(function()
  engines.start()
end)

teardown(engines.stop)
after_each(engines.close_all)

describe("an engine driven by any loop:", function()
  -- As a loop without poll would: everything is said to be ready.
  local function drive(engine, transfer)
    local steps = 0
    while not transfer:done() do
      steps = steps + 1
      local ready = engine:fds()
      for _, each in ipairs(ready) do
        assert.equal("number", type(each.fd))
        assert.equal("boolean", type(each.read))
        assert.equal("boolean", type(each.write))
      end
      local timeout = engine:timeout()
      assert.is_true(timeout == nil or timeout >= 0)
      assert.is_true(engine:step(ready))
    end
    return steps
  end

  it("all is said to be ready, always", function()
    play("ok", 2, { delay = 0.05 })
    local engine = new_engine()
    for _ = 1, 2 do
      local transfer = assert(engine:start(request()))
      assert.is_true(drive(engine, transfer) > 1)
      assert.equal("ok", transfer:response().body)
    end
    assert.equal(0, engine:active())
  end)

  it("descriptors are named that are none, or another's", function()
    play("ok", 1, { delay = 0.05 })
    local engine = new_engine()
    local transfer = assert(engine:start(request()))
    for _ = 1, 5 do
      for _, fd in ipairs { -1, -5, 0, 1, 2, 999, 1000000, 2147483647, -2147483648 } do
        assert.is_true(engine:step { { fd = fd, read = true, write = true, error = true } })
      end
      engine:wait(0)
    end
    assert.equal("ok", finish(engine, transfer).body)
  end)

  it("wait(0) does not block", function()
    local engine = new_engine()
    local transfer = assert(engine:start(endless()))
    local began = http.monotonic()
    for _ = 1, 50 do
      assert.is_true(engine:wait(0))
    end
    assert.is_true(http.monotonic() - began < 5)
    assert.is_false(transfer:done())
    assert.equal(1, engine:active())
  end)

  it("wait without an end returns where nothing is on its way", function()
    local engine = new_engine()
    assert.is_true(engine:wait())
    assert.is_true(engine:step())
    assert.is_nil(engine:timeout())
    assert.same({}, engine:fds())
  end)

  it("wait takes any number", function()
    local engine = new_engine()
    for _, seconds in ipairs { -1, -1e300, 0, 1e-9, 0 / 0, 1e300, 1 / 0 } do
      assert.is_true(engine:wait(seconds))
    end
    http.sleep(-1)
    http.sleep(0)
  end)

  it("a time-out ends a transfer without a descriptor being ready", function()
    local engine = new_engine()
    local wanted = endless()
    wanted.timeout = 0.05
    local transfer = assert(engine:start(wanted))
    while not transfer:done() do
      assert.is_true(engine:timeout() <= 0.05)
      http.sleep(engine:timeout())
      engine:step()
    end
    local response, failure = transfer:response()
    assert.is_nil(response)
    assert.equal("timeout", failure.kind)
  end)
end)

describe("closing and collecting:", function()
  it("an engine may be closed twice; what it is asked then raises", function()
    local engine = new_engine()
    engine:close()
    engine:close()
    for name, method in pairs(debug.getmetatable(engine).__index) do
      if type(method) == "function" and name ~= "close" and name:sub(1, 2) ~= "__" then
        local ok, message = pcall(method, engine, {})
        assert.is_false(ok, name)
        assert.truthy(message:find("it is closed", 1, true), message)
      end
    end
  end)

  it("the transfers of a closed engine have ended as cancelled", function()
    local engine = new_engine()
    local begun = assert(engine:start(endless()))
    engine:wait(0)
    local fresh = assert(engine:start(request()))
    engine:close()
    for _, transfer in ipairs { begun, fresh } do
      assert.is_true(transfer:done())
      local response, failure = transfer:response()
      assert.is_nil(response)
      assert.equal("cancelled", failure.kind)
      transfer:cancel()
      assert.is_false(transfer:sent())
    end
  end)

  it("a whole response outlives its engine", function()
    play("ok")
    local engine = new_engine()
    local transfer = assert(engine:start(request()))
    finish(engine, transfer)
    engine:close()
    transfer:cancel()
    assert.equal("ok", transfer:response().body)
    assert.is_true(transfer:sent())
  end)

  it("a cancelled transfer has ended, once", function()
    local engine = new_engine()
    local transfer = assert(engine:start(endless()))
    engine:wait(0)
    assert.equal(1, engine:active())
    transfer:cancel()
    transfer:cancel()
    assert.equal(0, engine:active())
    assert.is_true(transfer:done())
    assert.equal("cancelled", select(2, transfer:response()).kind)
    assert.is_true(engine:wait(0))
  end)

  it("a transfer under way that is collected is cancelled", function()
    local engine = new_engine()
    local before = faults.descriptors()
    for _ = 1, 5 do
      assert(engine:start(endless()))
    end
    engine:wait(0)
    assert.equal(5, engine:active())
    collect()
    assert.equal(0, engine:active())
    assert.is_true(engine:step())
    assert.is_true(faults.descriptors() <= before + 1)
  end)

  it("an engine that is collected ends its transfers", function()
    local transfers = {}
    do
      local engine = assert(http.engine())
      for i = 1, 3 do
        transfers[i] = assert(engine:start(endless()))
      end
      engine:wait(0)
    end
    collect()
    for _, transfer in ipairs(transfers) do
      assert.is_true(transfer:done())
      assert.equal("cancelled", select(2, transfer:response()).kind)
    end
  end)

  it("finalizers may be called by hand, and again", function()
    local engine = new_engine()
    local transfer = assert(engine:start(endless()))
    for _, object in ipairs { transfer, engine, engine, transfer } do
      debug.getmetatable(object).__gc(object)
    end
    assert.has_error(function() transfer:done() end)
    assert.has_error(function() engine:active() end)
  end)

  it("a transfer that is released is done, and answers nothing else", function()
    local engine = new_engine()
    local transfer = assert(engine:start(endless()))
    transfer:release()
    transfer:release()
    assert.equal(0, engine:active())
    assert.is_true(transfer:done())
    for _, method in ipairs { "response", "sent", "reused", "number", "cancel", "head", "take" } do
      assert.has_error(function() transfer[method](transfer) end)
    end
    assert.is_true(engine:step())
  end)

  it("an engine may be closed by a finalizer while it is asked", function()
    local newproxy = newproxy -- luacheck: ignore 113
    local closed = 0
    for _ = 1, 300 do
      local engine = assert(http.engine())
      local function close()
        closed = closed + 1
        engine:close()
      end
      assert(engine:start(request { url = "http://127.0.0.1:1/" }))
      engine:step()
      if newproxy then
        getmetatable(newproxy(true)).__gc = close
      else
        setmetatable({}, { __gc = close })
      end
      local ok, message = pcall(function()
        for _ = 1, 2000 do
          engine:fds()
          engine:start { method = "GET", url = "" }
          engine:step {}
        end
      end)
      assert.is_true(ok or message:find("it is closed", 1, true) ~= nil, message)
      engine:close()
    end
    assert.is_true(closed > 0)
  end)

  it("many engines at once, which leave no descriptor", function()
    play("ok", 60)
    collect()
    local before = faults.descriptors()
    local many, transfers = {}, {}
    for i = 1, 60 do
      many[i] = new_engine()
      transfers[i] = assert(many[i]:start(request()))
    end
    for i = 60, 1, -1 do
      assert.equal("ok", finish(many[i], transfers[i]).body)
    end
    for _, engine in ipairs(many) do
      engine:close()
    end
    assert.equal(before, faults.descriptors())
  end)
end)
