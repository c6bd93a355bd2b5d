-- The state of a retrieval and the records of a download, of any lines: a state
-- is opened or refused; what is noted in it is there when it is opened again;
-- records that are written anew say the same.
--
-- The input: "r": the bytes of a file; else lines for a journal.

local download = require "glacier.core.download"
local errors = require "glacier.errors"
local records = require "glacier.job.download.records"
local same = require "spec.fuzz.targets.same"
local state = require "glacier.job.retrieve.state"

local IDENTITY = { vault = "v", region = "us-west-2" }
local OUTPUT = { size = 8388608, key = "00ff" }

local handle = assert(io.popen "mktemp -d /dev/shm/glacier-fuzz-XXXXXX || mktemp -d")
local folder = handle:read "*l"
handle:close()
local path = folder .. "/state"
-- The folder goes when the state is closed, or with the machine.
setmetatable(IDENTITY, { __gc = function() os.execute("rm -rf '" .. folder .. "'") end })

local function lines_of(bytes)
  local lines = {}
  for line in bytes:gmatch "[^\n]+" do lines[#lines + 1] = line end
  return lines
end

local function write(bytes)
  os.remove(path)
  if bytes:sub(1, 1) == "r" then
    local file = assert(io.open(path, "wb"))
    file:write(bytes:sub(2))
    file:close()
  else
    local journal = assert(download.journal(path))
    for _, line in ipairs(lines_of(bytes)) do assert(journal:append(line)) end
    journal:close()
  end
end

local function said(self)
  return { intents = self.intents, last = self.last, job = self.job, ended = self.ended,
    proved = self.proved, has_fetched = self.has_fetched, lines = self.lines, open = self.open }
end

-- Texts that are NaN as numbers would differ from themselves.
local function is_plain(bytes)
  return not bytes:lower():find "nan"
end

local function check_state(bytes)
  write(bytes)
  local self, err = state.open({}, path, IDENTITY)
  if not self then
    assert(errors.is_error(err) and err.kind == "config", tostring(err))
    return
  end
  assert(self:count() >= 0)
  local n = assert(self:intend { at = 1767323045 })
  assert(self.intents[n], "the intent is not there")
  assert(self:note("job", { n = n, id = "J", at = 1767323046 }))
  assert(self:note("seen", { id = "J" }))
  local before = said(self)
  self:close()
  local again = assert(state.open({}, path, IDENTITY))
  assert(again.job and again.job.id == "J" and again.job.n == n and again.job.was_seen)
  assert(again:count() == self:count() and again.last == self.last, "another count")
  if is_plain(bytes) then same(before.lines, again.lines, "lines") end
  again:close()
end

local function check_records(bytes)
  local lines = lines_of(bytes)
  table.insert(lines, 1, records.first(OUTPUT, 1048576))
  local read = assert(records.read(lines, OUTPUT))
  local again = assert(records.read(records.write(read, OUTPUT), OUTPUT))
  for index in pairs(read.done) do read.headers[index] = nil end
  same(read, again, "records")
  records.read(lines_of(bytes), OUTPUT)
end

return function(bytes)
  check_state(bytes)
  check_records(bytes)
end
