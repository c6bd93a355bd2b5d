--- Restores by the program glacier-restore, in processes of their own, from the
-- vault server.

local glacier = require "glacier"
local lfs = require "lfs"
local quote = require "spec.support.quote"
local shell = require "spec.support.shell"
local socket = require "socket"
local vault = require "spec.support.vault"

local restores = {
  PRICES = "--price-per-1000-requests 25 --price-per-gib 1",
}

local PATIENCE = 90

--- A command line of the program.
---@param server table?  the vault's
---@param words string   as a shell reads them
function restores.command(server, words)
  return ("%s AWS_MAX_ATTEMPTS=3 %s bin/glacier-restore %s"):format(shell.environment(server),
    shell.interpreter, words)
end

--- Runs it.
---@return string output
---@return integer status
function restores.run(server, words)
  return shell.run("timeout 120 " .. restores.command(server, words))
end

--- Runs it; it must succeed.
---@return string output
function restores.check(server, words)
  local output, status = restores.run(server, words)
  assert(status == 0, output)
  return output
end

--- A vault of so many archives, a few bytes each.
---@param count integer
---@param options table?  of vault.start besides
---@return table server
function restores.vault(count, options)
  local all = { archives = {}, ready_after = 0 }
  for name, value in pairs(options or {}) do
    all[name] = value
  end
  for i = 1, count do
    local name = ("%04d"):format(i)
    all.archives[name] = { size = i * 7 % 3000, description = ("p%d/%s.jpg"):format(i % 7, name) }
  end
  return vault.start(all)
end

--- Writes the inventory of a vault.
function restores.inventory(server, path)
  local list = {}
  for _, archive in pairs(server.archives) do
    list[#list + 1] = ('{"ArchiveId":"%s","ArchiveDescription":"%s","CreationDate":'
      .. '"2013-01-01T00:00:00Z","Size":%d,"SHA256TreeHash":"%s"}'):format(archive.id,
      archive.description, archive.size, archive.tree_hash)
  end
  local file = assert(io.open(path, "wb"))
  file:write('{"VaultARN":"x","InventoryDate":"2014-01-01T00:00:00Z","ArchiveList":[',
    table.concat(list, ","), "]}")
  file:close()
end

local function count_files(folder)
  local count = 0
  for name in lfs.dir(folder) do
    local path = folder .. "/" .. name
    if name ~= "." and name ~= ".." then
      count = count + (lfs.attributes(path, "mode") == "directory" and count_files(path) or 1)
    end
  end
  return count
end

--- What is wrong with what was restored: each archive whole, and nothing else.
---@return string[]
function restores.wrong(server, folder)
  local list, count = {}, 0
  for name, archive in pairs(server.archives) do
    count = count + 1
    if glacier.tree_hash_file(folder .. "/" .. archive.description) ~= archive.tree_hash then
      list[#list + 1] = name
    end
  end
  local found = count_files(folder)
  if found ~= count then
    list[#list + 1] = ("%d files"):format(found)
  end
  return list
end

--- The jobs that were made, and the most of them for one archive.
---@return integer jobs
---@return integer most
function restores.jobs(server)
  local of, count, most = {}, 0, 0
  for _, entry in ipairs(server:log "InitiateJob") do
    local id = entry.job and entry.body:match '"ArchiveId":"([^"]+)"'
    if id then
      count = count + 1
      of[id] = (of[id] or 0) + 1
      most = math.max(most, of[id])
    end
  end
  return count, most
end

local Process = {}
Process.__index = Process

local running = {}

--- Ends all that were started and that are still there.
function restores.kill_all()
  for process in pairs(running) do
    process:signal "KILL"
  end
  running = {}
end

--- Starts the program; it goes on in the background.
---@param server table
---@param words string
---@param log string  the file that takes what it prints
function restores.start(server, words, log)
  local pid = shell.check(("( exec %s ) >%s 2>&1 </dev/null & echo $!"):format(
    restores.command(server, words), quote(log))):match "%d+"
  local process = setmetatable({ pid = pid, log = log }, Process)
  running[process] = true
  return process
end

function Process:is_alive()
  local file = io.open("/proc/" .. self.pid .. "/stat")
  local state = file and file:read "*a":match "%) (%a)"
  if file then
    file:close()
  end
  return state ~= nil and state ~= "Z"
end

function Process:signal(name)
  shell.run(("kill -%s %s 2>/dev/null"):format(name, self.pid))
end

--- Waits for its end.
---@return string output
function Process:wait()
  local deadline = socket.gettime() + PATIENCE
  while self:is_alive() do
    if socket.gettime() > deadline then
      self:signal "KILL"
      error(("%s does not end:\n%s"):format(self.pid, self:output()), 2)
    end
    socket.sleep(0.05)
  end
  return self:output()
end

function Process:output()
  local file = assert(io.open(self.log, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

return restores
