--- The bytes that a call of ours sends, for the floors to send them, too.

local machine = require "bench.machine"

local recording = {}

local function fetch(url)
  return machine.read("curl -s --noproxy '*' " .. url .. "/recorded && echo .") .. "\n"
end

-- The request line, all headers in an order of their own, the body.
local function comparable(text)
  local first, head, body = text:match "^(.-)\r\n(.-\r\n)\r\n(.*)$"
  local lines = {}
  for line in head:gmatch "(.-)\r\n" do
    lines[#lines + 1] = line
  end
  table.sort(lines)
  return first .. "\n" .. table.concat(lines, "\n") .. "\n" .. body
end

--- Records a call at a server of the bench, and sees to it that the floor
--- sends the same: the same lines, as many bytes.
---@param url string
---@return string path  the file of it
function recording.of(url)
  local lua, path = machine.luas[1], machine.folder .. "/request"
  machine.read(lua.run .. "bench/programs/call.lua " .. url .. " 1")
  local ours = fetch(url)
  local file = assert(io.open(path, "wb"))
  file:write((ours:gsub("%.\n$", "")))
  file:close()
  machine.read(("%s/bench/floor_easy %s %s 1"):format(machine.build, path, url))
  local floors = fetch(url)
  if comparable(ours) ~= comparable(floors) or #ours ~= #floors then
    error("the floor does not send what a call of ours sends:\n" .. floors .. "\n" .. ours, 0)
  end
  return path
end

return recording
