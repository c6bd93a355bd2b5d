-- What `make doc` makes of the comments: every public function with its parameters,
-- types, results and source; and what says nothing of itself is found.

local assert = require "luassert"
local glacier = require "glacier"
local pages = require "spec.support.pages"
local pages_of = dofile "src/types/pages.lua"
local shell = require "spec.support.shell"

local TYPES = "lua/glacier/types.lua"

-- The comment of a function in the pages.
local function entry(text, name)
  local last = assert(text:find("@function " .. name .. "\n", 1, true), name .. " is on no page")
  local from = 1
  for at in text:sub(1, last):gmatch "()\n\n" do
    from = at
  end
  return text:sub(from, text:find("\n\n", last, true))
end

describe("the pages of functions", function()
  local list, problems = pages_of.all()
  local all = {}
  for _, page in ipairs(list) do
    all[#all + 1] = page.text
  end
  all = table.concat(all, "\n\n")

  it("lack nothing", function()
    assert.same({}, problems)
  end)

  it("have every function of the module, and every method of what it makes", function()
    local client = assert(glacier.client { region = "us-west-2" })
    local count = 0
    local function look(prefix, methods)
      for name, value in pairs(methods) do
        if type(value) == "function" and not name:find "^__" and name ~= "call" then
          assert.truthy(entry(all, prefix .. name):find("Source: <code>", 1, true))
          count = count + 1
        end
      end
    end
    look("glacier.", glacier)
    look("client:", getmetatable(client))
    look("stub:", getmetatable(glacier.stub(client)).__index)
    client:close()
    assert.is_true(count > 90, count)
  end)

  it("have parameters with types, units, errors and the line of the source", function()
    local text = entry(all, "client:wait_job")
    assert.truthy(text:find("@tparam glacier.JobReference params", 1, true))
    assert.truthy(text:find("@tparam[opt] glacier.WaitOptions options", 1, true))
    assert.truthy(text:find("@treturn ?|glacier.Job", 1, true))
    assert.truthy(text:find("@treturn ?|glacier.Error", 1, true))
    local path, line = text:match "Source: <code>(.-)</code>, line (%d+)"
    local number = 0
    for source in io.lines(path) do
      number = number + 1
      if number == tonumber(line) then
        assert.matches("function .*wait_job%(", source)
      end
    end
    text = entry(all, "glacier.initiate_job")
    assert.truthy(text:find("<code>vaultName</code> (<code>string</code>, required)", 1, true))
    text = entry(all, "client:each")
    assert.truthy(text:find("@tparam string name", 1, true))
    assert.truthy(all:find("@tfield ?|number timeout seconds for a whole call", 1, true))
  end)

  it("find a function without a docstring, parameters and results without a word", function()
    local types = pages.read(TYPES) .. [[

---@class glacier
---@field silent fun(one: string): string
---@field terse fun(one: string): string, string
]]
    glacier.hidden = function() end

    glacier.silent = function() end
    --- Says something.
    ---@return string
    glacier.terse = function() end
    local _, found = pages_of.all(types)
    glacier.hidden, glacier.silent, glacier.terse = nil, nil, nil
    assert.same({ "glacier.hidden is not in lua/glacier/types.lua", "glacier.silent has no docstring",
      "glacier.terse says nothing of its parameter one", "glacier.terse says nothing of its result 2",
    }, found)
  end)

  if not shell.has "ldoc" then
    pending "are made of them by LDoc: there is no ldoc on this machine"
    return
  end

  it("are made of them by LDoc", function()
    local folder = shell.folder()
    shell.check("mkdir " .. folder .. "/in")
    pages_of.write(folder .. "/in")
    shell.check(("ldoc --quiet --fatalwarnings --config src/types/config.ld --dir %s/out %s/in")
      :format(folder, folder))
    local html = pages.read(folder .. "/out/modules/glacier.html")
    assert.truthy(html:find('name = "tree_hash_file"', 1, true))
    assert.truthy(html:find('name = "DownloadOptions"', 1, true))
    html = pages.read(folder .. "/out/classes/glacier.Client.html")
    assert.truthy(html:find('href="../modules/glacier.html#DownloadOptions"', 1, true))
    shell.remove(folder)
  end)
end)
