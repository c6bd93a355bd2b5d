--- What the specs of glacier.core.download share.

local http = require "glacier.core.http"

local part_files = { MIB = 1024 * 1024 }

--- The whole file.
function part_files.read(path)
  local opened = assert(io.open(path, "rb"))
  local text = opened:read "*a"
  opened:close()
  return text
end

--- Makes the file hold the text.
function part_files.write(path, text)
  local opened = assert(io.open(path, "wb"))
  opened:write(text)
  opened:close()
end

-- A little more than a MiB, so that no MiB of what it is repeated to is another.
local period

--- Bytes of which no MiB is like another.
function part_files.bytes(size)
  if not period then
    local pieces = {}
    for i = 1, 128 * 1024 + 1 do
      pieces[i] = ("%07d,"):format(i * 7919 % 10000000)
    end
    period = table.concat(pieces)
  end
  return period:rep(math.ceil(size / #period)):sub(1, size)
end

--- Waits for a task, and gives what came of it.
function part_files.result_of(task)
  local deadline = http.monotonic() + 30
  while not task:done() do
    assert(http.monotonic() < deadline, "the task does not end")
    http.sleep(0.002)
  end
  return task:result()
end

--- A program of its own in the Lua of now, after a command of the shell; what it prints.
function part_files.run(code, before)
  local lua = rawget(_G, "jit") and "luajit" or "lua" .. _VERSION:match "[%d.]+$"
  local pipe = assert(io.popen(("%s LUA_CPATH='%s' %s -e '%s' 2>&1"):format(before or "",
    package.cpath, lua, code)))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

return part_files
