-- Who may know of whom, read out of the sources' `require`s and `#include`s.
-- Runs on one Lua: it reads the sources.

local lfs = require "lfs"

local MAX_LINES = 420

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

-- All files below a directory whose names end in one of the endings.
local function files_below(directory, endings, found)
  found = found or {}
  for name in lfs.dir(directory) do
    local path = directory .. "/" .. name
    if name:sub(1, 1) ~= "." then
      if lfs.attributes(path, "mode") == "directory" then
        files_below(path, endings, found)
      elseif endings[name:match("%.(%w+)$")] then
        found[#found + 1] = path
      end
    end
  end
  table.sort(found)
  return found
end

local function without_comments(text)
  return (("\n" .. text):gsub("%-%-[^\n]*", ""))
end

-- Module -> the list of what it requires; a name that is put together at run
-- time counts by its beginning.
local function read_modules()
  local modules = {}
  for _, path in ipairs(files_below("lua", { lua = true })) do
    local name = path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
    local needs = {}
    local text = without_comments(read(path))
    for needed in text:gmatch("[^%w_]require%s*%(?%s*[\"']([^\"']+)[\"']") do
      needs[#needs + 1] = needed
    end
    modules[name] = needs
  end
  return modules
end

-- File -> the list of its includes: paths from the root, or <names>.
local function read_includes()
  local sources = {}
  for _, path in ipairs(files_below("src", { c = true, h = true })) do
    local includes = {}
    for open, name in read(path):gmatch("#%s*include%s*([\"<])([^\">]+)") do
      local here = path:gsub("[^/]+$", "")
      local whole = open == "<" and "<" .. name .. ">" or here .. name
      includes[#includes + 1] = (whole:gsub("[^/]+/%.%./", ""))
    end
    sources[path] = includes
  end
  return sources
end

local modules = read_modules()
local sources = read_includes()

-- All that can be reached from a name, itself included.
local function closure(graph, from, found)
  found = found or {}
  if not found[from] then
    found[from] = true
    for _, next_one in ipairs(graph[from] or {}) do
      closure(graph, next_one, found)
    end
  end
  return found
end

-- A room of C has its face in the header named like its folder.
local function face_of(path)
  local folder, name = path:match("^(src/core/([%w_]+)/)[^/]+$")
  return folder and folder .. name .. ".h"
end

-- A header's own source belongs to it, and to a room's face all of the room's:
-- who includes the one links the other.
local function link_closure(from)
  local graph = {}
  for path in pairs(sources) do
    graph[path] = {}
  end
  for path, includes in pairs(sources) do
    local header = path:gsub("%.c$", ".h")
    for _, one in ipairs({ header, face_of(path) }) do
      if path ~= header and sources[one] then
        table.insert(graph[one], path)
      end
    end
    for _, included in ipairs(includes) do
      table.insert(graph[path], included)
    end
  end
  return closure(graph, from)
end

-- What a file of C needs, a header and its source taken for one: stem -> stems.
local function stems()
  local graph = {}
  for path, includes in pairs(sources) do
    local stem = path:gsub("%.[ch]$", "")
    graph[stem] = graph[stem] or {}
    for _, included in ipairs(includes) do
      local other = included:gsub("%.h$", "")
      if included:sub(1, 1) ~= "<" and other ~= stem then
        table.insert(graph[stem], other)
      end
    end
  end
  return graph
end

local function own_modules(name)
  local own = {}
  for _, needed in ipairs(modules[name]) do
    if needed:find("^glacier") then
      own[#own + 1] = needed
    end
  end
  return own
end

local function set(names)
  local result = {}
  for _, name in ipairs(names) do
    result["glacier." .. name] = true
  end
  return result
end

describe("the floors: the reader", function()
  it("sees requires, in either style", function()
    assert.is_true(#own_modules("glacier.client") > 5)
    assert.is_true(closure(modules, "glacier")["glacier.client"])
    assert.is_true(closure(modules, "glacier")["glacier.core.sigv4"])
  end)

  it("sees includes, and follows them", function()
    local reached = link_closure("src/binding/sigv4.c")
    for _, path in ipairs({ "src/core/sigv4/sigv4.h", "src/core/sigv4/sigv4.c", "src/core/sigv4/canonical.c",
      "src/binding/arguments.h", "src/binding/compat.h", "<lua.h>" }) do
      assert.is_true(reached[path], path)
    end
    assert.is_true(link_closure("src/binding/http.c")["<curl/curl.h>"])
  end)
end)

describe("the floors: C", function()
  for path in pairs(sources) do
    if path:find("^src/core/") then
      it(path .. " knows nothing of Lua", function()
        for reached in pairs(closure(sources, path)) do
          assert.falsy(reached:find("lua") or reached:find("lauxlib") or
            reached:find("^src/binding/"), reached)
        end
      end)
    end

    if path ~= "src/binding/compat.h" then
      it(path .. " does not look at Lua's version", function()
        assert.falsy(read(path):find("LUA_VERSION_NUM"))
        assert.falsy(read(path):find("LUAJIT_VERSION"))
      end)
    end
  end

  for path in pairs(sources) do
    -- But for what is for the user's program.
    if path:find("%.h$") and path ~= "src/binding/compat.h" and path ~= "src/glacier.h" then
      it(path .. " hides its names from other libraries", function()
        local text = read(path)
        local begins = text:find("\n#pragma GCC visibility push(hidden)\n", 1, true)
        local ends = text:find("\n#pragma GCC visibility pop\n", 1, true)
        assert.is_true(begins ~= nil and ends ~= nil and begins < ends)
        assert.is_nil(text:find("#include", begins, true))
      end)
    end
  end

  local needs = stems()
  for stem, others in pairs(needs) do
    it(stem .. " knows none that knows it", function()
      for _, other in ipairs(others) do
        assert.is_nil(closure(needs, other)[stem], other)
      end
    end)
  end

  for path, includes in pairs(sources) do
    it(path .. " enters the rooms of C by their faces", function()
      for _, included in ipairs(includes) do
        local face = face_of(included)
        if face and face ~= face_of(path) then
          assert.equal(face, included)
        end
      end
    end)
  end

  -- The one way down: what a transfer is made of knows no engine.
  for path in pairs(sources) do
    local name = path:match("^src/core/http/([%w_]+)%.c$")
    if name and name ~= "engine" and name ~= "step" and name ~= "wait" and name ~= "watch" then
      it(path .. " knows no engine", function()
        local reached = closure(sources, path)
        assert.is_nil(reached["src/core/http/engine_state.h"])
        assert.is_nil(reached["src/core/http/http.h"])
      end)
    end
  end

  it("compat.h does look at Lua's version", function()
    assert.truthy(read("src/binding/compat.h"):find("LUA_VERSION_NUM"))
  end)

  for _, floor in ipairs({ "core", "binding" }) do
    local function stem(name)
      return floor == "core" and ("src/core/%s/%s.h"):format(name, name) or
        "src/binding/" .. name .. ".c"
    end

    it("sigv4 knows nothing of http: " .. floor, function()
      for reached in pairs(link_closure(stem("sigv4"))) do
        assert.falsy(reached:find("http") or reached:find("transfer") or reached:find("curl"),
          reached)
      end
    end)

    it("http knows nothing of sigv4: " .. floor, function()
      for reached in pairs(link_closure(stem("http"))) do
        assert.falsy(reached:find("sigv4") or reached:find("canonical") or
          reached:find("credentials"), reached)
      end
    end)
  end
end)

describe("the floors: Lua", function()
  local OF_HOSTS = { ffi = true, ["ngx.semaphore"] = true, luv = true }

  -- From the roof down; a room may require those below it. What stands in no
  -- room is the ground that all stand on.
  local ROOMS = { "client", "job", "call", "credentials", "config", "transport", "host", "model" }
  local FLOOR = {}
  for i, room in ipairs(ROOMS) do
    FLOOR[room] = i
  end

  -- The room of a module: nil on the ground.
  local function room_of(name)
    local room = name:match("^glacier%.([%w_]+)")
    return FLOOR[room] and room
  end

  -- What the face of the module is made of, and what tells one call's options.
  local PASSES = { ["glacier"] = true }

  -- Doors besides a room's own: where more than one thing is offered.
  local DOORS = set({ "host.waiting", "host.scheduler", "host.frame", "host.protected",
    "host.task", "config.endpoint", "config.files", "config.options", "config.call_options",
    "config.route", "config.user_agent", "call.attempt", "call.loop", "call.rate",
    "call.validate" })

  for name, needs in pairs(modules) do
    local room = room_of(name)
    it(name .. " requires no room above its own, nor another room's inside", function()
      for _, needed in ipairs(needs) do
        local other = room_of(needed)
        if other and other ~= room and not PASSES[name] then
          assert.is_true(room ~= nil and FLOOR[other] > FLOOR[room], needed)
          assert.is_true(needed == "glacier." .. other or DOORS[needed] == true, needed)
        end
      end
    end)
  end

  for _, name in ipairs({ "model.shapes", "config.shell_words", "failures", "standard", "text",
    "uri", "version" }) do
    it("glacier." .. name .. " requires nothing", function()
      assert.same({}, modules["glacier." .. name])
    end)
  end

  for name in pairs(modules) do
    if name:find("^glacier%.model") then
      it(name .. " is data, and requires no other", function()
        for _, needed in ipairs(modules[name]) do
          assert.truthy(needed:find("^glacier%.model%."), needed)
        end
      end)
    end
  end

  for _, name in ipairs({ "pagination", "waiter" }) do
    it(name .. " knows nothing of what is below a client", function()
      local allowed = set({ "errors", "model", "config.options", "config.call_options", "text" })
      for _, needed in ipairs(modules["glacier.client." .. name]) do
        assert.is_true(allowed[needed] == true, needed)
      end
    end)
  end

  it("errors requires the texts alone, and json cjson and integers besides", function()
    assert.same({}, modules["glacier.json.integers"])
    assert.same({ "glacier.text" }, modules["glacier.errors"])
    assert.same({ "glacier.json.integers", "glacier.text", "cjson" }, modules["glacier.json"])
  end)

  for name, needs in pairs(modules) do
    it(name .. " requires nothing above it", function()
      for _, needed in ipairs(needs) do
        assert.not_equal("glacier", needed)
        assert.is_false(needed == "cjson" and name ~= "glacier.json")
        assert.is_false(needed == "glacier.client" and name ~= "glacier")
        assert.is_true(needed == "cjson" or needed:find("^glacier%.") ~= nil or
          (name:find("^glacier%.host%.") ~= nil and OF_HOSTS[needed] == true), needed)
      end
    end)

    it(name .. " does not require itself by way of others", function()
      for _, needed in ipairs(own_modules(name)) do
        assert.is_nil(closure(modules, needed)[name], needed)
      end
    end)
  end

  it("what a module requires is there", function()
    for name in pairs(modules) do
      for _, needed in ipairs(own_modules(name)) do
        local core = needed:match("^glacier%.core%.(.+)")
        local is_core = core and sources["src/binding/" .. core .. ".c"]
        assert.is_truthy(modules[needed] or is_core or needed:sub(-1) == ".", needed)
      end
    end
  end)
end)

describe("the floors: no file is too long:", function()
  for _, directory in ipairs({ "src", "lua", "spec" }) do
    it(directory, function()
      local long = {}
      for _, path in ipairs(files_below(directory, { c = true, h = true, lua = true })) do
        local _, lines = read(path):gsub("\n", "")
        if lines > MAX_LINES then
          long[#long + 1] = path .. ": " .. lines
        end
      end
      assert.same({}, long)
    end)
  end
end)
