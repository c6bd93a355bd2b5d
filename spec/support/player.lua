--- The play list of the replay server: which reply a request gets.

local http = require "spec.support.http"
local recording = require "spec.support.recording"

local player = {}
player.__index = player

---@class PlayEntry
---@field recording string? a recording's name; its status, headers and body are then the reply
---@field status integer? of an inline reply
---@field reason string?
---@field headers Header[]|table<string, string>|nil beside a recording, they replace its own
---@field body string?
---@field raw string? sent as it is, then the connection is closed; "" only closes
---@field close boolean? closes the connection after the reply
---@field match { method: string?, path: string? }? which requests it answers; path is a Lua pattern
---@field times integer? how many requests it answers; 1 unless given
---@field delay number? seconds before the answer
---@field verify boolean|VerifyOptions|nil false leaves the signature unchecked

--- Headers as a list, from a list or from a map (then sorted by name).
local function header_list(headers)
  local list = {}
  for name, value in pairs(headers or {}) do
    if type(name) == "string" then
      list[#list + 1] = { name, value }
    end
  end
  table.sort(list, function(a, b)
    return a[1] < b[1]
  end)
  for _, header in ipairs(headers or {}) do
    list[#list + 1] = header
  end
  return list
end

--- A recording's headers with some replaced. Its Date is left out: a served
-- recording is dated by the server's clock, as the service's answers are.
local function merge_headers(recorded, replacing)
  local merged = {}
  for _, header in ipairs(recorded) do
    local name = header[1]:lower()
    if name ~= "date" and not http.header(replacing, name) then
      merged[#merged + 1] = header
    end
  end
  for _, header in ipairs(replacing) do
    merged[#merged + 1] = header
  end
  return merged
end

--- The reply of an entry, ready to be rendered.
---@param entry PlayEntry|string
---@return table? reply
---@return string? err
function player.resolve(entry)
  if type(entry) == "string" then
    entry = { recording = entry }
  elseif type(entry) ~= "table" then
    return nil, "an entry is neither a recording's name nor a table"
  end
  local reply = {}
  for key, value in pairs(entry) do
    reply[key] = value
  end
  reply.headers = header_list(entry.headers)
  if entry.recording then
    local recorded, err = recording.load(entry.recording)
    if not recorded then
      return nil, err
    end
    reply.status = recorded.status
    reply.reason = recorded.reason
    reply.body = entry.body or recorded.body
    reply.headers = merge_headers(recorded.headers, reply.headers)
    reply.dated = not http.header(reply.headers, "date")
  elseif not entry.raw and type(entry.status) ~= "number" then
    return nil, "an inline reply has no status"
  end
  return reply
end

--- A play list. Options: with `repeat_last` (true unless given) the last
-- matching entry without `times` answers for ever once the others are spent;
-- with `loop` the whole list starts again.
---@param entries (PlayEntry|string)[]
---@param options { repeat_last: boolean?, loop: boolean? }?
---@return table? player
---@return string? err
function player.new(entries, options)
  local self = { entries = {}, first = 1, played = 0 }
  for index, entry in ipairs(entries) do
    local reply, err = player.resolve(entry)
    if not reply then
      return nil, ("entry %d: %s"):format(index, err)
    end
    reply.used = 0
    self.entries[index] = reply
  end
  self.loop = options and options.loop or false
  self.repeat_last = not options or options.repeat_last ~= false
  return setmetatable(self, player)
end

local function spent(entry)
  return entry.used >= (entry.times or 1)
end

local function matches(entry, method, path)
  local match = entry.match or {}
  return (not match.method or match.method == method)
    and (not match.path or path:find(match.path) ~= nil)
end

local function rewind(self)
  for _, entry in ipairs(self.entries) do
    entry.used = 0
  end
  self.first = 1
end

local function find_next(self, method, path)
  while self.entries[self.first] and spent(self.entries[self.first]) do
    self.first = self.first + 1
  end
  if self.loop and self.first > #self.entries then
    rewind(self)
  end
  for index = self.first, #self.entries do
    local entry = self.entries[index]
    if not spent(entry) and matches(entry, method, path) then
      return entry
    end
  end
end

--- The entry that answers a request; `player:use` counts it as played.
---@param method string
---@param target string
---@return table? entry nil where the list has nothing (more) for it
function player:find(method, target)
  local path = http.split_target(target)
  local found = find_next(self, method, path)
  if found or not self.repeat_last then
    return found
  end
  for index = #self.entries, 1, -1 do
    local entry = self.entries[index]
    if not entry.times and matches(entry, method, path) then
      return entry
    end
  end
end

--- Counts an entry as played once more.
function player:use(entry)
  entry.used = entry.used + 1
  self.played = self.played + 1
end

return player
