--- Splits sources into tokens, so that specs may judge what is code in them: a
-- comment is left out, a string is one token whatever stands in it.

local lexer = {}

---@class Token
---@field kind "name"|"string"|"number"|"symbol"
---@field text string  of a string: what stands between its quotes, as written
---@field line integer

local function add(tokens, kind, text, line)
  tokens[#tokens + 1] = { kind = kind, text = text, line = line }
end

-- Where the quoted text ends that begins behind `first`.
local function quoted_end(source, first)
  local quote = source:sub(first, first)
  local at = first + 1
  while source:sub(at, at) ~= quote do
    assert(at <= #source, "a string without an end")
    at = at + (source:sub(at, at) == "\\" and 2 or 1)
  end
  return at
end

-- The text of a long bracket at `first`, and where it ends; nil: there is none.
local function long_bracket(source, first)
  local level = source:match("^%[(=*)%[", first)
  if level then
    local open = first + #level + 2
    local close, last = source:find("]" .. level .. "]", open, true)
    return source:sub(open, assert(close, "a long bracket without an end") - 1), last
  end
end

-- Where a comment of Lua at `at` ends, else nil.
local function lua_comment_end(source, at)
  if source:sub(at, at + 1) == "--" then
    local _, last = long_bracket(source, at + 2)
    return last or (source:find("\n", at, true) or #source + 1) - 1
  end
end

-- Where a comment of C at `at` ends, else nil.
local function c_comment_end(source, at)
  local mark = source:sub(at, at + 1)
  if mark == "/*" then
    return select(2, source:find("*/", at + 2, true))
  elseif mark == "//" then
    return (source:find("\n", at, true) or #source + 1) - 1
  end
end

local function split(source, comment_end, has_brackets)
  local tokens, at, line = {}, 1, 1
  while at <= #source do
    local last = comment_end(source, at)
    local bracket, bracket_last
    local char = source:sub(at, at)
    if not last and has_brackets then
      bracket, bracket_last = long_bracket(source, at)
    end
    if last or char:find "%s" then
      last = last or at
    elseif char == '"' or char == "'" then
      last = quoted_end(source, at)
      add(tokens, "string", source:sub(at + 1, last - 1), line)
    elseif bracket then
      last = bracket_last
      add(tokens, "string", bracket, line)
    elseif char:find "[%a_]" then
      last = select(2, source:find("^[%w_]+", at))
      add(tokens, "name", source:sub(at, last), line)
    elseif char:find "%d" then
      last = select(2, source:find("^%d[%w.]*", at))
      add(tokens, "number", source:sub(at, last), line)
    else
      last = select(2, source:find("^[<>=~]=", at)) or select(2, source:find("^::", at)) or
        select(2, source:find("^%.%.+", at)) or at
      add(tokens, "symbol", source:sub(at, last), line)
    end
    line = line + select(2, source:sub(at, last):gsub("\n", ""))
    at = last + 1
  end
  return tokens
end

--- The tokens of a Lua source.
---@param source string
---@return Token[]
function lexer.lua(source)
  return split(source, lua_comment_end, true)
end

--- The tokens of a C source; those of its preprocessor are among them.
---@param source string
---@return Token[]
function lexer.c(source)
  return split(source, c_comment_end, false)
end

return lexer
