--- The disk of a simulation: names, and whose bytes they are.

local errors = require("glacier.errors")

local format = string.format
local pairs, setmetatable, tonumber = pairs, setmetatable, tonumber

local simulated = {}

---@class spec.SimulatedFiles
local Files = {}
Files.__index = Files

--- The files of a process, on the disk that all processes share.
function simulated.new(world, process)
  local self = setmetatable({ world = world, process = process }, Files)
  self.free = function()
    return world.disk_bytes
  end
  return self
end

function Files.part(_, fetch)
  return format("part/%.0f", fetch.seq)
end

local function place(fetch)
  return "place/" .. fetch.path
end

--- As glacier.RestoreFiles.is_there.
function Files:is_there(fetch)
  local whose = self.world.disk[place(fetch)]
  if whose and whose.name ~= fetch.archive_id then
    return nil, errors.new("config", "FileExists", "another archive is there")
  end
  return whose ~= nil
end

--- As glacier.RestoreFiles.publish; the process may be killed before and after.
function Files:publish(fetch)
  local world = self.world
  local part = self:part(fetch)
  world.scheduler:boundary("before the file has its name")
  if world.disk[place(fetch)] then
    return nil, errors.new("config", "FileExists", "it is there")
  elseif not world.disk[part] then
    return nil, errors.new("config", "FileError", "there is no partial file")
  end
  world.checks:published(world.archives[fetch.archive_id], world.disk[part], place(fetch))
  world.disk[place(fetch)], world.disk[part] = world.disk[part], nil
  world.scheduler:boundary("after the file has its name")
  return true
end

--- As glacier.RestoreFiles.clean.
function Files:clean(is_wanted)
  for path in pairs(self.world.disk) do
    local seq = tonumber(path:match("^part/(%d+)$"))
    if seq and not is_wanted(seq) then
      self.world.disk[path] = nil
    end
  end
end

function Files.leave()
end

function Files.note_time()
end

--- No run may rely on it that the store was not set back: other machines of a
--- simulation may have noted more.
function Files.last_time()
  return math.huge
end

return simulated
