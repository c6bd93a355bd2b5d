-- doc/errors.md has every code that is made here or that editors are told of, with
-- its kind, what it means and what to do; and no other.

local assert = require "luassert"
local error_codes = require "spec.support.error_codes"
local pages = require "spec.support.pages"
local sorted_keys = require "spec.support.sorted_keys"

-- Code -> the kind that its row or its heading says.
local function documented()
  local found, kind = {}, nil
  for line in pages.read("doc/errors.md"):gmatch "[^\n]+" do
    if line:find "^## " then
      kind = nil
    end
    kind = line:match "^Kind `(%l+)`" or kind
    local code, rest = line:match "^| `(%u%w+)` (|.*)$"
    if code then
      assert.is_nil(found[code], code .. " is there twice")
      found[code] = rest:match "^| `(%l+)` |" or kind or ""
      local cells = {}
      for cell in rest:gmatch "| ([^|]+) %f[|]" do
        cells[#cells + 1] = cell
      end
      assert.is_true(#cells >= 2 and #cells[#cells] > 3, code .. " has no row that says what to do")
    end
  end
  return found
end

describe("doc/errors.md", function()
  local rows = documented()

  it("has the codes that lua/glacier/types.lua has, each once, and no others", function()
    local aliases = {}
    local list = pages.read("lua/glacier/types.lua"):match "%-%-%-@alias glacier%.ErrorCode\n(.-)\n\n"
    for code in list:gmatch '%-%-%-| "(%w+)"' do
      aliases[code] = true
    end
    assert.same(sorted_keys(aliases), sorted_keys(rows))
  end)

  it("has every code that the sources make, under its kind", function()
    local made = error_codes.made()
    assert.is_true(#sorted_keys(made) >= 35, #sorted_keys(made))
    for code, kinds in pairs(made) do
      assert.truthy(rows[code], code)
      if next(kinds) then
        assert.is_true(kinds[rows[code]], code .. " is not of kind " .. rows[code])
      end
    end
  end)

  it("has every kind", function()
    local text = pages.read "doc/errors.md"
    local list = pages.read("src/types/by_hand.lua")
      :match "%-%-%-@alias glacier%.ErrorKind\n(.-)\n\n"
    for kind in list:gmatch '"(%l+)"' do
      assert.truthy(text:match("| `kind` |[^\n]*`" .. kind .. "`"), kind)
    end
  end)
end)
