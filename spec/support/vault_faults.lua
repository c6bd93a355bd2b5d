--- Faults of the vault server by rule. A rule is a table: which requests it is
-- for, and what becomes of them.
--
-- Which: `operation`, `job` (id), `covers` (an offset of the output within the
-- range asked for), of those that match: `from` (the number of the first, 1),
-- `times` (how many, 1; "always"), `every` (each k-th from there), or instead of
-- `from` and `times` `chance` (0 to 1, by the server's seed).
--
-- What, of any request:
--   delay = SECONDS before it is looked at      close = true: no answer, nothing done
--   status =, code =, message =, body =         that answer, nothing done
--   lost = true: it is done, the answer is lost
--   broken = STATUS: it is done, the answer is that failure
--   job_settings = {...} of the job that an InitiateJob starts (vault_jobs.SETTINGS)
--   headers = {NAME = VALUE or false}           of the answer, false: left out
-- What, of an output:
--   cut = N      after N bytes of the body the connection ends (`reset` = true: by a reset)
--   stall = N    after N bytes nothing more comes, the connection stays
--   rate = N     bytes a second
--   short = N    N bytes fewer, said so truly
--   length = N   another Content-Length than the bytes sent
--   total = N    another total in Content-Range
--   shift = N    bytes from N further on, said so truly
--   swap = N     bytes from N further on, under the Content-Range asked for
--   content_range = "..." or false
--   ignore_range = true: 200 and everything
--   hash = "wrong", "..." or false: x-amz-sha256-tree-hash
--   flip = N     the byte at offset N of the output is another

local faults = {}
faults.__index = faults

---@param list table[]
---@param seed number?
function faults.new(list, seed)
  local self = setmetatable({ rules = {}, random = (seed or 1) % 2147483647 }, faults)
  for index, rule in ipairs(list or {}) do
    self.rules[index] = { rule = rule, seen = 0 }
  end
  return self
end

--- A number in [0, 1), the same in each Lua.
local function random(self)
  self.random = (self.random * 48271 + 11) % 2147483647
  return self.random / 2147483647
end

faults.draw = random

local function concerns(rule, request)
  if rule.operation and rule.operation ~= request.operation
    or rule.job and rule.job ~= request.job_id then
    return false
  end
  if rule.covers then
    return request.first and request.first <= rule.covers and rule.covers <= request.last
  end
  return true
end

local function strikes(self, entry)
  local rule = entry.rule
  if rule.chance then
    return random(self) < rule.chance
  end
  local from = rule.from or 1
  local since = entry.seen - from
  if since < 0 then
    return false
  end
  local every = rule.every or 1
  return since % every == 0
    and (rule.times == "always" or since / every < (rule.times or 1))
end

--- What strikes a request: the rules that do, joined; the first has precedence.
---@return table fault  empty where there is none; `rules` are their numbers
function faults:take(request)
  local fault = { rules = {} }
  for index, entry in ipairs(self.rules) do
    if concerns(entry.rule, request) then
      entry.seen = entry.seen + 1
      if strikes(self, entry) then
        fault.rules[#fault.rules + 1] = index
        for name, value in pairs(entry.rule) do
          if fault[name] == nil then
            fault[name] = value
          end
        end
      end
    end
  end
  return fault
end

return faults
