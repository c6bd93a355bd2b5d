--- What can be said before a job is started and billed: whether its output will
-- find room, and whether it can be proved. Of its size only what the parameters
-- and other jobs of the same archive tell is known.

local download = require("glacier.core.download")
local errors = require("glacier.errors")
local job_description = require("glacier.job_description")
local output_of = require("glacier.job.download.output")
local state_of = require("glacier.job.retrieve.state")
local target_of = require("glacier.job.target")
local task = require("glacier.job.task")
local text = require("glacier.text")

local format, match = string.format, string.match
local remove = os.remove
local tonumber = tonumber

local admission = {}

local MIB = 1024 * 1024

---@class glacier.KnownOutput
---@field size number?          bytes
---@field tree_hash string?
---@field archive_size number?
---@field first number          where it begins in its archive

-- What a job that has ended tells of the very output.
local function learn(known, job, params, vault)
  if job.StatusCode ~= "Succeeded" or job.Action ~= "ArchiveRetrieval" then
    return
  end
  local output = job_description.serves(params, job) and
    output_of.of(job, { vaultName = vault, jobId = job.JobId })
  if output then
    known.size, known.tree_hash = output.size, output.tree_hash or known.tree_hash
  end
  if not params.RetrievalByteRange and job.ArchiveSHA256TreeHash and not known.tree_hash then
    known.tree_hash = text.lower(job.ArchiveSHA256TreeHash)
  end
end

--- What is known of the output to come.
---@param params table  jobParameters
---@param jobs table[]  descriptions of jobs of the same archive, or of inventories
---@param vault string
---@return glacier.KnownOutput
function admission.known(params, jobs, vault)
  local known = { first = 0 }
  local is_archive = params.Type == "archive-retrieval"
  for i = 1, #jobs do
    known.archive_size = is_archive and jobs[i].ArchiveSizeInBytes or known.archive_size
    learn(known, jobs[i], params, vault)
  end
  local first, last = match(params.RetrievalByteRange or "", "^([0-9]+)%-([0-9]+)$")
  if first then
    first, last = tonumber(first), tonumber(last)
    local ends = known.archive_size
    known.first = first
    known.size = known.size or (ends and last >= ends and ends - 1 or last) - first + 1
  elseif is_archive then
    known.size = known.size or known.archive_size
  end
  return known
end

-- Whether a range may be a node of its archive's tree: only of such the service
-- knows a hash.
local function may_be_node(known)
  local room = MIB
  while room < known.size do
    room = room * 2
  end
  local ends = known.first + known.size
  return known.first % room == 0 and
    (known.size == room or not known.archive_size or ends >= known.archive_size)
end

--- Whether a tree hash will prove the output, as far as that can be known.
---@param params table  jobParameters
---@param known glacier.KnownOutput
---@return glacier.Error? err  code "NotVerifiable"
function admission.check_proof(params, known)
  local reason
  if params.Type == "inventory-retrieval" then
    reason = "the service knows no tree hash of an inventory"
  elseif params.RetrievalByteRange and known.size and not may_be_node(known) then
    reason = "the service knows no tree hash of the range " .. params.RetrievalByteRange
  end
  return reason and errors.new("config", "NotVerifiable",
    "the output cannot be proved by a tree hash: " .. reason .. "; no job was started",
    { sent = false, in_doubt = false }) or nil
end

local function refuse(path, size, reason)
  return nil, errors.new("config", "FileError", format(
    "cannot write '%s': it is to have %.0f bytes, and %s; no job was started",
    text.line(path, 500), size, reason), { sent = false, in_doubt = false })
end

-- Whether a file there may be as long, tried with a file that has lost its name
-- already and takes no space.
local function try_length(client, path, size)
  local probe = state_of.path_beside(path, ".probe")
  local file, failure = download.file(probe)
  remove(probe)
  if not file then
    return nil, task.error(failure)
  end
  local begun
  begun, failure = file:allocate(size, false)
  local ok, err = task.run(client, begun, failure)
  file:close()
  if not ok and err.code == "FileError" then
    return refuse(path, size, err.message)
  end
  return ok, err
end

--- Whether there is room for the file.
---@param client glacier.Client
---@param path string  of the target
---@param size number  bytes
---@return true|nil
---@return glacier.Error? err  code "FileError"
function admission.check_room(client, path, size)
  local ok, err = try_length(client, path, size)
  if not ok then
    return nil, err
  end
  local free = download.space((target_of.split(path)))
  if free and free < size then
    return refuse(path, size, format("only %.0f are free", free))
  end
  return true
end

return admission
