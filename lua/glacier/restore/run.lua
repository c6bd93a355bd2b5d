--- A run: the starter, the surveyor and the fetchers of one process, side by side,
-- until all is done, or it is to end.

local description = require("glacier.restore.store.description")
local errors = require("glacier.errors")
local fetcher = require("glacier.restore.fetcher")
local outcome_of = require("glacier.restore.outcome")
local protected = require("glacier.host").protected
local roles = require("glacier.restore.store.roles")
local settings_of = require("glacier.restore.store.settings")
local starter = require("glacier.restore.starter")
local surveyor = require("glacier.restore.surveyor")

local error, ipairs, next, setmetatable = error, ipairs, next, setmetatable
local min = math.min

local run = {}

-- Seconds between two looks at the whole, and between two signs of life.
local LOOK_SECONDS, BEAT_SECONDS = 1, 10

-- What was noted so many seconds after the store's last sign of life is none of a
-- store that was set back.
local YOUNG = 60

-- Seconds until a store that fails is tried again, and for which it may fail.
local STORE_PAUSE, STORE_PATIENCE = 5, 900

-- Seconds that a part of a run waits which has found nothing to do: longer each
-- time, up to so many.
local FIRST_IDLE, LONGEST_IDLE, LONGER = 1, 5, 1.5

-- How much the last measurement counts in the rate.
local SHARE = 0.3

---@class glacier.RestoreRun
---@field db glacier.Database
---@field client glacier.Client
---@field files glacier.RestoreFiles
---@field owner string
---@field settings glacier.RestoreSettings
---@field last_seen number   the store's last sign of life before this run
---@field knows_all boolean  the store surely was not set back to a backup
---@field began_at number    by the client's clock that only goes forward
---@field hear fun(): boolean  whether `time` is the service's by now, not the machine's
---@field fetches table<glacier.Fetch, true>  this run's: taken, on their way, finished
---@field claimed glacier.Fetch[]   taken, and not begun
---@field finished glacier.Fetch[]  at their places, and not taken down yet
---@field downloads integer         at a time
---@field time fun(): number epoch seconds by the service's clock
---@field is_dead fun(owner: string): boolean
---@field is_ending fun(): boolean
---@field fail fun(err: glacier.Error)  ends the run
---@field note_bytes fun(count: number)
---@field describe fun(intent: glacier.Intent): string  the job's description
local Run = {}
Run.__index = Run

-- What the store says of the whole. True: nothing is left to be done.
local function look(self)
  return self.db:read(function(tx)
    local settings, err = settings_of.planned(tx)
    if not settings then
      return nil, err
    end
    local sums = settings_of.sums(tx)
    return settings, sums.done + sums.failed + sums.gone >= settings.archives
  end)
end

-- Looks whether the run is over. A store that fails is looked at again.
local function look_on(self)
  local settings, is_done = look(self)
  if not settings then
    return
  end
  self.settings = settings
  if is_done then
    self.ended = self.ended or "done"
  elseif settings.paused then
    self.ended = self.ended or "paused"
  end
end

-- Bytes a second, measured while something is fetched.
local function measure(self, now)
  local seconds = now - self.measured_at
  if (self.was_fetching or self.bytes > 0) and seconds > 0 then
    local rate = self.bytes / seconds
    self.rate = self.rate and (1 - SHARE) * self.rate + SHARE * rate or rate
  end
  self.bytes, self.measured_at, self.was_fetching = 0, now, next(self.fetches) ~= nil
end

-- Frees what those hold who are no more.
local function bury(self)
  local list = self.db:rows("SELECT owner FROM worker WHERE has_left = 0 AND owner <> ?",
    self.owner)
  for _, row in ipairs(list or {}) do
    if self.is_dead(row.owner) then
      roles.leave(self.db, row.owner)
    end
  end
end

local function beat(self)
  measure(self, self.client:now())
  local ok, err = roles.beat(self.db, self.owner, self.time(), self.rate or 0, self.fetches)
  if ok then
    self.files:note_time(self.time())
    bury(self)
  end
  return ok, err
end

local function tick(self)
  local now = self.client:now()
  if self.stop and self.stop() then
    self.ended = self.ended or "stopped"
  end
  if now - self.looked_at >= LOOK_SECONDS then
    self.looked_at = now
    fetcher.flush(self)
    look_on(self)
  end
  if now - self.beaten_at >= BEAT_SECONDS then
    self.beaten_at = now
    beat(self)
  end
end

-- Whether the store knows of all that was ever started: all who have worked at it
-- were of this machine, and what they have noted here is no later than what it
-- says of them.
local function knows_all(self)
  local last = self.files:last_time()
  if last and last > self.last_seen + YOUNG then
    return false
  end
  for _, row in ipairs(self.db:rows("SELECT owner FROM worker") or { { owner = "" } }) do
    if not self.is_here(row.owner) then
      return false
    end
  end
  return true
end

-- What a failing store leads to: some patience, then the end.
local function bear(self, err)
  local now = self.client:now()
  self.store_failed_at = self.store_failed_at or now
  if not (err.retryable and err.code == "StoreError") or
    now - self.store_failed_at > STORE_PATIENCE then
    self.fail(err)
  end
  return STORE_PAUSE
end

-- A function that does one step after the other. A step returns the seconds until
-- the next one, "idle" where it has found nothing to do, or `nil, err`.
local function steps(self, step)
  return function(is_stopped)
    local idle = FIRST_IDLE
    while not self.is_ending() and not is_stopped() do
      local pause, err = step(self)
      if pause == "idle" then
        pause, idle = idle, min(LONGER * idle, LONGEST_IDLE)
      elseif pause then
        idle = FIRST_IDLE
      end
      if pause then
        self.store_failed_at = nil
      else
        pause = bear(self, err)
      end
      if pause > 0 and not self.is_ending() then
        local slept
        slept, err = self.client:sleep(pause)
        if not slept then
          self.fail(err)
        end
      end
    end
  end
end

-- Has the service tell its time once, before any moment counts: a machine's clock
-- may be minutes ahead, or behind.
local function hear(self)
  if self.has_heard then
    return true
  end
  local settings = self.settings
  local page, err = self.client:list_jobs({
    accountId = settings.account, vaultName = settings.vault, limit = "1",
  })
  if page then
    self.has_heard = true
    return true
  elseif outcome_of.is_fatal(err) then
    self.fail(err)
  end
  return false
end

-- The run's own ways, as functions that its parts may call.
local function equip(self)
  self.time = function()
    return self.client:time()
  end
  self.hear = function()
    return hear(self)
  end
  self.is_ending = function()
    return self.ended ~= nil
  end
  self.fail = function(err)
    self.failed = self.failed or err
    self.ended = "failed"
  end
  self.note_bytes = function(count)
    self.bytes = self.bytes + count
  end
  self.describe = function(intent)
    return description.format(self.settings.plan, intent)
  end
end

-- Removes what no archive that is on its way needs.
local function clean(self)
  self.files:clean(function(seq)
    local row = self.db:row("SELECT state FROM work WHERE seq = ?", seq)
    return row ~= false -- in doubt it stays
  end)
  if self.ended == "done" then
    self.files:leave()
  end
end

local function outcome(self)
  if self.ended == "failed" then
    return nil, self.failed
  elseif self.ended == "done" then
    return true
  end
  return true, self.ended
end

-- What a run needs, before it begins.
local function prepare(self, open_files)
  local settings, err = look(self)
  if not settings then
    return nil, err
  elseif not settings.cap then
    return nil, errors.config("there is no cap: what may be spent is to be said first " ..
      "(cap.cost of `plan`, cost of `limit`)", "NoCap")
  end
  self.settings = settings
  self.files, err = open_files(settings.folder)
  if not self.files then
    return nil, err
  end
  self.last_seen, err = self.db:read(roles.last_seen)
  if not self.last_seen then
    return nil, err
  end
  self.knows_all = knows_all(self)
  return true
end

--- Runs until all is done, or the run is to end.
---@param given {db: glacier.Database, client: glacier.Client, owner: string, stop: function?,
--- is_dead: function, is_here: function,
--- open_files: fun(folder: string): glacier.RestoreFiles?, glacier.Error?}
---@param downloads integer  at a time
---@return true|nil
---@return "paused"|"stopped"|glacier.Error|nil
function run.run(given, downloads)
  local self = setmetatable({
    db = given.db, client = given.client, owner = given.owner, stop = given.stop,
    is_dead = given.is_dead, is_here = given.is_here, downloads = downloads, fetches = {},
    claimed = {}, finished = {}, bytes = 0, looked_at = 0, beaten_at = 0,
    measured_at = given.client:now(), began_at = given.client:now(),
  }, Run)
  equip(self)
  local ready, err = prepare(self, given.open_files)
  if not ready then
    return nil, err
  end
  look_on(self)
  if not self.ended then
    local ok
    ok, err = beat(self)
    if not ok then
      return nil, err
    end
    self.beaten_at = self.client:now()
    local functions = { steps(self, starter.step), steps(self, surveyor.step) }
    for i = 1, downloads do
      functions[i + 2] = steps(self, fetcher.step)
    end
    local done, raised = protected.call(self.client.run_together, self.client, functions,
      function() tick(self) end)
    if not done and raised ~= fetcher.ENDING then
      roles.leave(self.db, self.owner)
      error(raised, 0)
    end
  end
  fetcher.flush(self)
  roles.leave(self.db, self.owner)
  clean(self)
  return outcome(self)
end

return run
