--- A download goes on with what is there: by the same job or another one of the
-- same archive, and never with bytes that are not what the journal says.

local downloads = require "spec.support.downloads"

local MIB = downloads.MIB
local PART = 2 * MIB
local SIZE = 7 * PART + 12345

-- Of each stream less than a MiB, and what lies between the server and it.
local LOST = 4 * (MIB + 512 * 1024)

local scene

-- Lets a first download end after so many bytes.
local function interrupt(bytes, options)
  options = options or {}
  options.part_size = options.part_size or PART
  local result, err = scene:download(scene:short_job(bytes), options)
  assert.is_nil(result)
  assert.are.equal("ResourceNotFoundException", err.code, tostring(err))
  scene:assert_none()
  assert.truthy(scene:hidden "part")
  assert.truthy(scene:hidden "journal")
  return (scene:fetched())
end

-- Goes on, and says how many bytes came.
local function go_on(options)
  options = options or {}
  options.part_size = options.part_size or PART
  local result = assert(scene:download(nil, options))
  assert.are.equal("tree_hash", result.verified)
  assert.are.equal(scene.archive.tree_hash, result.tree_hash)
  scene:assert_right()
  local bytes = scene:fetched()
  return bytes, result
end

local function change(path, offset, bytes)
  local file = assert(io.open(path, "r+b"))
  file:seek("set", offset)
  file:write(bytes)
  file:close()
end

before_each(function()
  scene = downloads.start({ size = SIZE }, { send_buffer = 65536 })
end)

after_each(function()
  scene:stop()
end)

describe("what is there", function()
  for _, share in ipairs { 0.02, 0.2, 0.4, 0.7, 0.9 } do
    it(("is taken over by another job after %g of the bytes"):format(share), function()
      local before = interrupt(math.floor(share * SIZE))
      local bytes, result = go_on()
      assert.is_true(before + bytes <= SIZE + LOST, before + bytes)
      assert.are.equal(SIZE, bytes + result.resumed)
      assert.is_true(result.resumed > before - LOST, result.resumed)
    end)
  end

  it("is taken over again and again", function()
    local sum = 0
    for _ = 1, 5 do
      sum = sum + interrupt(SIZE / 8)
    end
    local bytes, result = go_on()
    assert.is_true(result.resumed > 0, result.resumed)
    assert.is_true(sum + bytes <= SIZE + 5 * LOST, sum + bytes)
  end)

  it("keeps the size of its parts, whatever is asked for later", function()
    interrupt(SIZE / 2)
    local bytes, result = go_on { part_size = 8 * MIB }
    assert.are.equal(8, result.parts)
    assert.are.equal(SIZE, bytes + result.resumed)
  end)

  it("is of that archive and range alone", function()
    interrupt(SIZE / 2)
    scene.server:control { archives = { B = { size = SIZE, seed = 2 } } }
    local result = assert(scene:download({ archive = "B" }, { part_size = PART }))
    assert.are.equal(0, result.resumed)
    assert(scene.server.archives.B.content:check_file(scene.target))
    os.remove(scene.target)
    result = assert(scene:download({ archive = "A", range = ("0-%d"):format(4 * MIB - 1) },
      { part_size = PART }))
    assert.are.equal(0, result.resumed)
    os.remove(scene.target)
    scene:fetched()
    local bytes
    bytes, result = go_on()
    assert.is_true(result.resumed > 0)
    assert.are.equal(SIZE, bytes + result.resumed)
  end)

  it("goes on inside a part after the last whole MiB", function()
    interrupt(5 * MIB + 70000, { part_size = 16 * MIB, concurrency = 1 })
    local job = scene.server:add_job { archive = "A" }
    local result = assert(scene:download(job, { part_size = 16 * MIB }))
    assert.are.equal(5 * MIB, result.resumed)
    scene:assert_right()
    local log = scene.server:log "GetJobOutput"
    assert.are.equal(1, #log)
    assert.are.equal(("bytes=%d-%d"):format(5 * MIB, SIZE - 1), log[1].range)
  end)
end)

describe("what is not as the journal says", function()
  it("is fetched again: 64 KiB of zeros inside a finished part", function()
    interrupt(SIZE * 0.6, { concurrency = 1 })
    change(scene:hidden "part", PART + 300000, ("\0"):rep(65536))
    local bytes, result = go_on()
    assert.is_true(result.resumed <= SIZE * 0.6 - PART)
    assert.are.equal(SIZE, bytes + result.resumed)
  end)

  it("is fetched again: one byte in a part amid its way", function()
    interrupt(5 * MIB + 70000, { part_size = 16 * MIB, concurrency = 1 })
    change(scene:hidden "part", 3 * MIB + 5, "?")
    local _, result = go_on { part_size = 16 * MIB }
    assert.are.equal(0, result.resumed)
  end)

  for name, length in pairs { ["to nothing"] = 0, ["amid a part"] = PART + 77, ["by a byte"] = SIZE - 1 } do
    it("is fetched again: a part file that was cut " .. name, function()
      interrupt(SIZE * 0.6, { concurrency = 1 })
      local path = scene:hidden "part"
      downloads.write(path, downloads.read(path):sub(1, length))
      local bytes, result = go_on()
      assert.are.equal(SIZE, bytes + result.resumed)
      assert.is_true(result.resumed <= length)
    end)
  end

  it("is fetched again: a part file that is longer, or gone", function()
    interrupt(SIZE * 0.6)
    local path = scene:hidden "part"
    downloads.write(path, downloads.read(path) .. ("x"):rep(100000))
    local bytes, result = go_on()
    assert.are.equal(SIZE, bytes + result.resumed)
    os.remove(scene.target)
    interrupt(SIZE * 0.6)
    os.remove(scene:hidden "part")
    bytes = go_on()
    assert.are.equal(SIZE, bytes)
  end)

  local TAILS = {
    ["is empty"] = function()
      return ""
    end,
    ["is torn amid a line"] = function(text)
      return text:sub(1, -8)
    end,
    ["is torn amid its first line"] = function(text)
      return text:sub(1, 12)
    end,
    ["ends in zeros"] = function(text)
      return text .. ("\0"):rep(4096)
    end,
    ["has zeros in the place of its end"] = function(text)
      return text:sub(1, -200) .. ("\0"):rep(199)
    end,
    ["has a wrong byte in the middle"] = function(text)
      local half = math.floor(#text / 2)
      return text:sub(1, half) .. "?" .. text:sub(half + 2)
    end,
    ["ends in what is no line of its"] = function(text)
      return text .. "done 1 " .. ("0"):rep(64) .. " 1\n"
    end,
    ["ends in lines that come again"] = function(text)
      return text .. text
    end,
    ["is of something else"] = function()
      return ("GIF89a, and what not\n"):rep(1000)
    end,
    ["has blank lines"] = function(text)
      return "\n\n" .. text
    end,
  }
  for name, spoil in pairs(TAILS) do
    it("a journal that " .. name .. " makes no wrong file", function()
      interrupt(SIZE * 0.6, { concurrency = 2 })
      local path = scene:hidden "journal"
      downloads.write(path, spoil(downloads.read(path)))
      local bytes, result = go_on()
      assert.are.equal(SIZE, bytes + result.resumed)
    end)
  end

  it("a journal of another run whose bytes are gone", function()
    interrupt(SIZE * 0.6)
    local path = scene:hidden "part"
    downloads.write(path, ("\0"):rep(SIZE))
    local bytes, result = go_on()
    assert.are.equal(0, result.resumed)
    assert.are.equal(SIZE, bytes)
  end)

  it("a journal that is a folder, a link or a pipe is an error that says so", function()
    interrupt(SIZE * 0.6)
    local path = scene:hidden "journal"
    for _, command in ipairs { "mkdir '%s'", "ln -s /nowhere/at/all '%s'", "mkfifo '%s'" } do
      os.remove(path)
      os.execute(command:format(path))
      local result, err = scene:download(nil, { part_size = PART })
      assert.is_nil(result)
      assert.are.equal("FileError", err.code, tostring(err))
      os.execute(("rm -rf '%s'"):format(path))
    end
    local _, result = go_on()
    assert.are.equal(0, result.resumed)
  end)
end)
