--- The program glacier-restore: a verb and its options on a command line.

local amounts = require("glacier.amounts")
local arguments = require("glacier.restore.command.arguments")
local file = require("glacier.core.file")
local page = require("glacier.restore.command.page")
local restore = require("glacier.restore")
local signals = require("glacier.core.signals")
local text = require("glacier.text")

local find, format = string.find, string.format
local io = io
local ipairs, tostring = ipairs, tostring

local command = {}

local DONE, FAILURE, USAGE = 0, 1, 2

-- Seconds between two looks of a watch, and between two looks for a signal.
local WATCH_SECONDS, SIGNAL_SECONDS = 2, 0.5

-- Bad rows and archives that were given up, of which so many are shown.
local MOST_SHOWN = 10

local LONGEST_ROW = 200

local function say(line)
  io.stdout:write(line, "\n")
  io.stdout:flush()
end

local function complain(message)
  io.stderr:write("glacier-restore: ", tostring(message), "\n")
end

local function fail(err)
  complain(err.message or err)
  return FAILURE
end

local VERBS = {}

function VERBS.plan(opened, options)
  local bad = 0
  local plan, err = opened:plan({
    vaultName = options.vault, inventory = options.inventory, into = options.into,
    tier = options.tier,
    on_bad = function(row)
      bad = bad + 1
      if bad <= MOST_SHOWN then
        complain(format("%s %.0f of the inventory is left out, %s: %s", row.line and "line" or
          "row", row.line or row.row, row.reason, text.line(row.text, LONGEST_ROW)))
      end
    end,
    cap = { cost = options.cost, prices = {
      per_1000_requests = options["price-per-1000-requests"],
      per_gib = options["price-per-gib"], egress_per_gib = options["price-egress-per-gib"],
    } },
    rates = { starts_per_second = options["starts-per-second"],
      bytes_per_hour = options["bytes-per-hour"] },
  })
  if not plan then
    return fail(err)
  end
  say(format("archives %.0f   bytes %.0f (%s)   cost %s   bad rows %.0f   at least %s",
    plan.archives, plan.bytes, amounts.bytes(plan.bytes), restore.money(plan.cost), plan.bad_rows,
    amounts.duration(plan.seconds)))
  return DONE
end

-- Where the run has ended, and what is left for the operator.
local function tell_end(opened, how)
  local found = opened:status()
  if found then
    say(how .. "\n" .. restore.report(found))
    for _, problem in ipairs(opened:problems(MOST_SHOWN) or {}) do
      complain(text.line(format("%s %s: %s", problem.state, problem.path,
        problem.last_error or "no reason is known"), 2 * LONGEST_ROW))
    end
  end
end

function VERBS.run(opened, options, held)
  local signal
  local ok, why = opened:run({
    downloads = options.downloads,
    stop = function()
      signal = signal or held:take()
      return signal ~= nil
    end,
  })
  if not ok then
    return fail(why)
  end
  tell_end(opened, why or "done")
  return DONE
end

local function is_over(found)
  return found.waiting + found.in_doubt + found.started + found.ready == 0
end

function VERBS.status(opened, options, held, client)
  local signal
  repeat
    local found, err = opened:status()
    local problems = found and (options.watch and opened:problems(MOST_SHOWN) or {})
    local ok = found
    if found then
      ok, err = page.write(found, options, problems)
    end
    if not ok then
      return fail(err)
    end
    local rest = WATCH_SECONDS
    signal = held:take()
    while options.watch and not signal and not is_over(found) and rest > 0 do
      client:sleep(SIGNAL_SECONDS)
      rest = rest - SIGNAL_SECONDS
      signal = held:take()
    end
  until not options.watch or signal or is_over(found)
  return DONE
end

function VERBS.retry(opened, options)
  local count, err = opened:retry({ state = options.state })
  if not count then
    return fail(err)
  end
  say(format("retried %.0f", count))
  return DONE
end

local function plain(name, says)
  return function(opened)
    local ok, err = opened[name](opened)
    if not ok then
      return fail(err)
    end
    say(says)
    return DONE
  end
end

VERBS.pause = plain("pause", "paused")
VERBS.resume = plain("resume", "resumed")

function VERBS.limit(opened, options)
  local ok, err = opened:limit({ cost = options.cost,
    starts_per_second = options["starts-per-second"], bytes_per_hour = options["bytes-per-hour"] })
  if not ok then
    return fail(err)
  end
  say("limited")
  return DONE
end

-- A client of the AWS variables; where nothing is sent, they may be missing.
local function open_client(verb, make_client)
  local client, err = make_client()
  if not client and verb ~= "run" then
    client, err = make_client({ region = "us-east-1" })
  end
  return client, err
end

-- Whoever mistypes a name is told so, and leaves no empty store behind.
local function is_there(store)
  return find(store, "^postgres[a-z]*://") ~= nil or file.exists(store)
end

local function run_verb(verb, options, make_client, held)
  if verb ~= "plan" and not is_there(options.store) then
    return fail(format("there is no store '%s': `plan` makes it", text.line(options.store, 300)))
  end
  local client, err = open_client(verb, make_client)
  if not client then
    return fail(err)
  end
  local status
  local opened
  opened, err = restore.open({ store = options.store, client = client })
  if opened then
    status = VERBS[verb](opened, options, held, client)
    opened:close()
  else
    status = fail(err)
  end
  client:close()
  return status
end

--- Runs the program.
---@param words string[]  of the command line, from 1
---@param make_client fun(options: table?): glacier.Client?, glacier.Error?
---@return integer status  0: done, stopped or paused; 1: failure; 2: usage
function command.main(words, make_client)
  local verb, options = arguments.read(words)
  if not verb then
    complain(options)
    complain("glacier-restore --help tells what there is")
    return USAGE
  elseif verb == "help" then
    say(arguments.help())
    return DONE
  end
  -- Before any thread is there: those of libcurl are to hold them, too.
  local held
  if verb == "run" or verb == "status" then
    local failure
    held, failure = signals.hold()
    if not held then
      return fail(failure)
    end
  end
  local status = run_verb(verb, options, make_client, held)
  if held then
    held:take() -- one that came too late to matter
    held:close()
  end
  return status
end

return command
