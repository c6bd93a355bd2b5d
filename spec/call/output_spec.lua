-- The output of a job: in memory, to a sink.

local clients = require("spec.support.clients")
local outputs = require("spec.support.outputs")

local JOB, DIGITS, NOT_FOUND = outputs.JOB, outputs.DIGITS, outputs.NOT_FOUND
local cut, whole, part = outputs.cut, outputs.whole, outputs.part

local server, folder
local context = outputs.around({ setup = setup, teardown = teardown, before_each = before_each,
  after_each = after_each })
setup(function()
  server, folder = context.server, context.folder
end)

local function get(...)
  return outputs.get(context, ...)
end

local function sink_into(pieces)
  return function(piece)
    pieces[#pieces + 1] = piece
  end
end

local function ranges()
  local list = {}
  for i, request in ipairs(server:requests()) do
    assert.are.equal("ok", request.signature)
    list[i] = request:header("range") or "none"
  end
  return list
end

describe("an output in memory", function()
  it("is the string of its bytes", function()
    server:play({ status = 206, body = "0123", headers = { ["Content-Range"] = "bytes 0-3/10",
      ["Content-Type"] = "text/csv", ["Accept-Ranges"] = "bytes" } })
    local response = assert(get(nil, { range = "bytes=0-3" }))
    response.ResponseMetadata = nil
    assert.are.same({ body = "0123", status = 206, contentRange = "bytes 0-3/10",
      contentType = "text/csv", acceptRanges = "bytes" }, response)
    assert.are.same({ "bytes=0-3" }, ranges())
  end)

  it("may be large", function()
    local size = 20 * 1024 * 1024
    server:play({ status = 200, body = ("x"):rep(size) })
    assert.are.equal(size, #assert(get()).body)
  end)

  it("beyond the limit is an error that names what takes more", function()
    local operation = require("glacier.model").operations.get_job_output
    local limit = operation.body_limit
    assert.are.equal(64 * 1024 * 1024, limit)
    operation.body_limit = 999
    server:play({ status = 200, body = DIGITS })
    local response, err = get(nil, nil, { max_attempts = 1 })
    operation.body_limit = limit
    assert.is_nil(response)
    assert.are.equal("protocol", err.kind)
    assert.are.equal("ResponseTooLargeError", err.code)
    assert.is_truthy(err.message:find("`sink` or `path` in the second argument", 1, true))
  end)
end)

describe("a sink", function()
  it("gets the bytes, and the result has none", function()
    local pieces = {}
    server:play({ status = 200, body = DIGITS, headers = { ["x-amz-sha256-tree-hash"] = "beef" } })
    local response = assert(get({ sink = sink_into(pieces) }))
    assert.are.equal(DIGITS, table.concat(pieces))
    assert.is_nil(response.body)
    assert.are.equal("beef", response.checksum)
    assert.are.equal(200, response.status)
  end)

  it("gets what is large in pieces, in order", function()
    local body = ("0123456789abcdef"):rep(256 * 1024)
    local pieces, largest = {}, 0
    server:play({ status = 200, body = body })
    assert(get({ sink = function(piece)
      pieces[#pieces + 1] = piece
      largest = math.max(largest, #piece)
    end }))
    assert.is_true(table.concat(pieces) == body)
    assert.is_true(#pieces > 4)
    assert.is_true(largest < 512 * 1024)
  end)

  it("is not called for a body of no bytes", function()
    local pieces = {}
    server:play({ status = 200, body = "" })
    assert(get({ sink = sink_into(pieces) }))
    assert.are.same({}, pieces)
  end)

  it("sees nothing of an error of more bytes than any error has", function()
    server:play({ { status = 404, body = ("x"):rep(1048577), times = 1 } })
    local pieces = 0
    local response, err = get({ sink = function() pieces = pieces + 1 end })
    assert.is_nil(response)
    assert.are.equal("protocol ResponseTooLargeError", err.kind .. " " .. err.code)
    assert.are.equal(0, pieces)
  end)

  it("sees nothing of an error", function()
    local pieces = {}
    server:play(NOT_FOUND)
    local _, err = get({ sink = sink_into(pieces) })
    assert.are.equal("ResourceNotFoundException", err.code)
    assert.is_truthy(err.message ~= "")
    assert.are.same({}, pieces)
  end)

  describe("is never given a byte twice:", function()
    local B = "bytes="

    -- Each: the range that is asked for, the answers, the ranges sent, the bytes.
    local cases = {
      { "after a cut", nil, { whole(DIGITS, 300), part(300, 999, 1000) },
        { "none", B .. "300-999" }, DIGITS },
      { "after two cuts", nil, { whole(DIGITS, 300), part(300, 999, 1000, 50),
        part(350, 999, 1000) }, { "none", B .. "300-999", B .. "350-999" }, DIGITS },
      { "of a range", B .. "100-199", { part(100, 199, 1000, 20), part(120, 199, 1000) },
        { B .. "100-199", B .. "120-199" }, DIGITS:sub(101, 200) },
      { "of a range that the service cut short", B .. "900-5000", { part(900, 999, 1000, 60),
        part(960, 999, 1000) }, { B .. "900-5000", B .. "960-999" }, DIGITS:sub(901) },
      { "where the range is not looked at", nil, { whole(DIGITS, 300), whole(DIGITS, 1000) },
        { "none", B .. "300-999" }, DIGITS },
      { "where nothing had come", nil, { whole(DIGITS, 0), whole(DIGITS, 1000) },
        { "none", "none" }, DIGITS },
      { "after an error in between", nil, { whole(DIGITS, 10), { status = 503 },
        part(10, 999, 1000) }, { "none", B .. "10-999", B .. "10-999" }, DIGITS },
      { "where no length is told", nil, { cut(200, { ["Transfer-Encoding"] = "chunked" },
        "5\r\n01234\r\n", 10), { status = 200, body = DIGITS } }, { "none", "none" }, DIGITS },
    }

    for _, case in ipairs(cases) do
      it(case[1], function()
        local pieces = {}
        server:play(case[3])
        local response = assert(get({ sink = sink_into(pieces) }, { range = case[2] }))
        assert.are.equal(case[5], table.concat(pieces))
        assert.are.same(case[4], ranges())
        assert.are.equal(case[2] and 206 or 200, response.status)
        assert.are.equal(#case[4] - 1, response.ResponseMetadata.RetryAttempts)
      end)
    end
  end)

  describe("is given nothing that does not follow:", function()
    local cases = {
      { "a part from further on", { whole(DIGITS, 300), part(301, 999, 1000) } },
      { "a part of something longer", { whole(DIGITS, 300), part(300, 999, 1001) } },
      { "a part that does not say which", { whole(DIGITS, 300),
        cut(206, { ["Content-Length"] = 700 }, DIGITS, 700) } },
      { "another whole", { whole(DIGITS, 300), whole(DIGITS .. "0", 1001) } },
    }

    for _, case in ipairs(cases) do
      it(case[1], function()
        local pieces = {}
        server:play(case[2])
        local response, err = get({ sink = sink_into(pieces) })
        assert.is_nil(response)
        assert.are.equal("protocol", err.kind)
        assert.are.equal(DIGITS:sub(1, 300), table.concat(pieces))
      end)
    end

    it("an answer to a part of a part", function()
      local pieces = {}
      server:play({ part(100, 199, 1000, 20), whole(DIGITS, 1000) })
      local _, err = get({ sink = sink_into(pieces) }, { range = "bytes=100-199" })
      assert.are.equal("protocol", err.kind)
      assert.are.equal(DIGITS:sub(101, 120), table.concat(pieces))
    end)

    it("fewer bytes than the range that was told", function()
      server:play({ cut(206, { ["Content-Length"] = 10, ["Content-Range"] = "bytes 0-19/1000" },
        DIGITS, 10) })
      local _, err = get({ sink = function() end })
      assert.are.equal("protocol", err.kind)
      assert.is_truthy(err.message:find("10 bytes, not 20", 1, true))
    end)
  end)

  describe("ends the call", function()
    local function end_of(sink)
      server:play({ { status = 200, body = DIGITS }, { status = 200, body = DIGITS } })
      local response, err = get({ sink = sink })
      assert.is_nil(response)
      assert.are.equal(1, #server:requests())
      assert.is_false(err.retryable)
      assert.are.equal("GetJobOutput", err.operation)
      return err
    end

    it("by nil and a message", function()
      for _, none in ipairs({ "nil", "false" }) do
        server:reset()
        local err = end_of(function()
          return none == "false" and false or nil, "disk full"
        end)
        assert.are.equal("cancelled", err.kind)
        assert.are.equal("SinkError", err.code)
        assert.are.equal("the sink ended the call: disk full", err.message)
      end
    end)

    it("by a raise", function()
      assert.is_truthy(end_of(function()
        error("went wrong")
      end).message:find("went wrong", 1, true))
      server:reset()
      assert.are.equal("the sink ended the call: a table", end_of(function()
        error({})
      end).message)
    end)

    it("by an error object, which is the call's", function()
      local errors = require("glacier.errors")
      local own = errors.new("cancelled", "MyError", "mine")
      assert.are.equal(own, end_of(function()
        error(own)
      end))
    end)

    it("and the client goes on", function()
      local client = clients.new(server)
      server:play({ { status = 200, body = ("x"):rep(4 * 1048576) }, { status = 200, body = "{}" } })
      assert.is_nil(client:get_job_output(JOB, { sink = function()
        return nil, "enough"
      end }))
      assert(client:describe_vault({ vaultName = "v" }))
    end)

    it("but not by returning nothing, or true", function()
      for _, result in ipairs({ true, 5, {} }) do
        server:reset()
        server:play({ status = 200, body = DIGITS })
        assert(get({ sink = function()
          return result
        end }))
      end
    end)
  end)
end)


describe("the options", function()
  it("take for a sink no table that takes nothing", function()
    local _, err = get({ sink = { head = print } })
    assert.are.equal("config", err.kind)
    assert.is_truthy(err.message:find("'sink'", 1, true))
    assert.are.same({}, server:requests())
  end)

  it("exclude each other, and are for this operation alone", function()
    local _, err = get({ sink = print, path = folder .. "/out" })
    assert.are.equal("config", err.kind)
    _, err = clients.new(server):describe_vault({ vaultName = "v" }, { sink = print })
    assert.are.equal("UnknownOptionError", err.code)
    _, err = get({ path = "" })
    assert.are.equal("config", err.kind)
    assert.has_error(function()
      get({ sink = "file" })
    end)
    assert.are.same({}, server:requests())
  end)
end)
