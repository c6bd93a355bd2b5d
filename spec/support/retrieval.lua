--- Retrievals in a folder of their own against a vault server, for specs.

local clients = require "spec.support.clients"
local lfs = require "lfs"
local shell = require "spec.support.shell"
local vault = require "spec.support.vault"

local MIB = 2 ^ 20

local retrieval = {
  MIB = MIB,
  --- The size of the archive "photo".
  SIZE = 5 * MIB + 77,
  --- The name of the state of a target "file".
  STATE = ".file.retrieve",
}

--- For before_each: a new `folder`, in which `path` is the target.
function retrieval.prepare()
  retrieval.folder = shell.folder()
  retrieval.path = retrieval.folder .. "/file"
end

--- For after_each.
function retrieval.finish()
  clients.close_all()
  if retrieval.server then
    retrieval.server:stop()
    retrieval.server = nil
  end
  shell.remove(retrieval.folder)
end

--- Starts `server`.
---@param settings table?  as of vault.start
---@return table server
function retrieval.start(settings)
  settings = settings or {}
  settings.archives = settings.archives or
    { photo = { size = retrieval.SIZE }, other = { size = MIB } }
  retrieval.server = vault.start(settings)
  return retrieval.server
end

--- A client whose pauses are short, unless they are to be as they are.
function retrieval.client(is_slow)
  local client = clients.new(retrieval.server)
  local sleep = client.sleep
  if not is_slow then
    function client.sleep(self, seconds)
      return sleep(self, math.min(seconds, 0.02))
    end
  end
  return client
end

--- Retrieves an archive, "photo" where `job` names none.
---@param options table?  over the path, small parts and short waits
---@param job table?  over jobParameters
---@param is_slow boolean?
function retrieval.retrieve(options, job, is_slow)
  local events = {}
  local given = { path = retrieval.path, part_size = MIB, interval = 0.02,
    on_progress = function(event)
      events[#events + 1] = event
    end }
  for name, value in pairs(options or {}) do
    given[name] = value
  end
  local parameters = { Type = "archive-retrieval" }
  for name, value in pairs(job or {}) do
    parameters[name] = value
  end
  if parameters.Type == "archive-retrieval" then
    parameters.ArchiveId = parameters.ArchiveId or retrieval.server.archives.photo.id
  end
  retrieval.events = events
  return retrieval.client(is_slow):retrieve({ vaultName = "examplevault",
    jobParameters = parameters }, given)
end

--- What on_progress was told in the last retrieval, of one phase.
function retrieval.events_of(phase)
  local list = {}
  for _, event in ipairs(retrieval.events) do
    list[#list + 1] = event.phase == phase and event or nil
  end
  return list
end

--- What there is in the folder.
function retrieval.names()
  local list = {}
  for name in lfs.dir(retrieval.folder) do
    if name ~= "." and name ~= ".." then
      list[#list + 1] = name
    end
  end
  table.sort(list)
  return list
end

function retrieval.write(name, bytes)
  local file = assert(io.open(name, "wb"))
  file:write(bytes)
  file:close()
end

function retrieval.read(name)
  local file = assert(io.open(name, "rb"))
  local bytes = file:read "*a"
  file:close()
  return bytes
end

--- Whether a retrieval has brought "photo", and left nothing else.
function retrieval.assert_right(result, err)
  local photo = retrieval.server.archives.photo
  assert(result, err)
  assert(photo.content:check_file(retrieval.path))
  assert(table.concat(retrieval.names(), " ") == "file", "files are left")
  assert(result.verified == "tree_hash", result.verified)
  assert(result.tree_hash == photo.tree_hash, result.tree_hash)
end

--- Whether it has failed with an error of that code, which is returned.
function retrieval.assert_refused(code, result, err)
  assert(result == nil, "it has not failed")
  assert(err.code == code, tostring(err.code) .. ": " .. tostring(err))
  return err
end

return retrieval
