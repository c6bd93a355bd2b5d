--- The names of files in the descriptions of archives, which have none of their
-- own: each tool has its way to keep them.
-- Sources: App::MtAws::MetaData; "FastGlacier File Metadata Format"; CloudBerry
-- Lab on the description's JSON.

local encodings = require("glacier.job.archive_name.encodings")
local json = require("glacier.json")
local text = require("glacier.text")

local error, ipairs, type = error, ipairs, type
local find, format, gsub, match = string.find, string.format, string.gsub, string.match

-- A name that a file may have.
local function as_name(value)
  if type(value) == "string" and value ~= "" and not find(value, "%z") and text.is_utf8(value) then
    return value
  end
end

-- "mt2 " and Base64 of JSON. mt1 encoded that as UTF-8 once more, by mistake.
local function mt_aws_glacier(description)
  local version, encoded = match(description, "^mt([12]) +([0-9A-Za-z+/_-]+=*) *$")
  local decoded = encoded and encodings.base64(encoded)
  if decoded and version == "1" then
    decoded = encodings.from_latin1(decoded) or decoded
  end
  local metadata = decoded and json.decode_object(decoded)
  return metadata and as_name(metadata.filename)
end

local ELEMENTS = { { "m", "p" }, { "ArchiveMetadata", "Path" } }

-- <m><v>4</v><p>BASE64</p>...</m>; in version 1 the elements have long names.
local function fastglacier(description)
  for _, names in ipairs(ELEMENTS) do
    local inside = match(description, format("^[ \t-\r]*<%s>(.*)</%s>[ \t-\r]*$",
      names[1], names[1]))
    local encoded = inside and match(inside, format("<%s>([^<]*)</%s>", names[2], names[2]))
    if encoded then
      return as_name(encodings.base64((gsub(encoded, "[ \t-\r]+", ""))))
    end
  end
end

-- {"Path": UTF-7}; others who write "path" keep it as it is.
local function cloudberry(description)
  local metadata = find(description, "^[ \t-\r]*{") and json.decode_object(description)
  if not metadata then
    return nil
  end
  local path = as_name(metadata.Path)
  if path then
    return as_name(encodings.utf7(path)) or path
  end
  return as_name(metadata.path)
end

local TOOLS = {
  { name = "mt-aws-glacier", read = mt_aws_glacier },
  { name = "fastglacier", read = fastglacier },
  { name = "cloudberry", read = cloudberry },
}

local archive_name = {}

--- The name of the file that an archive's description keeps.
---@param description string?  as of an archive in an inventory
---@return string? name  nil where the description is empty; where it is none that
--- a tool has written, or a malformed one, the description itself
---@return string? tool  "mt-aws-glacier", "fastglacier", "cloudberry" or "plain"
function archive_name.archive_name(description)
  if description ~= nil and type(description) ~= "string" then
    error(format("bad argument #1 to 'archive_name' (string expected, got %s)",
      type(description)), 2)
  elseif description == nil or description == "" then
    return nil
  end
  for _, tool in ipairs(TOOLS) do
    local name = tool.read(description)
    if name then
      return name, tool.name
    end
  end
  return description, "plain"
end

return archive_name
