--- GetJobOutput of the vault server: the rules of ranges, the head, and the
-- bytes, sent in pieces so that other connections are served meanwhile.

local content = require "spec.support.vault_content"
local http = require "spec.support.http"
local jobs = require "spec.support.vault_jobs"

local output = {}

local PIECE = 256 * 1024
-- After so many bytes the others have their turn.
local TURN = 1024 * 1024
local RANGE_END = { 400, "InvalidParameterValueException" }

--- The range that a header asks for; nil for what the service ignores.
---@return number? first
---@return number? last
function output.parse_range(text)
  local first, last = (text or ""):match "^bytes=(%d+)%-(%d+)$"
  first, last = tonumber(first), tonumber(last)
  if first and first <= last then
    return first, last
  end
end

local function integer(number)
  return ("%.0f"):format(number)
end

--- x-amz-sha256-tree-hash of a part, where the service sends it.
local function part_hash(state, job, first, count)
  local policy = state.hash_headers
  if not job.archive or policy == "never" then
    return nil
  end
  local whole = job.archive.content
  local start, size = job.first + first, whole.size
  local last = start + count
  local aligned = start % content.MIB == 0
    and (last % content.MIB == 0 or last == job.first + job.size)
  if policy ~= "mib" then
    aligned = aligned and jobs.has_hash(job) and content.is_node(start, count, size)
  end
  return aligned and whole:tree_hash(start, count) or nil
end

local function kind_of(job)
  if job.archive then
    return "application/octet-stream"
  end
  return job.parameters.Format == "CSV" and "text/csv" or "application/json"
end

--- What is to be sent: the head, where the bytes come from, what cuts them.
---@param state table
---@param job table      a job that is ready
---@param request table  with `first` and `last` of its range, if it has one
---@param fault table
---@return table? plan   { status, headers, content, from, count }
---@return table? refusal
function output.plan(state, job, request, fault)
  local source, start, size = state.jobs:output(job)
  local first, last = request.first, request.last
  local partial = first ~= nil and not fault.ignore_range
  if not partial then
    first, last = 0, size - 1
  elseif first >= size then
    return nil, { status = RANGE_END[1], code = RANGE_END[2],
      message = "The range is outside of the job's output." }
  end
  last = math.min(last, size - 1)
  if fault.shift and partial then
    first, last = first + fault.shift, math.min(last + fault.shift, size - 1)
  end
  last = last - (fault.short or 0)
  local count = math.max(last - first + 1, 0)
  local headers = {
    { "Content-Type", kind_of(job) },
    { "Accept-Ranges", "bytes" },
    { "Content-Length", integer(fault.length or count) },
  }
  if partial and fault.content_range ~= false then
    headers[#headers + 1] = { "Content-Range", fault.content_range
      or ("bytes %.0f-%.0f/%.0f"):format(first, last, fault.total or size) }
  end
  if job.archive and job.archive.description ~= "" then
    headers[#headers + 1] = { "x-amz-archive-description", job.archive.description }
  end
  local hash = part_hash(state, job, first, count)
  if fault.hash == "wrong" then
    hash = ("0123456789abcdef"):rep(4)
  elseif fault.hash ~= nil then
    hash = fault.hash
  end
  if hash then
    headers[#headers + 1] = { "x-amz-sha256-tree-hash", hash }
  end
  local from = start + first + (fault.swap or 0)
  return { status = partial and 206 or 200, headers = headers, content = source,
    from = math.min(from, math.max(source.size - count, 0)), first = first, count = count }
end

--- The next piece, as a text and places in it; a byte of it may be another.
local function next_piece(plan, sent, most, flip)
  local text, from, to = plan.content:slice(plan.from + sent)
  to = math.min(to, from + most - 1)
  local place = flip and flip - (plan.first + sent)
  if place and place >= 0 and place <= to - from then
    local piece = text:sub(from, to)
    local byte = (piece:byte(place + 1) + 1) % 256
    piece = piece:sub(1, place) .. string.char(byte) .. piece:sub(place + 2)
    return piece, 1, #piece
  end
  return text, from, to
end

--- Sends a stretch of a text, waiting where the peer is slow.
local function write(connection, text, from, to)
  while from <= to do
    local last, err, partial = connection.socket:send(text, from, to)
    from = (last or partial) + 1
    if not last then
      if err ~= "timeout" then
        return nil, err
      end
      coroutine.yield "write"
    end
  end
  return true
end

--- How many bytes of the body may be sent in all before something happens.
local function limit_of(plan, job, fault, sent)
  local limit = math.min(plan.count, fault.cut or plan.count, fault.stall or plan.count)
  if job.expires_after_bytes then
    limit = math.min(limit, sent + math.max(job.expires_after_bytes - job.sent, 0))
  end
  return limit
end

local function pace(connection, rate, sent, began, now)
  if rate then
    local due = began + sent / rate
    if due > now() then
      connection:sleep(due - now())
    end
  end
end

--- Sends the body of a plan.
---@param entry table  the log's, whose `sent` counts
---@return boolean keep  whether all was sent and the connection may serve on
local function send_body(state, connection, job, plan, fault, entry)
  local sent, turn, began = 0, 0, state.real_now()
  local piece = fault.rate and math.ceil(fault.rate / 20) or PIECE
  while sent < limit_of(plan, job, fault, sent) do
    local most = math.min(limit_of(plan, job, fault, sent) - sent, piece)
    local text, from, to = next_piece(plan, sent, most, fault.flip)
    if not write(connection, text, from, to) then
      return false
    end
    local count = to - from + 1
    sent, turn = sent + count, turn + count
    job.sent, entry.sent = job.sent + count, entry.sent + count
    state.loop:touch()
    if turn >= TURN then
      turn = 0
      coroutine.yield "write"
    end
    pace(connection, fault.rate, sent, began, state.real_now)
  end
  if fault.stall and sent < plan.count then
    connection:read() -- until the peer gives up
    return false
  end
  return sent == plan.count and (fault.length or plan.count) == plan.count
end

--- Sends a whole answer.
---@return boolean keep
function output.send(state, connection, job, plan, fault, entry, dress)
  entry.status, entry.sent = plan.status, 0
  local head = http.render({ status = plan.status, headers = dress(plan.headers) }, {})
  if not connection:write(head) then
    return false
  end
  local keep = send_body(state, connection, job, plan, fault, entry)
  entry.ended = keep and "whole" or "cut"
  if not keep and fault.reset then
    connection.socket:setoption("linger", { on = true, timeout = 0 })
  end
  return keep
end

return output
