-- The ready-made logger wrote an event whose message has line breaks on several
-- lines, and control characters as they were.

local loggers = require "glacier.loggers"
local text = require "glacier.text"

local function written(event)
  local pieces = {}
  local stderr = io.stderr
  -- luacheck: push ignore 122
  io.stderr = { write = function(_, ...)
    pieces[#pieces + 1] = table.concat({ ... })
  end }
  loggers.stderr(event)
  io.stderr = stderr
  -- luacheck: pop
  assert.equal(1, #pieces)
  return pieces[1]
end

describe("an event is one line", function()
  local all = {}
  for byte = 0, 255 do
    all[#all + 1] = string.char(byte)
  end
  all = table.concat(all)
  local strange = setmetatable({}, { __tostring = function() return "a\nb" end })

  for name, event in pairs {
    ["with line breaks"] = { event = "done", message = "a\nb\r\nc\rd\fe\vf" },
    ["with every byte"] = { event = "done", message = all },
    ["with the line ends of Unicode"] = { event = "done", message = "a\226\128\168b\226\128\169c\194\133d" },
    ["whose name has one"] = { event = "do\nne" },
    ["whose field's name has one"] = { event = "done", ["a\nb"] = "c" },
    ["with a value that is no text"] = { event = "done", value = strange },
    ["with names that are no text"] = { event = "done", [1] = "a\nb", [true] = "x", [2] = 5 },
  } do
    it(name, function()
      local line = written(event)
      assert.truthy(line:find("^glacier do"))
      assert.equal("\n", line:sub(-1))
      assert.is_nil(line:sub(1, -2):find "[^ -~\128-\255]")
      assert.is_nil(line:find "\194[\128-\159]")
      assert.is_nil(line:find "\226\128[\168\169]")
      assert.is_true(text.is_utf8(line))
    end)
  end

  it("in which texts are in quotes, to be read back", function()
    assert.equal('glacier done a="x=\\"y\\" z\\\\" b=5 c=true d="caf\195\169\\n\\t\\x1b"\n',
      written { event = "done", a = 'x="y" z\\', b = 5, c = true, d = "caf\195\169\n\t\27" })
  end)
end)
