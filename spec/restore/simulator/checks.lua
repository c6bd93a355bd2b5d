--- What must hold in a simulation at every instant and at its end. The first
-- thing that does not ends the simulation.

local format = string.format
local error, getmetatable, ipairs, pairs, setmetatable, tostring =
  error, getmetatable, ipairs, pairs, setmetatable, tostring

local checks = {}

-- Starts are counted over so many seconds. An intent may be sent until so many
-- seconds after it was committed, so that those of a minute before may be among them.
local WINDOW_SECONDS, SEND_SECONDS = 600, 60

-- Money is whole billionths; the service's is not rounded.
local ROUNDING = 1e-3

---@class spec.Checks
local Checks = {}
Checks.__index = Checks

local Violation = {}
Violation.__index = Violation
Violation.__tostring = function(self)
  return self.message
end

--- The checks of a world.
---@param world table
---@return spec.Checks
function checks.new(world)
  return setmetatable({ world = world, sends = {}, first_send = 1, sent_bytes = 0, paid = {} }, Checks)
end

--- Whether what was raised is something that did not hold.
---@param value any
---@return boolean
function checks.is_violation(value)
  return getmetatable(value) == Violation
end

--- Something does not hold. It is kept too, as what is raised may be caught.
---@param rule string   its name, as mutants name it
---@param message string
---@param archive any?  the archive that it is about
function Checks:violate(rule, message, archive)
  local world = self.world
  self.violation = self.violation or setmetatable({
    rule = rule, archive = archive,
    message = format("seed %s, %s: %s%s", tostring(world.seed), rule, message,
      archive and " (" .. tostring(archive) .. ")" or ""),
  }, Violation)
  error(self.violation, 0)
end

--- A job was made though there is a good one.
function Checks:paid_twice(archive, job)
  self:violate("paid twice", format("a job is made at %.0f while %s of %.0f is good",
    self.world.scheduler.now, job.id, job.created), archive.name)
end

-- A store that was set back knows what was spent since by the list of jobs, but for
-- jobs that have left it, and for one that failed and is listed after the next of
-- its archive.
local function spent_since(self)
  local world = self.world
  local faults = world.faults
  if world.service.spent > world.cap * 1e9 + ROUNDING and faults.job_fails == 0 and
    faults.always_fails == 0 and faults.outage == 0 and faults.storm == 0 then
    self:violate("cap", format("spent %.3f, the cap is %.3f", world.service.spent, world.cap * 1e9))
  end
end

--- Called whenever money was spent.
function Checks:spent()
  local world = self.world
  if world.was_set_back then
    return spent_since(self)
  end
  local money = world.inspect.money()
  if world.service.spent > money.reserved * (1 + 1e-12) + ROUNDING then
    self:violate("money", format("spent %.3f, reserved %.3f", world.service.spent, money.reserved))
  elseif money.reserved > money.cap then
    self:violate("cap", format("reserved %.3f, the cap is %.3f", money.reserved, money.cap))
  end
end

--- A request to start a job is about to be sent.
function Checks:sent(archive)
  local world = self.world
  world.moved_at = world.scheduler.now
  local now, sends = world.scheduler.now, self.sends
  self.sent_bytes = self.sent_bytes + archive.size
  sends[#sends + 1] = { time = now, size = archive.size, before = self.sent_bytes - archive.size }
  while sends[self.first_send].time < now - WINDOW_SECONDS do
    self.first_send = self.first_send + 1
  end
  local first = sends[self.first_send]
  local count = #sends - self.first_send + 1
  local seconds = now - first.time + SEND_SECONDS + 1
  if count > world.rates.starts_per_second * seconds + 1 then
    self:violate("rate of starts", format("%d starts in %.0f s", count, now - first.time))
  elseif world.rates.bytes_per_hour and
    self.sent_bytes - first.before > world.rates.bytes_per_hour / 3600 * seconds + world.largest then
    self:violate("rate of bytes", format("%.0f bytes in %.0f s", self.sent_bytes - first.before,
      now - first.time))
  end
end

--- How a job is asked for: once, before a moment, and not looked for by the client.
function Checks:call_options(operation, options)
  if not options or options.max_attempts ~= 1 or options.reconcile ~= false or
    not options.sign_before then
    self:violate("call options", operation)
  end
end

--- A partial file is whole now, and proved.
function Checks:fetched(archive, options)
  if options.tree_hash ~= archive.tree_hash then
    self:violate("proof", "the inventory's tree hash is not asked for", archive.name)
  end
  self.world.disk[options.path] = archive
end

--- A partial file gets the name that says it is whole.
---@param archive table  whose name it is
---@param whose table    whose bytes they are
---@param path string
function Checks:published(archive, whose, path)
  if whose ~= archive then
    self:violate("proof", path .. " has the bytes of " .. whose.name, archive.name)
  end
  self.world.on_disk[archive.name] = path
  self.world.moved_at = self.world.scheduler.now
end

-- Each archive is in exactly one place.
local function check_places(self)
  for name, places in pairs(self.world.inspect.places()) do
    if places ~= 1 then
      self:violate("places", format("is in %d places", places), name)
    end
  end
end

-- What is counted as one goes is what there is.
local function check_sums(self)
  for _, text in ipairs(self.world.inspect.sums()) do
    self:violate("sums", text)
  end
end

--- What must hold between any two transactions; takes as long as there are archives.
function Checks:whole()
  check_places(self)
  check_sums(self)
end

--- No job was made and no archive fetched for long.
function Checks:stuck()
  for name, state in pairs(self.world.inspect.states()) do
    if state ~= "done" and state ~= "failed" and state ~= "gone" then
      self:violate("end", "it does not end: an archive stays " .. self.world.inspect.row(name), name)
    end
  end
  self:violate("end", "it does not end, though all archives have")
end

-- How an archive must have ended.
local function expected(archive)
  return archive.is_gone and "gone" or (archive.always_fails or archive.always_wrong) and "failed" or
    "done"
end

--- What must hold at the end.
function Checks:ended()
  self:whole()
  local world = self.world
  local states = world.inspect.states()
  for _, archive in ipairs(world.list) do
    local state = states[archive.name]
    if state == "done" and not world.on_disk[archive.name] then
      self:violate("proof", "done without its bytes", archive.name)
    elseif state ~= expected(archive) and not (state == "failed" and archive.may_fail) then
      self:violate("end", format("is %s, not %s", tostring(state), expected(archive)), archive.name)
    end
  end
  self:spent()
end

return checks
