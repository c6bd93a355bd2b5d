-- Calls while the collector runs between every two steps, and under valgrind.

local endpoint = require "spec.support.endpoint"
local shell = require "spec.support.shell"

describe("calls under a collector that never rests", function()
  local server

  setup(function()
    server = endpoint.start()
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
    server:play({ "initiate_job/success", "initiate_job/throttling", "initiate_job/success",
      "initiate_job/resource_not_found" }, { loop = true })
  end)

  local function run(interpreter, mode, count)
    local output, status = shell.run(("%s timeout 600 %s spec/support/collector.lua %s %d"):format(
      shell.environment(server), interpreter, mode, count))
    local seen = {}
    for name, number in output:gmatch "(%a+)=(%-?%d+)" do
      seen[name] = tonumber(number)
    end
    assert.equal(0, status, output)
    return seen, output
  end

  local function check(interpreter, mode, count)
    local seen, output = run(interpreter, mode, count)
    local turns = count / 5
    -- Of five turns two are one call, one is three, one is closed; one is left,
    -- unless it has ended before.
    assert.is_true(seen.abandoned > 0, output)
    assert.equal(turns, seen.closed, output)
    -- A finalizer that steps the engine may end the call that is closed next.
    assert.is_true(seen.cancelled == turns or mode == "finalizers" and seen.cancelled < turns, output)
    assert.equal(7 * turns, seen.done + seen.failed + seen.abandoned + seen.cancelled, output)
    assert.is_true(seen.done > 0 and seen.failed > 0, output)
    assert.equal(0, seen.active, output)
    assert.equal(0, seen.descriptors, output)
    assert.equal(0, seen.problems, output)
    assert.equal(mode == "finalizers", seen.finalizers > count, output)
  end

  local interpreter = rawget(_G, "jit") and "luajit" or "lua" .. shell.version

  for _, mode in ipairs { "full", "eager", "slow", "finalizers" } do
    it(("end as they should in %s: %s"):format(interpreter, mode), function()
      check(interpreter, mode, mode == "full" and 150 or 50)
    end)
  end

  local it_on_54 = shell.version == "5.4" and it or function() end

  it_on_54("end as they should in lua5.4: generational", function()
    check("lua5.4", "generational", 150)
  end)

  -- Of LuaJIT, which runs lua5.1's modules, valgrind knows too little.
  local it_on_lua = interpreter == "luajit" and function() end or it

  it_on_lua("touch no memory that is not theirs, and leak none", function()
    if not shell.has "valgrind" then
      return pending "valgrind is not installed"
    elseif os.getenv "SANITIZE" then
      return pending "a sanitizer is in the modules: valgrind cannot run them"
    end
    check("valgrind -q --error-exitcode=9 --leak-check=full --show-leak-kinds=definite "
      .. "--errors-for-leak-kinds=definite lua" .. shell.version, "finalizers", 30)
  end)
end)
