--- What is to be restored: read out of an inventory, named, and put into the
-- store. Nothing is sent and nothing costs anything.

local digest = require("glacier.core.digest")
local errors = require("glacier.errors")
local folder_core = require("glacier.core.folder")
local functions = require("glacier.job").functions
local limits = require("glacier.restore.limits")
local names = require("glacier.restore.names")
local options_of = require("glacier.config").options
local plans = require("glacier.restore.store.plans")
local protected = require("glacier.host").protected
local schema = require("glacier.restore.store.schema")
local settings_of = require("glacier.restore.store.settings")
local text = require("glacier.text")
local timestamp = require("glacier.timestamp")

local error, ipairs, pairs, type = error, ipairs, pairs, type
local ceil, floor, huge, max = math.ceil, math.floor, math.huge, math.max
local find, format, match, sub = string.find, string.format, string.match, string.sub

local plan = {}

local GIB = 2 ^ 30
local HOUR = 3600

-- Seconds that a job of a tier takes at the most, as a rule.
local TIERS = { Expedited = 5 * 60, Standard = 5 * HOUR, Bulk = 12 * HOUR }
local USUAL_TIER = "Standard" -- the service's

local KNOWN = {
  vaultName = { type = "string", filled = true },
  accountId = { type = "string" },
  inventory = { type = { "string", "function" } },
  into = { type = "string", filled = true },
  tier = { type = "string", choices = { "Expedited", "Standard", "Bulk" } },
  filter = { type = "function" },
  name = { type = "function" },
  on_bad = { type = "function" },
  cap = { type = "table" },
  rates = { type = "table" },
}
local KNOWN_CAP = {
  cost = { type = "number" },
  prices = { type = "table" },
}
local KNOWN_PRICES = {
  per_1000_requests = { type = "number", minimum = 0 },
  per_gib = { type = "number", minimum = 0 },
  egress_per_gib = { type = "number", minimum = 0 },
}
local KNOWN_RATES = {
  starts_per_second = { type = "number" },
  bytes_per_hour = { type = "number" },
}

local function check_money(cap, prices, rates)
  for name in pairs(KNOWN_RATES) do
    if rates[name] and rates[name] <= 0 then
      return errors.config(format("Option 'rates.%s' must be more than 0", name))
    end
  end
  if cap.cost and cap.cost < 0 then
    return errors.config("Option 'cap.cost' must be at least 0")
  elseif cap.cost and cap.cost < huge and not (prices.per_1000_requests or prices.per_gib or
      prices.egress_per_gib) then
    return errors.config("Option 'cap.prices' is missing: without prices a cap holds " ..
      "nothing back (per_1000_requests, per_gib, egress_per_gib)")
  end
end

-- The options with those inside; a wrong type raises at the caller of `plan`.
local function judge(given)
  local options, err = options_of.judge(given, KNOWN, "#1 to 'plan'", 4)
  local cap, prices, rates
  if options then
    cap, err = options_of.judge(options.cap, KNOWN_CAP, "'cap' to 'plan'", 4)
  end
  if cap then
    prices, err = options_of.judge(cap.prices, KNOWN_PRICES, "'cap.prices' to 'plan'", 4)
  end
  if prices then
    rates, err = options_of.judge(options.rates, KNOWN_RATES, "'rates' to 'plan'", 4)
  end
  if rates then
    err = check_money(cap, prices, rates)
  end
  if err then
    return nil, err
  end
  for _, name in ipairs({ "vaultName", "inventory", "into" }) do
    if not options[name] then
      return nil, errors.config(format("Option '%s' is missing", name))
    end
  end
  return options, { cost = cap.cost, prices = prices, rates = rates }
end

-- The target, wherever the program that reads it back is started.
local function absolute(path)
  if sub(path, 1, 1) == "/" then
    return path
  end
  local here = folder_core.current()
  return here and here .. "/" .. path or path
end

-- The settings as the store has them.
local function settings_from(options, money, now)
  local prices, rates = money.prices, money.rates
  return {
    plan = digest.uuid(), vault = options.vaultName, account = options.accountId,
    folder = absolute(options.into),
    tier = options.tier, cap = limits.nano(money.cost),
    request_price = prices.per_1000_requests and limits.nano(prices.per_1000_requests / 1000),
    gib_price = limits.nano(prices.per_gib), egress_price = limits.nano(prices.egress_per_gib),
    starts_rate = limits.starts(rates.starts_per_second or limits.USUAL_STARTS),
    bytes_rate = limits.bytes(rates.bytes_per_hour),
    factor_at = now, planned_at = now,
  }
end

-- A store is one restore's.
local function check_same(self, settings)
  local found, err = self.db:read(function(tx)
    return settings_of.read(tx) or false
  end)
  if not found then
    return found == false or nil, err
  end
  for _, name in ipairs({ "vault", "account", "folder", "tier" }) do
    if found[name] ~= settings[name] then
      return nil, errors.config(format("the store holds a restore with another %s: '%s', not '%s'",
        name, text.line(found[name] or "", 200), text.line(settings[name] or "", 200)),
        "OtherPlan")
    end
  end
  return true
end

-- A date whose texts are in the order of the dates.
local function sortable(date)
  local second, rest = match(date, "^(....%-..%-..T..:..:..)(.*)Z$")
  if second and (rest == "" or find(rest, "^%.[0-9]+$")) then
    return second .. sub(rest == "" and ".000" or rest .. "00", 1, 4)
  end
  local epoch = timestamp.parse(date)
  return epoch and sub(timestamp.format(epoch), 1, -2) .. ".000" or date
end

-- Where an archive is to be; nil and an error names the archive.
local function path_of(options, root, archive)
  local name = options.name and options.name(archive)
  if name == nil then
    name = functions.archive_name(archive.ArchiveDescription) or archive.ArchiveId
  elseif type(name) ~= "string" then
    error(format("bad option 'name' (it must return a string or nil, not a %s)", type(name)), 0)
  end
  local path, reason = names.judge(root, name)
  if not path then
    local err = errors.config(format("the name '%s' of the archive %s cannot be used: %s",
      text.line(name, 200), text.line(archive.ArchiveId, 200), reason), "UnsafeName")
    err.archive = archive
    return nil, err
  end
  return path
end

-- Reads the inventory into the tables of this connection.
local function take_all(options, root, incoming)
  local bad = 0
  local on_bad = options.on_bad
  for archive in functions.inventory(options.inventory, { on_bad = function(row)
    bad = bad + 1
    if on_bad then
      on_bad(row)
    end
  end }) do
    if not options.filter or options.filter(archive) then
      local path, err = path_of(options, root, archive)
      local ok = path
      if path then
        ok, err = incoming:add({
          id = archive.ArchiveId, created = sortable(archive.CreationDate or ""),
          size = archive.Size, tree_hash = archive.SHA256TreeHash, path = path,
        }, names.folders(path))
      end
      if not ok then
        return nil, err
      end
    end
  end
  return bad
end

-- Behind a number of its own: the name itself, which no folder may have.
local function numbered(row, number)
  local path = names.numbered(row.path, number)
  return { path = path, free = path }
end

-- Or the folder that is in the way of a file; others may be in it.
local function numbered_folder(row, number)
  local folder = names.numbered(row.taken, number)
  return { path = folder .. sub(row.path, #row.taken + 1), free = folder, is_shared = true }
end

-- Gives each archive a place of its own. A move into another folder may make new
-- conflicts, so all is looked at again until nothing is left.
local function place_all(incoming)
  local moved
  repeat
    moved = false
    for _, kind in ipairs({ "below", "taken", "folder", "equal" }) do
      local from = ""
      local place_of = kind == "below" and numbered_folder or numbered
      repeat
        local list, err = incoming:conflicts(kind, from)
        local ok = list
        if list and list[1] then
          moved, from = true, list[#list].taken or list[#list].path
          ok, err = incoming:move(list, place_of, names.folders)
        end
        if not ok then
          return nil, err
        end
      until not list[1]
    end
  until not moved
  return true
end

-- From what is read to what is planned, again where somebody else was faster.
local function put(incoming, settings)
  local done, err
  repeat
    local left
    left, err = incoming:leave_planned()
    local ok = left
    if left and left.new > 0 then
      if left.planned > 0 then
        ok, err = incoming:note_planned(names.folders)
      end
      if ok then
        ok, err = place_all(incoming)
      end
    end
    if not ok then
      return nil, err
    end
    done, err = incoming:commit(schema.VERSION, settings, left.planned)
  until done ~= false
  return done, err
end

local function report(self, bad)
  return self.db:read(function(tx)
    local settings = settings_of.read(tx)
    local by_size = (settings.gib_price or 0) + (settings.egress_price or 0)
    -- Each archive's price is rounded up to a billionth.
    local cost = settings.archives * (settings.request_price or 0) +
      ceil(by_size * (settings.bytes / GIB)) + (by_size > 0 and settings.archives or 0)
    local starts = settings.archives / settings.starts_rate
    local bytes = settings.bytes_rate and settings.bytes / settings.bytes_rate or 0
    return {
      archives = settings.archives, bytes = settings.bytes, cost = cost / limits.NANO,
      seconds = settings.archives > 0 and
        floor(max(starts, bytes) + TIERS[settings.tier or USUAL_TIER]) or 0,
      bad_rows = bad,
    }
  end)
end

--- Plans the restore: see Restore:plan.
---@param self glacier.Restore
---@param given table
---@return table?
---@return glacier.Error? err
function plan.plan(self, given)
  local options, money = judge(given)
  if not options then
    return nil, money
  end
  local settings = settings_from(options, money, self.client:time())
  local ok, err = check_same(self, settings)
  local incoming
  if ok then
    incoming, err = plans.begin(self.db)
  end
  if not incoming then
    return nil, err
  end
  -- An inventory that is no good raises an error object; all else is misuse.
  local done, bad
  done, bad, err = protected.call(take_all, options, settings.folder, incoming)
  if done and bad then
    settings.bad_rows = bad
    ok, err = incoming:finish()
    if ok then
      ok, err = put(incoming, settings)
    end
  end
  incoming:close()
  if not done and errors.is_error(bad) then
    return nil, bad
  elseif not done then
    error(bad, 0)
  elseif not (bad and ok) then
    return nil, err
  end
  return report(self, bad)
end

return plan
