--- Who may know of whom: the rules of the floors, over a table of what each
-- module requires, or each source includes. Each rule returns a list of those
-- that offend, "who: whom", in order.

local floors = { lua = {}, c = {} }

-- From the roof down; a room may require those below it. What stands in no
-- room is the ground that all stand on.
local ROOMS = { "client", "restore", "job", "call", "credentials", "config", "transport", "host",
  "model" }
local FLOOR = {}
for i, room in ipairs(ROOMS) do
  FLOOR[room] = i
end

-- What the face of the package is made of.
local FACE = "glacier"

local function set(names)
  local result = {}
  for _, name in ipairs(names) do
    result[name] = true
  end
  return result
end

-- What is above the calls and uses them as a user does: by a client's public
-- methods. What carries a call is not theirs; waiting, as a call does, is.
local USERS_OF_CALLS = { "^glacier%.job", "^glacier%.restore", "^glacier%.client%." }
local CARRIERS = { "^glacier%.credentials", "^glacier%.transport", "^glacier%.core%.http$",
  "^glacier%.core%.sigv4$" }

-- Modules that require nothing, or that alone.
local ONLY = {
  ["glacier.model.shapes"] = {}, ["glacier.config.shell_words"] = {}, ["glacier.failures"] = {},
  ["glacier.standard"] = {}, ["glacier.text"] = {}, ["glacier.uri"] = {},
  ["glacier.version"] = {}, ["glacier.json.integers"] = {},
  ["glacier.errors"] = { "glacier.text" },
  ["glacier.json"] = { "glacier.json.integers", "glacier.text", "cjson" },
  ["glacier.client.pagination"] = { "glacier.errors", "glacier.model", "glacier.config",
    "glacier.text" },
}
ONLY["glacier.client.waiter"] = ONLY["glacier.client.pagination"]

-- What hosts bring along.
local OF_HOSTS = set({ "ffi", "ngx.semaphore", "luv" })

-- The library of databases, and the one module that knows it.
local DATABASES = set({ "DBI", "dbd.sqlite3", "dbd.postgresql" })
local OF_DATABASES = "glacier.restore.database"

local function matches(name, patterns)
  for _, pattern in ipairs(patterns) do
    if name:find(pattern) then
      return true
    end
  end
  return false
end

--- What a text in Lua requires; a name that is put together at run time counts
--- by its beginning.
---@return string[]
function floors.requires(text)
  local needs = {}
  text = ("\n" .. text):gsub("%-%-[^\n]*", "")
  for needed in text:gmatch("[^%w_.\"']require%s*[%(,]?%s*[\"']([^\"']+)[\"']") do
    needs[#needs + 1] = needed
  end
  return needs
end

--- The room of a module: nil on the ground.
function floors.room_of(name)
  local room = name:match("^glacier%.([%w_]+)")
  return FLOOR[room] and room
end

local room_of = floors.room_of

--- All that can be reached from a name, itself included.
---@param graph table<string, string[]>
---@return table<string, boolean>
function floors.closure(graph, from, found)
  found = found or {}
  if not found[from] then
    found[from] = true
    for _, next_one in ipairs(graph[from] or {}) do
      floors.closure(graph, next_one, found)
    end
  end
  return found
end

local closure = floors.closure

-- The pairs of a graph for which `is_wrong(who, whom)` holds.
local function offenders(graph, is_wrong)
  local list = {}
  for who, others in pairs(graph) do
    for _, whom in ipairs(others) do
      if is_wrong(who, whom) then
        list[#list + 1] = who .. ": " .. whom
      end
    end
  end
  table.sort(list)
  return list
end

-- Those that are known by one that they know.
local function circles(graph)
  return offenders(graph, function(who, whom)
    return closure(graph, whom)[who]
  end)
end

--- None requires a room above its own, nor the ground a room, nor anybody the
--- face; a client is required by the face alone.
---@param modules table<string, string[]>  name -> what it requires
function floors.lua.up(modules)
  return offenders(modules, function(who, whom)
    local room, other = room_of(who), room_of(whom)
    if whom == FACE or whom == "glacier.client" and who ~= FACE then
      return true
    end
    return other and other ~= room and who ~= FACE and
      not (room and FLOOR[other] > FLOOR[room])
  end)
end

--- None requires what is inside another's room: its door is its init.lua, or the
--- one file named like it.
function floors.lua.sideways(modules)
  return offenders(modules, function(who, whom)
    local other = room_of(whom)
    return other and other ~= room_of(who) and whom ~= "glacier." .. other
  end)
end

--- None requires itself by way of others.
function floors.lua.round(modules)
  return circles(modules)
end

--- No room needs itself by way of another, though none of its files might.
function floors.lua.round_rooms(modules)
  local rooms = {}
  for name, needs in pairs(modules) do
    local room = room_of(name)
    for _, needed in ipairs(needs) do
      local other = room_of(needed)
      if room and other and other ~= room then
        rooms[room] = rooms[room] or {}
        table.insert(rooms[room], other)
      end
    end
  end
  return circles(rooms)
end

--- What is above the calls touches nothing that carries one.
function floors.lua.below_calls(modules)
  return offenders(modules, function(who, whom)
    return matches(who, USERS_OF_CALLS) and matches(whom, CARRIERS)
  end)
end

--- Data requires data; and some require nothing, or some few.
function floors.lua.only(modules)
  return offenders(modules, function(who, whom)
    if ONLY[who] then
      return not set(ONLY[who])[whom]
    end
    return room_of(who) == "model" and not whom:find("^glacier%.model%.")
  end)
end

--- All are ours, but for cjson in one file and what belongs to a host in its.
function floors.lua.foreign(modules)
  return offenders(modules, function(who, whom)
    return not (whom:find("^glacier%.") or whom == FACE or whom == "cjson" and who == "glacier.json"
      or who:find("^glacier%.host%.") and OF_HOSTS[whom]
      or who == OF_DATABASES and DATABASES[whom])
  end)
end

--- What is required is there; a name that is put together at run time has an
--- end that cannot be read.
---@param has_core fun(name: string): boolean  whether there is such a module of C
function floors.lua.missing(modules, has_core)
  return offenders(modules, function(_, whom)
    local core = whom:match("^glacier%.core%.(.+)")
    return whom:find("^glacier%.") and not modules[whom] and whom:sub(-1) ~= "." and
      not (core and has_core(core))
  end)
end

-- A room of C has its face in the header named like its folder.
local function face_of(path)
  local folder, name = path:match("^(src/core/([%w_]+)/)[^/]+$")
  return folder and folder .. name .. ".h"
end

--- The core knows nothing of Lua, nor of what binds it.
---@param sources table<string, string[]>  path -> its includes, paths or <names>
function floors.c.of_lua(sources)
  return offenders(sources, function(who, whom)
    if not who:find("^src/core/") then
      return false
    end
    for reached in pairs(closure(sources, whom)) do
      if reached:find("lua") or reached:find("lauxlib") or reached:find("^src/binding/") then
        return true
      end
    end
  end)
end

local function room_of_c(path)
  return path:match("^src/core/([%w_]+)/")
end

--- What stands in no room of the core knows none; no room needs itself by way
--- of another.
function floors.c.up(sources)
  local rooms = {}
  local list = offenders(sources, function(who, whom)
    local room, other = room_of_c(who), room_of_c(whom)
    if room and other and room ~= other then
      rooms[room] = rooms[room] or {}
      table.insert(rooms[room], other)
    end
    return who:find("^src/core/") and not room and other
  end)
  for _, pair in ipairs(circles(rooms)) do
    list[#list + 1] = pair
  end
  return list
end

--- A room is entered by its face.
function floors.c.inside(sources)
  return offenders(sources, function(who, whom)
    local face = face_of(whom)
    return face and face ~= face_of(who) and whom ~= face
  end)
end

--- None knows one that knows it, a header and its source taken for one.
function floors.c.round(sources)
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
  return circles(graph)
end

-- The floor of the engine; what a transfer is made of is below.
local ENGINE = set({ "engine", "step", "wait", "watch" })

--- The one way down: what a transfer is made of knows no engine.
function floors.c.of_engine(sources)
  return offenders(sources, function(who, whom)
    local name = who:match("^src/core/http/([%w_]+)%.c$")
    local reached = closure(sources, whom)
    return name and not ENGINE[name] and
      (reached["src/core/http/engine_state.h"] or reached["src/core/http/http.h"])
  end)
end

--- All that is linked with a source: a header's own source belongs to it, and to
--- a room's face all of the room's.
---@return table<string, boolean>
function floors.c.linked(sources, from)
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

-- Room -> what is none of its business.
local STRANGERS = {
  sigv4 = { "http", "transfer", "curl" },
  http = { "sigv4", "canonical", "credentials" },
}

--- Who signs knows nothing of who sends, and the other way round.
function floors.c.strangers(sources)
  local list = {}
  for room, words in pairs(STRANGERS) do
    for _, path in ipairs({ ("src/core/%s/%s.h"):format(room, room), "src/binding/" .. room .. ".c" }) do
      for reached in pairs(floors.c.linked(sources, path)) do
        if matches(reached, words) then
          list[#list + 1] = path .. ": " .. reached
        end
      end
    end
  end
  table.sort(list)
  return list
end

return floors
