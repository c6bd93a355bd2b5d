-- What a sink raises, or a file cannot take, ends the call: it was asked again
-- where the error looked like one of the call's own, the clock was set and
-- credentials were renewed by it, and the error said that nothing was sent.

local clients = require("spec.support.clients")
local endpoint = require("spec.support.endpoint")
local errors = require("glacier.errors")
local lfs = require("lfs")

local JOB = { vaultName = "v", jobId = "j" }
local BODY = ("0123456789"):rep(100)

describe("the end of an output", function()
  local server = endpoint.during {
    setup = setup, teardown = teardown, before_each = before_each,
  }

  after_each(clients.close_all)

  local function get(options, more)
    local client = clients.new(server, more or { max_attempts = 4 })
    local response, err = client:get_job_output(JOB, options)
    return response, err, client
  end

  for _, case in ipairs({
    { "network", "ConnectionClosedError", {} },
    { "service", "ThrottlingException", { status = 400 } },
    { "service", "503", { status = 503 } },
    { "service", "ExpiredTokenException", { status = 403 } },
    { "service", "RequestTimeTooSkewed",
      { status = 403, date = "Fri, 25 May 2012 00:24:53 GMT" } },
  }) do
    it("is an error of another call that is not tried again: " .. case[2], function()
      server:play({ { status = 200, body = BODY } }, { repeat_last = true })
      local own = errors.new(case[1], case[2], "of another call", case[3])
      own.operation, own.in_doubt, own.attempts, own.sent = "UploadArchive", true, 7, false
      local response, err, client = get({ sink = function() error(own, 0) end })
      assert.is_nil(response)
      assert.equal(own, err)
      assert.equal(1, #server:requests())
      assert.equal(0, client.clock.offset)
      assert.equal("UploadArchive", err.operation)
      assert.is_true(err.in_doubt)
      assert.equal(7, err.attempts)
      assert.is_true(err.sent)
    end)
  end

  it("at a file that cannot get its name was sent", function()
    local folder = os.tmpname()
    os.remove(folder)
    assert(lfs.mkdir(folder))
    server:play({ status = 200, body = BODY })
    local response, err = get({ path = folder, overwrite = true })
    assert.is_nil(response)
    assert.equal("FileError", err.code)
    assert.is_true(err.sent)
    assert.is_false(err.in_doubt)
    assert.equal(1, err.attempts)
    assert(lfs.rmdir(folder))
  end)

  it("at a full disk was sent", function()
    local outputs = require("glacier.call.output")
    local name = os.tmpname()
    local output = assert(outputs.of({ path = name .. ".full" }))
    output.file.handle:close()
    output.file.handle = {
      write = function() return nil, "No space left on device" end,
      close = function() return true end,
    }
    local of = outputs.of
    outputs.of = function() return output end
    server:play({ status = 200, body = BODY })
    local response, err = get()
    outputs.of = of
    os.remove(output.file.temporary)
    os.remove(name)
    assert.is_nil(response)
    assert.equal("FileError", err.code)
    assert.is_true(err.sent)
    assert.equal(1, err.attempts)
    assert.equal(1, #server:requests())
  end)

  local function cut(headers, body)
    return { raw = "HTTP/1.1 " .. headers .. "\r\n\r\n" .. body }
  end

  it("does not come where a part does not tell the whole's length", function()
    server:play({
      cut("200 OK\r\nContent-Length: 1000", BODY:sub(1, 300)),
      cut("206 Part\r\nContent-Length: 700\r\nContent-Range: bytes 300-999/*", BODY:sub(301)),
    })
    local pieces = {}
    assert(get({ sink = function(piece) pieces[#pieces + 1] = piece end }))
    assert.equal(BODY, table.concat(pieces))
  end)

  it("does not come where the first part does not tell it", function()
    server:play({
      cut("206 Part\r\nContent-Length: 1000\r\nContent-Range: bytes 0-999/*", BODY:sub(1, 300)),
      cut("206 Part\r\nContent-Length: 700\r\nContent-Range: bytes 300-999/1000", BODY:sub(301)),
    })
    local pieces = {}
    assert(get({ sink = function(piece) pieces[#pieces + 1] = piece end }))
    assert.equal(BODY, table.concat(pieces))
  end)
end)
