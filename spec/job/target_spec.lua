-- The names of the files that stand beside a target until it is whole.

local target = require "glacier.job.target"

local ROOM = target.LONGEST_NAME - 1 - 20 -- for a name, beside "." and an ending of 20

local function name_of(stem)
  return stem:match "[^/]*$"
end

describe("the name beside a target", function()
  it("is the target's, hidden, in its folder", function()
    assert.equal("a/b/.c", target.stem_beside("a/b/c", 20))
    assert.equal("/.c", target.stem_beside("/c", 20))
    assert.equal(".c", target.stem_beside("c", 20))
  end)

  it("is whole up to the length that a name may have", function()
    local longest = ("x"):rep(ROOM)
    assert.equal("f/." .. longest, target.stem_beside("f/" .. longest, 20))
    assert.equal("f/." .. longest, target.stem_beside("f/" .. longest, 20, "key"))
  end)

  it("is cut where it is longer, and two that are cut alike stay two", function()
    local first, second = ("x"):rep(ROOM) .. "1", ("x"):rep(ROOM) .. "2"
    local one, other = target.stem_beside(first, 20), target.stem_beside(second, 20)
    assert.equal(1 + ROOM, #one)
    assert.equal(1 + ROOM, #other)
    assert.not_equal(one, other)
    assert.equal("." .. ("x"):rep(ROOM), target.stem_beside(first, 20, "key"))
  end)

  it("is cut between two characters", function()
    local stem = target.stem_beside(("\195\169"):rep(ROOM), 20, "key")
    assert.equal(".", stem:sub(1, 1))
    assert.equal(math.floor(ROOM / 2) * 2, #name_of(stem) - 1)
    assert.equal(1 + ROOM, #target.stem_beside(("\255"):rep(ROOM + 9), 20, "key"))
  end)
end)
