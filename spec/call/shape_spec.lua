-- A shape judges and writes in one walk.

local shape_of = require("glacier.call.shape")

local text = { type = "string" }
local word = { type = "string", enum = { "a", "b" } }

local function structure(members, extra)
  local shape = extra or {}
  shape.type, shape.members = "structure", members
  return shape
end

local function in_body(shape)
  return structure({ { "x", shape } })
end

local function written(shape, value)
  local result, problems = shape_of.write(in_body(shape), { x = value }, "full")
  return result and result[1], problems and problems[1].message
end

describe("glacier.call.shape", function()
  it("writes what it has found right, each member by its place", function()
    local shape = structure({
      { "path", text, location = "uri", default = "-" },
      { "query", { type = "long" }, location = "querystring" },
      { "head", text, location = "header" },
      { "content", structure({ { "n", { type = "integer" } }, { "t", text, as = "T" } }) },
      { "absent", text },
    })
    local result = assert(shape_of.write(shape, {
      query = 12, head = "a/b c", content = { t = 'q"/', n = 1 },
    }, "full"))
    assert.are.equal("-", result[1])
    assert.are.equal("12", result[2])
    assert.are.equal("a/b c", result[3])
    assert.are.equal('{"n":1,"T":"q\\"/"}', result[4])
    assert.is_falsy(result[5])
    assert.are.equal("a%2Fb%20c", shape_of.write(shape, { path = "a/b c" }, "full")[1])
  end)

  it("writes each kind of value", function()
    for _, case in ipairs({
      { text, "caf\195\169", '"caf\195\169"' },
      { text, "", '""' },
      { word, "b", '"b"' },
      { { type = "boolean" }, false, "false" },
      { { type = "long" }, 2 ^ 53, "9007199254740992" },
      { { type = "list", member = word }, {}, "[]" },
      { { type = "list", member = word }, { "a", "b" }, '["a","b"]' },
      { { type = "map", key = text, value = text }, {}, "{}" },
      { { type = "map", key = text, value = text }, { b = "1", a = "2" }, '{"a":"2","b":"1"}' },
      { structure({ { "y", text } }), {}, "{}" },
    }) do
      assert.are.equal(case[3], (written(case[1], case[2])))
    end
  end)

  it("writes nothing where there is a problem, however deep", function()
    local deep = structure({ { "a", { type = "list", member = structure({ { "b", word } }) } } })
    local result, message = written(deep, { a = { { b = "a" }, { b = "c" } } })
    assert.is_nil(result)
    assert.are.equal(
      "Invalid value for parameter x.a[2].b, value: c, valid values: a, b", message)
  end)

  it("tells all problems of one string, the order being fixed", function()
    local odd = { type = "string", enum = { "a" }, minimum = 3, rule = "printable_ascii" }
    local _, problems = shape_of.write(in_body(odd), { x = "\255" }, "full")
    local messages = {}
    for i, problem in ipairs(problems) do
      messages[i] = problem.message:match("^Invalid %a+") .. problem.message:match("[^,:]*$")
    end
    assert.are.same({ "Invalid value it is not valid UTF-8", "Invalid value a",
      "Invalid length 3", "Invalid value ASCII 0x20 - 0x7E" }, messages)
  end)

  it("reads tables raw", function()
    local function raise()
      error("looked at")
    end
    local evil = { __index = raise, __len = raise, __pairs = raise, __eq = raise }
    local function hide(value)
      return setmetatable(value, evil)
    end
    assert.are.equal('{"y":["a"]}', (written(
      structure({ { "y", { type = "list", member = word } }, { "z", text } }),
      hide({ y = hide({ "a" }) }))))
    assert.are.equal('{"k":"v"}', (written({ type = "map", key = text, value = text },
      hide({ k = "v" }))))
  end)

  it("takes shapes that hold themselves", function()
    local tree = structure({ { "name", text } })
    tree.members[2] = { "below", { type = "list", member = tree } }
    assert.are.equal('{"name":"a","below":[{"name":"b","below":[]}]}',
      (written(tree, { name = "a", below = { { name = "b", below = {} } } })))
  end)

  it("keeps the two modes apart", function()
    local shape = in_body(word)
    assert.is_nil(shape_of.write(shape, { x = "c" }, "full"))
    assert.are.equal('"c"', shape_of.write(shape, { x = "c" }, "shape")[1])
    assert.is_nil(shape_of.write(shape, { x = "c" }, "full"))
  end)
end)
