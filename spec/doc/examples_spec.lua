-- Every example in Lua of README.md and doc/ runs, as a program of its own, in an
-- empty folder of its page's, against a vault that keeps to the service's rules.
-- What such a program finds there doc/contributing.md says.

local assert = require "luassert"
local pages = require "spec.support.pages"
local programs = require "spec.support.programs"
local shell = require "spec.support.shell"
local vault = require "spec.support.vault"

-- These are run by specs of their own: by busted, or in their hosts.
local ELSEWHERE = { "^doc/testing%.md$", "^doc/hosts/" }
-- Few are to be read only.
local MOST_NOT_RUN = 4

local PREAMBLE = 'require("spec.support.page_program").begin({ ArchiveId = %q, Size = %d, '
  .. "SHA256TreeHash = %q, ArchiveDescription = %q }, %q) "
local AFTERWORD = '\nrequire("spec.support.page_program").finish(err, %s)\n'

local function runs_elsewhere(path)
  for _, pattern in ipairs(ELSEWHERE) do
    if path:find(pattern) then
      return true
    end
  end
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  file:close()
end

-- The program that a block is, with what goes before it in its first line, so
-- that messages name the block's own lines.
local function program_of(block, preamble)
  local given = (block.notes.given or ""):gsub("%s+", " ")
  local code = block.notes.fails and ("%q"):format(block.notes.fails) or "nil"
  local text = preamble .. given .. "\n" .. block.code .. AFTERWORD:format(code)
  -- Where a program would have a disk of its own.
  return (text:gsub('"/data/', '"data/'))
end

describe("an example of", function()
  local server, folder, preamble

  setup(function()
    server = vault.start { vaults = { "examplevault", "photos" }, archives = {
      photos = { size = 9 * vault.MIB + 5, description = "photos/2011.tar" },
      letter = { bytes = "Dear all, ...", description = "letters/1912.txt" },
    } }
    local archive = server.archives.photos
    preamble = PREAMBLE:format(archive.id, archive.size, archive.tree_hash, "photos/2011.tar",
      server:add_job { archive = "photos", expires_after = 86400 })
  end)

  teardown(function()
    server:stop()
  end)

  local function run(block, number)
    local name = block.file or ("block%d.lua"):format(number)
    write(folder .. "/" .. name, program_of(block, preamble))
    local root = programs.ROOT
    local output, status = shell.run(("cd %s && %s LUA_PATH='./?.lua;%s/?.lua;%s/lua/?.lua;"
      .. "%s/lua/?/init.lua;;' LUA_CPATH='%s/%s/?.so;;' HOME=. timeout -k 1 60 %s %s"):format(
      folder, shell.environment(server), root, root, root, root, shell.build,
      shell.quote(shell.interpreter), name))
    assert(status == 0, name .. ":\n" .. output .. "\n" .. block.code)
  end

  local not_run, count = {}, 0
  for _, path in ipairs(pages.list()) do
    local blocks = runs_elsewhere(path) and {} or pages.blocks(pages.read(path))
    describe(path, function()
      setup(function()
        folder = shell.folder()
        shell.check("mkdir " .. folder .. "/photos " .. folder .. "/restored " .. folder .. "/data")
      end)

      teardown(function()
        shell.remove(folder)
      end)

      for number, block in ipairs(blocks) do
        if block.language == "lua" and block.notes["not run"] then
          not_run[#not_run + 1] = path .. ":" .. block.line
        elseif block.language == "lua" and block.notes.needs
            and not pcall(require, block.notes.needs) then
          pending(("in line %d: there is no %s"):format(block.line, block.notes.needs))
        elseif block.language == "lua" then
          count = count + 1
          it(("in line %d runs"):format(block.line), function()
            run(block, number)
          end)
        end
      end
    end)
  end

  it("any page is among them, but for a few", function()
    assert.is_true(count >= 25, count)
    assert.is_true(#not_run <= MOST_NOT_RUN, table.concat(not_run, ", "))
  end)

  -- As a spec of the machinery: it could pass whatever stands in the pages.
  it("a page is seen to fail", function()
    folder = shell.folder()
    for number, block in ipairs(pages.blocks [[
```lua
error "no"
```
```lua
local _, err = client:describe_vault { vaultName = "nothing" }
```
<!-- fails: NoSuchCode -->

```lua
local _, err = client:describe_vault { vaultName = "nothing" }
```
<!-- given: assert(false) -->
<!-- fails: x -->
```lua
local err = { code = "x" }
```
]]) do
      assert.is_false(pcall(run, block, number), block.code)
    end
    shell.remove(folder)
  end)
end)
