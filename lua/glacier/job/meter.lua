--- Tells an `on_progress` how far something is: how fast it goes by what moved
-- lately, when it will end, at most twice a second, and the end always.
--
--   local meter = meter_of.new(now, on_progress, { phase = "downloading", total = size })
--   meter:add(#piece)                -- as bytes arrive
--   meter:set({ bytes = resumed })   -- what is there and did not move now
--   meter:tick()                     -- now and then, so that a standstill shows
--   meter:finish(err)                -- once, at the end
--
-- What on_progress raises goes through whichever of these called it; the meter
-- can be used after that as before.

local max = math.max
local next, setmetatable = next, setmetatable
local remove = table.remove

-- Seconds: between two events, between two samples, and how far back the rate
-- looks. A part of 32 MiB that comes at once must not make it jump.
local EVENT_STEP, SAMPLE_STEP, WINDOW = 0.5, 0.5, 10

---@class glacier.Progress  an event; more fields are those of its phase
---@field phase string     "waiting", "downloading", ...
---@field bytes? number    that are there
---@field total? number    that there are to be
---@field rate? number     bytes a second; at the end those of the whole phase
---@field eta? number      seconds until the end; nil where nobody can know
---@field expires? number  epoch seconds: until then at least the job's output is kept
---@field done? boolean    true: this is the last event
---@field err? glacier.Error  of the last event: why it failed

---@class glacier.Meter
---@field now fun(): number
---@field on_progress? fun(event: glacier.Progress)
---@field fields table     of the events, but for rate and eta
---@field moved number     bytes that were added so far
---@field samples {at: number, moved: number}[]  the oldest first, the first of
--- them the last one that is no younger than the window
---@field begin {at: number, moved: number}      of the phase
---@field told_at? number  when the last event was told
---@field is_over boolean
local Meter = {}
Meter.__index = Meter

local meter = {}

local function begin_phase(self)
  self.begin = { at = self.now(), moved = self.moved }
  self.samples = { self.begin }
end

--- A new meter. The first event is told by what is called next.
---@param now fun(): number  seconds of a clock that only goes forward
---@param on_progress? fun(event: glacier.Progress)  nil: nobody is told
---@param fields? table      what is known at first: phase, bytes, total, expires, ...
---@return glacier.Meter
function meter.new(now, on_progress, fields)
  local self = setmetatable({
    now = now, on_progress = on_progress, fields = {}, moved = 0, is_over = false,
  }, Meter)
  for name, value in next, fields or {} do
    self.fields[name] = value
  end
  begin_phase(self)
  return self
end

local function rate_since(self, sample, now, shortest)
  local seconds = now - sample.at
  return seconds > shortest and (self.moved - sample.moved) / seconds or nil
end

local function take_sample(self, now)
  local samples = self.samples
  if now - samples[#samples].at >= SAMPLE_STEP then
    samples[#samples + 1] = { at = now, moved = self.moved }
  end
  while samples[2] and now - samples[2].at >= WINDOW do
    remove(samples, 1)
  end
end

local function add_speed(self, event, now)
  local bytes, total = event.bytes, event.total
  if not bytes then
    return -- nothing moves; an eta is whoever's who set it
  end
  event.rate = self.is_over and rate_since(self, self.begin, now, 0) or
    rate_since(self, self.samples[1], now, SAMPLE_STEP / 2)
  if self.is_over and self.moved == self.begin.moved then
    event.rate = nil -- what moves nothing, such as saving, has no speed
  end
  event.eta = nil
  if total and bytes >= total then
    event.eta = 0
  elseif total and event.rate and event.rate > 0 then
    event.eta = (total - bytes) / event.rate
  end
end

local function tell(self, now)
  local event = {}
  for name, value in next, self.fields do
    event[name] = value
  end
  add_speed(self, event, now)
  self.told_at = now
  self.on_progress(event)
end

--- Tells how far it is, unless that was told less than half a second ago.
function Meter:tick()
  if not self.on_progress or self.is_over then
    return
  end
  local now = self.now()
  take_sample(self, now)
  if not self.told_at or now - self.told_at >= EVENT_STEP then
    tell(self, now)
  end
end

--- Counts bytes that moved, and ticks.
---@param bytes number
function Meter:add(bytes)
  self.moved = self.moved + bytes
  self.fields.bytes = (self.fields.bytes or 0) + bytes
  self:tick()
end

--- Sets fields of the events, and ticks. Bytes that are set did not move, and
--- count for no rate; of another phase the rate begins anew.
---@param fields table
function Meter:set(fields)
  local phase = self.fields.phase
  for name, value in next, fields do
    self.fields[name] = value
  end
  if self.fields.phase ~= phase then
    begin_phase(self)
  end
  self:tick()
end

--- Tells the last event, which has `done = true`, however short ago the one
--- before was. What is told after that is not heard.
---@param err? glacier.Error  why it failed
function Meter:finish(err)
  if self.is_over then
    return
  end
  self.is_over = true
  if self.on_progress then
    self.fields.done, self.fields.err = true, err
    tell(self, max(self.now(), self.told_at or 0))
  end
end

return meter
