-- The output of a job, to a file.

local clients = require("spec.support.clients")
local lfs = require("lfs")
local outputs = require("spec.support.outputs")

local JOB, DIGITS, NOT_FOUND = outputs.JOB, outputs.DIGITS, outputs.NOT_FOUND
local whole, part = outputs.whole, outputs.part

local server, folder
local context = outputs.around({ setup = setup, teardown = teardown, before_each = before_each,
  after_each = after_each })
setup(function()
  server, folder = context.server, context.folder
end)

local function get(...)
  return outputs.get(context, ...)
end

local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read("*a")
  return file and file:close() and text
end

local function names()
  local list = {}
  for name in lfs.dir(folder) do
    if name ~= "." and name ~= ".." then
      list[#list + 1] = name
    end
  end
  return list
end

describe("a path", function()
  it("is written whole", function()
    local body = ("0123456789abcdef"):rep(64 * 1024)
    server:play({ status = 200, body = body })
    local response = assert(get({ path = folder .. "/out" }))
    assert.is_nil(response.body)
    assert.is_true(read(folder .. "/out") == body)
    assert.are.same({ "out" }, names())
  end)

  it("holds all of a body that came in two parts", function()
    server:play({ whole(DIGITS, 300), part(300, 999, 1000) })
    assert(get({ path = folder .. "/out" }))
    assert.are.equal(DIGITS, read(folder .. "/out"))
  end)

  it("is there for a body of no bytes", function()
    server:play({ status = 200, body = "" })
    assert(get({ path = folder .. "/out" }))
    assert.are.equal("", read(folder .. "/out"))
  end)

  it("is not written at all where the call fails", function()
    for _, answer in ipairs({ NOT_FOUND, whole(DIGITS, 300) }) do
      server:reset()
      server:play(answer, { repeat_last = true })
      assert.is_nil(get({ path = folder .. "/out" }, nil, { max_attempts = 2 }))
      assert.are.same({}, names())
    end
    assert.is_nil(get({ path = folder .. "/out" }, { vaultName = "" }))
    assert.are.same({}, names())
  end)

  it("that exists is refused before anything is sent", function()
    local file = assert(io.open(folder .. "/out", "wb"))
    file:write("old")
    file:close()
    for _, overwrite in ipairs({ "absent", false }) do
      local response, err = get({ path = folder .. "/out",
        overwrite = overwrite ~= "absent" and overwrite or nil })
      assert.is_nil(response)
      assert.are.equal("config", err.kind)
      assert.are.equal("FileExists", err.code)
      assert.are.equal("GetJobOutput", err.operation)
      assert.is_false(err.sent)
    end
    assert.are.same({}, server:requests())
    assert.are.equal("old", read(folder .. "/out"))
    server:play({ status = 200, body = "new" })
    assert(get({ path = folder .. "/out", overwrite = true }))
    assert.are.equal("new", read(folder .. "/out"))
    assert.are.same({ "out" }, names())
  end)

  it("that came to exist meanwhile stays as it is", function()
    server:play({ status = 200, body = DIGITS, delay = 0 })
    local client = clients.new(server)
    local begin = client.transport.begin
    client.transport.begin = function(...)
      local file = assert(io.open(folder .. "/out", "wb"))
      file:write("theirs")
      file:close()
      return begin(...)
    end
    local response, err = client:get_job_output(JOB, { path = folder .. "/out" })
    assert.is_nil(response)
    assert.are.equal("FileExists", err.code)
    assert.are.equal("theirs", read(folder .. "/out"))
    assert.are.same({ "out" }, names())
  end)

  it("has nothing beside it after a call that raises", function()
    server:play({ status = 200, body = DIGITS })
    local ok, problem = pcall(get, { path = folder .. "/out" }, nil, {
      host = { now = require("glacier.core.http").monotonic, sleep = error,
        wait = function() error("the host is gone", 0) end },
    })
    assert.is_false(ok)
    assert.are.equal("the host is gone", problem)
    assert.are.same({}, names())
  end)

  it("in no folder is refused before anything is sent", function()
    local _, err = get({ path = folder .. "/none/out" })
    assert.are.equal("config", err.kind)
    assert.are.equal("FileError", err.code)
    assert.is_truthy(err.message:find(folder .. "/none/out", 1, true))
    assert.are.same({}, server:requests())
  end)

  it("on a full disk is an error", function()
    local output = require("glacier.call.output")
    local full = io.open("/dev/full", "wb")
    if full then
      local receiver = assert(output.of({ path = folder .. "/out" }))
      receiver.file.handle:close()
      receiver.file.handle = full
      full:setvbuf("no")
      local ok, failure = receiver:take("x", { status = 200, headers = {} })
      assert.is_nil(ok)
      assert.are.equal("FileError", receiver.problem.code)
      assert.are.equal("config", failure.kind)
      assert.is_nil((receiver:finish(nil, receiver.problem)))
      assert.are.same({}, names())
    end
  end)
end)
