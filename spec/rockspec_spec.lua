-- The lists of sources and modules: the rockspec's, the Makefile's, the static
-- library's and that of the specs under AddressSanitizer agree, and leave none out.

local lfs = require("lfs")
local sorted_keys = require("spec.support.sorted_keys")

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
end)

-- What make would do, line by line, were nothing made yet: its lists as it uses
-- them itself.
local function commands(targets)
  local pipe = assert(io.popen("MAKEFLAGS= make -nB --no-print-directory LUA_VERSION=" ..
    _VERSION:match("[%d.]+$") .. " BUILD=none " .. targets .. " 2>&1"))
  local text = pipe:read("*a"):gsub("\\\n", " ")
  pipe:close()
  return text
end

local function command(targets, pattern)
  local text = commands(targets)
  return assert(("\n" .. text):match("\n([^\n]*" .. pattern .. "[^\n]*)"), text)
end

local function words(line, pattern)
  local set = {}
  for word in line:gmatch("%S+") do
    local found = word:match(pattern)
    if found then
      set[found] = true
    end
  end
  return sorted_keys(set)
end

-- The sources of the objects in a line that links.
local function linked_sources(line)
  local set = {}
  for word in line:gsub("%-o %S+", ""):gmatch("%S+") do
    local core = word:match("^none/core/(.*)%.o$")
    local binding = word:match("^none/lua[%d.]+/([%w_]+)%.o$")
    if core then
      set["src/core/" .. core .. ".c"] = true
    elseif binding and lfs.attributes("src/binding/" .. binding .. ".c") then
      set["src/binding/" .. binding .. ".c"] = true
    elseif binding then
      set["src/static/" .. binding .. ".c"] = true
    end
  end
  return sorted_keys(set)
end

local function files_of(folder, ending)
  local pipe = assert(io.popen("find " .. folder .. " -name '*." .. ending .. "'"))
  local list = {}
  for path in pipe:lines() do
    list[#list + 1] = path
  end
  pipe:close()
  table.sort(list)
  return list
end

describe("the Makefile and the rockspec", function()
  -- Module -> the line that links it, as make has it.
  local function links()
    local found = {}
    for line in commands("all"):gmatch("[^\n]+") do
      local name = line:match("%-o none/[^/]+/glacier/core/([%w_]+)%.so$")
      if name then
        found[name] = line
      end
    end
    return found
  end

  -- Module -> its description in the rockspec.
  local function described()
    local found = {}
    for name, module in pairs(load_rockspec().build.modules) do
      if type(module) == "table" then
        found[name:match("^glacier%.core%.([%w_]+)$")] = module
      end
    end
    return found
  end

  it("build each C module of the same sources and libraries", function()
    local made, modules = links(), described()
    assert.is_true(#sorted_keys(made) >= 5)
    assert.are.same(sorted_keys(made), sorted_keys(modules))
    for name, module in pairs(modules) do
      table.sort(module.sources)
      table.sort(module.libraries)
      assert.are.same(linked_sources(made[name]), module.sources, name)
      assert.are.same(words(made[name], "^%-l(.*)"), module.libraries, name)
    end
  end)

  it("leave no source out", function()
    local set = {}
    for _, line in pairs(links()) do
      for _, path in ipairs(linked_sources(line)) do
        set[path] = true
      end
    end
    local all = files_of("src/core", "c")
    for _, path in ipairs(files_of("src/binding", "c")) do
      all[#all + 1] = path
    end
    table.sort(all)
    assert.are.same(all, sorted_keys(set))
  end)
end)

describe("the static library", function()
  it("is made of all sources", function()
    assert.are.same(files_of("src", "c"),
      linked_sources(command("static", "%-r %-nostdlib")))
  end)

  it("has every Lua file but what is for editors", function()
    local files = words(command("static", "embed%.sh lua "), "^(glacier/.*%.lua)$")
    for i, path in ipairs(files) do
      files[i] = "lua/" .. path
    end
    files[#files + 1] = "lua/glacier/types.lua"
    table.sort(files)
    assert.are.same(files_of("lua", "lua"), files)
  end)

  it("opens every C module", function()
    local opened = {}
    for name, opener in read("src/static/static.c"):gmatch(
        'FACE "%.core%.([%w_]+)", *luaopen_glacier_core_([%w_]+)') do
      assert.are.equal(name, opener)
      opened["none/lua/glacier/core/" .. name .. ".so"] = true
    end
    local made = {}
    for name in commands("all"):gmatch("/(glacier/core/[%w_]+%.so)") do
      made["none/lua/" .. name] = true
    end
    assert.are.same(sorted_keys(made), sorted_keys(opened))
  end)
end)

describe("make", function()
  it("lints every C file", function()
    local run = command("lint", "sh %.ci/lint")
    local pipe = assert(io.popen(run .. " --files"))
    local text = "\n" .. pipe:read("*a")
    pipe:close()
    for _, folder in ipairs({ "src", "spec", "bench", "examples" }) do
      for _, path in ipairs(files_of(folder, "c")) do
        assert.truthy(text:find("\n" .. path .. "\n", 1, true), path)
      end
    end
  end)

  it("makes anew what a changed header is part of", function()
    local pipe = assert(io.popen("MAKEFLAGS= make -pqn BUILD=none none/core/error.o 2>/dev/null"))
    local rule = pipe:read("*a"):match("\nnone/core/error%.o: (src/[^\n]*)")
    pipe:close()
    for _, path in ipairs(files_of("src/core", "h")) do
      assert.truthy(rule:find(path, 1, true), path)
    end
  end)

  it("runs every C test, and the whole suite under AddressSanitizer", function()
    local tests = words(commands("check-c-build"), "^none/sanitized/([%w_]+_test)$")
    local files = files_of("spec/core", "c")
    for i, path in ipairs(files) do
      files[i] = path:match("([%w_]+)%.c$")
    end
    assert.are.same(files, tests)

    command("check-asan", "sh spec/support/asan%.sh")
    assert.truthy(read("spec/support/asan.sh"):find("\nexec sh spec/support/run.sh\n", 1, true))
  end)
end)
