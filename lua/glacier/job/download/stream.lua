--- One part on its way: asked for by Range, judged by its head, and again from
-- where it was cut, until it is whole and what its header says it is.

local digest = require("glacier.core.digest")
local errors = require("glacier.errors")
local failures = require("glacier.failures")
local parts = require("glacier.job.download.parts")
local task = require("glacier.job.task")
local text = require("glacier.text")

local find, format = string.find, string.format
local max, min = math.max, math.min
local setmetatable, tonumber = setmetatable, tonumber

---@class glacier.PartStream
---@field shared glacier.Download
---@field index integer
---@field range any?       takes the bytes
---@field failed integer   requests in succession that brought next to nothing
---@field lies integer     requests in succession answered by something else
---@field mismatches integer
---@field is_closed boolean   the range is
local Stream = {}
Stream.__index = Stream

local stream = {}

-- So many requests in succession may bring next to nothing: that is less than
-- LITTLE bytes.
local MOST_FAILURES, LITTLE = 10, 64 * 1024

-- So many of them may be answered by what is not what was asked for: that is
-- hardly ever better a minute later.
local MOST_LIES = 4

-- Times that a part may differ from its own header.
local MOST_MISMATCHES = 2

-- Seconds before another request: the first pause, after a throttling, the most.
local FIRST_PAUSE, THROTTLED_PAUSE, LONGEST_PAUSE = 0.25, 1, 30

-- Of a header's value, in an error: bytes.
local LONGEST_SHOWN = 100

-- What the service says of an output that is not there yet, with the code of
-- any wrong parameter.
local NOT_READY = "not currently available for download"

local function protocol_error(message)
  return errors.new("protocol", "ResponseParserError", message,
    { operation = "GetJobOutput", sent = true, in_doubt = false })
end

local function shown(value)
  return value and "'" .. text.line(value, LONGEST_SHOWN) .. "'" or "none"
end

-- Why an answer's body is not what was asked for; nil: it may come.
local function judge(self, head, first, last)
  local total, length = self.shared.output.size, head.headers["content-length"]
  local wanted = format("bytes %.0f-%.0f/%.0f", first, last, total)
  if head.status == 200 then
    if first ~= 0 or last ~= total - 1 then
      return "the service ignores the Range of a request"
    end
  elseif head.status ~= 206 then
    return "an answer of the status " .. head.status
  elseif head.headers["content-range"] ~= wanted then
    return "Content-Range is " .. shown(head.headers["content-range"]) .. ", not '" .. wanted .. "'"
  end
  if length and tonumber(length) ~= last - first + 1 then
    return format("Content-Length is %s, not %.0f", shown(length), last - first + 1)
  end
end

-- A sink for the bytes from the range's position on.
local function sink_of(self, first, last)
  local shared, range = self.shared, self.range
  local sink = { receiver = range, buffer_bytes = shared.received_at_once }
  function sink.head(head)
    local reason = judge(self, head, first, last)
    local hash = head.headers["x-amz-sha256-tree-hash"]
    if reason then
      return nil, protocol_error("the output of the job: " .. reason)
    elseif shared:is_stopped() then
      return nil, "the download has ended"
    elseif hash and first == self.first then
      hash = text.lower(text.line(text.trim(hash), LONGEST_SHOWN))
      return shared.store:note_header(self.index, hash)
    end
    return true
  end
  if shared.throttle then
    sink.receiver = nil
    function sink.write(bytes)
      if self.is_closed then
        return nil, "the download has ended"
      end
      local ok, failure = range:write(bytes)
      if not ok then
        return nil, task.error(failure)
      end
      shared.throttle(#bytes)
      return true
    end
  end
  return sink
end

-- Whether what has failed may go better by another request.
local function may_recover(err)
  return failures.is_retryable(err) or err.kind == "network" or err.kind == "protocol" or
    err.kind == "timeout" or err.status ~= nil and err.status >= 500
end

-- An error in the words of who waits for a file.
local function explain(self, err)
  if err.code == "InvalidParameterValueException" and find(err.message, NOT_READY, 1, true) then
    return errors.new("service", "JobNotReady", err.message,
      { operation = "GetJobOutput", status = err.status, request_id = err.request_id, sent = true,
        in_doubt = false })
  elseif err.code == "InvalidParameterValueException" then
    return protocol_error("the service refuses the bytes of part " .. self.index ..
      " although the job has them: " .. err.message)
  end
  return err
end

-- Asks for what is missing.
local function ask(self)
  local shared = self.shared
  local first = self.range:position()
  local last = self.first + self.size - 1
  local response, err = shared.client:get_job_output({
    accountId = shared.params.accountId, vaultName = shared.params.vaultName,
    jobId = shared.params.jobId, range = format("bytes=%.0f-%.0f", first, last),
  }, { sink = sink_of(self, first, last), max_attempts = 1 })
  -- Who stops a download closes its ranges.
  return response, err, shared:is_stopped() and 0 or self.range:position() - first
end

-- What a failed request leads to: nil after a pause, or the error that ends all.
local function recover(self, err, count)
  local shared = self.shared
  -- A range that takes no more says why: the disk.
  local ok, failure = self.range:write("")
  if not ok then
    return task.error(failure)
  end
  err = explain(self, err)
  if not may_recover(err) then
    return err
  end
  local has_moved = count >= LITTLE
  self.failed = has_moved and 1 or self.failed + 1
  self.lies = (has_moved and 0 or self.lies) + (err.kind == "protocol" and 1 or 0)
  if self.failed >= MOST_FAILURES or self.lies >= MOST_LIES then
    err.message = err.message .. format(" (part %d, after %d requests that brought nothing)",
      self.index, self.failed)
    return err
  end
  local is_throttled = failures.is_throttling(err)
  shared:slow_down()
  local pause = (is_throttled and THROTTLED_PAUSE or FIRST_PAUSE) * 2 ^ (self.failed - 1)
  pause = min(pause, LONGEST_PAUSE) * (0.5 + 0.5 * digest.random())
  local slept, cancelled = shared:pause(max(pause, 0.01))
  return not slept and cancelled or nil
end

-- Gets all bytes of the part into its range.
local function fill(self)
  local shared = self.shared
  local ends = self.first + self.size
  while not shared:is_stopped() and self.range:position() < ends do
    local response, err, count = ask(self)
    if not shared:is_stopped() and self.range:position() < ends then
      err = recover(self, response and protocol_error("the body ended early") or err, count)
      if err then
        return nil, err
      end
    end
  end
  return not shared:is_stopped() or nil
end

-- The hash of what was written, once it is.
local function hash_of(self)
  local shared, range = self.shared, self.range
  local ok, err = task.await(shared.client, function()
    return shared:is_stopped() or range:settled()
  end)
  if not ok or shared:is_stopped() then
    return nil, err
  end
  local hash, failure = range:tree_hash()
  if not hash then
    return nil, task.error(failure)
  end
  return hash
end

-- The part differs from its header: once it is fetched again.
local function mismatch(self, hash, header)
  self.mismatches = self.mismatches + 1
  if self.mismatches >= MOST_MISMATCHES then
    return errors.new("protocol", "PartHashMismatch", format(
      "part %d (bytes %.0f to %.0f) came %d times with other bytes than its header says: " ..
      "the header's tree hash is %s, the bytes' %s", self.index, self.first,
      self.first + self.size - 1, self.mismatches, header, hash),
      { operation = "GetJobOutput", sent = true, in_doubt = false })
  end
end

-- Once all that came is written and hashed: closing would wait for that.
local function close(self)
  local range = self.range
  if range then
    task.settle(self.shared.client, function()
      return range:settled()
    end)
    range:close()
  end
  self.is_closed = true
end

-- One try at the whole part: true, or false for another one.
local function try(self)
  local store = self.shared.store
  local hash, filled
  local range, err = store:range(self.index)
  self.range, self.is_closed = range, not range
  if range then
    filled, err = fill(self)
  end
  if filled then
    hash, err = hash_of(self)
  end
  close(self)
  if not hash then
    return nil, err
  end
  local header = store.headers[self.index]
  if header and header ~= hash then
    local _, failed = store:forget(self.index)
    err = failed or mismatch(self, hash, header)
    if err then
      return nil, err
    end
    return false
  end
  return store:finish(self.index, hash, header ~= nil)
end

--- How many of the part's bytes are there.
---@return number
function Stream:bytes()
  return not self.is_closed and self.range:position() - self.first or 0
end

--- Ends what is on its way: the range takes no more.
function Stream:stop()
  if not self.is_closed then
    self.range:seal()
  end
end

--- Fetches the part.
---@return true|nil there  nil without an error: the download was stopped
---@return glacier.Error? err
function Stream:run()
  local done, err
  repeat
    done, err = try(self)
  until done ~= false
  return done, err
end

--- A stream for a part of a download.
---@param shared glacier.Download
---@param index integer
---@return glacier.PartStream
function stream.new(shared, index)
  local first, size = parts.span(index, shared.output.size, shared.store.part_size)
  return setmetatable({
    shared = shared, index = index, first = first, size = size, failed = 0, lies = 0,
    mismatches = 0, is_closed = true,
  }, Stream)
end

return stream
