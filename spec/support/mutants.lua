-- Edits lines of lua/ at random, one at a time, in a copy of the tree, and tells
-- which edits no spec noticed. Called by `make mutants`:
--
--   lua spec/support/mutants.lua COUNT SEED LUA CPATH COVERAGE
--
-- The specs that run an edited line are known from what was counted for coverage.
-- They run one after the other until one fails, as many as SECONDS allow: the
-- quick ones first, and before them those of the file and of its room. One that
-- fails counts where it passes without the edit. The same seed makes the same
-- edits of the same sources.

local counted = require "spec.coverage.counted"
local lfs = require "lfs"

local COUNT, SEED = tonumber(arg[1]), tonumber(arg[2])
local LUA, CPATH, COVERAGE = arg[3], arg[4], arg[5]
local TREE = "build/mutants"
local SECONDS = 90 -- that the specs of one edit took together when they were counted
local GRACE = 20 -- seconds beyond thrice its usual time: an edit may make a loop endless

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

-- Runs a file of specs in the copy, up to the first that fails.
local function run(spec)
  local command = ("cd %s && timeout -k 5 %d busted --no-keep-going --lua=%s --cpath='%s' %s " ..
    ">log 2>&1 </dev/null"):format(TREE, 3 * spec.seconds + GRACE, LUA, CPATH, spec.path)
  local ok, _, status = os.execute(command)
  return ok == true and status == 0 or ok == 0
end

-- The line at or above this one that any spec ran: an expression over several
-- lines is counted at some of them only.
local function line_run(path, number, specs)
  local all = counted.all(specs)[path] or {}
  while number > 0 and not all[number] do number = number - 1 end
  return number
end

-- Those that ran an edited line, in the order in which they are asked.
local function specs_of(edit, specs)
  local number, chosen = line_run(edit.path, edit.number, specs), {}
  local stem = edit.path:gsub("^lua/glacier/", ""):gsub("%.lua$", ""):gsub("/init$", "")
  local room = stem:match "^[^/]*/" or stem
  local function rank(spec)
    local at = spec.path:sub(#"spec/" + 1)
    local nearness = at:sub(1, #stem) == stem and 10 or at:sub(1, #room) == room and 3 or 1
    return (spec.seconds + 1) / nearness
  end
  for _, spec in ipairs(specs) do
    if spec.ran[edit.path] and spec.ran[edit.path][number] then
      chosen[#chosen + 1] = spec
    end
  end
  table.sort(chosen, function(a, b)
    if rank(a) ~= rank(b) then return rank(a) < rank(b) end
    return a.path < b.path
  end)
  return chosen
end

-- The file of specs that notices an edit, if any; how many were asked.
local function find_witness(edit, specs)
  local original, spent, asked = read(edit.path), 0, 0
  for _, spec in ipairs(specs_of(edit, specs)) do
    spent = spent + spec.seconds + 1
    if spent > SECONDS and asked > 0 then break end
    asked = asked + 1
    write(TREE .. "/" .. edit.path, edit.text)
    local is_noticed = not run(spec)
    write(TREE .. "/" .. edit.path, original)
    if is_noticed and run(spec) then return spec.path, asked end
  end
  return nil, asked
end

-- What was counted, of those that passed.
local function counted_specs()
  local specs = {}
  for _, spec in ipairs(lfs.attributes(COVERAGE .. "/counted") and counted.specs(COVERAGE) or {}) do
    if spec.passed and lfs.attributes(spec.path) then specs[#specs + 1] = spec end
  end
  assert(specs[1], "nothing was counted: `make coverage` comes first")
  return specs
end

local specs = counted_specs()
assert(os.execute(("rm -rf %s && mkdir -p %s && tar cf - --exclude=./build --exclude=./.git . | " ..
  "tar xf - -C %s && ln -s \"$PWD/build\" %s/build"):format(TREE, TREE, TREE, TREE)))
local sources = files_below("lua", ".lua", {})
for i = #sources, 1, -1 do
  if sources[i] == "lua/glacier/types.lua" then table.remove(sources, i) end
end
local missed = {}
for i = 1, COUNT do
  local edit = choose(sources)
  local witness, asked = find_witness(edit, specs)
  io.write(("%d/%d %s %s:%d (%s)\n"):format(i, COUNT, witness and "noticed" or "MISSED ", edit.path,
    edit.number, witness or asked .. " files of specs ran it"))
  io.flush()
  if not witness then
    missed[#missed + 1] = edit
    io.write(("  -%s\n  +%s\n"):format(edit.before, edit.after))
  end
end
for _, edit in ipairs(missed) do
  io.write(("\n%s:%d\n  -%s\n  +%s\n"):format(edit.path, edit.number, edit.before, edit.after))
end
io.write(("mutants: seed %d: %d of %d edits were noticed\n"):format(SEED, COUNT - #missed, COUNT))
