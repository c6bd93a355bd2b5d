-- Prints how much of src/core and of lua/ was run, and what was not. Called by
-- run.sh: lua report.lua FOLDER [SPECS], where it was built and counted; with
-- SPECS, which are some of all, nothing is judged.
--
-- Source of the C figures: gcov's JSON; two objects of a file (the tests' and
-- the modules') count as one. A line of Lua counts where luac has an instruction
-- for it (of which no hook tells where it makes room for an ellipsis), but for
-- those of nothing but ends, where nothing may come.

local cjson = require "cjson"
local counted = require "spec.coverage.counted"
local reasons = require "spec.coverage.reasons"
local sorted_keys = require "spec.support.sorted_keys"

local OUT, IS_WHOLE = arg[1], arg[2] == nil
local REASONS = "spec/coverage/reasons.txt"
local BARS = { core_lines = 95, core_branches = 85, lua_lines = 95 }

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

local known = reasons.read(REASONS)

local function lines_of(path)
  local lines = {}
  for line in io.lines(path) do lines[#lines + 1] = line end
  return lines
end

-- The lines of a file that were not run, by whether there is a reason.
local function tell(path, missed)
  local lines, open, excused = lines_of(path), {}, 0
  for _, number in ipairs(missed) do
    local text = lines[number]:match "^%s*(.-)%s*$"
    if reasons.find(known, path, text) then
      excused = excused + 1
    else
      open[#open + 1] = ("  %s:%d: %s"):format(path, number, text)
    end
  end
  return open, excused
end

local function share(part, all)
  return all == 0 and 100 or 100 * part / all
end

-- path -> { lines = {number -> count}, branches = {"line/index" -> count} }
local function read_c()
  local files = {}
  local list = output_of(("find %s/core %s/sanitized -name '*.gcda'"):format(OUT, OUT))
  for data in list:gmatch "[^\n]+" do
    local text = output_of(("gcov -b -j -t %s 2>/dev/null"):format(data))
    for _, file in ipairs(text ~= "" and cjson.decode(text).files or {}) do
      if file.file:find "^src/core/.*%.c$" then
        local one = files[file.file] or { lines = {}, branches = {} }
        files[file.file] = one
        for _, line in ipairs(file.lines) do
          local number = line.line_number
          one.lines[number] = (one.lines[number] or 0) + line.count
          for i, branch in ipairs(line.branches) do
            local key = number .. "/" .. i
            one.branches[key] = (one.branches[key] or 0) + branch.count
          end
        end
      end
    end
  end
  return files
end

local function count(counts)
  local all, run, missed = 0, 0, {}
  for _, key in ipairs(sorted_keys(counts)) do
    all = all + 1
    if counts[key] > 0 then
      run = run + 1
    else
      missed[#missed + 1] = key
    end
  end
  return all, run, missed
end

local function report_c(found)
  local all, run, branches, taken, excused = 0, 0, 0, 0, 0
  local files = read_c()
  for _, path in ipairs(sorted_keys(files)) do
    local lines, lines_run, missed = count(files[path].lines)
    local ways, ways_taken = count(files[path].branches)
    local open, reasoned = tell(path, missed)
    all, run, excused = all + lines, run + lines_run, excused + reasoned
    branches, taken = branches + ways, taken + ways_taken
    found[#found + 1] = ("%s: %.1f%% of %d lines, %.1f%% of %d branches"):format(path,
      share(lines_run, lines), lines, share(ways_taken, ways), ways)
    for _, line in ipairs(open) do found[#found + 1] = line end
  end
  print(("src/core: %.1f%% of %d lines (%d not run, %d of these with a reason), " ..
    "%.1f%% of %d branches"):format(share(run, all), all, all - run, excused,
    share(taken, branches), branches))
  return share(run, all) >= BARS.core_lines and share(taken, branches) >= BARS.core_branches
    and run + excused == all
end

local function is_end(text)
  return not text:gsub("%f[%w_]end%f[^%w_]", ""):gsub("%f[%w_]else%f[^%w_]", "")
    :find "[^%s%(%){},%[%]]"
end

local function report_lua(found)
  local ran, all, run, excused = counted.all(counted.specs(OUT)), 0, 0, 0
  for path in output_of "find lua -name '*.lua' ! -name types.lua | sort":gmatch "[^\n]+" do
    local lines, active = lines_of(path), {}
    local listing = output_of("luac5.4 -p -l -l " .. path)
    for number, instruction in listing:gmatch "\n\t%d+\t%[(%d+)%]%s+(%u%w+)" do
      local at = tonumber(number)
      if instruction ~= "VARARGPREP" then active[at] = not is_end(lines[at]) or nil end
    end
    for number in pairs(active) do
      active[number] = ran[path] and ran[path][number] and 1 or 0
    end
    local here, here_run, missed = count(active)
    local open, reasoned = tell(path, missed)
    all, run, excused = all + here, run + here_run, excused + reasoned
    found[#found + 1] = ("%s: %.1f%% of %d lines"):format(path, share(here_run, here), here)
    for _, line in ipairs(open) do found[#found + 1] = line end
  end
  print(("lua: %.1f%% of %d lines (%d not run, %d of these with a reason)"):format(share(run, all),
    all, all - run, excused))
  return share(run, all) >= BARS.lua_lines and run + excused == all
end

local found = {}
local is_core_well = report_c(found)
local is_lua_well = report_lua(found)
local stale = IS_WHOLE and reasons.stale(known) or {}
local file = assert(io.open(OUT .. "/not_run.txt", "w"))
file:write(table.concat(found, "\n"), "\n")
file:close()
print("what was not run without a reason, line by line: " .. OUT .. "/not_run.txt; the reasons: "
  .. REASONS)
for _, line in ipairs(stale) do
  print(REASONS .. ": a reason for what is run, or is no more: " .. line)
end
os.exit(not IS_WHOLE or is_core_well and is_lua_well and #stale == 0)
