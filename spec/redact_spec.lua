local errors = require "glacier.errors"
local redact = require "glacier.redact"

local TOKEN = "IQoJb3JpZ2luX2VjE%+/" .. ("xY"):rep(20) .. "=="
local HIDDEN = "(not shown: it held a secret)"

local function escaped(form)
  return (TOKEN:gsub("[^%w]", function(c)
    return (form:gsub("XX", ("%02x"):format(c:byte())):gsub("NN", "" .. c:byte()))
  end))
end

describe("a secret is found", function()
  for name, text in pairs {
    ["percent-encoded"] = escaped "%XX",
    ["percent-encoded in capitals"] = (escaped "%XX"):gsub("%%%x%x", string.upper),
    ["percent-encoded twice"] = escaped "%25XX",
    ["as JSON"] = escaped "\\u00XX",
    ["as HTML, in hexadecimal"] = escaped "&#xXX;",
    ["as HTML, in decimal"] = escaped "&#NN;",
    ["in capitals"] = TOKEN:upper(),
    ["in lines"] = TOKEN:sub(1, 20) .. "\n" .. TOKEN:sub(21),
    ["cut"] = (escaped "%XX"):sub(1, 35),
  } do
    it(name, function()
      assert.equal(HIDDEN, redact.text("the token is " .. text, TOKEN))
    end)
  end

  it("as it is", function()
    assert.equal("the token is ***.", redact.text("the token is " .. TOKEN .. ".", TOKEN))
  end)
end)

describe("a text is left alone", function()
  for _, text in ipairs { "&#xFFFFFFFFFFFFFFFF;", "&#18446744073709551615;", "&#" .. ("9"):rep(500),
    "\\u0000 %00 &#0; &#128; \\uffff" } do
    it("with numbers of no character: " .. text:sub(1, 24), function()
      assert.equal(text, redact.text(text, TOKEN))
    end)
  end

  it("without the secret", function()
    local text = "50%25 of \\u0041 &amp; &#65; is no secret"
    assert.equal(text, redact.text(text, TOKEN))
  end)

  it("that is only like a short secret", function()
    assert.equal("a-b", redact.text("a-b", "a+b"))
  end)
end)

describe("an error, redacted,", function()

  it("shows no secret, wherever it stands", function()
    local err = errors.new("service", "Bad" .. TOKEN, "x " .. TOKEN .. " y " .. TOKEN,
      { request_id = TOKEN, date = "d" .. TOKEN, status = 403 })
    assert.equal(err, redact.error(err, { TOKEN }))
    assert.equal("x *** y ***", err.message)
    for _, value in pairs(err) do
      assert.falsy(tostring(value):find(TOKEN, 1, true))
    end
    assert.equal(403, err.status)
    assert.falsy(tostring(err):find(TOKEN, 1, true))
  end)

  it("shows no part of a secret that the message was cut in", function()
    for shown = 8, #TOKEN do
      local err = redact.error(errors.new("service", "X", "token:" .. TOKEN:sub(1, shown)),
        { TOKEN })
      assert.equal("token:***", err.message)
    end
  end)

  it("shows no secret as JSON writes it", function()
    local err = redact.error(errors.new("service", "X", '["' .. TOKEN:gsub("/", "\\/") .. '"]'),
      { TOKEN })
    assert.equal('["***"]', err.message)
  end)

  it("leaves the rest as it is", function()
    local err = redact.error(errors.new("service", "X", "a b c"), { "", TOKEN, "b" })
    assert.equal("a b c", err.message)
    assert.equal("", redact.error(errors.new("service", "X", ""), { TOKEN }).message)
  end)
end)
