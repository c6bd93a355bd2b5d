--- A process of the simulation does what a run of a restore does.

local files_of = require("spec.restore.simulator.files")

local match = string.match
local tostring = tostring

-- Downloads that a process has at a time.
local DOWNLOADS = 4

-- Failures after which an operator starts the process again, as the store or the
-- service is out of reach.
local PASSING = { StoreError = true }

-- Whether a name is that of a process of the same machine that is no more.
local function is_dead_for(world, process)
  local machine = match(process.name, "^(m%d+)%.")
  return function(owner)
    local other = world.processes[owner]
    return match(owner, "^(m%d+)%.") == machine and (other == nil or other.dead)
  end
end

--- Runs until all is done.
---@param world table
---@param client spec.SimulatedClient
---@param db spec.SimulatedDatabase
---@param process spec.Process
---@return "done"|"again"  again: it has ended before
return function(world, client, db, process)
  world.processes[process.name] = process
  local stops_at = world.random() < world.faults.stop and
    world.scheduler.now + world.random() * 7200 or math.huge
  local ok, why = world.run({
    db = db, client = client, owner = process.name,
    is_dead = is_dead_for(world, process),
    is_here = function()
      return false
    end,
    open_files = function()
      return files_of.new(world, process)
    end,
    stop = function()
      return world.scheduler.now >= stops_at
    end,
  }, DOWNLOADS)
  world.trace:note(process.name, "ends", nil, ok and (why or "done") or tostring(why))
  if ok and not why then
    return "done"
  elseif ok or PASSING[why.code] then
    return "again"
  end
  return world.checks:violate("end", "a run fails: " .. tostring(why))
end
