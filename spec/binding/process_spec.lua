local process = require "glacier.core.process"
local lfs = require "lfs"
local socket = require "socket"

-- Far more than anything here takes.
local PATIENCE = 30

-- Runs a command to its end.
---@return string? output
---@return any status  or the failure
local function run(command)
  local handle = assert(process.start(command))
  local deadline = socket.gettime() + PATIENCE
  local output, status
  repeat
    output, status = handle:read()
  until output or status or socket.sleep(0.001) or socket.gettime() > deadline
  handle:close()
  return output, status
end

local function count(folder)
  local found = 0
  for _ in lfs.dir(folder) do
    found = found + 1
  end
  return found
end

-- This program's children, those that have ended and were not waited for too.
local function children()
  local file = assert(io.open "/proc/thread-self/children")
  local text = file:read "*a"
  file:close()
  return text
end

-- What was killed and did not end at once is collected by the next start.
local function check_children(expected)
  local deadline = socket.gettime() + PATIENCE
  while children() ~= expected and socket.gettime() < deadline do
    process.start ""
    socket.sleep(0.001)
  end
  assert.equal(expected, children())
end

-- What other specs have left is none of ours.
local function collect()
  collectgarbage()
  collectgarbage()
end

describe("core.process", function()
  before_each(collect)

  it("gives the output and the status, once there is an end", function()
    local handle = assert(process.start "sleep 0.1; echo text; exit 3")
    assert.equal(1, select("#", handle:read()))
    assert.is_nil((handle:read()))
    local output, status
    repeat
      output, status = handle:read()
    until output or status
    assert.equal("text\n", output)
    assert.equal(3, status)
    assert.same({ "text\n", 3 }, { handle:read() })
    handle:close()
  end)

  it("gives any bytes, with or without an end of line", function()
    local output, status = run [[printf 'a\000b\377']]
    assert.equal("a\0b\255", output)
    assert.equal(0, status)
    assert.equal("", (run "true"))
    assert.equal(65536, #run "head -c 65536 /dev/zero")
  end)

  it("does not take what is written to standard error", function()
    assert.equal("text\n", (run "{ echo error >&2; } 2>/dev/null; echo text"))
  end)

  it("fails for more output than 64 KiB", function()
    local output, failure = run "head -c 65537 /dev/zero"
    assert.is_nil(output)
    assert.equal("ResponseTooLargeError", failure.code)
    assert.equal("its output is larger than 65536 bytes", failure.message)
  end)

  it("fails where the shell tells no status", function()
    local output, failure = run "'no end 2>/dev/null"
    assert.is_nil(output)
    assert.equal("config", failure.kind)
    assert.equal("it could not be run", failure.message)
  end)

  it("fails for what is no command", function()
    for _, command in ipairs { "", "a\0b", ("x"):rep(131073) } do
      local handle, failure = process.start(command)
      assert.is_nil(handle)
      assert.is_string(failure.message)
    end
  end)

  it("ends what runs when it is closed, and by the collector", function()
    local before, descriptors = children(), count "/proc/self/fd"
    local begun = socket.gettime()
    for _ = 1, 5 do
      local handle = assert(process.start "sleep 60; :")
      assert.not_equal(before, children())
      handle:close()
      handle:close()
      assert(process.start "sleep 60; :")
    end
    collect()
    check_children(before)
    assert.equal(descriptors, count "/proc/self/fd")
    assert.is_true(socket.gettime() - begun < PATIENCE)
  end)

  it("leaves nothing of what has ended", function()
    local before, descriptors = children(), count "/proc/self/fd"
    for _ = 1, 20 do
      run "true"
    end
    check_children(before)
    assert.equal(descriptors, count "/proc/self/fd")
  end)

  it("raises for misuse", function()
    local handle = assert(process.start "true")
    handle:close()
    assert.has_error(function() handle:read() end)
    assert.has_error(function() handle.read(io.stdout) end)
    assert.has_error(function() handle.close() end)
    assert.has_error(function() process.start(5) end)
    assert.has_error(function() process.start() end)
  end)
end)
