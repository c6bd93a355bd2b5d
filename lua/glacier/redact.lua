--- Takes secrets out of texts from outside: services answer a wrong signature
-- with the whole canonical request, session token and all.

local lower = require("glacier.text").lower

local byte, char, find, gsub, sub =
  string.byte, string.char, string.find, string.gsub, string.sub
local concat = table.concat
local ipairs, min, tonumber = ipairs, math.min, tonumber

local redact = {}

local WITHHELD = "(not shown: it held a secret)"

-- A shorter beginning of a secret than this tells nothing.
local SHORTEST_PART = 8

-- No real token or signature is shorter. What is, such as the "test" that
-- stand-ins for the service are given, may be part of any word.
local SHORTEST_SECRET = 16

-- A disguise is looked for where a secret has that many letters and digits:
-- fewer may stand in any text.
local SHORTEST_DISGUISED = 16

-- What ends in front of a secret that is called one, as far back as is looked.
local LABEL = "[Tt][Oo][Kk][Ee][Nn][ \"':=]+$"
local LONGEST_LABEL = 16

-- Plain text, not a pattern, on either side.
local function replace(text, part, by)
  local pieces, from = {}, 1
  local first, last = find(text, part, from, true)
  while first do
    pieces[#pieces + 1] = sub(text, from, first - 1)
    pieces[#pieces + 1] = by
    from = last + 1
    first, last = find(text, part, from, true)
  end
  pieces[#pieces + 1] = sub(text, from)
  return concat(pieces)
end

-- A short secret is hidden where it is a word of its own; one that is of letters
-- alone may be a word of the language, and is hidden only where the text says
-- that a token follows, as the canonical request does.
local function replace_short(text, secret, by)
  local is_language = not find(secret, "[^A-Za-z]")
  local pieces, from = {}, 1
  local first, last = find(text, secret, 1, true)
  while first do
    local is_word = not find(sub(text, first - 1, first - 1), "[A-Za-z0-9]")
      and not find(text, "^[A-Za-z0-9]", last + 1)
    local before = sub(text, first > LONGEST_LABEL and first - LONGEST_LABEL or 1, first - 1)
    if is_word and (not is_language or find(before, LABEL)) then
      pieces[#pieces + 1] = sub(text, from, first - 1)
      pieces[#pieces + 1] = by
      from = last + 1
    end
    first, last = find(text, secret, last + 1, true)
  end
  pieces[#pieces + 1] = sub(text, from)
  return concat(pieces)
end

-- How much of a text's end is the beginning of a secret: it was cut there.
local function cut_length(text, secret, shortest)
  local first = byte(secret)
  for length = min(#secret - 1, #text), shortest, -1 do
    if byte(text, -length) == first and sub(text, -length) == sub(secret, 1, length) then
      return length
    end
  end
  return 0
end

local function replace_cut(text, secret, by)
  local length = cut_length(text, secret, SHORTEST_PART)
  return length > 0 and sub(text, 1, -length - 1) .. by or text
end

-- More digits than these stand for nothing that a secret holds, and wrap
-- around where there are integers.
local MOST_DIGITS = 8

-- How often in turn a text is read as an escaped one: each time costs a walk.
local MOST_ESCAPINGS = 8

local function character(digits, base)
  local code = #digits <= MOST_DIGITS and tonumber(digits, base)
  return code and code < 128 and char(code) or ""
end

local function of_hex(digits)
  return character(digits, 16)
end

local function of_decimal(digits)
  return character(digits, 10)
end

-- What a text says once it is percent-decoded, read as JSON and as HTML.
local function unescape(text)
  text = gsub(text, "%%([0-9A-Fa-f][0-9A-Fa-f])", of_hex)
  text = gsub(text, "\\+u([0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f])", of_hex)
  text = gsub(gsub(text, "&#[xX]([0-9A-Fa-f]+);?", of_hex), "&#([0-9]+);?", of_decimal)
  return (gsub(text, "&[Aa][Mm][Pp];", "&"))
end

-- Letters and digits alone, in lower case, of what a text says. Each that passes
-- it on may have escaped it again: a page in a JSON text in a header.
local function bare(text)
  for _ = 1, MOST_ESCAPINGS do
    local inner = unescape(text)
    if inner == text then
      break
    end
    text = inner
  end
  return lower((gsub(gsub(text, "&[A-Za-z]+;", ""), "[^A-Za-z0-9]", "")))
end

local function is_disguised(text, secret)
  local plain, wanted = bare(text), bare(secret)
  return #wanted >= SHORTEST_DISGUISED and (find(plain, wanted, 1, true) ~= nil or
    cut_length(plain, wanted, SHORTEST_DISGUISED) > 0)
end

--- A text without a secret in it: "***" stands in its place. Where it stands
--- in another spelling, nothing of the text is left. What is too short to be a
--- secret is left where it is part of other words.
---@param text string
---@param secret string  not empty
---@return string
function redact.text(text, secret)
  if #secret < SHORTEST_SECRET then
    return replace_cut(replace_short(text, secret, "***"), secret, "***")
  end
  -- As it is, and as it stands in a JSON text that was not decoded.
  for _, form in ipairs({ secret, (gsub(secret, "/", "\\/")) }) do
    text = replace_cut(replace(text, form, "***"), form, "***")
  end
  return is_disguised(text, secret) and WITHHELD or text
end

--- A text without any of several secrets, each as by redact.text.
---@param text string
---@param secrets string[]  an empty one is none
---@return string
function redact.all(text, secrets)
  for i = 1, #secrets do
    if secrets[i] ~= "" then
      text = redact.text(text, secrets[i])
    end
  end
  return text
end

-- What of an error comes from outside.
local FOREIGN = { "message", "code", "request_id", "date" }

--- Takes secrets out of what came from outside.
---@param err glacier.Error
---@param secrets string[]
---@return glacier.Error err  the same one
function redact.error(err, secrets)
  for _, name in ipairs(FOREIGN) do
    err[name] = err[name] and redact.all(err[name], secrets)
  end
  return err
end

return redact
