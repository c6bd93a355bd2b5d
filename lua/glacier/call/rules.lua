--- What a value may be, by the name of its rule in the model: pure predicates.
--
-- Each takes the string and returns nil where it is right, else what is valid,
-- in the words that end the problem's message.

local is_before = require("glacier.text").is_before
local timestamp = require("glacier.timestamp")

local byte, find, format, match = string.byte, string.find, string.format, string.match

local MEBIBYTE = 1048576

local rules = {}

--- 12 digits, or "-" (specification: accountId).
function rules.account_id(value)
  if value ~= "-" and not (#value == 12 and find(value, "^[0-9]+$")) then
    return 'valid values: "-" or 12 digits without hyphens'
  end
end

--- Letters, digits, "_", "." and "-" (Glacier developer guide, Create Vault).
function rules.vault_name(value)
  if find(value, "^arn:") then
    return "valid values: the vault's name alone, not its ARN (the part behind \"vaults/\")"
  end
  if value ~= "" and not find(value, "^[a-zA-Z0-9_.%-]+$") then
    return "valid characters: a-z A-Z 0-9 _ . -"
  end
end

--- 7-bit ASCII without control codes (specification: Description).
function rules.printable_ascii(value)
  if not find(value, "^[ -~]*$") then
    return "valid characters: ASCII 0x20 - 0x7E"
  end
end

-- White space and control codes beyond ASCII, in UTF-8: U+0080 to U+00A0,
-- U+1680, U+2000 to U+200F, U+2028 to U+202F, U+205F to U+206F, U+3000, U+FEFF.
local INVISIBLE = {
  "\194[\128-\160]", "\225\154\128", "\226\128[\128-\143\168-\175]", "\226\129[\159-\175]",
  "\227\128\128", "\239\187\191",
}

--- A word that the service gave: nothing of what is copied along with it from a
-- list or a terminal.
function rules.archive_id(value)
  local found = find(value, "[^!-~\128-\255]")
  for i = 1, #INVISIBLE do
    found = found or find(value, INVISIBLE[i])
  end
  if found then
    return "valid values: an archive's id, without white space and control characters"
  end
end

--- A decimal integer from 1 (specification: Limit).
function rules.positive_integer(value)
  -- Two patterns, each linear: one that did both would try every split.
  if not find(value, "^[0-9]+$") or not find(value, "[1-9]") then
    return "valid values: a decimal integer, 1 or more"
  end
end

--- 64 hexadecimal digits: a SHA-256 hash (specification: checksum).
function rules.sha256_hex(value)
  if #value ~= 64 or find(value, "[^0-9A-Fa-f]") then
    return "valid values: 64 hexadecimal digits"
  end
end

local PART_SIZES = {}
for i = 0, 12 do
  PART_SIZES[format("%d", MEBIBYTE * 2 ^ i)] = true
end

--- A mebibyte times a power of two (specification: partSize).
function rules.part_size(value)
  if not PART_SIZES[value] then
    return "valid values: 1048576 times a power of two, up to 4294967296"
  end
end

-- Digit by digit, for numbers beyond 2^53: the rest stays small.
local function is_multiple(digits, divisor)
  local rest = 0
  for i = 1, #digits do
    rest = (rest * 10 + byte(digits, i) - 48) % divisor
  end
  return rest == 0
end

-- By length and then by digits, for the same reason.
local function is_less(a, b)
  a, b = match(a, "^0*(.*)$"), match(b, "^0*(.*)$")
  if #a ~= #b then
    return #a < #b
  end
  return is_before(a, b)
end

--- START-END, START on a mebibyte. An unaligned END may be the archive's end,
-- which only the service knows (specification: RetrievalByteRange).
function rules.retrieval_byte_range(value)
  local first, last = match(value, "^([0-9]+)%-([0-9]+)$")
  if not first then
    return "valid values: StartByteValue-EndByteValue, in decimal digits"
  end
  if not is_multiple(first, MEBIBYTE) then
    return "valid values: a StartByteValue divisible by 1048576"
  end
  if is_less(last, first) then
    return "valid values: an EndByteValue not below StartByteValue"
  end
end

local function byte_range(value, form, valid)
  local first, last = match(value, form)
  if not first then
    return valid
  elseif is_less(last, first) then
    return "valid values: an end not below the beginning"
  end
end

--- What a part is of its archive (specification: UploadMultipartPart, range).
function rules.upload_range(value)
  return byte_range(value, "^bytes ([0-9]+)%-([0-9]+)/%*$", "valid values: bytes A-B/*")
end

--- Of a job's output (specification: GetJobOutput, range). The service takes
-- another form for none, and answers with everything.
function rules.output_range(value)
  return byte_range(value, "^bytes=([0-9]+)%-([0-9]+)$", "valid values: bytes=A-B")
end

--- A calendar date with or without a time of day (ISO 8601, extended and
-- basic format; specification: StartDate, EndDate).
function rules.date(value)
  if not timestamp.parse_iso8601(value) then
    return "valid values: an ISO 8601 date such as 2013-03-20T17:03:43Z"
  end
end

return rules
