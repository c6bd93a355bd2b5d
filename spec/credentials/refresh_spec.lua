-- When credentials are renewed and by whom, by a clock of the spec's own.

local credentials_of = require "glacier.credentials"
local blocking = require "glacier.host.blocking"
local timestamp = require "glacier.timestamp"

local MINUTE = 60

describe("refreshing", function()
  local NOW = 1767323045
  local clock, slept, loads, answer

  -- A chain of a function that gives the n-th key at the n-th call, unless
  -- `answer` says something else.
  local function new_chain(lifetime)
    return credentials_of.new({
      options = {
        credentials = function()
          loads = loads + 1
          if answer then
            return answer(loads)
          end
          return {
            access_key_id = "AKID" .. loads, secret_access_key = "s3cr3t",
            expiration = lifetime and clock + lifetime,
          }
        end,
      },
      environment = {}, configuration = { profile_name = "default", profile = {}, profiles = {} },
      now = function() return clock end,
    }, {
      host = {
        now = function() return slept end,
        sleep = function(seconds)
          slept = slept + seconds
          coroutine.yield()
        end,
      },
      is_closed = function() return false end,
    })
  end

  local function id(identity, err)
    return identity and identity:access_key_id() or err
  end

  before_each(function()
    clock, slept, loads, answer = NOW, 0, 0, nil
  end)

  it("begins less than fifteen minutes before the end", function()
    local credentials = new_chain(60 * MINUTE)
    assert.equal("AKID1", id(credentials:get({})))
    clock = NOW + 45 * MINUTE
    assert.equal("AKID1", id(credentials:get({})))
    clock = clock + 1
    assert.equal("AKID2", id(credentials:get({})))
    assert.equal("AKID2", id(credentials:get({})))
    assert.equal(2, loads)
  end)

  it("reads the end from a number and from a text alike", function()
    for _, text in ipairs { timestamp.format(NOW + 20 * MINUTE), "2026-01-02T04:24:05+01:00" } do
      loads, clock = 0, NOW
      answer = function()
        return { access_key_id = "AKID" .. loads, secret_access_key = "s3cr3t",
          expiration = text }
      end
      local credentials = new_chain()
      assert.equal("AKID1", id(credentials:get({})))
      clock = NOW + 5 * MINUTE
      assert.equal("AKID1", id(credentials:get({})))
      clock = NOW + 5 * MINUTE + 1
      assert.equal("AKID2", id(credentials:get({})))
    end
  end)

  it("never happens to what does not expire", function()
    local credentials = new_chain()
    assert.equal("AKID1", id(credentials:get({})))
    clock = NOW + 1e9
    assert.equal("AKID1", id(credentials:get({})))
  end)

  it("may fail in the advisory period, not in the mandatory one", function()
    local credentials = new_chain(60 * MINUTE)
    credentials:get({})
    answer = function() return nil, "no network" end
    clock = NOW + 50 * MINUTE
    assert.equal("AKID1", id(credentials:get({})))
    assert.equal(2, loads)
    clock = clock + 1
    local identity, err = credentials:get({})
    assert.is_nil(identity)
    assert.truthy(err.message:find "no network")
    answer = nil
    assert.equal("AKID4", id(credentials:get({})))
  end)

  it("does not take expired credentials for new ones", function()
    local credentials = new_chain(60 * MINUTE)
    credentials:get({})
    answer = function()
      return { access_key_id = "OLD", secret_access_key = "s3cr3t", expiration = NOW }
    end
    clock = NOW + 46 * MINUTE
    assert.equal("AKID1", id(credentials:get({})))
    clock = NOW + 51 * MINUTE
    assert.truthy(select(2, credentials:get({})).message:find "still expired")
  end)

  -- Starts `count` coroutines that get credentials; what each got is put into
  -- the list, in the order of their ends.
  local function start(credentials, count, got)
    local threads = {}
    for index = 1, count do
      threads[index] = coroutine.create(function()
        local identity, err = credentials:get({})
        got[#got + 1] = { id(identity, err), err }
      end)
      assert(coroutine.resume(threads[index]))
    end
    return threads
  end

  local function finish(threads)
    for _ = 1, 10000 do
      local alive = false
      for _, thread in ipairs(threads) do
        if coroutine.status(thread) == "suspended" then
          assert(coroutine.resume(thread))
          alive = true
        end
      end
      if not alive then return end
    end
    error "they wait for ever"
  end

  -- Answers with the load's number after `steps` yields.
  local function slow(steps, lifetime)
    return function(number)
      for _ = 1, steps do coroutine.yield() end
      return { access_key_id = "AKID" .. number, secret_access_key = "s3cr3t",
        expiration = clock + lifetime }
    end
  end

  it("is one load for all that call at once, the first time too", function()
    local credentials, got = new_chain(), {}
    answer = slow(5, 60 * MINUTE)
    finish(start(credentials, 200, got))
    assert.equal(200, #got)
    for _, each in ipairs(got) do assert.equal("AKID1", each[1]) end
    assert.equal(1, loads)
    assert.is_true(slept > 0)
  end)

  it("does not hold others up in the advisory period", function()
    local credentials, got = new_chain(60 * MINUTE), {}
    credentials:get({})
    clock = NOW + 46 * MINUTE
    answer = slow(5, 60 * MINUTE)
    local threads = start(credentials, 10, got)
    assert.equal(9, #got)
    for _, each in ipairs(got) do assert.equal("AKID1", each[1]) end
    finish(threads)
    assert.equal("AKID2", got[10][1])
    assert.same({ 2, 0 }, { loads, slept })
  end)

  it("holds all up in the mandatory period, and is one load", function()
    local credentials, got = new_chain(60 * MINUTE), {}
    credentials:get({})
    clock = NOW + 51 * MINUTE
    answer = slow(5, 60 * MINUTE)
    local threads = start(credentials, 10, got)
    assert.equal(0, #got)
    finish(threads)
    for _, each in ipairs(got) do assert.equal("AKID2", each[1]) end
    assert.equal(2, loads)
  end)

  it("is one load also where new credentials live no longer than the period", function()
    local credentials, got = new_chain(), {}
    answer = slow(5, 5 * MINUTE)
    finish(start(credentials, 10, got))
    for _, each in ipairs(got) do assert.equal("AKID1", each[1]) end
    assert.equal(1, loads)
  end)

  it("that fails, fails for all that wait, each with an error of its own", function()
    local credentials, got = new_chain(), {}
    answer = function()
      coroutine.yield()
      return nil, "no network"
    end
    finish(start(credentials, 10, got))
    local seen = {}
    for _, each in ipairs(got) do
      assert.truthy(each[2].message:find "no network")
      assert.is_nil(seen[each[2]])
      seen[each[2]] = true
    end
    assert.same({ 10, 1 }, { #got, loads })
    answer = nil
    assert.equal("AKID2", id(credentials:get({})))
  end)

  it("that raised is the error of all that wait", function()
    local credentials, got = new_chain(), {}
    answer = function()
      coroutine.yield()
      error("out of luck", 0)
    end
    local threads = start(credentials, 3, got)
    for _ = 1, 50 do
      for _, thread in ipairs(threads) do
        -- In Lua 5.1 the first dies of it, and the next one takes over.
        coroutine.resume(thread)
      end
    end
    answer = nil
    assert.equal("AKID", id(credentials:get({})):sub(1, 4))
    for _, each in ipairs(got) do
      assert.truthy(each[2].message:find "out of luck")
    end
  end)

  it("is taken over from a coroutine that is gone", function()
    local credentials, got = new_chain(), {}
    answer = slow(1e9, 60 * MINUTE)
    -- In a thread of its own: no slot of this one's stack goes on holding it.
    coroutine.wrap(function()
      assert(coroutine.resume(coroutine.create(function() credentials:get({}) end)))
    end)()
    answer = nil
    local waiter = start(credentials, 1, got)
    collectgarbage()
    collectgarbage()
    finish(waiter)
    assert.same({ "AKID2" }, { got[1][1] })
    assert.is_true(slept < 1)
  end)

  it("is taken over from a coroutine that does not end", function()
    local credentials, got = new_chain(), {}
    answer = slow(1e9, 60 * MINUTE)
    local stuck = coroutine.create(function() credentials:get({}) end)
    assert(coroutine.resume(stuck))
    local waiter = start(credentials, 1, got)
    answer = nil
    finish(waiter)
    assert.equal("AKID2", got[1][1])
    assert.is_true(slept >= 300 and slept < 301)
    assert.equal("suspended", coroutine.status(stuck))
  end)

  it("that comes late does not undo a newer one", function()
    local credentials, got = new_chain(), {}
    answer = slow(5000, 60 * MINUTE)
    local late = coroutine.create(function() return id(credentials:get({})) end)
    assert(coroutine.resume(late))
    local waiter = start(credentials, 1, got)
    answer = nil
    finish(waiter)
    finish { late }
    assert.equal("AKID2", id(credentials:get({})))
    assert.equal(2, loads)
  end)

  it("is an error for a function that needs what it is to give", function()
    local credentials, inner = new_chain(), nil
    answer = function()
      inner = { credentials:get({}) }
      return { access_key_id = "AKID1", secret_access_key = "s3cr3t" }
    end
    assert.equal("AKID1", id(credentials:get({})))
    assert.is_nil(inner[1])
    assert.truthy(inner[2].message:find "calls the client")
    assert.equal(0, slept)
  end)

  it("lets a function use the old credentials in the advisory period", function()
    local credentials, inner = new_chain(60 * MINUTE), nil
    credentials:get({})
    clock = NOW + 46 * MINUTE
    answer = function()
      inner = id(credentials:get({}))
      return { access_key_id = "NEW", secret_access_key = "s3cr3t" }
    end
    assert.equal("NEW", id(credentials:get({})))
    assert.equal("AKID1", inner)
  end)

  it("is forced once by many that were told of the end", function()
    local credentials, got = new_chain(60 * MINUTE), {}
    local identity = credentials:get({})
    answer = slow(5, 60 * MINUTE)
    assert.is_true(credentials:invalidate(identity))
    assert.is_true(credentials:invalidate(identity))
    finish(start(credentials, 10, got))
    for _, each in ipairs(got) do assert.equal("AKID2", each[1]) end
    assert.is_true(credentials:invalidate(identity)) -- long since replaced
    assert.equal("AKID2", id(credentials:get({})))
    assert.equal(2, loads)
  end)

  it("is not forced for credentials that cannot change", function()
    local options = { credentials = { access_key_id = "A", secret_access_key = "s3cr3t" } }
    local credentials = credentials_of.new({ options = options, environment = {} },
      { host = blocking, is_closed = function() return false end })
    local identity = credentials:get({})
    assert.is_false(credentials:invalidate(identity))
    assert.equal(identity, credentials:get({}))
  end)

  it("leaves no secret in the tables of what cannot change", function()
    local options = { credentials = { access_key_id = "A", secret_access_key = "s3cr3t" } }
    local credentials = credentials_of.new({ options = options, environment = {} },
      { host = blocking, is_closed = function() return false end })
    assert(credentials:get({}))
    assert.is_nil(options.credentials)
    local seen = {}
    local function search(value)
      assert.is_not.equal("s3cr3t", value)
      if type(value) == "table" and not seen[value] then
        seen[value] = true
        for key, item in pairs(value) do
          search(key)
          search(item)
        end
      end
    end
    search(credentials)
  end)
end)
