-- Checks what a restore has brought back against what the vault has: each archive
-- whole, by its tree hash, and nothing else in the folder; and how many jobs were
-- started for each.
--
--   restore_check.lua INVENTORY FOLDER URL
--
-- INVENTORY: of the vault; URL: of the server of vault_server.lua. Prints a line
-- of what it found; its status is 0 where all is right.

local glacier = require "glacier"
local server_control = require "spec.support.server_control"

local inventory, folder, url = ...

local problems, count, bytes = {}, 0, 0
local expected = {}
for archive in glacier.inventory(inventory) do
  local name = glacier.archive_name(archive.ArchiveDescription) or archive.ArchiveId
  local path = folder .. "/" .. name
  local hash, err = glacier.tree_hash_file(path)
  if hash ~= archive.SHA256TreeHash then
    problems[#problems + 1] = path .. ": " .. tostring(err or "its hash is another")
  end
  expected[name] = true
  count, bytes = count + 1, bytes + archive.Size
end

local pipe = assert(io.popen("cd '" .. folder .. "' && find . -type f"))
for line in pipe:lines() do
  if not expected[line:sub(3)] then
    problems[#problems + 1] = line .. ": it belongs to no archive"
  end
end
pipe:close()

local jobs, most = 0, 0
local of = {}
for _, entry in ipairs(server_control.ask({ url = url }, "log")) do
  local id = entry.operation == "InitiateJob" and entry.job and entry.body:match '"ArchiveId":"([^"]+)"'
  if id then
    jobs, of[id] = jobs + 1, (of[id] or 0) + 1
    most = math.max(most, of[id])
  end
end
if most > 1 then
  problems[#problems + 1] = "an archive was paid for more than once"
end

for i = 1, math.min(#problems, 20) do
  io.stderr:write(problems[i], "\n")
end
print(("%d archives, %d bytes: %d are wrong; %d jobs, %d at the most for an archive"):format(count,
  bytes, #problems, jobs, most))
os.exit(#problems == 0 and 0 or 1)
