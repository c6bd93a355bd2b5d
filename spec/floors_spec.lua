-- Who may know of whom, read out of the sources' `require`s and `#include`s.
-- Runs on one Lua: it reads the sources.

local floors = require "spec.support.floors"
local lfs = require "lfs"

local MAX_LINES = 420

-- Written by a program, and read by editors.
local MADE = { ["lua/glacier/types.lua"] = true }

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

-- Module -> the list of what it requires.
local function read_modules()
  local modules = {}
  for _, path in ipairs(files_below("lua", { lua = true })) do
    local name = path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
    modules[name] = floors.requires(read(path))
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

local function has_core(name)
  return sources["src/binding/" .. name .. ".c"] ~= nil
end

-- The graph with one more edge: a made-up offender.
local function planted(graph, who, whom)
  local copy = {}
  for name, needs in pairs(graph) do
    copy[name] = needs
  end
  copy[who] = { whom }
  for i, needed in ipairs(graph[who] or {}) do
    copy[who][i + 1] = needed
  end
  return copy
end

local function contains(list, text)
  for _, one in ipairs(list) do
    if one == text then
      return true
    end
  end
  return false
end

-- For each case {who, whom, told}: with that require the rule tells of it, or
-- of the pair `told`.
local function refuses(title, rule, graph, cases)
  it(title .. " holds", function()
    assert.same({}, rule(graph, has_core))
  end)

  for _, case in ipairs(cases) do
    local who, whom = case[1], case[2]
    it(title .. " refuses " .. who .. " that knows " .. whom, function()
      local found = rule(planted(graph, who, whom), has_core)
      assert.is_true(contains(found, case[3] or who .. ": " .. whom), table.concat(found, "\n"))
    end)
  end
end

describe("the floors: the reader", function()
  it("sees requires, in any style", function()
    assert.same({ "glacier.a", "glacier.b", "glacier.c", "glacier.d", "glacier.e." },
      floors.requires([[require "glacier.a"
        local b = require('glacier.b') -- require "glacier.no"
        local ok, c = pcall(require, "glacier.c")
        local d, e = ( require ( "glacier.d" ) ), require("glacier.e." .. name)
        local f = required "glacier.no"]]))
    assert.is_true(#modules["glacier.client"] > 5)
    local reached = floors.closure(modules, "glacier")
    assert.is_true(reached["glacier.client"])
    assert.is_true(reached["glacier.core.sigv4"])
    for name in pairs(modules) do
      assert.is_truthy(name:find("^glacier"), name)
    end
  end)

  it("sees includes, and follows them", function()
    local reached = floors.c.linked(sources, "src/binding/sigv4.c")
    for _, path in ipairs({ "src/core/sigv4/sigv4.h", "src/core/sigv4/sigv4.c", "src/core/sigv4/canonical.c",
      "src/binding/arguments.h", "src/binding/compat.h", "<lua.h>" }) do
      assert.is_true(reached[path], path)
    end
    assert.is_true(floors.c.linked(sources, "src/binding/http.c")["<curl/curl.h>"])
  end)
end)

describe("the floors: C:", function()
  refuses("the core knows nothing of Lua", floors.c.of_lua, sources, {
    { "src/core/buffer.c", "<lua.h>" },
    { "src/core/http/step.c", "<lauxlib.h>" },
    { "src/core/digest.c", "src/binding/handle.h" },
    { "src/core/new.c", "src/binding/compat.h" },
    -- By way of others.
    { "src/core/buffer.h", "src/binding/compat.h", "src/core/digest.c: src/core/digest.h" },
  })

  refuses("the ground knows no room, and rooms stand one on the other", floors.c.up, sources, {
    { "src/core/buffer.c", "src/core/http/http.h" },
    { "src/core/file.h", "src/core/sigv4/sigv4.h" },
    { "src/core/new.c", "src/core/http/http.h" },
  })

  it("two rooms that need each other are refused, whichever their files", function()
    local both = planted(planted(sources, "src/core/http/a.c", "src/core/sigv4/sigv4.h"),
      "src/core/sigv4/b.c", "src/core/http/http.h")
    assert.same({ "http: sigv4", "sigv4: http" }, floors.c.up(both))
    assert.same({}, floors.c.round(both))
  end)

  refuses("rooms are entered by their faces", floors.c.inside, sources, {
    { "src/binding/transfer.c", "src/core/http/transfer.h" },
    { "src/core/http/request.c", "src/core/sigv4/canonical.h" },
    { "src/static/static.c", "src/core/sigv4/identity.h" },
  })

  refuses("none knows one that knows it", floors.c.round, sources, {
    { "src/core/buffer.c", "src/core/digest.h", "src/core/buffer: src/core/digest" },
    { "src/core/http/proxy.h", "src/core/http/transfer.h",
      "src/core/http/proxy: src/core/http/transfer" },
    { "src/core/http/state.h", "src/core/http/engine.h",
      "src/core/http/state: src/core/http/engine" },
    { "src/binding/arguments.h", "src/binding/transfer.h",
      "src/binding/arguments: src/binding/transfer" },
  })

  refuses("what a transfer is made of knows no engine", floors.c.of_engine, sources, {
    { "src/core/http/transfer.c", "src/core/http/engine.h" },
    { "src/core/http/fields.c", "src/core/http/http.h" },
    { "src/core/http/new.c", "src/core/http/engine_state.h" },
    { "src/core/http/proxy.h", "src/core/http/engine_state.h",
      "src/core/http/proxy.c: src/core/http/proxy.h" },
  })

  refuses("sigv4 and http know nothing of each other", floors.c.strangers, sources, {
    { "src/core/sigv4/canonical.c", "src/core/http/http.h",
      "src/core/sigv4/sigv4.h: src/core/http/http.h" },
    { "src/core/digest.c", "<curl/curl.h>", "src/binding/sigv4.c: <curl/curl.h>" },
    { "src/core/http/request.c", "src/core/sigv4/sigv4.h",
      "src/binding/http.c: src/core/sigv4/sigv4.h" },
    { "src/binding/http.c", "src/core/sigv4/sigv4.h",
      "src/binding/http.c: src/core/sigv4/sigv4.h" },
  })

  for path in pairs(sources) do
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

  it("compat.h does look at Lua's version", function()
    assert.truthy(read("src/binding/compat.h"):find("LUA_VERSION_NUM"))
  end)
end)

describe("the floors: Lua:", function()
  refuses("none requires a room above its own", floors.lua.up, modules, {
    { "glacier.host.task", "glacier.transport" },
    { "glacier.model.jobs", "glacier.host" },
    { "glacier.config.proxy", "glacier.credentials" },
    { "glacier.credentials.sts", "glacier.call" },
    { "glacier.call.parse", "glacier.client" },
    { "glacier.call.parse", "glacier.job" },
    { "glacier.job", "glacier.client" },
    { "glacier.job.new", "glacier.restore" },
    { "glacier.text", "glacier.model" },
    { "glacier.new", "glacier.config" },
    { "glacier.call.retry", "glacier" },
    { "glacier.client.waiter", "glacier.client" },
  })

  refuses("none requires what is inside another's room", floors.lua.sideways, modules, {
    { "glacier.client", "glacier.call.retry" },
    { "glacier.client", "glacier.call.loop" },
    { "glacier.transport.libcurl", "glacier.host.waiting" },
    { "glacier.client", "glacier.transport.libcurl" },
    { "glacier.call.parse", "glacier.model.jobs" },
    { "glacier.credentials.sts", "glacier.transport.cosocket.reader" },
    { "glacier.job", "glacier.call.ledger" },
    { "glacier", "glacier.client.waiter" },
    { "glacier.uri", "glacier.config.proxy" },
  })

  refuses("none requires itself by way of others", floors.lua.round, modules, {
    { "glacier.text", "glacier.errors" },
    { "glacier.call.retry", "glacier.call.loop" },
    { "glacier.host.scheduler", "glacier.host.waiting" },
    { "glacier.model.shapes", "glacier.model.jobs" },
    { "glacier.uri", "glacier.uri" },
  })

  refuses("no room needs itself by way of another", floors.lua.round_rooms, modules, {
    { "glacier.host.new", "glacier.transport", "host: transport" },
    { "glacier.config.new", "glacier.credentials", "config: credentials" },
    { "glacier.model.new", "glacier.call", "model: call" },
  })

  it("a circle of rooms is none of files", function()
    local graph = planted(modules, "glacier.host.new", "glacier.transport")
    assert.same({}, floors.lua.round(graph))
  end)

  refuses("what is above the calls uses a client as users do", floors.lua.below_calls, modules, {
    { "glacier.job", "glacier.transport" },
    { "glacier.job.new", "glacier.core.http" },
    { "glacier.restore.new", "glacier.credentials" },
    { "glacier.client.waiter", "glacier.transport" },
    { "glacier.client.pagination", "glacier.transport" },
  })

  refuses("data is data, and some require nothing", floors.lua.only, modules, {
    { "glacier.model.jobs", "glacier.text" },
    { "glacier.model", "glacier.json" },
    { "glacier.model.shapes", "glacier.model.jobs" },
    { "glacier.errors", "glacier.json" },
    { "glacier.text", "glacier.version" },
    { "glacier.client.waiter", "glacier.call.validate" },
  })

  refuses("all that is required is ours", floors.lua.foreign, modules, {
    { "glacier.call.parse", "cjson" },
    { "glacier.transport", "ffi" },
    { "glacier.host.luv", "socket" },
    { "glacier.text", "lfs" },
  })

  refuses("all that is required is there", floors.lua.missing, modules, {
    { "glacier.call.parse", "glacier.call.nothing" },
    { "glacier.call.parse", "glacier.core.nothing" },
  })
end)

describe("the floors: no file is too long:", function()
  for _, directory in ipairs({ "src", "lua", "spec" }) do
    it(directory, function()
      local long = {}
      for _, path in ipairs(files_below(directory, { c = true, h = true, lua = true })) do
        local _, lines = read(path):gsub("\n", "")
        if lines > MAX_LINES and not MADE[path] then
          long[#long + 1] = path .. ": " .. lines
        end
      end
      assert.same({}, long)
    end)
  end
end)
