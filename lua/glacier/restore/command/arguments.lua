--- The words of a command line: a verb and its options, `--x v` or `--x=v`.

local text = require("glacier.text")

local concat = table.concat
local find, format, gsub, match, sub = string.find, string.format, string.gsub, string.match,
  string.sub
local huge = math.huge
local ipairs, pairs = ipairs, pairs

local arguments = {}

local TIERS = { "Expedited", "Standard", "Bulk" }
local STATES = { "failed", "gone" }

-- Of an option: what stands for its value in the help; kind: of the value ("text"
-- where nothing is said; "flag": it has none); needed; choices.
local function text_of(shown, needed, choices)
  return { shown = shown, kind = "text", needed = needed, choices = choices }
end
local function number(shown)
  return { shown = shown or "N", kind = "number" }
end
local FLAG = { kind = "flag" }
local STORE = text_of("STORE", true)

---@class glacier.CommandVerb
---@field says string
---@field order string[]  the options, as the help has them
---@field options table<string, table>

--- The verbs, by name.
---@type table<string, glacier.CommandVerb>
arguments.verbs = {
  plan = {
    says = "puts archives of an inventory into the store; sends and costs nothing",
    order = { "store", "vault", "inventory", "into", "tier", "cost", "price-per-1000-requests",
      "price-per-gib", "price-egress-per-gib", "starts-per-second", "bytes-per-hour" },
    options = {
      store = STORE, vault = text_of("VAULT", true), inventory = text_of("FILE", true),
      into = text_of("FOLDER", true), tier = text_of("TIER", false, TIERS), cost = number(),
      ["price-per-1000-requests"] = number(), ["price-per-gib"] = number(),
      ["price-egress-per-gib"] = number(), ["starts-per-second"] = number(),
      ["bytes-per-hour"] = number(),
    },
  },
  run = {
    says = "starts jobs and fetches their outputs, until all is done; any number may run",
    order = { "store", "downloads" },
    options = { store = STORE, downloads = { shown = "N", kind = "number", whole = true } },
  },
  status = {
    says = "tells how far it is",
    order = { "store", "watch", "json", "to" },
    options = { store = STORE, watch = FLAG, json = FLAG, to = text_of("FILE") },
  },
  retry = {
    says = "has those tried again that were given up, or were not there",
    order = { "store", "state" },
    options = { store = STORE, state = text_of("STATE", true, STATES) },
  },
  pause = { says = "ends all runs, and lets none begin", order = { "store" },
    options = { store = STORE } },
  resume = { says = "lets runs begin again", order = { "store" }, options = { store = STORE } },
  limit = {
    says = "changes what may be spent and how fast; N may be `unlimited`",
    order = { "store", "cost", "starts-per-second", "bytes-per-hour" },
    options = { store = STORE, cost = number(), ["starts-per-second"] = number(),
      ["bytes-per-hour"] = number() },
  },
}

--- In the order of a restore.
arguments.order = { "plan", "run", "status", "retry", "pause", "resume", "limit" }

local function read_number(known, word)
  if word == "unlimited" or word == "inf" then
    return huge
  end
  local value = text.to_number(word)
  return value and (not known.whole or value % 1 == 0) and value or nil
end

local function read_value(name, known, word)
  if known.kind == "number" then
    local value = read_number(known, word)
    return value, not value and format("--%s must be a number, not '%s'", name, word)
  end
  for _, choice in ipairs(known.choices or {}) do
    if word == choice then
      return word
    end
  end
  if known.choices then
    return nil, format("--%s must be one of: %s", name, concat(known.choices, ", "))
  elseif word == "" then
    return nil, format("--%s is empty", name)
  end
  return word
end

-- One option, from the word at `i` on. Returns the number of its words.
local function read_option(words, i, verb, result)
  local word = words[i]
  local name, value = match(word, "^%-%-([^=]+)=?(.*)$")
  local known = name and verb.options[name]
  local has_value = find(word, "=", 1, true) ~= nil
  if not known then
    return nil, sub(word, 1, 2) == "--" and format("there is no option --%s here", name or "")
      or format("'%s' is no option", word)
  elseif result[name] ~= nil then
    return nil, format("--%s is given twice", name)
  elseif known.kind == "flag" then
    result[name] = true
    return not has_value and 1 or nil, format("--%s takes no value", name)
  elseif not has_value then
    value = words[i + 1]
    if not value then
      return nil, format("--%s needs a value", name)
    end
  end
  local err
  result[name], err = read_value(name, known, value)
  return result[name] and (has_value and 1 or 2) or nil, err
end

--- Reads a command line.
---@param words string[]
---@return string? verb   "help" among them; nil: it is not to be understood
---@return table options  by name, without the dashes; or the reason
function arguments.read(words)
  for _, word in ipairs(words) do
    if word == "--help" or word == "-h" then
      return "help", {}
    end
  end
  local name = words[1]
  local verb = name and arguments.verbs[name]
  if not verb then
    return nil, name and format("there is no verb '%s'", name) or "a verb is missing"
  end
  local result, i = {}, 2
  while words[i] do
    local count, err = read_option(words, i, verb, result)
    if not count then
      return nil, err
    end
    i = i + count
  end
  for _, option in ipairs(verb.order) do
    if verb.options[option].needed and not result[option] then
      return nil, format("%s needs --%s %s", name, option, verb.options[option].shown)
    end
  end
  return name, result
end

local function shown_option(name, known)
  local shown = "--" .. name .. (known.kind ~= "flag" and " " .. known.shown or "")
  return known.needed and shown or "[" .. shown .. "]"
end

--- What there is to be said on a command line.
---@return string
function arguments.help()
  local lines = { "usage: glacier-restore VERB --store STORE ...", "" }
  for _, name in ipairs(arguments.order) do
    local verb = arguments.verbs[name]
    local line, indent = "  " .. name, "      "
    for _, option in ipairs(verb.order) do
      local shown = shown_option(option, verb.options[option])
      if #line + 1 + #shown > 79 then
        lines[#lines + 1] = line
        line = indent .. shown
      else
        line = line .. " " .. shown
      end
    end
    lines[#lines + 1] = line
    lines[#lines + 1] = indent .. verb.says
  end
  lines[#lines + 1] = [[

STORE is the path of an SQLite file on a disk of this machine, or
postgresql://host/name where many machines take part. Region and credentials
come from the usual AWS variables and files. Without --cost nothing is started:
it is the most that may be spent, in the currency of the prices; `unlimited` is
allowed. --watch shows the status again and again, --json as JSON, --to FILE
writes it there, whole at each moment.

exit status: 0 done, stopped or paused; 1 failure; 2 usage. SIGTERM and SIGINT
end a run cleanly: what is fetched stays, and the next run goes on from there.]]
  return (gsub(concat(lines, "\n"), "^\n", ""))
end

--- The names of all options of all verbs, for those who document them.
---@return table<string, boolean>
function arguments.names()
  local all = {}
  for _, verb in pairs(arguments.verbs) do
    for name in pairs(verb.options) do
      all[name] = true
    end
  end
  return all
end

return arguments
