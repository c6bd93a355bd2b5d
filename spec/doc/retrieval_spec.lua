-- doc/retrieval.md names the options that there are, all of them, and its code is
-- Lua's.

local assert = require "luassert"
local download = require "glacier.job.download"
local glacier = require "glacier"
local watch = require "glacier.job.wait.watch"

local load = rawget(_G, "loadstring") or load

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local text = read "doc/retrieval.md"

--- The options in the table below a heading.
local function options_below(heading)
  local from = assert(text:find(heading, 1, true), heading)
  local rows = text:sub(from):match "\n|[^\n]*|\n(|.-)\n\n"
  local names = {}
  for name in ("\n" .. rows):gmatch "\n| `([%w_]+)` |" do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

local function sorted_names(known)
  local names = {}
  for name in pairs(known) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

describe("doc/retrieval.md", function()
  it("names the options of a wait and of a download", function()
    assert.same(sorted_names(watch.KNOWN), options_below "**`wait_job`")
    assert.same(sorted_names(download.KNOWN), options_below "**`download_job_output`")
  end)

  it("names options of a retrieval that it knows", function()
    local client = assert(glacier.client { region = "us-west-2",
      credentials = { access_key_id = "A", secret_access_key = "s" } })
    local names = options_below "**`retrieve`"
    assert.is_true(#names >= 4)
    for _, heading in ipairs { "**`wait_job`", "**`download_job_output`" } do
      for _, name in ipairs(options_below(heading)) do
        names[#names + 1] = name ~= "on_proved" and name or nil
      end
    end
    for _, name in ipairs(names) do
      -- Of a wrong type it is misuse; one that is not known is an error that is returned.
      local ok, err = pcall(client.retrieve, client, {}, { [name] = io.stdout })
      assert.is_false(ok, name)
      assert.truthy(tostring(err):find(name, 1, true), tostring(err))
    end
    local _, err = client:retrieve({}, { nothing = 1 })
    assert.equal("config", err.kind)
    client:close()
  end)

  it("has code that compiles, and so has the README", function()
    local count = 0
    for _, page in ipairs { text, read "README.md" } do
      for code in page:gmatch "```lua\n(.-)```" do
        code = code:gsub("{ %.%.%. }", "{}"):gsub("%f[.]%.%.%.%f[^.]", "")
        local _, err = load(code)
        assert.is_nil(err, code)
        count = count + 1
      end
    end
    assert.is_true(count >= 8)
  end)

  it("is linked from the README", function()
    assert.truthy(read "README.md":find("(doc/retrieval.md)", 1, true))
  end)
end)
