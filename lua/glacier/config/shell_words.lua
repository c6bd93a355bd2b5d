--- A text as the words that a POSIX shell would make of it, without expanding
-- anything: quotes and backslashes, and no more. Pure.
--
-- Source: POSIX.1-2017, Shell Command Language, 2.2 "Quoting"; Python's
-- shlex.split, by which boto3 and the AWS CLI read the headers of sections.

local concat = table.concat
local find, gsub, sub = string.find, string.gsub, string.sub

local shell_words = {}

-- In double quotes a backslash escapes these two alone; before all others it
-- stands for itself.
local function unescape(text)
  return (gsub(text, '\\([\\"])', "%1"))
end

-- Where the double quote closes that opens before `first`.
local function closing_quote(text, first)
  local at = find(text, '[\\"]', first)
  while at and sub(text, at, at) == "\\" do
    at = find(text, '[\\"]', at + 2)
  end
  return at
end

-- What the mark at `at` begins that is no blank: the text that it stands for
-- and where it ends, nil where its end is missing.
local function read_piece(text, at)
  local mark = sub(text, at, at)
  local last
  if mark == "\\" then
    return at < #text and sub(text, at + 1, at + 1) or nil, at + 1
  elseif mark == "'" then
    last = find(text, "'", at + 1, true)
    return last and sub(text, at + 1, last - 1), last
  elseif mark == '"' then
    last = closing_quote(text, at + 1)
    return last and unescape(sub(text, at + 1, last - 1)), last
  end
  last = (find(text, "[ \t\r\n\\'\"]", at) or #text + 1) - 1
  return sub(text, at, last), last
end

--- Splits a text at its blanks (spaces, tabs, ends of lines).
---@param text string  bytes; those beyond ASCII are part of a word
---@return string[]? words  without quotes; nil where a quote is not closed, or
--- the text ends in a backslash
function shell_words.split(text)
  local words, pieces = {}, nil
  local at = 1
  while at <= #text do
    if find(text, "^[ \t\r\n]", at) then
      words[#words + 1] = pieces and concat(pieces)
      pieces = nil
    else
      local piece, last = read_piece(text, at)
      if not piece then
        return nil
      end
      at = last
      pieces = pieces or {}
      pieces[#pieces + 1] = piece
    end
    at = at + 1
  end
  words[#words + 1] = pieces and concat(pieces)
  return words
end

return shell_words
