--- What the calls of a client know of one another: which are under way, and
-- which job has been given to one of them. Pure: the time is an argument.

local max = math.max
local pairs, setmetatable = pairs, setmetatable

local ledger = {}

-- Ids are kept this long after the oldest call under way began: what is older
-- no call can take for its own.
local KEPT_SECONDS = 10

local LEAST_LIMIT = 64

---@class glacier.Ledger
local Ledger = {}
Ledger.__index = Ledger

--- A new one.
---@param patience number  seconds after which nobody waits for the answer of
--- an attempt: its coroutine is gone
---@return glacier.Ledger
function ledger.new(patience)
  return setmetatable({
    patience = patience,
    under_way = setmetatable({}, { __mode = "k" }),
    given = {}, count = 0, limit = LEAST_LIMIT,
  }, Ledger)
end

--- Notes that a call is under way.
---@param call table  began, operation, request; `waiting_since` is set while
--- an attempt's answer is still to come
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
  if self.count > self.limit then
    sweep(self, now)
  end
end

--- The first job that no call has been given.
---@param jobs table[]  descriptions of ListJobs
---@param backwards boolean?  true: the last one
---@return table? job
function Ledger:first_free(jobs, backwards)
  for i = backwards and #jobs or 1, backwards and 1 or #jobs, backwards and -1 or 1 do
    if not self.given[jobs[i].JobId] then
      return jobs[i]
    end
  end
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

--- Whether the answer to another call for the very same thing, sent before
-- the jobs were listed, is still to come. It may name one of them.
---@param call table
---@param listed_at number
---@param now number  both by the host's clock
---@return boolean
function Ledger:awaits_twin(call, listed_at, now)
  for other in pairs(self.under_way) do
    local since = other.waiting_since
    if other ~= call and since and since <= listed_at and now - since < self.patience and
        other.operation == call.operation and other.request.path == call.request.path and
        other.request.body == call.request.body then
      return true
    end
  end
  return false
end

return ledger
