-- A starter that waited for an answer for longer than its role's lease lost the role,
-- and its successor had all jobs listed before it started any. With one lost answer of a
-- hundred a restore went on at a sixth of its pace.

local planned = require "spec.support.planned_store"
local roles = require "glacier.restore.store.roles"

describe("a role", function()
  local NOW = planned.NOW
  local db

  if not planned.is_possible then
    return pending "LuaDBI is not installed for this Lua"
  end

  before_each(function()
    db = planned.open(1)
  end)

  after_each(function()
    db:close()
  end)

  local function take(owner, now)
    return roles.take(db, "starter", owner, now, function() end)
  end

  it("is kept by its owner's signs of life, with its epoch", function()
    local epoch = assert(take("me", NOW))
    for i = 1, 20 do
      assert(roles.beat(db, "me", NOW + 10 * i, 0, {}))
      assert.is_false(take("you", NOW + 10 * i))
    end
    assert.equal(epoch, take("me", NOW + 201))
  end)

  it("is not kept by somebody else's", function()
    assert(take("me", NOW))
    assert(roles.beat(db, "you", NOW + 50, 0, {}))
    assert.is_true(take("you", NOW + 61) ~= false)
  end)

  it("that has lapsed comes back by no sign of life", function()
    local epoch = assert(take("me", NOW))
    assert(roles.beat(db, "me", NOW + 61, 0, {}))
    assert.equal(epoch + 1, take("you", NOW + 62))
    assert(roles.beat(db, "me", NOW + 63, 0, {}))
    assert.is_false(take("me", NOW + 64))
  end)
end)
