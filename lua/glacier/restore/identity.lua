--- Who a process is, and whether another one of this machine surely is no more:
-- then nobody has to wait until its leases end.

local digest = require("glacier.core.digest")

local format, gmatch, match = string.format, string.gmatch, string.match
local open = io and io.open

local identity = {}

local function read(path)
  local file = open and open(path, "rb")
  local text = file and file:read("*a")
  if file then
    file:close()
  end
  return text
end

-- The place of the start in /proc/PID/stat, behind the name, which may hold anything.
local START = 20

-- When a process has begun, in ticks since the machine has; nil: it is not there,
-- or the system does not tell.
local function began(pid)
  local text = read("/proc/" .. pid .. "/stat")
  local place = 0
  for field in gmatch(text and match(text, "^.*%) (.*)$") or "", "[^ ]+") do
    place = place + 1
    if place == START then
      return field
    end
  end
  return nil
end

-- What is the same for all who can see each other's processes: the machine's
-- start, and the first process of theirs.
local function machine()
  local boot = match(read("/proc/sys/kernel/random/boot_id") or "", "^([0-9a-f-]+)")
  local first = began("1")
  return boot and first and boot .. "." .. first
end

--- A name that no other process has, or had.
---@return string
function identity.new()
  local pid = match(read("/proc/self/stat") or "", "^([0-9]+)")
  local start = pid and began(pid)
  local where = machine()
  if not start or not where then
    return "unknown:" .. digest.uuid()
  end
  return format("%s:%s:%s:%s", where, pid, start, digest.uuid())
end

--- Whether the process of that name was one of this machine, since its last start.
---@param name string
---@return boolean
function identity.is_here(name)
  return match(name, "^([^:]+):") == machine()
end

--- Whether the process of that name is no more. One of another machine may be.
---@param name string
---@return boolean
function identity.is_dead(name)
  local where, pid, start = match(name, "^([^:]+):([0-9]+):([0-9]+):")
  return where ~= nil and where == machine() and began(pid) ~= start
end

return identity
