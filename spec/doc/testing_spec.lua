-- The examples of doc/testing.md run as they stand there, those of busted by
-- busted.

local text

do
  local file = assert(io.open("doc/testing.md", "rb"))
  text = file:read("*a")
  file:close()
end

-- Block by block, with the file that its first line names.
local blocks, files = {}, {}
for block in text:gmatch("\n```lua\n(.-)\n```\n") do
  blocks[#blocks + 1] = block
  files[block:match("^%-%- ([%w_]+)%.lua\n") or ""] = block
end

local BUSTED = { describe = describe, it = it, before_each = before_each,
  after_each = after_each, assert = assert }

local function load_block(block)
  local environment = setmetatable({}, { __index = function(_, name)
    return BUSTED[name] or _G[name]
  end })
  if setfenv then -- luacheck: ignore 113
    local chunk = assert(loadstring(block, "=doc/testing.md")) -- luacheck: ignore 113
    return setfenv(chunk, environment) -- luacheck: ignore 113
  end
  return assert(load(block, "=doc/testing.md", "t", environment)) -- luacheck: ignore 143
end

describe("doc/testing.md:", function()
  package.loaded.archive = load_block(files.archive)()
  load_block(files.archive_spec)()
  package.loaded.archive = nil

  it("its other examples run", function()
    local count = 0
    for _, block in ipairs(blocks) do
      if block ~= files.archive and block ~= files.archive_spec then
        load_block(block)()
        count = count + 1
      end
    end
    assert.equal(1, count)
  end)

  it("names what a stub has", function()
    for _, name in ipairs({ "add_response", "add_client_error", "assert_no_pending_responses",
      "deactivate", "calls", "ANY" }) do
      assert.truthy(text:find("stub[.:]" .. name), name)
    end
  end)
end)
