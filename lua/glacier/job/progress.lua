--- Ready-made ones for the option `on_progress`: a line on a terminal for
-- people, a line of JSON an event for programs.

local amounts = require("glacier.amounts")
local file = require("glacier.core.file")
local json = require("glacier.json")
local text = require("glacier.text")

local floor, huge, max, min = math.floor, math.huge, math.max, math.min
local format, rep, sub = string.format, string.rep, string.sub
local io, os = io, os
local error, tonumber, tostring, type = error, tonumber, tostring, type

local progress = {}

local STDERR = 2
local USUAL_COLUMNS, FEWEST_COLUMNS = 80, 10

-- Of columns a whole number of steps, so that a bar does not tremble with the
-- length of the numbers behind it.
local WIDEST_BAR, BAR_STEP = 30, 6
local LONGEST_TEXT = 300
local LONGEST_ETA = 1000 * 3600

local function is_number(value)
  return type(value) == "number" and value == value and value > -huge and value < huge
end

local function share_of(event)
  local bytes, total = event.bytes, event.total
  if is_number(bytes) and is_number(total) and total > 0 then
    return max(0, min(bytes / total, 1))
  end
end

-- What the output's end means for who waits for it: nothing, as long as it is
-- far enough.
local function shown_expiry(event, now)
  local eta, expires = event.eta, event.expires
  if event.done or not is_number(expires) or not is_number(eta) or now + eta <= expires then
    return nil
  elseif expires <= now then
    return "may have expired"
  end
  return "may expire before, in " .. amounts.duration(expires - now)
end

local function shown_amount(event)
  if not is_number(event.bytes) then
    return nil
  elseif is_number(event.total) and not event.done then
    return amounts.bytes(event.bytes) .. " of " .. amounts.bytes(event.total)
  end
  return amounts.bytes(event.bytes)
end

local function shown_eta(event, is_rough)
  if event.done or not is_number(event.eta) or event.eta > LONGEST_ETA then
    return nil
  end
  return "eta " .. (is_rough and "about " or "") .. amounts.duration(event.eta)
end

-- The parts of a line about a job that is waited for.
local function waiting_parts(event)
  local parts = {}
  if is_number(event.jobs) then
    local finished = is_number(event.finished) and event.finished or 0
    parts[1] = amounts.whole(finished) .. " of " .. amounts.whole(event.jobs) .. " jobs have ended"
  end
  if is_number(event.age) then
    parts[#parts + 1] = "job is " .. amounts.duration(event.age) .. " old"
  end
  parts[#parts + 1] = shown_eta(event, true)
  if is_number(event.next_look) and not event.done then
    parts[#parts + 1] = "next look in " .. amounts.duration(event.next_look)
  end
  return parts
end

-- The parts of a line about bytes that come, the most important first.
local function moving_parts(event, now)
  local share, parts = share_of(event), {}
  if share then
    parts[1] = format("%3d%%", floor(share * 100))
  end
  parts[#parts + 1] = shown_eta(event)
  parts[#parts + 1] = shown_expiry(event, now)
  parts[#parts + 1] = is_number(event.rate) and amounts.bytes(max(event.rate, 0)) .. "/s" or nil
  parts[#parts + 1] = shown_amount(event)
  return parts
end

local function words_of(event)
  local phase = event.phase
  phase = text.line(type(phase) == "string" and phase or "working", LONGEST_TEXT)
  if event.err then
    return phase .. " failed: " .. text.line(tostring(event.err), LONGEST_TEXT)
  end
  return event.done and phase .. " done" or phase
end

-- Bytes of UTF-8 take no more columns than there are; one that is cut must not
-- be cut amid a character.
local function cut(line, columns)
  return #line > columns and text.cut(line, columns) or line
end

--- An event as one line without a line's end. What does not fit is left out,
--- the least important first: the amount, the rate; the bar becomes shorter.
---@param event glacier.Progress
---@param columns integer  that it may take
---@param now number       epoch seconds, for `expires`
---@return string
function progress.line(event, columns, now)
  local line = words_of(event)
  if event.err then
    return cut(line, columns)
  end
  local is_waiting = event.phase == "waiting"
  local parts = is_waiting and waiting_parts(event) or moving_parts(event, now)
  for i = 1, #parts do
    if #line + 2 + #parts[i] > columns then
      break
    end
    line = line .. "  " .. parts[i]
  end
  local share = not is_waiting and share_of(event)
  local room = min(columns - #line - 2, WIDEST_BAR)
  room = room - room % BAR_STEP
  if share and room > 0 then
    local words = words_of(event)
    line = words .. "  " .. amounts.bar(share, room) .. sub(line, #words + 1)
  end
  return cut(line, columns)
end

local function stderr_of(name)
  if not io then
    error("glacier.progress." .. name .. " needs Lua's library 'io'", 3)
  end
  return io.stderr
end

-- As shells and Python have it: the variable first, then what the terminal says.
local function columns_now()
  local asked = os and os.getenv and tonumber(os.getenv("COLUMNS") or "")
  local told = asked and asked >= 1 and asked or file.terminal(STDERR)
  return told and max(FEWEST_COLUMNS, floor(told > 0 and told or USUAL_COLUMNS))
end

--- Shows the progress as one line that is drawn again and again on stderr: what
--- is done, a bar, percent, time left, rate, amount. The line is ended with the
--- last event. Where stderr is no terminal nothing is written.
---@return fun(event: glacier.Progress)  for the option `on_progress` of one call at a time
function progress.terminal()
  local stderr, shown = stderr_of("terminal"), 0
  return function(event)
    if not file.terminal(STDERR) then
      return
    end
    -- The last column stays free: a line that fills it wraps in some terminals.
    local columns = columns_now() - 1
    local line = progress.line(event, columns, os and os.time() or 0)
    -- Blanks take away what is left of the line before; it may be narrower now.
    local blanks = max(0, min(shown, columns) - #line)
    stderr:write("\r" .. line .. rep(" ", blanks) .. (event.done and "\n" or ""))
    shown = event.done and 0 or #line
  end
end

--- Writes each event as one JSON object a line to stderr, its members in
--- alphabetical order: phase, bytes, total, rate, eta, expires, and others. Of
--- an error its text.
---@return fun(event: glacier.Progress)  for the option `on_progress`
function progress.json()
  local stderr = stderr_of("json")
  return function(event)
    stderr:write(json.flat(event) .. "\n")
  end
end

return progress
