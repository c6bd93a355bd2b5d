--- client:download_job_output: a job's output becomes a file, whole and proved,
-- or none.

local download_options = require("glacier.job.download.options")
local errors = require("glacier.errors")
local meter_of = require("glacier.job.meter")
local options_of = require("glacier.config").options
local output_of = require("glacier.job.download.output")
local pace = require("glacier.job.wait.pace")
local part_store = require("glacier.job.download.store")
local protected = require("glacier.host").protected
local stream_of = require("glacier.job.download.stream")
local target_of = require("glacier.job.target")
local text = require("glacier.text")
local watch = require("glacier.job.wait.watch")

local concat = table.concat
local error, pairs, setmetatable = error, pairs, setmetatable
local floor, max, min = math.floor, math.max, math.min
local format = string.format

local download = {
  KNOWN = download_options.KNOWN,
  check_options = download_options.check,
}

-- Of all streams together, on their way to the disk: what they take does not
-- grow with their number, of which download_options has the most. What libcurl
-- receives at once is the fourth part of that.
local BUFFER_BYTES, RECEIVED = 8 * 2 ^ 20, 1 / 4

-- By how much a part that came well lets more come at a time, after a failure
-- has halved their number.
local RECOVERY = 0.25

-- Seconds until a stream looks again whether it is its turn.
local TURN_SECONDS = 0.1

-- Seconds until who pauses looks whether the streams are to end.
local GLANCE_SECONDS = 0.25

-- Of what the streams fell behind max_rate so many seconds are made up for.
local MADE_UP_SECONDS = 0.25

---@class glacier.Download
---@field client glacier.Client
---@field params {accountId: string?, vaultName: string, jobId: string}
---@field options table
---@field output glacier.JobOutput
---@field store glacier.PartStore
---@field meter glacier.Meter
---@field streams table<glacier.PartStream, true>  on their way
---@field allowed number   streams at a time, after what has failed
---@field failed glacier.Error?  what ends it
---@field received_at_once integer  by a stream: bytes
---@field throttle? fun(bytes: number)  waits, so that max_rate is kept
local Download = {}
Download.__index = Download

-- The description of a job whose output is there.
local function describe(self)
  local description, err = self.client:describe_job(self.params)
  if not description then
    return nil, err
  end
  local judged
  judged, err = watch.judge({ id = self.params.jobId, description = description })
  if not judged and not err then
    err = errors.new("service", "JobNotReady", format("the job has not ended: it is %s",
      text.line(description.StatusCode or "of no status", 100)),
      { operation = "DescribeJob", description = description, sent = true, in_doubt = false })
  end
  return judged, err
end

-- Who says what of the whole's hash.
local function disagreement(self, bytes)
  local lines = {}
  local function add(who, hash)
    if hash then
      lines[#lines + 1] = who .. " " .. hash
    end
  end
  add("the job's is", self.output.tree_hash)
  add("the caller's is", self.wanted)
  add("that of the bytes is", bytes)
  return errors.new("protocol", "TreeHashMismatch", "the tree hashes of the output differ: " ..
    concat(lines, ", ") .. (bytes and "" or "; nothing was fetched"),
    { operation = "GetJobOutput", sent = true, in_doubt = false,
      hashes = { job = self.output.tree_hash, caller = self.wanted, bytes = bytes } })
end

-- What can be said before a byte is fetched.
local function judge_proof(self)
  local theirs, wanted = self.output.tree_hash, self.wanted
  if theirs and wanted and theirs ~= wanted then
    return nil, disagreement(self)
  elseif self.options.require == "tree_hash" and not theirs and not wanted then
    return nil, errors.new("config", "NotVerifiable",
      "the output cannot be proved by a tree hash: neither the job nor the caller knows it",
      { sent = true, in_doubt = false })
  end
  return true
end

-- The file that is there already: the result where it is what is asked for;
-- neither result nor error where it may be replaced.
local function existing(self, length)
  local output, options, meter = self.output, self.options, self.meter
  local hash = output.tree_hash or self.wanted
  meter:set({ phase = "checking" })
  local is_right, err = target_of.is_right(self.client, options.path, length, output.size, hash,
    function()
      meter:tick()
    end)
  if is_right then
    part_store.clean(options.path, output.key)
    return { path = options.path, size = output.size, tree_hash = hash, verified = "tree_hash",
      parts = 0, resumed = output.size }
  elseif is_right == nil or options.overwrite then
    return nil, err
  end
  return nil, target_of.in_the_way(options.path, hash)
end

--- Whether the streams are to end.
---@return boolean
function Download:is_stopped()
  return self.failed ~= nil or self.is_over()
end

--- Sleeps, but no longer than until the streams are to end.
---@param seconds number
---@return true|nil slept
---@return glacier.Error? err  kind "cancelled": the client is closed
function Download:pause(seconds)
  local slept, err = true, nil
  while slept and seconds > 0 and not self:is_stopped() do
    slept, err = self.client:sleep(min(seconds, GLANCE_SECONDS))
    seconds = seconds - GLANCE_SECONDS
  end
  return slept, err
end

--- A request has failed: fewer at a time.
function Download:slow_down()
  self.allowed = max(1, self.allowed / 2)
end

local function fail(self, err)
  self.failed = self.failed or err
  for stream in pairs(self.streams) do
    stream:stop()
  end
end

-- The next part that is not there.
local function next_part(self)
  local store = self.store
  repeat
    self.last_part = self.last_part + 1
  until not store.hashes[self.last_part]
  return self.last_part <= store.count and self.last_part or nil
end

local function count_bytes(self)
  local bytes = self.done_bytes
  for stream in pairs(self.streams) do
    bytes = bytes + stream:bytes()
  end
  return bytes
end

local function show(self)
  local bytes = count_bytes(self)
  -- What is fetched again was counted once.
  self.meter:add(max(bytes - self.shown, 0))
  self.shown = max(bytes, self.shown)
end

local function fetch(self, index)
  local stream = stream_of.new(self, index)
  local begun = self.store.begun[index]
  self.done_bytes = self.done_bytes - (begun and begun.size or 0)
  self.streams[stream] = true
  self.active = self.active + 1
  local there, err = stream:run()
  self.active = self.active - 1
  self.streams[stream] = nil
  if there then
    self.done_bytes = self.done_bytes + stream.size
    self.allowed = min(self.allowed + RECOVERY, self.concurrency)
  elseif err then
    fail(self, err)
  end
end

-- Fetches part after part, as long as there are some and it is its turn.
local function work(self)
  while not self:is_stopped() do
    if self.active >= max(1, floor(self.allowed)) then
      local slept, err = self.client:sleep(TURN_SECONDS)
      if not slept then
        fail(self, err)
      end
    else
      local index = next_part(self)
      if not index then
        return
      end
      fetch(self, index)
    end
  end
end

-- Keeps all streams together below a rate: bytes a second.
local function limit_rate(self, rate)
  local due = self.client:now()
  return function(bytes)
    local now = self.client:now()
    due = max(due, now - MADE_UP_SECONDS) + bytes / rate
    self:pause(due - now)
  end
end

local function fetch_all(self)
  local store, options = self.store, self.options
  self.last_part, self.active, self.streams = 0, 0, {}
  self.concurrency = min(options.concurrency or download_options.USUAL_STREAMS, max(store.count, 1))
  self.allowed = self.concurrency
  store.buffer = floor(BUFFER_BYTES / self.concurrency)
  self.received_at_once = floor(store.buffer * RECEIVED)
  self.throttle = options.max_rate and limit_rate(self, options.max_rate)
  self.done_bytes, self.shown = store.resumed, store.resumed
  self.meter:set({ phase = "downloading", bytes = store.resumed, total = self.output.size })
  local workers = {}
  for i = 1, self.concurrency do
    workers[i] = function(is_over)
      self.is_over = is_over
      work(self)
    end
  end
  local ok, raised = protected.call(self.client.run_together, self.client, workers, function()
    show(self)
  end)
  if not ok then
    fail(self, errors.new("cancelled", "CancelledError", "on_progress raised"))
    error(raised, 0)
  elseif self.failed then
    return nil, self.failed
  end
  show(self)
  return true
end

-- The hash of all bytes, which must be what is known of it. What nothing proves
-- to be right by its own header is fetched anew next time.
local function prove(self)
  local hash = self.store:tree_hash()
  local theirs, wanted = self.output.tree_hash, self.wanted
  if theirs and theirs ~= hash or wanted and wanted ~= hash then
    local kept, err = true, nil
    if not self.store:is_checked() then
      kept, err = self.store:keep_checked()
    end
    return nil, kept and disagreement(self, hash) or err
  end
  return hash, (theirs or wanted) and "tree_hash" or self.store:is_checked() and "parts" or "size"
end

local function save(self)
  local store, options = self.store, self.options
  local ok, err = fetch_all(self)
  if not ok then
    return nil, err
  end
  local hash, verified = prove(self)
  if not hash then
    return nil, verified
  end
  if options.on_proved then
    ok, err = options.on_proved({
      size = self.output.size, tree_hash = hash, verified = verified, key = self.output.key,
    })
    if not ok then
      return nil, err
    end
  end
  self.meter:set({ phase = "saving" })
  ok, err = store:publish(options.path, options.overwrite, function()
    self.meter:tick()
  end)
  if not ok then
    return nil, err
  end
  return { path = options.path, size = self.output.size, tree_hash = hash, verified = verified,
    parts = store.count, resumed = store.resumed }
end

local function run(self)
  local options = self.options
  local length, err = target_of.check(options.path)
  if length == nil then
    return nil, err
  end
  local description, ok, result
  description, err = describe(self)
  if not description then
    return nil, err
  end
  self.meter:set({ expires = pace.expires(description) })
  self.output, err = output_of.of(description, self.params)
  ok = self.output
  if ok then
    ok, err = judge_proof(self)
  end
  if ok and length then
    result, err = existing(self, length)
    ok = not result and not err
  end
  if not ok then
    return result, err
  end
  self.meter:set({ phase = "checking" })
  self.store, err = part_store.open(self.client, options.path, self.output, options.part_size,
    function()
      self.meter:tick()
    end)
  if not self.store then
    return nil, err
  end
  local done
  done, result, err = protected.call(save, self)
  self.store:close()
  if not done then
    error(result, 0) -- what on_progress or on_proved has raised
  end
  return result, err
end

--- Writes the output of a job to a file: in parts, several at a time, each
--- hashed as it arrives; the file gets its name when all of it is there, proved
--- as far as that can be done, and on the disk. Whatever ends it before, the
--- next run goes on with what is there, be it by another job of the same
--- archive.
---@param client glacier.Client
---@param params {accountId: string?, vaultName: string, jobId: string}  which job
---@param given {path: string, part_size: number?, concurrency: integer?,
--- tree_hash: string?, require: string?, overwrite: boolean?, max_rate: number?,
--- on_proved: function?, on_progress: function?}  path: of the file; part_size:
--- a power of two MiB, bytes (32 MiB); concurrency: parts at a time (4);
--- tree_hash: of the output, from the inventory; require: "tree_hash" refuses
--- what cannot be proved by it; max_rate: bytes a second; on_proved: called with
--- {size=, tree_hash=, verified=, key=} once all bytes are there, before the file
--- gets its name, and `nil, err` from it ends the download; on_progress: told of
--- glacier.Progress, phases "checking", "downloading", "saving"
---@return {path: string, size: number, tree_hash: string, verified: string,
--- parts: integer, resumed: number}?  verified: "tree_hash", "parts" or "size";
--- resumed: bytes that were there already
---@return glacier.Error? err  codes JobFailed, JobNotReady, FileExists, Locked,
--- NotVerifiable, PartHashMismatch, TreeHashMismatch, FileError,
--- ResourceNotFoundException (the job is gone), and those of get_job_output
function download.download_job_output(client, params, given)
  local options, err = options_of.judge(given, download.KNOWN, "#2 to 'download_job_output'", 2)
  if not options then
    return download_options.unsent(err)
  end
  local ok
  ok, err = download.check_options(options)
  if not ok then
    return nil, err
  end
  local self = setmetatable({
    client = client, params = params, options = options,
    wanted = options.tree_hash and text.lower(options.tree_hash),
    meter = meter_of.new(function()
      return client:now()
    end, options.on_progress, { phase = "checking" }),
  }, Download)
  local result
  result, err = run(self)
  self.meter:finish(err)
  return result, err
end

return download
