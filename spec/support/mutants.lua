-- Edits lines of lua/ at random, one at a time, in a copy of the tree, and tells
-- which edits no spec noticed. Called by `make mutants`:
--
--   lua spec/support/mutants.lua COUNT SEED LUA CPATH
--
-- The specs of the edited file run first (those that lie as it does, and those
-- that require it), then those of its room. What fails without an edit counts as
-- passed. The same seed makes the same edits of the same sources.

local lfs = require "lfs"

local COUNT, SEED = tonumber(arg[1]), tonumber(arg[2])
local LUA, CPATH = arg[3], arg[4]
local TREE = "build/mutants"
local LONGEST = 120 -- seconds of a run: an edit may make a loop endless
local MOST_FILES = 40 -- of a room's specs in one run

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

local function files_below(folder, ending, found)
  for name in lfs.dir(folder) do
    local path = folder .. "/" .. name
    if name:sub(1, 1) ~= "." and lfs.attributes(path, "mode") == "directory" then
      files_below(path, ending, found)
    elseif name:sub(-#ending) == ending then
      found[#found + 1] = path
    end
  end
  table.sort(found)
  return found
end

-- Lehmer's generator: the same numbers in every Lua.
local state = SEED % 2147483646 + 1
local function random(most)
  state = state * 48271 % 2147483647
  return state % most + 1
end

-- What is edited: a pattern and what takes its place.
local EDITS = {
  { " <= ", " < " }, { " < ", " <= " }, { " >= ", " > " }, { " > ", " >= " },
  { " == ", " ~= " }, { " ~= ", " == " }, { " %+ ", " - " }, { " %- ", " + " },
  { " %* ", " / " }, { " and ", " or " }, { " or ", " and " }, { "not ", "" },
  { "true", "false" }, { "false", "true" },
  { "%f[%w_]%d+%f[^%w_.]", function(number) return tostring(math.floor(number) + 1) end },
  { "%f[%w_]%d+%f[^%w_.]", function(number) return tostring(math.floor(number) - 1) end },
  { "^%s*[%a_][%w_.:]*%(.*%)$", "" },
  { "^%s*[%a_][%w_.%[%]]* = .*[^{(,]$", "" },
}

-- The line with strings and comments blanked, place for place.
local function code_of(line)
  local blanked = line:gsub('"[^"]*"', function(text) return ("\1"):rep(#text) end)
  return (blanked:gsub("%-%-.*$", function(text) return ("\1"):rep(#text) end))
end

-- All edits of a line: texts.
local function edits_of(line)
  local code, found = code_of(line), {}
  for _, edit in ipairs(EDITS) do
    local from = 1
    while from <= #code do
      local first, last = code:find(edit[1], from)
      if not first then break end
      local old = line:sub(first, last)
      local new = type(edit[2]) == "function" and edit[2](old) or edit[2]
      found[#found + 1] = line:sub(1, first - 1) .. new .. line:sub(last + 1)
      from = last + 1
    end
  end
  return found
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  return lines
end

-- One edit at random that still is Lua.
local function choose(files)
  while true do
    local path = files[random(#files)]
    local lines = lines_of(read(path))
    local number = random(#lines)
    local before = lines[number]
    local edits = before:find "^%s*%-%-" and {} or edits_of(before)
    if edits[1] then
      lines[number] = edits[random(#edits)]
      local text = table.concat(lines, "\n") .. "\n"
      if (loadstring or load)(text) then -- luacheck: ignore 113
        return { path = path, number = number, before = before, after = lines[number], text = text }
      end
    end
  end
end

-- Runs specs in the copy, up to the first that fails.
local function run(specs)
  local command = ("cd %s && timeout -k 5 %d busted --no-keep-going --lua=%s --cpath='%s' %s " ..
    ">log 2>&1 </dev/null"):format(TREE, LONGEST, LUA, CPATH, table.concat(specs, " "))
  local ok, _, status = os.execute(command)
  return ok == true and status == 0 or ok == 0
end

-- Lists of specs that are known to pass without an edit, as texts.
local passing = {}
local function passes(specs)
  local key = table.concat(specs, " ")
  if passing[key] == nil then passing[key] = run(specs) end
  return passing[key]
end

-- Those of the specs that pass without an edit.
local function sound(specs)
  if passes(specs) then return specs end
  local kept = {}
  for _, path in ipairs(specs) do
    if passes { path } then kept[#kept + 1] = path end
  end
  return kept
end

-- Which specs run for a file: lists, in the order in which they do. A file that
-- has none is the business of those that require it.
local function specs_of(path, specs, sources)
  local stem = path:gsub("^lua/glacier/", ""):gsub("%.lua$", "")
  local module = path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
  local room = "spec/" .. (stem:match "^([^/]*)/" or stem)
  local own, others, chosen = {}, {}, {}
  for _, spec in ipairs(specs) do
    local text = read(spec)
    local is_own = spec:sub(1, #("spec/" .. stem)) == "spec/" .. stem or
      text:find('"' .. module .. '"', 1, true)
    if is_own then
      own[#own + 1], chosen[spec] = spec, true
    end
  end
  for _, spec in ipairs(specs) do
    local lies_there = spec:sub(1, #room + 1) == room .. "/" or
      spec:find("^spec/regress/") and read(spec):find("glacier", 1, true) and
      read(spec):find(stem:match "^[^/]*", 1, true)
    if not chosen[spec] and lies_there and #others < MOST_FILES then
      others[#others + 1] = spec
    end
  end
  if not own[1] and not others[1] and sources then
    for _, source in ipairs(sources) do
      if read(source):find('"' .. module .. '"', 1, true) then
        for _, spec in ipairs(specs_of(source, specs)[1]) do
          if not chosen[spec] then
            others[#others + 1], chosen[spec] = spec, true
          end
        end
      end
    end
  end
  return { own, others }
end

-- Whether specs fail of an edit that do not fail without it.
local function is_noticed(edit, specs, sources)
  local original = read(edit.path)
  for _, list in ipairs(specs_of(edit.path, specs, sources)) do
    write(TREE .. "/" .. edit.path, edit.text)
    if list[1] and not run(list) then
      write(TREE .. "/" .. edit.path, original)
      local kept = sound(list)
      write(TREE .. "/" .. edit.path, edit.text)
      if kept[1] and (kept == list or not run(kept)) then return true end
    end
  end
  return false
end

assert(os.execute(("rm -rf %s && mkdir -p %s && tar cf - --exclude=./build --exclude=./.git . | " ..
  "tar xf - -C %s && ln -s \"$PWD/build\" %s/build"):format(TREE, TREE, TREE, TREE)))
local sources = files_below("lua", ".lua", {})
for i = #sources, 1, -1 do
  if sources[i] == "lua/glacier/types.lua" then table.remove(sources, i) end
end
local specs = files_below("spec", "_spec.lua", {})
local missed = {}
for i = 1, COUNT do
  local edit = choose(sources)
  local noticed = is_noticed(edit, specs, sources)
  write(TREE .. "/" .. edit.path, read(edit.path))
  io.write(("%d/%d %s %s:%d\n"):format(i, COUNT, noticed and "noticed" or "MISSED ", edit.path,
    edit.number))
  io.flush()
  if not noticed then
    missed[#missed + 1] = edit
    io.write(("  -%s\n  +%s\n"):format(edit.before, edit.after))
  end
end
for _, edit in ipairs(missed) do
  io.write(("\n%s:%d\n  -%s\n  +%s\n"):format(edit.path, edit.number, edit.before, edit.after))
end
io.write(("mutants: seed %d: %d of %d edits were noticed\n"):format(SEED, COUNT - #missed, COUNT))
