-- Patterns that took quadratic time on what a server sends: an error's code, a
-- range in a listing, blanks in a header of the cosocket transport.

local model = require("glacier.model")
local parse = require("glacier.call.parse")
local reconcile = require("glacier.call.reconcile")

local LONG = 1000000

describe("at once is read", function()
  local function code_of(code)
    local _, err = parse({
      status = 400, reason = "", headers = { ["x-amzn-errortype"] = code }, body = "",
    }, model.operations.initiate_job)
    return err.code
  end

  it("a very long error code", function()
    assert.equal("aaa", code_of(("a"):rep(LONG) .. "#"):sub(1, 3))
    assert.equal("aaa", code_of(("a"):rep(LONG)):sub(1, 3))
    assert.equal("Bad", code_of("com.amazonaws.glacier#Bad:http://x"))
    assert.equal("Bad", code_of("Bad, Worse"))
  end)

  it("a very long range", function()
    local zeros = ("0"):rep(LONG)
    local job = { Action = "ArchiveRetrieval", ArchiveId = "A", RetrievalByteRange = zeros }
    assert.is_false(reconcile.matches(
      { Type = "archive-retrieval", ArchiveId = "A", RetrievalByteRange = "0-1" }, job))
    job.RetrievalByteRange = zeros .. "-" .. zeros .. "1"
    assert.is_true(reconcile.matches(
      { Type = "archive-retrieval", ArchiveId = "A", RetrievalByteRange = "0-1" }, job))
  end)

  it("a header of blanks", function()
    local sent = "HTTP/1.1 200 OK" .. (" "):rep(20000) .. "\r\nA" .. (" "):rep(20000) .. "x: " ..
      (" "):rep(20000) .. "y\r\nContent-Length: 0\r\n\r\n"
    local response = require("glacier.transport.cosocket.response").read({
      receiveany = function()
        local all = sent
        sent = nil
        return all, not all and "closed" or nil
      end,
    }, "GET", {})
    assert.equal(200, response.status)
    assert.equal("0", response.headers["content-length"])
  end)
end)
