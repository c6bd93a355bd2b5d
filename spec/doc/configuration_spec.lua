-- doc/configuration.md has every option of a client with its default, and no other;
-- doc/operations.md those of a call.

local assert = require "luassert"
local call_options = require "glacier.config.call_options"
local glacier = require "glacier"
local options = require "glacier.config.options"
local pages = require "spec.support.pages"
local sorted_keys = require "spec.support.sorted_keys"

-- Option -> its default as a row says it.
local function rows(text)
  local found = {}
  for names, default in text:gmatch "\n| (`[%w_`, ]+`) | ([^|]*)" do
    for name in names:gmatch "`([%w_]+)`" do
      found[name] = default
    end
  end
  return found
end

local function section(page, heading)
  local text = pages.read(page)
  local _, from = text:find("\n## " .. heading .. "\n", 1, true)
  return text:sub(from, text:find("\n## ", from, true))
end

describe("the page of", function()
  it("configuration has every option with its default", function()
    local known, found = options.known, rows(section("doc/configuration.md", "Options"))
    for name, default in pairs(found) do
      assert(known(name), name)
      local is = known(name).default
      if is ~= nil then
        assert.truthy(default:find("`?\"?" .. tostring(is) .. "\"?`?"), name .. ": " .. default)
      end
    end
    -- This list is held against the options that there are by another spec.
    local list = pages.read("src/types/by_hand.lua")
      :match "%-%-%-@class glacier%.ClientOptions\n(.-)\n\n"
    for name in list:gmatch "@field ([%w_]+)" do
      assert.truthy(found[name], name)
    end
  end)

  it("configuration or that of credentials has every variable that is read", function()
    local text = pages.read "doc/configuration.md" .. pages.read "doc/credentials.md"
    local list = pages.read("lua/glacier/config/init.lua"):match "\nlocal NAMES = {\n(.-)\n}\n"
    local count = 0
    for name in list:gmatch '"([%w_]+)"' do
      count = count + 1
      assert.truthy(text:find("`" .. name .. "[`=]"), name)
    end
    assert.is_true(count > 30)
  end)

  it("operations has the options of one call", function()
    local found = rows(section("doc/operations.md", "Options of one call"))
    for _, name in ipairs(sorted_keys(call_options.KNOWN)) do
      assert(found[name], name)
    end
  end)

  it("configuration names methods that there are", function()
    local client = assert(glacier.client { region = "us-west-2" })
    local count = 0
    for name in pages.read("doc/configuration.md"):gmatch "`client:([%w_]+)" do
      assert.equal("function", type(client[name]), name)
      count = count + 1
    end
    client:close()
    assert.is_true(count >= 8)
  end)
end)
