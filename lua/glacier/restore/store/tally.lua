--- How many archives there are of each state: kept with each transition, so that
-- nobody has to count, and changed as `x = x + ?`, never from a value read before.

local text = require("glacier.text")

local concat = table.concat
local error, pairs = error, pairs
local unpack = rawget(_G, "unpack") or rawget(table, "unpack")

local tally = {}

local COLUMNS = {
  again = true, intended = true, started = true, ready = true, done = true, failed = true,
  gone = true, bytes_staged = true, bytes_done = true, reserved = true,
}

-- States in which a job is, or may be, on its way or waits to be fetched.
local STAGED = { intended = true, started = true, ready = true }

--- Changes some of the sums.
---@param tx glacier.DatabaseTransaction
---@param changes table<string, number>  what is added
function tally.add(tx, changes)
  local parts, values, names = {}, {}, {}
  for name in pairs(changes) do
    names[#names + 1] = name
  end
  text.sort(names)
  for _, name in pairs(names) do
    if not COLUMNS[name] then
      error("the tally has no " .. name)
    elseif changes[name] ~= 0 then
      parts[#parts + 1] = name .. " = " .. name .. " + ?"
      values[#values + 1] = changes[name]
    end
  end
  if #parts > 0 then
    tx:execute("UPDATE tally SET " .. concat(parts, ", ") .. " WHERE id = 1",
      unpack(values))
  end
end

local function note(changes, name, by)
  changes[name] = (changes[name] or 0) + by
end

--- Takes note of a move in a table of changes.
---@param changes table<string, number>
---@param from string?  a state; nil: waiting
---@param to string     a state
---@param size number   of the archive, bytes
function tally.move(changes, from, to, size)
  if from then
    note(changes, from, -1)
  end
  note(changes, to, 1)
  local was, is = STAGED[from] or false, STAGED[to] or false
  if was ~= is then
    note(changes, "bytes_staged", is and size or -size)
  end
  if to == "done" then
    note(changes, "bytes_done", size)
  end
end

--- Takes note of money.
---@param changes table<string, number>
---@param amount number  billionths; less than 0: it goes back
function tally.reserve(changes, amount)
  note(changes, "reserved", amount)
end

return tally
