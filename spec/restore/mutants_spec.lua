-- Runs on one Lua: what it finds does not depend on that.
--
-- The rules of a restore, broken one by one: the simulation must see each of it.
-- Begins early: it takes long.

local faults_of = require "spec.restore.simulator.faults"
local mutants = require "spec.restore.simulator.mutants"
local simulator = require "spec.restore.simulator"

local format = string.format

local MOST_SEEDS = 40

local QUICK = { name = "Expedited", least = 60, most = 300 }
local SLOW = { name = "Standard", least = 7200, most = 9000 }

local STARTER, SURVEYOR = "glacier.restore.starter", "glacier.restore.surveyor"
local FETCHER, OUTCOME = "glacier.restore.fetcher", "glacier.restore.outcome"
local SURVEYS, ROLES = "glacier.restore.store.surveys", "glacier.restore.store.roles"
local LIMITS = "glacier.restore.limits"

-- What stands between the moment at which an output lapses and the survey that its
-- archive waits for then: with either of them it is not started again too early.
local LAPSE = "\n    end,\n    act = function(tx, row, survey, now, changes)\n" ..
  "      tx:execute(\"UPDATE work SET state = 'again', due = ?, after_survey = ?, reserved = 0 \" ..\n" ..
  "        \"WHERE seq = ?\", now, "

-- Starts go on for hours, so that a store may be set back meanwhile.
local LONG = { archives = 200, rates = { starts_per_second = 0.05 } }

-- name, the rule that does not hold, what goes wrong, the patch, and options.
local MUTANTS = {
  { "a fence of 0", "paid twice", { late = 0.2, lost = 0.1 }, SURVEYS,
    "FENCE_SECONDS = 900,", "FENCE_SECONDS = 0," },
  { "a fence that ends before the signature does", "paid twice", { late = 0.3 }, SURVEYS,
    "FENCE_SECONDS = 900,", "FENCE_SECONDS = 100,", { rates = { starts_per_second = 0.2 } } },
  { "the clock is looked at before it is signed", "money", { pause_at_signing = 0.1 }, STARTER,
    "sign_before = intent.send_until })", "sign_before = self.time() + 7200 })",
    { processes = 3, rates = { starts_per_second = 0.2 } } },
  { "a listing that ends at a limit of pages", "paid twice", { lost = 0.3 }, SURVEYOR,
    'page.Marker ~= "" and page.Marker or nil', "nil", { archives = 150 } },
  { "no survey by a new starter", "paid twice", { set_back = 1 }, STARTER,
    "return survey.whole_began >= self.listed_from", "return true", LONG },
  { "a survey by a new starter of what is not listed yet", "paid twice", { set_back = 1, list_lag = 120 },
    STARTER, "began - self.last_seen > YOUNG and max(now, began + LISTED_SECONDS) or now", "now", LONG },
  { "what is in doubt is taken for not taken", "money", { lost = 0.05 }, OUTCOME,
    "if err.in_doubt or", "if err.in_doubt and false or" },
  { "an answer of 5xx is taken for not taken", "money", { broken = 0.05 }, OUTCOME,
    'if err.in_doubt or err.kind == "service" and (err.status or 500) >= 500 then',
    'if err.in_doubt and err.kind ~= "service" then' },
  { "a reservation that goes back when its job has failed", "money", { job_fails = 0.2 }, SURVEYS,
    "tally.move(changes, row.state, state, row.size)\nend\n\nfunction ACTIONS.failed",
    "tally.move(changes, row.state, state, row.size)\n" ..
    "  tally.reserve(changes, -25000)\nend\n\nfunction ACTIONS.failed" },
  { "a reservation that is not made", "money", {}, "glacier.restore.store.starts",
    "tally.reserve(changes, price)", "tally.reserve(changes, 0)" },
  { "money is not looked at", "cap", {}, LIMITS, "if price > budget.money then", "if false then",
    { cap = 0.001 } },
  { "what was started after the backup reserves nothing", "cap", { set_back = 1 }, SURVEYS,
    "  tally.reserve(changes, price)\n  local to", "  local to",
    { archives = 200, rates = { starts_per_second = 0.05 }, cap = 0.004 } },
  { "a pace of starts that nobody keeps", "rate of starts", {}, LIMITS,
    "elseif budget.starts < 1 or budget.bytes <= 0 then", "elseif budget.bytes <= 0 then",
    { rates = { starts_per_second = 0.1 } } },
  { "a pace of bytes that nobody keeps", "rate of bytes", {}, LIMITS,
    "elseif budget.starts < 1 or budget.bytes <= 0 then", "elseif budget.starts < 1 then",
    { rates = { starts_per_second = 20, bytes_per_hour = 2 ^ 30 } } },
  { "jobs that are too young to be listed are missed", "paid twice", { list_lag = 120 }, SURVEYS,
    "w.state = 'started' AND w.started_at <= ? AND w.seen < ?\",\n        survey.began - surveys.FENCE_SECONDS",
    "w.state = 'started' AND w.started_at <= ? AND w.seen < ?\",\n        survey.began" },
  { "what is ready lapses too early", "paid twice", { crash = 0.01, download_fails = 0.3 }, SURVEYS,
    "now - surveys.FENCE_SECONDS, now)" .. LAPSE .. "survey.number + 1, row.seq)",
    "now + 23.9 * 3600, now)" .. LAPSE .. "survey.number, row.seq)",
    { tier = SLOW } },
  { "wrong bytes are done", "proof", { wrong_hash = 0.2 }, FETCHER,
    "return fetches.wrong(db, fetch, owner, text(err))",
    "return fetches.turn(db, owner, { fetch }, 0, now) ~= nil" },
  { "the inventory's hash is not asked for", "proof", {}, FETCHER,
    "tree_hash = fetch.tree_hash, overwrite", "overwrite" },
  { "done before it has its name", "proof", { crash = 0.01 }, FETCHER,
    "local ok, err = self.files:publish(fetch)",
    "fetches.turn(self.db, self.owner, { fetch }, 0, self.time()); " ..
    "local ok, err = self.files:publish(fetch)" },
  { "a job that the client may ask for twice", "call options", {}, STARTER,
    "{ max_attempts = 1,", "{ max_attempts = 3," },
  { "a heartbeat that keeps leases it does not know of", "end", { commit_unknown = 0.05 }, ROLES,
    "WHERE seq = ? AND state = 'ready' AND \" ..\n        \"owner = ? AND epoch = ?\", " ..
    "now + roles.FETCH_LEASE, fetch.seq, owner, fetch.epoch)\n    end",
    "WHERE seq = ? AND state = 'ready' AND \" ..\n        \"owner = ? AND epoch = ?\", " ..
    "now + roles.FETCH_LEASE, fetch.seq, owner, fetch.epoch)\n    end\n" ..
    "    tx:execute(\"UPDATE work SET lease_until = ? WHERE state = 'ready' AND owner = ?\", now + 120, owner)" },
  { "the sums are not kept", "sums", { job_fails = 0.2 }, SURVEYS,
    'tally.move(changes, "started", "ready", row.size)', "" },
}

-- A seed's violation of the mutant's rule, as soon as one has any; else another one.
local function hunt(mutant, patches)
  local found
  local ok, raised = mutants.with(patches, function()
    for seed = 1, MOST_SEEDS do
      local faults = faults_of.none()
      for name, chance in pairs(mutant[3]) do
        faults[name] = chance
      end
      local options = { seed = seed, archives = 60, processes = 2, faults = faults, tier = QUICK,
        rates = { starts_per_second = 10 } }
      for name, value in pairs(mutant[7] or {}) do
        options[name] = value
      end
      local _, violation = simulator.run(options)
      found = violation or found
      if violation and violation.rule == mutant[2] then
        return
      end
    end
  end)
  assert(ok, raised)
  return found
end

describe("a restore of which a rule is broken:", function()
  for _, mutant in ipairs(MUTANTS) do
    it(mutant[1], function()
      local violation = hunt(mutant, { { module = mutant[4], from = mutant[5], to = mutant[6] } })
      assert.is_table(violation, format("no seed of %d shows it", MOST_SEEDS))
      assert.equal(mutant[2], violation.rule, violation.message)
    end)
  end
end)
