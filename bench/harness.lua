--- Runs the programs that are timed, round after round in turn, and keeps the
--- rows of the table. What cannot be run here is skipped with a word.

local machine = require "bench.machine"

local sort = table.sort
local ceil = math.ceil

local harness = {
  --- Of each comparison; figures are their medians.
  ROUNDS = tonumber(os.getenv "ROUNDS") or 5,
  --- Seconds after which a comparison begins no further round: on a machine
  --- that is busy there are fewer, and the whole still ends.
  ROUNDS_SECONDS = 20,
  --- {section=, work=, against=, ...} as `table` shows them
  rows = {},
}

local function median(numbers)
  sort(numbers)
  return numbers[ceil(#numbers / 2)]
end

-- Seconds that a command may take.
local COMMAND_SECONDS = 60

--- The numbers that a command prints; nil where it fails.
---@param command string  for a shell
---@return number[]? figures
---@return string? reason
function harness.figures(command)
  local pipe = assert(io.popen(("%ssh -c '%s' 2>%s/err </dev/null && echo done"):format(
    machine.has "timeout" and "timeout " .. COMMAND_SECONDS .. " " or "",
    command:gsub("'", "'\\''"), machine.folder)))
  local text = pipe:read "*a"
  pipe:close()
  if not text:find "done%s*$" then
    local file = io.open(machine.folder .. "/err")
    local reason = file and file:read "*a" or ""
    if file then
      file:close()
    end
    return nil, (reason:match "[^\n]+" or "it failed")
  end
  local figures = {}
  for figure in text:gmatch "%-?%d[%d.e+-]*" do
    figures[#figures + 1] = tonumber(figure)
  end
  return figures
end

-- A contender's medians, figure by figure.
local function medians(rounds)
  local result = {}
  for i = 1, #rounds[1] do
    local numbers = {}
    for round, figures in ipairs(rounds) do
      numbers[round] = figures[i]
    end
    result[i] = median(numbers)
  end
  return result
end

--- Times commands against each other: in each round every one of them once.
---@param commands string[]
---@param rounds integer?
---@return table<integer, number[]> medians  by command; none of what failed
---@return table<integer, string> reasons  why it failed
function harness.compete(commands, rounds)
  local all, reasons, result = {}, {}, {}
  local began = os.time()
  for round = 1, rounds or harness.ROUNDS do
    if round > 1 and os.time() - began >= harness.ROUNDS_SECONDS then
      break
    end
    for i, command in ipairs(commands) do
      all[i] = all[i] or {}
      if not reasons[i] then
        local figures, reason = harness.figures(command)
        all[i][round] = figures
        reasons[i] = not figures and reason or figures and not figures[1] and "no figure" or nil
      end
    end
  end
  for i = 1, #commands do
    result[i] = not reasons[i] and medians(all[i]) or nil
  end
  return result, reasons
end

--- A row of the table.
---@param row {work: string, against: string?, floor: number?, ours: number?,
--- unit: string?, ratio: number?, across: number?, bar: number?, added: boolean?,
--- skipped: string?}  ratio: ours / floor unless given; added: the bar is on
--- ours - floor instead; across: the ratio across cores; skipped: why
function harness.row(row)
  row.section = harness.section
  if row.ours and row.floor then
    row.ratio = row.ratio or row.added and row.ours - row.floor or row.ours / row.floor
  end
  harness.rows[#harness.rows + 1] = row
  io.stderr:write(require "bench.table".line(row), "\n")
end

--- Rows that have one floor: their first figures, once with client and server
--- on one core, once across cores.
---@param group {floor: {name: string, command: string}, unit: string?,
--- scale: number?, no_server: boolean?, rows: {work: string, command: string,
--- bar: number?}[]}  scale: what figures are divided by (1000: us of ns)
function harness.group(group)
  local commands, scale = { group.floor.command }, group.scale or 1000
  for i, row in ipairs(group.rows) do
    commands[i + 1] = row.command
  end
  local results, reasons = {}, {}
  for side, core in ipairs(group.no_server and { machine.cores[1] } or machine.sides) do
    local pinned = {}
    for i, command in ipairs(commands) do
      pinned[i] = machine.pin(core, command)
    end
    results[side], reasons[side] = harness.compete(pinned)
  end
  local one, other = results[1], results[2]
  for i, row in ipairs(group.rows) do
    local mine, floor = one[i + 1], one[1]
    if mine and floor then
      local across = other and other[i + 1] and other[1] and other[i + 1][1] / other[1][1]
      harness.row { work = row.work, against = group.floor.name, floor = floor[1] / scale,
        ours = mine[1] / scale, unit = group.unit or "us", bar = row.bar, across = across }
    else
      harness.row { work = row.work, against = group.floor.name, bar = row.bar,
        skipped = reasons[1][i + 1] or reasons[1][1] }
    end
  end
end

return harness
