-- The rockspec lists every file that the Makefile installs.

local lfs = require("lfs")

local ROCKSPEC = "rockspec/lua-glacier-scm-1.rockspec"

local function read(path)
  local file = assert(io.open(path))
  local text = file:read("*a")
  file:close()
  return text
end

local function load_rockspec()
  local rockspec = {}
  local chunk
  if setfenv then -- luacheck: ignore 113
    chunk = assert(loadstring(read(ROCKSPEC))) -- luacheck: ignore 113
    setfenv(chunk, rockspec) -- luacheck: ignore 113
  else
    chunk = assert(load(read(ROCKSPEC), ROCKSPEC, "t", rockspec)) -- luacheck: ignore 143
  end
  chunk()
  return rockspec
end

local function each_lua_file(folder, visit)
  for name in lfs.dir(folder) do
    local path = folder .. "/" .. name
    if not name:find("^%.") and lfs.attributes(path, "mode") == "directory" then
      each_lua_file(path, visit)
    elseif name:find("%.lua$") then
      visit(path)
    end
  end
end

describe("the rockspec", function()
  local modules = load_rockspec().build.modules

  it("lists every Lua file under its module's name", function()
    local missing = {}
    each_lua_file("lua", function(path)
      local name = path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
      if modules[name] ~= path then
        missing[#missing + 1] = name
      end
    end)
    assert.are.same({}, missing)
  end)

  it("lists nothing that is not there", function()
    for name, module in pairs(modules) do
      for _, path in ipairs(type(module) == "table" and module.sources or { module }) do
        assert.are.equal("file", lfs.attributes(path, "mode"), name .. ": " .. path)
      end
    end
  end)

  it("builds each C module of the sources that the Makefile does", function()
    local makefile = read("Makefile"):gsub("\\\n", " ")
    local function objects(list)
      local names = {}
      for word in makefile:match("\n" .. list .. " = ([^\n]*)"):gmatch("%S+") do
        local inner = word:match("^%$%(([%w_]+)%)$")
        for name in pairs(inner and objects(inner) or { [word] = true }) do
          names[name] = true
        end
      end
      return names
    end
    for _, name in ipairs({ "digest", "sigv4", "http", "file", "file_hash", "process",
      "download" }) do
      local sources = {}
      for _, path in ipairs(modules["glacier.core." .. name].sources) do
        local core = path:match("^src/core/([%w_/]+)%.c$")
        if core then
          sources[core] = true
        end
      end
      assert.are.same(objects("CORE_" .. name:upper()), sources, name)
    end
  end)
end)
