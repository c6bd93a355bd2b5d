-- Allocation n fails, for every n: alloc.lua ORIGINS once|lasting STEP [NAME].
-- Prints a line a scenario, and one for each thing that is not as it should be.
--
-- ORIGINS are those of host.c; with a STEP above 1 only every so manieth n.

local memory = rawget(_G, "memory")
local scenarios = dofile "spec/memory/scenarios.lua"

local origins, lasting, step, only = arg[1], arg[2] == "lasting", tonumber(arg[3]), arg[4]
local MOST = 20000
local unpack = rawget(_G, "unpack") or rawget(table, "unpack")

local problems = 0

local function problem(...)
  problems = problems + 1
  if problems <= 20 then
    print("problem:", ...)
  end
end

-- A failure is a table or a text of some words.
local function is_told(failure)
  return failure ~= nil and #tostring(type(failure) == "table" and failure.message or failure) > 3
end

-- What a call gives that found no memory: nil and a failure, an error, or the
-- right result where it could do without.
local function judge(scenario, n, ok, ...)
  local first, second = ...
  if not ok then
    if not is_told(first) then
      problem(scenario.name, n, "raises", tostring(first))
    end
    return false
  elseif first == nil then
    if not is_told(second) then
      problem(scenario.name, n, "fails without a word", tostring(second))
    end
    return false
  end
  local sound, right = pcall(scenario.check, ...)
  if not sound or not right then
    problem(scenario.name, n, "gives what is wrong", tostring(first), tostring(second), tostring(right))
  end
  return true
end

local function attempt(scenario, n)
  return (function(fired, seen, ...)
    return fired, seen, judge(scenario, n, ...)
  end)(memory.call(origins, n, lasting, scenario.run))
end

-- It must go on as before, whatever has failed.
local function check_after(scenario, n)
  local results = { pcall(scenario.run) }
  if not judge(scenario, n, unpack(results, 1, 10)) then
    local failure = results[1] and results[3] or results[2]
    problem(scenario.name, n, "does not recover", tostring(failure))
  end
end

for _, scenario in ipairs(scenarios) do
  if not only or only == scenario.name then
    check_after(scenario, 0)
    local n, failures, tried, fired = 1, 0, 0, 1
    while fired > 0 and n < MOST do
      local went_well
      fired, _, went_well = attempt(scenario, n)
      if fired > 0 then
        tried = tried + 1
        failures = failures + (went_well and 0 or 1)
        check_after(scenario, n)
      elseif not went_well then
        problem(scenario.name, n, "fails with all the memory there is")
      end
      n = n + step
    end
    if n >= MOST then
      problem(scenario.name, n, "asks for ever")
    end
    print(("%s: %d of %s failed in turn, %d were told"):format(scenario.name, tried, origins, failures))
    io.stdout:flush()
  end
end

-- All modules into a new state, and its end.
local MODULES = [[
local names = {
  "digest", "sigv4", "http", "file", "file_hash", "folder", "inventory", "process", "signals", "download",
}
for i = 1, #names do
  open("glacier_core_" .. names[i])
end]]

if not only or only == "modules" then
  local n, tried, fired = 1, 0, 1
  while fired > 0 and n < MOST do
    local ok, message
    fired, ok, message = memory.in_new_state(origins, n, lasting, MODULES)
    if fired > 0 then
      tried = tried + 1
    end
    if not ok and (fired == 0 or #message < 4) then
      problem("modules", n, message)
    end
    n = n + step
  end
  print(("modules: %d of %s failed in turn"):format(tried, origins))
end

print("problems: " .. problems)
