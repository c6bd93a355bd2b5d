--- Scalars of a shape, each compiled into a function that judges a value and
-- writes it down as its place in the request asks.

local json = require("glacier.json")
local problems = require("glacier.call.problems")
local rules = require("glacier.call.rules")
local uri = require("glacier.uri")

local concat = table.concat
local find, format, gsub = string.find, string.format, string.gsub
local rawget, tostring, type = rawget, tostring, type
local subtype = rawget(math, "type") -- Lua 5.3 and later
local add_bytes, add_length, add_type, add_value =
  problems.add_bytes, problems.add_length, problems.add_type, problems.add_value
local encode, quote = uri.encode, json.quote_utf8

local leaf = {}

local function as_it_is(value)
  return value
end

-- How a string is written, by its place; nil and why, where its bytes cannot
-- stand there.
local STRINGS = {
  uri = encode,
  querystring = encode,
  header = function(value)
    if find(value, "[^ -~\128-\255]") then
      return nil, "a header cannot hold control characters"
    end
    return value
  end,
  payload = function(value)
    return json.is_utf8(value) and value or nil, "it is not valid UTF-8"
  end,
  body = function(value)
    return quote(value), "it is not valid UTF-8"
  end,
}

-- The other scalars, where text is not sent as it is.
local OTHERS = { uri = encode, querystring = encode }

-- Every character of UTF-8 has one byte that continues none.
local function count_characters(value)
  local _, count = gsub(value, "[^\128-\191]", "")
  return count
end

-- Checks of a string: functions of walk, depth and value, which add what they
-- find and return whether that is nothing.

local function length_check(shape)
  local minimum, maximum, in_characters = shape.minimum, shape.maximum, shape.characters
  return function(walk, depth, value)
    local length = in_characters and count_characters(value) or #value
    if minimum and length < minimum then
      return add_length(walk, depth, length, "min", minimum)
    elseif maximum and length > maximum then
      return add_length(walk, depth, length, "max", maximum)
    end
    return true
  end
end

local function rule_check(name)
  local rule = rules[name]
  return function(walk, depth, value)
    local valid = rule(value)
    if valid then
      return add_value(walk, depth, value, valid)
    end
    return true
  end
end

-- For who is not in the list: who is in it has been found there before.
local function enum_check(enum)
  local valid = "valid values: " .. concat(enum, ", ")
  return function(walk, depth, value)
    return add_value(walk, depth, value, valid)
  end
end

local function both(first, second)
  return first and second and function(walk, depth, value)
    local is_sound = first(walk, depth, value)
    return second(walk, depth, value) and is_sound
  end or first or second
end

-- "full": what the specification says the service will refuse.
local function check_of(shape)
  return both(both(shape.enum and enum_check(shape.enum),
    (shape.minimum or shape.maximum) and length_check(shape)),
    shape.rule and rule_check(shape.rule))
end

-- A string, but for the values of an enum.
local function compile_text(shape, write, is_full)
  local check = is_full and check_of(shape)
  return function(walk, depth, value)
    if type(value) ~= "string" then
      return add_type(walk, depth, value, "string")
    end
    local result, problem = write(value)
    if not result then
      add_bytes(walk, depth, problem)
    end
    if check and not check(walk, depth, value) then
      return nil
    end
    return result
  end
end

-- The values of an enum are written beforehand.
local function compile_string(shape, place, is_full)
  local write = STRINGS[place] or STRINGS.body
  local write_text = compile_text(shape, write, is_full)
  local written = {}
  if not shape.enum then
    return write_text
  end
  for i = 1, #shape.enum do
    written[shape.enum[i]] = write(shape.enum[i])
  end
  return function(walk, depth, value)
    return written[value] or write_text(walk, depth, value)
  end
end

-- Not every Lua writes a whole number without a fraction or an exponent; an
-- integer may have more digits than a float keeps.
local function digits(value)
  return format(subtype and subtype(value) == "integer" and "%d" or "%.0f", value)
end

-- NaN and the infinities are no multiples of 1.
local function compile_integer(_, place)
  local write = OTHERS[place] or as_it_is
  return function(walk, depth, value)
    if type(value) ~= "number" then
      return add_type(walk, depth, value, "number")
    elseif value % 1 ~= 0 then
      return add_type(walk, depth, value, "number (an integer)")
    end
    return write(digits(value))
  end
end

-- The compiler of a shape whose values are of one Lua type, and nothing else.
local function compiler_of(expected, to_text)
  return function(_, place)
    local write = OTHERS[place] or as_it_is
    return function(walk, depth, value)
      if type(value) ~= expected then
        return add_type(walk, depth, value, expected)
      end
      return write(to_text and to_text(value) or value)
    end
  end
end

local COMPILERS = {
  string = compile_string, integer = compile_integer, long = compile_integer,
  boolean = compiler_of("boolean", tostring), blob = compiler_of("string"),
}

--- Compiles a scalar.
---@param shape table
---@param place "uri"|"querystring"|"header"|"payload"|"body"
---@param is_full boolean  whether the rules of the specification hold
---@return fun(walk: glacier.Walk, depth: integer, value: any): string?  nil where
--- the walk has got problems of it
function leaf.compile(shape, place, is_full)
  return COMPILERS[shape.type](shape, place, is_full)
end

return leaf
