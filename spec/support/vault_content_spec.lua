-- What the archives of the vault server hold: bytes made as they are asked for, whose
-- hashes a plain tree of them has, too.

local assert = require "luassert"
local digest = require "glacier.core.digest"
local vault = require "spec.support.vault"

local MIB = vault.MIB

--- The tree hash as the guide describes it: pairs, level by level.
local function plain_tree(bytes)
  local level = {}
  for from = 1, #bytes, MIB do
    level[#level + 1] = digest.sha256(bytes:sub(from, from + MIB - 1), true)
  end
  while #level > 1 do
    local above = {}
    for index = 1, #level, 2 do
      above[#above + 1] = level[index + 1] and digest.sha256(level[index] .. level[index + 1], true)
        or level[index]
    end
    level = above
  end
  return (level[1]:gsub(".", function(byte)
    return ("%02x"):format(byte:byte())
  end))
end

--- The nodes of the tree of so many leaves, level by level, as "first+count".
local function nodes_of(count)
  local nodes, level = {}, {}
  for leaf = 0, count - 1 do
    level[leaf + 1] = { leaf, 1 }
  end
  while true do
    for _, node in ipairs(level) do
      nodes[node[1] .. "+" .. node[2]] = true
    end
    if #level == 1 then
      return nodes
    end
    local above = {}
    for index = 1, #level, 2 do
      local left, right = level[index], level[index + 1]
      above[#above + 1] = right and { left[1], left[2] + right[2] } or left
    end
    level = above
  end
end

describe("a content", function()
  it("has the tree hash of its bytes, whatever its size and kind", function()
    for _, given in ipairs {
      { size = 1 }, { size = MIB - 1 }, { size = MIB }, { size = MIB + 1 }, { size = 7 * MIB + 99 },
      { size = 8 * MIB }, { size = 13 * MIB, seed = 5 }, { size = 6 * MIB + 1, kind = "zeros" },
      { bytes = ("spec"):rep(MIB) .. "." },
    } do
      local content = vault.content(given)
      local bytes = content:bytes(0, content.size)
      assert.equal(content.size, #bytes)
      assert.equal(plain_tree(bytes), content:tree_hash())
      if content.size > 5 * MIB then
        assert.equal(plain_tree(bytes:sub(MIB + 1, 4 * MIB)), content:tree_hash(MIB, 3 * MIB))
        assert.equal(plain_tree(bytes:sub(3 * MIB + 1)), content:tree_hash(3 * MIB))
        assert.equal(bytes:sub(MIB - 7, 3 * MIB + 4), content:bytes(MIB - 8, 2 * MIB + 12))
      end
    end
  end)

  it("is different from MiB to MiB, also at the distances of parts", function()
    local content = vault.content { size = 300 * MIB }
    for _, distance in ipairs { 1, 2, 4, 8, 16, 32, 64, 128 } do
      local equal = 0
      for leaf = 0, 99 do
        if content:bytes(leaf * MIB, 64) == content:bytes((leaf + distance) * MIB, 64) then
          equal = equal + 1
        end
      end
      assert.is_true(equal < 12, distance .. ": " .. equal)
    end
  end)

  it("of the largest archive is hashed at once", function()
    local before = os.clock()
    local zeros = vault.content { size = 40000 * 1024 * MIB, kind = "zeros" }
    local pattern = vault.content { size = 40000 * 1024 * MIB }
    assert.matches("^%x+$", zeros:tree_hash())
    assert.are_not.equal(zeros:tree_hash(), pattern:tree_hash())
    assert.is_true(os.clock() - before < 20)
  end)

  it("knows the ranges that are nodes of the tree", function()
    for count = 1, 40 do
      local nodes = nodes_of(count)
      for _, cut in ipairs { 0, 1 } do
        local size = count * MIB - cut
        for first = 0, count - 1 do
          for last = first + 1, count do
            local bytes = math.min(last * MIB, size) - first * MIB
            assert.equal(nodes[first .. "+" .. last - first] or false,
              vault.is_node(first * MIB, bytes, size))
          end
        end
      end
    end
    assert.is_false(vault.is_node(5, MIB, 4 * MIB))
    assert.is_false(vault.is_node(0, MIB + 1, 4 * MIB))
  end)
end)
