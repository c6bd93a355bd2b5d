--- A vault read back: any number of archives, under a cap of money and of rates,
-- by any number of processes on any number of machines. What is known stands in a
-- database, so that all of them may be killed at any moment.
--
--   local restore = require "glacier.restore"
--   local r = assert(restore.open{ store = "photos.db", client = client })
--
-- It blocks while it speaks to the database: it is for programs of their own.

local database = require("glacier.restore.database")
local errors = require("glacier.errors")
local files = require("glacier.restore.files")
local identity = require("glacier.restore.identity")
local limits = require("glacier.restore.limits")
local options_of = require("glacier.config").options
local operator = require("glacier.restore.store.operator")
local plan = require("glacier.restore.plan")
local run = require("glacier.restore.run")
local schema = require("glacier.restore.store.schema")
local status = require("glacier.restore.status")

local error, ipairs, setmetatable = error, ipairs, setmetatable
local format = string.format

local restore = {}

---@class glacier.Restore
---@field db glacier.Database
---@field client glacier.Client
local Restore = {}
Restore.__index = Restore

-- Downloads at a time, where nobody says otherwise, and at the most.
local USUAL_DOWNLOADS, MOST_DOWNLOADS = 8, 64

local OPEN = {
  store = { type = "string", filled = true },
  client = { type = "table" },
}
local RUN = {
  downloads = { type = "number", minimum = 1, whole = true },
  stop = { type = "function" },
}
local LIMIT = {
  cost = { type = "number" },
  starts_per_second = { type = "number" },
  bytes_per_hour = { type = "number" },
}
local RETRY = {
  state = { type = "string", choices = { "failed", "gone" } },
}

--- The text of a status, of some lines.
---@param found glacier.RestoreStatus
---@return string
function restore.report(found)
  return status.report(found)
end

--- An amount of money as text, with two places, in whatever the prices are in.
---@param amount number
---@return string
function restore.money(amount)
  return status.money(amount)
end

--- Opens the store of a restore; it is made where it is not there.
---@param given {store: string, client: glacier.Client}  store: the path of an
--- SQLite file on a disk of this machine, or "postgresql://host/name"
---@return glacier.Restore?
---@return glacier.Error? err  kind "config", code "StoreError"
function restore.open(given)
  local options, err = options_of.judge(given, OPEN, "#1 to 'open'", 2)
  if not options then
    return nil, err
  elseif not options.store then
    return nil, errors.config("Option 'store' is missing: the path of an SQLite file, or " ..
      "postgresql://host/name")
  elseif not options.client then
    error("bad argument #1 to 'open' (its field 'client' must be a client)", 2)
  end
  local client = options.client
  local db
  db, err = database.open(options.store, function(seconds)
    client:sleep(seconds)
  end)
  if not db then
    return nil, err
  end
  local ok
  ok, err = schema.make(db)
  if not ok then
    db:close()
    return nil, err
  end
  return setmetatable({ db = db, client = client }, Restore)
end

---@class glacier.RestorePlan
---@field archives integer  that are planned now, in all
---@field bytes number      of them
---@field cost number       what they may cost, each once; without prices 0
---@field seconds number    that it takes by the rates and the tier, at the least; what the
--- connection takes is known only to `status`
---@field bad_rows integer  of the inventory, which are left out

--- Puts into the store what is to be restored: archives of an inventory, in the
--- order of their dates. Nothing is sent and nothing costs anything. Planned again
--- nothing changes, but what a newer inventory has besides is added; then cap and
--- rates stay as they are (`limit` changes them).
---@param given {vaultName: string, accountId: string?, inventory: string|(fun(): string?, any),
--- into: string, tier: "Bulk"|"Standard"|"Expedited"|nil,
--- filter: (fun(archive: glacier.Archive): any)?, name: (fun(archive: glacier.Archive):
--- string?)?, on_bad: (fun(bad: glacier.BadRow))?,
--- cap: {cost: number?, prices: table?}?, rates: {starts_per_second: number?, bytes_per_hour:
--- number?}?}  inventory: a path, or a function that returns the next bytes; name: where an
--- archive is to be below `into`, nil: by glacier.archive_name, else its ArchiveId; a name that
--- another one has gets a number; cap.cost: of money, with prices per_1000_requests, per_gib
--- and egress_per_gib
---@return glacier.RestorePlan?
---@return glacier.Error? err  code "UnsafeName" (a name that leads out of `into`, with
--- `archive`), "OtherPlan" (the store has another restore), "StoreError", or as of
--- glacier.inventory; nothing is planned then
function Restore:plan(given)
  return plan.plan(self, given)
end

--- Starts, waits and fetches, until all is done. Any number of processes may do so
--- at the same time.
---@param given? {downloads: integer?, stop: (fun(): boolean)?}  downloads: at a
--- time, 8; stop: asked twice a second whether the run is to end
---@return true|nil done    nil: it cannot go on
---@return "paused"|"stopped"|glacier.Error|nil why  "paused", "stopped": not all is
--- done; code "NothingPlanned", "NoCap", or that of the call that was refused
function Restore:run(given)
  local options, err = options_of.judge(given, RUN, "#1 to 'run'", 2)
  if not options then
    return nil, err
  elseif (options.downloads or 0) > MOST_DOWNLOADS then
    return nil, errors.config(format("Option 'downloads' must be %d at the most", MOST_DOWNLOADS))
  end
  return run.run({
    db = self.db, client = self.client, owner = identity.new(), stop = options.stop,
    is_dead = identity.is_dead, is_here = identity.is_here, open_files = files.open,
  }, options.downloads or USUAL_DOWNLOADS)
end

--- How far it is, as of one moment. It takes no longer however many archives
--- there are.
---@return glacier.RestoreStatus?
---@return glacier.Error? err  code "NothingPlanned", "StoreError"
function Restore:status()
  return status.read(self.db, self.client:time())
end

--- What was given up, or is not in the vault any more.
---@param most integer?  of them, 10
---@return {path: string, state: "failed"|"gone", last_error: string?}[]?
---@return glacier.Error? err
function Restore:problems(most)
  return status.problems(self.db, most or 10)
end

--- Ends all runs once what is on its way is fetched, and lets none begin before
--- `resume`.
---@return true|nil
---@return glacier.Error? err
function Restore:pause()
  return operator.pause(self.db)
end

--- Lets runs begin again.
---@return true|nil
---@return glacier.Error? err
function Restore:resume()
  return operator.resume(self.db)
end

--- Changes what may be spent and how fast; what is not named stays.
---@param given {cost: number?, starts_per_second: number?, bytes_per_hour: number?}
---@return true|nil
---@return glacier.Error? err
function Restore:limit(given)
  local options, err = options_of.judge(given, LIMIT, "#1 to 'limit'", 2)
  if not options then
    return nil, err
  end
  if options.cost and options.cost < 0 then
    return nil, errors.config("Option 'cost' must be at least 0")
  end
  for _, name in ipairs({ "starts_per_second", "bytes_per_hour" }) do
    if options[name] and options[name] <= 0 then
      return nil, errors.config(format("Option '%s' must be more than 0", name))
    end
  end
  return operator.limit(self.db, {
    cap = limits.nano(options.cost), starts_rate = limits.starts(options.starts_per_second),
    bytes_rate = limits.bytes(options.bytes_per_hour),
  })
end

--- Has archives tried again that were given up ("failed"), or were not there
--- ("gone"). One whose job is still good is fetched by that job.
---@param given {state: "failed"|"gone"}
---@return integer? count
---@return glacier.Error? err
function Restore:retry(given)
  local options, err = options_of.judge(given, RETRY, "#1 to 'retry'", 2)
  if not options then
    return nil, err
  elseif not options.state then
    return nil, errors.config("Option 'state' is missing: \"failed\" or \"gone\"")
  end
  return operator.retry(self.db, options.state, self.client:time())
end

--- Gives the store back.
function Restore:close()
  self.db:close()
end

return restore
