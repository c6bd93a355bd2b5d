-- What a service quotes may have gone through several hands, each of which escapes it
-- again: a token was shown that was percent-encoded three times, or escaped for HTML
-- and then for a URL, and anybody can read it back.

local redact = require "glacier.redact"

local TOKEN = "IQoJb3JpZ2luX2VjE%+/" .. ("xY"):rep(20) .. "=="
local HIDDEN = "(not shown: it held a secret)"

local ESCAPES = {
  url = function(text)
    return (text:gsub("[^%w]", function(c)
      return ("%%%02X"):format(c:byte())
    end))
  end,
  html = function(text)
    return (text:gsub("&", "&amp;"):gsub("[+/=%%]", function(c)
      return ("&#%d;"):format(c:byte())
    end))
  end,
  json = function(text)
    return (text:gsub("[^%w]", function(c)
      return ("\\u%04x"):format(c:byte())
    end))
  end,
}

describe("a secret that was escaped again and again is found:", function()
  for first, escape in pairs(ESCAPES) do
    for second, escape_again in pairs(ESCAPES) do
      for third, escape_thrice in pairs(ESCAPES) do
        it(("%s, %s, %s"):format(first, second, third), function()
          local text = "token " .. escape_thrice(escape_again(escape(TOKEN)))
          assert.equal(HIDDEN, redact.text(text, TOKEN))
        end)
      end
    end
  end
end)

it("a text of many escapes that holds no secret is left alone", function()
  local text = "%" .. ("25"):rep(1000) .. "41 " .. ("&amp;"):rep(1000)
  assert.equal(text, redact.text(text, TOKEN))
end)
