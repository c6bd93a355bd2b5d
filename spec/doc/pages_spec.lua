-- The pages hold together: links lead somewhere, README.md is short and leads to
-- all of them, and blocks of code say of what language they are.
-- Runs on one Lua: it reads what is no Lua.

local assert = require "luassert"
local lfs = require "lfs"
local pages = require "spec.support.pages"
local shell = require "spec.support.shell"

local LANGUAGES = { lua = true, sh = true, nginx = true, haproxy = true, c = true, python = true,
  text = true, ini = true, json = true }

-- The file and the heading that a link of a page means.
local function resolve(page, target)
  local path, anchor = target:match "^([^#]*)#?(.*)$"
  if path == "" then
    return page, anchor
  end
  local folder = page:match "^(.*)/[^/]*$"
  path = folder and folder .. "/" .. path or path
  local count
  repeat
    path, count = path:gsub("[^/]+/%.%./", "", 1)
  until count == 0
  return path, anchor
end

describe("the pages:", function()
  for _, page in ipairs(pages.list()) do
    local text = pages.read(page)

    it(page .. " has links to what is there", function()
      for _, target in ipairs(pages.links(text)) do
        local path, anchor = resolve(page, target)
        assert(lfs.attributes(path), page .. ": " .. target)
        if anchor ~= "" then
          assert(pages.anchors(pages.read(path))[anchor], page .. ": " .. target)
        end
      end
    end)

    it(page .. " says of what language its blocks are, and closes them", function()
      local _, fences = ("\n" .. text):gsub("\n```", "")
      local blocks = pages.blocks(text)
      assert.equal(fences, 2 * #blocks)
      for _, block in ipairs(blocks) do
        assert(LANGUAGES[block.language], page .. ":" .. block.line .. ": " .. block.language)
      end
    end)
  end

  for language, program in pairs { sh = "sh -n", python = "python3 -m py_compile" } do
    if not shell.has(program:match "^%S+") then
      pending("blocks of " .. language .. " are such: there is no " .. program)
    else
      it("blocks of " .. language .. " are such", function()
        local folder, count = shell.folder(), 0
        for _, page in ipairs(pages.list()) do
          for _, block in ipairs(pages.blocks(pages.read(page))) do
            if block.language == language then
              count = count + 1
              local path = ("%s/%d"):format(folder, count)
              local file = assert(io.open(path, "w"))
              file:write(block.code, "\n")
              file:close()
              local output, status = shell.run(program .. " " .. path)
              assert(status == 0, page .. ":" .. block.line .. ":\n" .. output)
            end
          end
        end
        shell.remove(folder)
        assert.is_true(count >= 5, count)
      end)
    end
  end

  it("README.md has 160 lines at the most", function()
    local _, lines = pages.read("README.md"):gsub("\n", "")
    assert.is_true(lines <= 160, lines)
  end)

  it("all pages are reached from README.md", function()
    local reached, left = {}, { "README.md" }
    while #left > 0 do
      local page = table.remove(left)
      if not reached[page] then
        reached[page] = true
        for _, target in ipairs(pages.links(pages.read(page))) do
          local path = resolve(page, target)
          if path:find "%.md$" then
            left[#left + 1] = path
          end
        end
      end
    end
    for _, page in ipairs(pages.list()) do
      assert(reached[page], page)
    end
  end)
end)
