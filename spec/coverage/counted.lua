--- What run.sh has left of each file of specs: how it ended, and the lines of
-- lua/ that it ran. Read by report.lua and by mutants.lua.

local lfs = require "lfs"

local counted = {}

-- As struct file of lines.c has it.
local NAMED, NAME, LINES = 2, 127, 2048
local SLOT = 1 + NAME + LINES

local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read "*a" or ""
  if file then file:close() end
  return text
end

-- Lines run, path -> number -> true.
local function lines_of(path)
  local data, ran = read(path), {}
  for slot = 1, #data - SLOT + 1, SLOT do
    local state = data:byte(slot)
    if state == 0 then break end
    if state == NAMED then
      local name = data:sub(slot + 1, slot + NAME):match "^[^%z]+"
      local first = slot + 1 + NAME
      local numbers = ran[name] or {}
      ran[name] = numbers
      local at = data:find("\1", first, true)
      while at and at < first + LINES do
        numbers[at - first] = true
        at = data:find("\1", at + 1, true)
      end
    end
  end
  return ran
end

--- All files of specs that ran.
---@param folder string  run.sh's $OUT
---@return { path: string, passed: boolean, seconds: number, ran: table }[] specs
--- by path; ran: path -> number of a line -> true
function counted.specs(folder)
  local specs = {}
  folder = folder .. "/counted"
  for name in lfs.dir(folder) do
    local status, seconds = read(folder .. "/" .. name .. "/ended"):match "^(%d+) (%d+)"
    if status then
      specs[#specs + 1] = {
        path = (name:gsub("=", "/")), passed = status == "0", seconds = tonumber(seconds),
        ran = lines_of(folder .. "/" .. name .. "/lines"),
      }
    end
  end
  table.sort(specs, function(a, b) return a.path < b.path end)
  return specs
end

--- The lines that any of them ran.
---@return table ran  path -> number -> true
function counted.all(specs)
  local all = {}
  for _, spec in ipairs(specs) do
    for path, numbers in pairs(spec.ran) do
      all[path] = all[path] or {}
      for number in pairs(numbers) do all[path][number] = true end
    end
  end
  return all
end

return counted
