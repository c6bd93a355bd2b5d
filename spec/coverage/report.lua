-- Prints how much of src/core and of lua/ was run, and what was not. Called by
-- run.sh: lua report.lua FOLDER, where it was built and counted.
--
-- Source of the C figures: gcov's JSON; two objects of a file (the tests' and
-- the modules') count as one. A line of Lua counts where luac has an instruction
-- for it, but for those of nothing but ends, which are also where nothing comes.

local cjson = require "cjson"
local sorted_keys = require "spec.support.sorted_keys"

local OUT = arg[1]
local REASONS = "spec/coverage/reasons.txt"
local BARS = { core_lines = 95, core_branches = 85, lua_lines = 95 }

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

-- Reasons: "PATH: why", or "PATH:LINE'S TEXT: why" for one line, the text
-- between bars. Path -> why, and path -> text -> why.
local function read_reasons()
  local whole, single = {}, {}
  for line in io.lines(REASONS) do
    local path, text, why = line:match "^(%S+) |(.-)| (.+)$"
    if path then
      single[path] = single[path] or {}
      single[path][text] = why
    elseif not line:find "^#" and line ~= "" then
      path, why = line:match "^(%S+) (.+)$"
      whole[assert(path, line)] = why
    end
  end
  return whole, single
end

local whole, single = read_reasons()

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
    if whole[path] or single[path] and single[path][text] then
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
end

local function read_lua()
  local ran = {}
  for name in output_of(("find %s/counted -name '*.lines'"):format(OUT)):gmatch "[^\n]+" do
    for line in io.lines(name) do
      local path, number = line:match "^(.*):(%d+)$"
      if path then -- one of a program that was killed may be cut
        ran[path] = ran[path] or {}
        ran[path][tonumber(number)] = true
      end
    end
  end
  return ran
end

local function is_end(text)
  return not text:gsub("%f[%w_]end%f[^%w_]", ""):gsub("%f[%w_]else%f[^%w_]", "")
    :find "[^%s%(%){},%[%]]"
end

local function report_lua(found)
  local ran, all, run, excused = read_lua(), 0, 0, 0
  local counted, counted_run = 0, 0
  for path in output_of "find lua -name '*.lua' ! -name types.lua | sort":gmatch "[^\n]+" do
    local lines, active = lines_of(path), {}
    for number in output_of("luac5.4 -p -l -l " .. path):gmatch "\n\t%d+\t%[(%d+)%]" do
      active[tonumber(number)] = not is_end(lines[tonumber(number)]) or nil
    end
    for number in pairs(active) do
      active[number] = ran[path] and ran[path][number] and 1 or 0
    end
    local here, here_run, missed = count(active)
    local open, reasoned = tell(path, missed)
    all, run, excused = all + here, run + here_run, excused + reasoned
    if not whole[path] then
      counted, counted_run = counted + here, counted_run + here_run
    end
    found[#found + 1] = ("%s: %.1f%% of %d lines"):format(path, share(here_run, here), here)
    for _, line in ipairs(open) do found[#found + 1] = line end
  end
  print(("lua: %.1f%% of %d lines (%d not run, %d of these with a reason); %.1f%% without the " ..
    "files that another program's Lua runs"):format(share(run, all), all, all - run, excused,
    share(counted_run, counted)))
  return share(counted_run, counted) >= BARS.lua_lines
end

local found = {}
local is_core_well = report_c(found)
local is_lua_well = report_lua(found)
local file = assert(io.open(OUT .. "/not_run.txt", "w"))
file:write(table.concat(found, "\n"), "\n")
file:close()
print("what was not run, line by line: " .. OUT .. "/not_run.txt; the reasons: " .. REASONS)
os.exit(is_core_well and is_lua_well)
