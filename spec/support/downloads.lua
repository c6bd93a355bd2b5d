--- What the specs of downloads share: a vault server, a folder that is gone
-- afterwards, and looking at what a download left behind.

local clients = require "spec.support.clients"
local lfs = require "lfs"
local part_files = require "spec.support.part_files"
local quote = require "spec.support.quote"
local vault = require "spec.support.vault"

local downloads = { MIB = 2 ^ 20, VAULT = "examplevault", read = part_files.read,
  write = part_files.write }

local Scene = {}
Scene.__index = Scene

--- A server with one archive, "A", and a folder.
---@param archive table   as vault.start takes it
---@param options table?  more of vault.start
function downloads.start(archive, options)
  local wanted = { archives = { A = archive } }
  for name, value in pairs(options or {}) do
    wanted[name] = value
  end
  local folder = os.tmpname()
  os.remove(folder)
  assert(lfs.mkdir(folder))
  local server = vault.start(wanted)
  return setmetatable({
    server = server, archive = server.archives.A, folder = folder, target = folder .. "/target",
  }, Scene)
end

--- Ends the server, closes all clients, removes the folder.
function Scene:stop()
  clients.close_all()
  self.server:stop()
  os.execute("chmod -R u+rwx " .. quote(self.folder) .. "; rm -rf " .. quote(self.folder))
end

--- Downloads by a client of its own.
---@param job string|table?  its id; or what is retrieved, as server:add_job takes it
---@param options table?     of the download: the path is the scene's target
---@param more table?        options of the client
function Scene:download(job, options, more)
  if type(job) ~= "string" then
    job = self.server:add_job(job or { archive = "A" })
  end
  local given = { path = self.target, part_size = downloads.MIB }
  for name, value in pairs(options or {}) do
    given[name] = value or nil
  end
  return clients.new(self.server, more):download_job_output(
    { vaultName = downloads.VAULT, jobId = job }, given)
end

--- The names in the folder, in order; with hidden ones.
function Scene:names()
  local names = {}
  for name in lfs.dir(self.folder) do
    if name ~= "." and name ~= ".." then
      names[#names + 1] = name
    end
  end
  table.sort(names)
  return names
end

--- The path of the file whose name ends so; nil: there is none.
---@param ending string  "part" or "journal"
function Scene:hidden(ending)
  for _, name in ipairs(self:names()) do
    if name:match("^%..*%." .. ending .. "$") then
      return self.folder .. "/" .. name
    end
  end
end

--- Lets a job's output end after so many bytes in all, as if it had expired.
---@return string id
function Scene:short_job(bytes, job)
  job = job or { archive = "A" }
  job.expires_after_bytes = bytes
  return self.server:add_job(job)
end

--- Bytes that were sent, and requests for them, since the last time.
---@return number bytes
---@return integer requests
function Scene:fetched()
  local bytes, requests = self.server:bytes_sent(), self.server:count "GetJobOutput"
  self.server:control { forget = true }
  return bytes, requests
end

--- Asserts that the target is there, right, and alone.
---@param first number?  of the archive's bytes; 0
---@param size number?   to the end
function Scene:assert_right(first, size)
  local ok, difference = self.archive.content:check_file(self.target, first, size)
  assert(ok, difference)
  local names = self:names()
  assert(#names == 1, "left behind: " .. table.concat(names, ", "))
end

--- Asserts that there is no file under the target's name.
function Scene:assert_none()
  assert(not lfs.attributes(self.target), "there is a file under its final name")
end

return downloads
