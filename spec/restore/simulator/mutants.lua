--- The modules of a restore with a rule broken: their sources, with a piece of
-- text replaced by another one.

local assert, error, ipairs, pairs, pcall = assert, error, ipairs, pairs, pcall
local find, format, gsub, sub = string.find, string.format, string.gsub, string.sub
local load_text = rawget(_G, "loadstring") or load

local mutants = {}

local ROOM = "glacier.restore"

local function read(path)
  local file = io.open(path, "rb")
  if not file then
    return nil
  end
  local text = file:read("*a")
  file:close()
  return text
end

local function source_of(module)
  local base = "lua/" .. gsub(module, "%.", "/")
  for _, path in ipairs({ base .. ".lua", base .. "/init.lua" }) do
    local text = read(path)
    if text then
      return text, path
    end
  end
  error("there is no source of " .. module)
end

local function replace_once(text, from, to, path)
  local first, last = find(text, from, 1, true)
  assert(first, format("%s does not have the text that a mutant replaces: %s", path, from))
  return sub(text, 1, first - 1) .. to .. sub(text, last + 1)
end

-- The modules of the room, loaded and to be loaded, are put aside.
local function set_aside()
  local kept = {}
  for name, value in pairs(package.loaded) do
    if name == ROOM or sub(name, 1, #ROOM + 1) == ROOM .. "." then
      kept[name] = value
    end
  end
  for name in pairs(kept) do
    package.loaded[name] = nil
  end
  return kept
end

--- Runs a function with modules that are changed.
---@param patches { module: string, from: string, to: string }[]
---@param act fun()  requires what it needs of the room itself
---@return boolean ok
---@return any what  it returned or raised
function mutants.with(patches, act)
  local kept = set_aside()
  local texts, paths = {}, {}
  for _, patch in ipairs(patches) do
    local module = patch.module
    if not texts[module] then
      texts[module], paths[module] = source_of(module)
    end
    texts[module] = replace_once(texts[module], patch.from, patch.to, paths[module])
  end
  for module, text in pairs(texts) do
    package.preload[module] = assert(load_text(text, "@mutant of " .. paths[module]))
  end
  local ok, what = pcall(act)
  for module in pairs(texts) do
    package.preload[module] = nil
  end
  set_aside()
  for name, value in pairs(kept) do
    package.loaded[name] = value
  end
  return ok, what
end

return mutants
