--- The file in which the AWS CLI keeps the token of an SSO session. Other
-- programs write it too, so what is not ours in it stays byte for byte.

local config = require("glacier.config")
local digest = require("glacier.core.digest")
local file = require("glacier.core.file")
local json = require("glacier.json")
local remote = require("glacier.credentials.remote")
local sort = require("glacier.text").sort
local timestamp = require("glacier.timestamp")

local concat = table.concat
local find, sub = string.find, string.sub
local ipairs, pairs, type = ipairs, pairs, type

local FOLDER = "~/.aws/sso/cache/"

local cache = {}

-- Where the string ends that begins at `first`.
local function string_end(text, first)
  local at = find(text, '["\\]', first + 1)
  while sub(text, at, at) == "\\" do
    at = find(text, '["\\]', at + 2)
  end
  return at
end

-- Where the value ends that begins at `first`.
local function value_end(text, first)
  local at, depth = first, 0
  local mark = sub(text, first, first)
  if mark == '"' then
    return string_end(text, first)
  elseif not find(mark, "[{%[]") then
    return find(text, "[,} \t\r\n]", first) - 1
  end
  repeat
    at = find(text, '["{}%[%]]', at)
    mark = sub(text, at, at)
    if mark == '"' then
      at = string_end(text, at)
    else
      depth = depth + (find(mark, "[{%[]") and 1 or -1)
    end
    at = at + 1
  until depth == 0
  return at - 1
end

-- The members of a JSON object, in order: {name, the name's text, the
-- value's text}. The text must be valid.
local function members(text)
  local list = {}
  local first = find(text, '["}]')
  while sub(text, first, first) == '"' do
    local last = string_end(text, first)
    local name = sub(text, first, last)
    first = find(text, "[^ \t\r\n:]", last + 1)
    last = value_end(text, first)
    list[#list + 1] = { json.decode("[" .. name .. "]")[1], name, sub(text, first, last) }
    first = find(text, '["}]', last + 1)
  end
  return list
end

--- Replaces members of a JSON object and adds those that it has not; all
--- other members keep their text and their order.
---@param text string    a valid JSON object
---@param values table<string, string>  UTF-8 texts by the member's name
---@return string text
function cache.replace_members(text, values)
  local written, pieces, names = {}, {}, {}
  local function write(name)
    if not written[name] then
      written[name] = true
      pieces[#pieces + 1] = json.quote(name) .. ": " .. json.quote(values[name])
    end
  end
  for _, member in ipairs(members(text)) do
    if values[member[1]] then
      write(member[1])
    else
      pieces[#pieces + 1] = member[2] .. ": " .. member[3]
    end
  end
  for name in pairs(values) do
    names[#names + 1] = name
  end
  sort(names)
  for _, name in ipairs(names) do
    write(name)
  end
  return "{" .. concat(pieces, ", ") .. "}"
end

local function optional_text(object, name)
  local value = object[name]
  return type(value) == "string" and value ~= "" and json.is_utf8(value) and value or nil
end

---@class glacier.SsoToken
---@field path string
---@field text string              the file's content
---@field access_token string
---@field expires_at number        epoch seconds
---@field refresh_token? string    these four are needed to refresh it
---@field client_id? string
---@field client_secret? string
---@field registration_expires_at? number  epoch seconds

--- Reads the cached token of a session.
---@param context glacier.CredentialContext
---@param name string  of the session; in the old form its start URL
---@return glacier.SsoToken? token
---@return "does not exist"|"is invalid"|nil problem
function cache.load(context, name)
  local path = config.expand(FOLDER .. digest.sha1(name) .. ".json", context.environment)
  local text = context.read_file(path)
  if not text then
    return nil, "does not exist"
  end
  local object = json.decode_object(text) or {}
  local access_token = remote.word(object, "accessToken")
  local expires_at = timestamp.parse(object.expiresAt)
  if not access_token or not expires_at then
    return nil, "is invalid"
  end
  return {
    path = path,
    text = text,
    access_token = access_token,
    expires_at = expires_at,
    refresh_token = optional_text(object, "refreshToken"),
    client_id = optional_text(object, "clientId"),
    client_secret = optional_text(object, "clientSecret"),
    registration_expires_at = timestamp.parse(object.registrationExpiresAt),
  }
end

--- Writes new values into a token's file, for its owner's eyes only.
---@param token glacier.SsoToken
---@param values table<string, string>  by the member's name in the file
---@return true? ok
---@return table? failure  the file stays as it was
function cache.save(token, values)
  return file.replace(token.path, cache.replace_members(token.text, values))
end

return cache
