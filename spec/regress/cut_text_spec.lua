-- Texts of errors were cut in the middle of a character, and showed bytes that
-- are no UTF-8 as they were: whatever writes them as JSON then failed.

local errors = require "glacier.errors"
local file = require "glacier.core.file"
local home = require "spec.support.home"
local model = require "glacier.model"
local operations = model.operations
local parse = require "glacier.call.parse"
local text = require "glacier.text"
local validate = require "glacier.call.validate"

local FFFD = "\239\191\189"

-- Raw bytes and what they become: the Unicode Standard, 3.9, table 3-8, and
-- what Python's bytes.decode("utf-8", "replace") gives.
local REPLACED = {
  { "", "" },
  { "plain", "plain" },
  { "caf\195\169 \226\130\172 \240\159\152\128", "caf\195\169 \226\130\172 \240\159\152\128" },
  { "caf\233!", "caf" .. FFFD .. "!" },
  { "\255\254", FFFD .. FFFD },
  { "\226\130", FFFD },
  { "\226\130x", FFFD .. "x" },
  { "\240\159\152", FFFD },
  { "\192\175\224\128\191", FFFD:rep(5) },
  { "\237\160\128", FFFD:rep(3) },
  { "\244\144\128\128", FFFD:rep(4) },
  { "\128\195\169\195", FFFD .. "\195\169" .. FFFD },
  { "\0\255\0", "\0" .. FFFD .. "\0" },
}

describe("bytes that are no UTF-8 become U+FFFD", function()
  for _, case in ipairs(REPLACED) do
    it(("in %q"):format(case[1]), function()
      assert.equal(case[2], text.to_utf8(case[1]))
      assert.equal(case[1] == case[2], text.is_utf8(case[1]))
      assert.is_true(text.is_utf8(case[2]))
    end)
  end

  it("in every error", function()
    assert.equal("a" .. FFFD, errors.new("config", "X", "a\255").message)
    assert.equal("a" .. FFFD, errors.config("a\255").message)
    local err = errors.transfer({ kind = "tls", code = "SSLError", message = "CN=caf\233" },
      "https://h")
    assert.equal("SSL validation failed for https://h (CN=caf" .. FFFD .. ")", err.message)
  end)

  it("in time that grows with the length only", function()
    local begun = os.clock()
    for _, part in ipairs { "\255", "\226\130", "\195\169", "\240", "x\128" } do
      assert.is_true(text.is_utf8(text.to_utf8(part:rep(200000))))
    end
    assert.is_true(os.clock() - begun < 20)
  end)
end)

describe("a text is cut between characters", function()
  it("wherever it is cut", function()
    local characters = { "a", "\195\169", "\226\130\172", "\240\159\152\128", "\255" }
    local raw = table.concat(characters) .. table.concat(characters)
    local whole = text.to_utf8(raw)
    for limit = 0, #whole + 2 do
      local cut = text.cut(raw, limit)
      assert.is_true(#cut <= limit and text.is_utf8(cut))
      assert.equal(whole:sub(1, #cut), cut)
      assert.is_true(#cut > limit - 4 or cut == whole)
    end
  end)

  it("in an error of the service", function()
    for before = 1990, 2001 do
      local body = ("m"):rep(before) .. ("\240\159\152\128"):rep(10)
      for _, answer in ipairs { body, '{"message":"' .. body .. '"}',
        "<Error><Message>" .. body .. "</Message></Error>" } do
        local _, err = parse({ status = 500, reason = "", headers = {}, body = answer },
          operations.initiate_job)
        local whole = ("m"):rep(before) .. ("\240\159\152\128"):rep(math.floor((2000 - before) / 4))
        assert.equal(whole:sub(1, 2000), err.message)
      end
    end
  end)

  it("in what validation shows of a value, a key and a name", function()
    local long = ("k"):rep(199) .. "\195\169\195\169"
    local function messages_of(parameters)
      local _, problems = validate({ vaultName = "v", jobParameters = parameters },
        operations.initiate_job, "full")
      return problems[1].message .. problems[1].path
    end
    for _, parameters in ipairs {
      { Tier = long }, { [long] = "x" }, { Tier = "caf\233" }, { ["\255"] = "x" },
      { OutputLocation = { S3 = { Tagging = { [long .. "\255"] = 5 } } } },
    } do
      assert.is_true(text.is_utf8(messages_of(parameters)))
    end
    assert.truthy(messages_of({ Tier = long }):find(("k"):rep(199) .. "...", 1, true))
  end)

  it("in what the core shows of a path", function()
    local place = home.new()
    finally(function()
      place:remove()
    end)
    for shift = 0, 3 do
      local path = place.path .. "/none/" .. ("x"):rep(shift) .. ("\240\159\152\128"):rep(60) .. "\255"
      local _, failure = file.replace(path, "x")
      assert.is_true(text.is_utf8(failure.message), failure.message)
      assert.is_nil(failure.message:find(FFFD, 1, true))
      _, failure = file.replace(place.path .. "/none/caf\233", "x")
      assert.truthy(failure.message:find("/none/caf" .. FFFD .. ": ", 1, true), failure.message)
    end
  end)
end)

describe("a foreign text is shown", function()
  it("without control characters, those of U+0080 to U+009F included", function()
    assert.equal("a?b?c?d\te\nf", text.printable("a\0b\27c\194\155d\te\nf", 100))
    assert.equal("\194\160\195\155", text.printable("\194\160\195\155", 100))
  end)

  it("on one line", function()
    assert.equal("a b?c d", text.line(" a\r\n\tb\0c\v\fd \n", 100))
    assert.equal("", text.line(" \n", 100))
    assert.equal("a", text.line("a" .. (" "):rep(100000) .. "b", 50))
  end)
end)
