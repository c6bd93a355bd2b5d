-- Modules loaded by each Lua that is installed: they work in the Lua they are
-- built for, and say so in every other; none ends the program.
-- Runs on one Lua: what it tests runs in programs of its own.

local shell = require "spec.support.shell"

local MODULES = { "digest", "sigv4", "http", "file", "process" }
local BUILDS = { "5.1", "5.2", "5.3", "5.4" }
local INTERPRETERS = { "lua5.1", "lua5.2", "lua5.3", "lua5.4", "luajit" }

-- Loads each module twice, as a program that tries again would, and what did
-- load does some work.
local SCRIPT = [[
for name in ("digest sigv4 http file process"):gmatch "%w+" do
  for _ = 1, 2 do
    package.loaded["glacier.core." .. name] = nil
    local ok, module = pcall(require, "glacier.core." .. name)
    print(name, ok, ok and "" or module)
    if ok and name == "digest" then
      print("sha256", module.sha256 "abc")
    elseif ok and name == "http" then
      assert(module.engine():wait(0))
    end
  end
end
print "alive"]]

local SHA256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

local function serves(build, interpreter)
  return interpreter == "lua" .. build or build == "5.1" and interpreter == "luajit"
end

local function load_all(build, interpreter)
  local output, status = shell.run(("%s%s -e %s"):format(
    shell.environment(nil, "build/lua" .. build), interpreter, shell.quote(SCRIPT)))
  assert.equal(0, status, output)
  assert.truthy(output:find "\nalive\n$", output)
  return output
end

describe("the modules for Lua", function()
  local missing = {}

  setup(function()
    shell.make "all-luas"
  end)

  for _, build in ipairs(BUILDS) do
    for _, interpreter in ipairs(INTERPRETERS) do
      local here = shell.has_package("lua" .. build) and shell.has(interpreter)

      if not here then
        missing[#missing + 1] = build .. " in " .. interpreter
      elseif serves(build, interpreter) then
        it(build .. " work in " .. interpreter, function()
          local output = load_all(build, interpreter)
          for _, name in ipairs(MODULES) do
            assert.equal(2, select(2, output:gsub("%f[%w]" .. name .. "\ttrue", "")), output)
          end
          assert.truthy(output:find("sha256\t" .. SHA256, 1, true), output)
        end)
      else
        it(build .. " say so in " .. interpreter, function()
          local output = load_all(build, interpreter)
          for _, name in ipairs(MODULES) do
            local wanted = name .. "\tfalse\tthis build of lua-glacier is for Lua " .. build ..
              ", another Lua loads it\n"
            assert.equal(2, select(2, output:gsub(wanted:gsub("%p", "%%%0"), "")), output)
          end
        end)
      end
    end
  end

  it("are tried in every Lua there is", function()
    if #missing > 0 then
      pending("not installed: " .. table.concat(missing, ", "))
    end
  end)
end)
