--- What the calls of a process to one endpoint know of one another: which are
-- under way, and which job has been given to one of them. The time is an
-- argument.

local frame = require("glacier.host").frame

local max = math.max
local pairs, setmetatable = pairs, setmetatable
local time = os.time

local ledger = {}

-- Ids are kept this long after the oldest call under way began: what is older
-- no call can take for its own.
local KEPT_SECONDS = 10

local LEAST_LIMIT = 64

-- Seconds for which an answer that has come may lie there: after these nobody
-- will take it.
local UNTAKEN_SECONDS = 0.5

---@class glacier.Ledger
local Ledger = {}
Ledger.__index = Ledger

--- A new one.
---@return glacier.Ledger
function ledger.new()
  return setmetatable({
    under_way = setmetatable({}, { __mode = "k" }),
    given = {}, former = {}, count = 0, limit = LEAST_LIMIT, users = 0,
  }, Ledger)
end

-- Clock -> endpoint -> ledger, of all clients that are open.
local known = setmetatable({}, { __mode = "k" })

-- Ledger -> when its last job was given, by the system's clock: hosts' clocks
-- cannot be compared. While another call may meet that job the ledger is kept,
-- though its clients are closed: a program may make one for each call.
local recent = {}

local function forget_old()
  local now = time()
  for each, at in pairs(recent) do
    if now < at or now - at > KEPT_SECONDS then
      recent[each], each.former = nil, {}
    end
  end
end

--- The one of this process for an endpoint, for a client to use until it is
--- closed. What no client uses is let go, a while after its last job.
---@param now fun(): number  the clock of the host: times of different clocks
--- cannot be compared
---@param url string
---@return glacier.Ledger
function ledger.of(now, url)
  local by_url = known[now]
  if not by_url then
    by_url = setmetatable({}, { __mode = "v" })
    known[now] = by_url
  end
  forget_old()
  local shared = by_url[url]
  if not shared then
    shared = ledger.new()
    shared.is_known = true
    by_url[url] = shared
  end
  shared.users = shared.users + 1
  return shared
end

--- Lets it go on behalf of a client that was closed. After the last one its jobs
--- are another's only where there is none else.
---@param shared glacier.Ledger
function ledger.release(shared)
  shared.users = shared.users - 1
  if shared.users == 0 then
    local now = time()
    for id, at in pairs(shared.former) do
      if now < at or now - at > KEPT_SECONDS then
        shared.former[id] = nil
      end
    end
    for id in pairs(shared.given) do
      shared.former[id] = now
    end
    shared.given, shared.count = {}, 0
    forget_old()
  end
end

--- Notes that a call is under way.
---@param call table  began, operation, request, patience (seconds after which
--- nobody waits for the answer of an attempt); `waiting_since` is set while an
--- attempt's answer is still to come, and `exchange` while it is waited for;
--- `at`, if there is one, is the frame of who waits
function Ledger:open(call)
  self.under_way[call] = true
end

--- Notes that a call has ended.
---@param call table
function Ledger:close(call)
  self.under_way[call] = nil
end

-- Forgets the ids that no call under way can meet.
local function sweep(self, now)
  local oldest, count = now, 0
  for call in pairs(self.under_way) do
    oldest = call.began < oldest and call.began or oldest
  end
  for id, at in pairs(self.given) do
    if at < oldest - KEPT_SECONDS then
      self.given[id] = nil
    else
      count = count + 1
    end
  end
  self.count, self.limit = count, max(LEAST_LIMIT, 2 * count)
end

--- Notes that a call has been given a job, so that no other takes it.
---@param id string
---@param now number  by the host's clock
function Ledger:give(id, now)
  if not self.given[id] then
    self.count = self.count + 1
  end
  self.given[id] = now
  if self.is_known then
    recent[self] = time()
  end
  if self.count > self.limit then
    sweep(self, now)
  end
end

--- The first job that no call has been given; else the first that only calls of
--- clients have which were closed since.
---@param jobs table[]  descriptions of ListJobs
---@return table? job
function Ledger:first_free(jobs)
  local former
  for i = 1, #jobs do
    local id = jobs[i].JobId
    if not self.given[id] and not self.former[id] then
      return jobs[i]
    elseif not self.given[id] then
      former = former or jobs[i]
    end
  end
  return former
end

--- Whether one of the jobs has been given to a call since.
---@param jobs table[]
---@param since number  by the host's clock
---@return boolean
function Ledger:taken_since(jobs, since)
  for i = 1, #jobs do
    local at = self.given[jobs[i].JobId]
    if at and at >= since then
      return true
    end
  end
  return false
end

-- Whether nobody waits for the answer to a call any more: it was closed,
-- killed or dropped amid it.
local function is_left(call, now)
  local exchange = call.exchange
  local is_over = exchange and
    (exchange:done() or exchange.is_abandoned and exchange:is_abandoned())
  call.over_since = is_over and (call.over_since or now) or nil
  return is_over and now - call.over_since >= UNTAKEN_SECONDS or
    call.at ~= nil and frame.is_gone(call.at)
end

local function is_twin(call, other)
  return other ~= call and other.operation == call.operation and
    other.request.path == call.request.path and other.request.body == call.request.body
end

--- Whether another call for the very same thing is under way.
---@param call table
---@param now number  by the host's clock
---@return boolean
function Ledger:has_twin(call, now)
  for other in pairs(self.under_way) do
    if is_twin(call, other) and not is_left(other, now) then
      return true
    end
  end
  return false
end

--- Whether the answer to another call for the very same thing, sent before
-- the jobs were listed, is still to come. It may name one of them.
---@param call table
---@param listed_at number
---@param now number  both by the host's clock
---@return boolean
function Ledger:awaits_twin(call, listed_at, now)
  for other in pairs(self.under_way) do
    local since = other.waiting_since
    if since and since <= listed_at and now - since < other.patience and
        is_twin(call, other) and not is_left(other, now) then
      return true
    end
  end
  return false
end

return ledger
