local digest = require "glacier.core.digest"
local download = require "glacier.core.download"
local engines = require "spec.support.engines"
local home = require "spec.support.home"
local part_files = require "spec.support.part_files"

local bytes, read = part_files.bytes, part_files.read
local MIB = part_files.MIB

describe("core.http, transfer:receive", function()
  local place, path, file

  setup(engines.start)
  teardown(engines.stop)

  before_each(function()
    place = home.new()
    path = place.path .. "/x"
    file = assert(download.file(path))
  end)

  after_each(function()
    engines.close_all()
    file:close()
    place:remove()
  end)

  -- A transfer whose head is there, and that waits for somebody to take it.
  local function start(body, more)
    engines.play(body, 1, more)
    local engine = engines.new()
    local transfer = assert(engine:start(engines.request { piece_bytes = 1 }))
    while not transfer:done() do
      assert(engine:wait(1))
    end
    return engine, transfer
  end

  it("leads a body past Lua to its place in the file", function()
    local data = bytes(3 * MIB + 4321)
    local engine, transfer = start(data)
    assert.equal(200, transfer:head().status)
    local range = assert(file:range(MIB, #data))
    assert.is_true(transfer:receive(range))
    local response = assert(engines.finish(engine, transfer))
    assert.equal("", response.body)
    assert.is_true(range:settled())
    assert.equal(MIB + #data, range:position())
    assert.equal(digest.tree_hash(data), range:tree_hash())
    assert.is_true(data == read(path):sub(MIB + 1))
  end)

  for _, size in ipairs { 1, 2, 16 * 1024, 16 * 1024 + 1, 300000 } do
    it("takes a body of " .. size .. " bytes", function()
      local data = bytes(size)
      local engine, transfer = start(data)
      local range = assert(file:range(0, size))
      assert.is_true(transfer:receive(range))
      assert(engines.finish(engine, transfer))
      assert.equal(digest.tree_hash(data), range:tree_hash())
      assert.equal(data, read(path))
    end)
  end

  it("ends with what the range refuses", function()
    local engine, transfer = start(bytes(2 * MIB))
    local range = assert(file:range(0, MIB))
    assert.is_true(transfer:receive(range))
    local response, failure = engines.finish(engine, transfer)
    assert.is_nil(response)
    assert.equal("protocol", failure.kind)
    assert.truthy(failure.message:find("more bytes came", 1, true))
    assert.is_true(range:position() <= MIB)
    range:close()
    assert.equal(0, #read(path):sub(MIB + 1))
  end)

  it("ends with a range that is closed", function()
    local engine, transfer = start(bytes(4 * MIB))
    local range = assert(file:range(0, 4 * MIB))
    assert.is_true(transfer:receive(range))
    range:close()
    local response, failure = engines.finish(engine, transfer)
    assert.is_nil(response)
    assert.equal("the range is closed", failure.message)
  end)

  it("ends with a file that is closed", function()
    local engine, transfer = start(bytes(4 * MIB))
    assert.is_true(transfer:receive(assert(file:range(0, 4 * MIB))))
    file:close()
    local response, failure = engines.finish(engine, transfer)
    assert.is_nil(response)
    assert.equal("the file is closed", failure.message)
  end)

  it("keeps what came before a cut", function()
    local data = bytes(2 * MIB)
    local engine, transfer = start(data, { headers = { { "Content-Length", tostring(3 * MIB) } } })
    local range = assert(file:range(0, 3 * MIB))
    assert.is_true(transfer:receive(range))
    local response = engines.finish(engine, transfer)
    assert.is_nil(response)
    local position = range:position()
    assert.is_true(position > 0 and position <= 2 * MIB)
    assert.equal(digest.tree_hash(data:sub(1, position)), range:tree_hash())
  end)

  it("works whoever is collected first", function()
    for round = 1, 4 do
      local data = bytes(2 * MIB)
      local engine, transfer = start(data)
      local range = assert(file:range(0, #data))
      assert.is_true(transfer:receive(range))
      if round % 2 == 0 then
        range = nil -- luacheck: ignore
        collectgarbage()
        collectgarbage()
        assert.is_nil((engines.finish(engine, transfer)))
      else
        transfer, engine = nil, nil -- luacheck: ignore
        collectgarbage()
        collectgarbage()
        assert.is_true(range:settled() or range:tree_hash() ~= nil)
        range:close()
      end
    end
  end)

  it("raises for what is no receiver, and what is closed", function()
    local _, transfer = start(bytes(100000))
    for _, wrong in ipairs { 5, "x", {}, io.stdout, file, transfer } do
      assert.has_error(function() transfer:receive(wrong) end)
    end
    assert.has_error(function() transfer:receive() end)
    local range = assert(file:range(0, 10))
    range:close()
    assert.has_error(function() transfer:receive(range) end)
    assert.equal(bytes(1), transfer:take():sub(1, 1))
  end)
end)
