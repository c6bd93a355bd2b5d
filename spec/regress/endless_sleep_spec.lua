-- A sleep of math.huge seconds returned at once; one of no number, and of less
-- than nothing, is none.

local shell = require "spec.support.shell"

local BEGIN = "local http = require 'glacier.core.http'; "

local function run(program)
  return select(2, shell.run(shell.environment() .. "timeout 1 " .. shell.interpreter .. " -e " ..
    shell.quote(BEGIN .. program)))
end

describe("a sleep of", function()
  for _, seconds in ipairs { "math.huge", "1e300", "1e12", "2^31", "1e6" } do
    it(seconds .. " seconds does not end", function()
      assert.equal(124, run("http.sleep(" .. seconds .. ")"))
    end)
  end

  for _, seconds in ipairs { "0/0", "-math.huge", "-1", "0" } do
    it(seconds .. " seconds is none", function()
      assert.equal(0, run("http.sleep(" .. seconds .. ")"))
    end)
  end
end)
