--- The starter: one at a time of all processes. What it intends is committed
-- before it is sent, and sent only with a signature that is dated in time; what
-- is lost on the way stays in doubt, for the surveyor to clear up.

local outcome_of = require("glacier.restore.outcome")
local roles = require("glacier.restore.store.roles")
local starts = require("glacier.restore.store.starts")
local surveys = require("glacier.restore.store.surveys")

local format = string.format
local max, min = math.max, math.min

local starter = {}

-- Archives that one transaction intends, and requests at a time.
local BATCH, SENDERS = 50, 10

-- Jobs that are taken down together, and seconds that the first waits for others.
local FLUSH, FLUSH_SECONDS = 25, 0.25

-- Seconds between two looks where somebody else is the starter, and, at least and
-- at most, where the rate is to let the next one pass.
local OTHERS_PAUSE, SHORT_PAUSE, LONG_PAUSE = 5, 0.5, 5

-- A service that refuses starts altogether is left alone for so long.
local REFUSED_PAUSE = 900

-- A store that was set back to a backup knows nothing of what was started since. So
-- many seconds after those who did are gone no request of theirs can be taken any
-- more, and all their jobs are in the list: five minutes for the signature, two
-- for the list. A store whose last sign of life is so young was not set back.
local LISTED_SECONDS, YOUNG = 450, 60

-- What is told of a starter that waits for the list of what was started before it.
local UNLISTED = "survey: the vault's jobs are listed before any is started"

-- When a listing that shows all that was ever started may begin. Whoever sets a
-- store back ends those who use it: what this run has seen the beginning of is known.
local function listable_from(self, now)
  local began = now - (self.client:now() - self.began_at)
  if self.knows_all then
    return now
  end
  return began - self.last_seen > YOUNG and max(now, began + LISTED_SECONDS) or now
end

-- Takes the role. Who is new in it first has the jobs listed.
local function take_role(self, now)
  local epoch, err = roles.take(self.db, "starter", self.owner, now, self.is_dead)
  if not epoch then
    self.role = nil
    return epoch, err
  elseif not self.role or self.role.epoch ~= epoch then
    local from = listable_from(self, now)
    local ok
    ok, err = surveys.want(self.db, from)
    if not ok then
      return nil, err
    end
    self.role, self.listed_from = { owner = self.owner, epoch = epoch }, from
  end
  return epoch
end

-- Whether a whole listing has begun since this one is the starter.
local function is_listed(self)
  local survey, err = surveys.last(self.db, self.time())
  if not survey then
    return nil, err
  end
  return survey.whole_began >= self.listed_from
end

local function flush(self, batch)
  local list = batch.answers
  if #list == 0 then
    return true
  end
  batch.answers, batch.since = {}, nil
  return starts.started(self.db, list, self.time())
end

-- What a request has come to. What is in doubt stays so.
local function settle(self, batch, intent, response, err)
  local now = self.time()
  if response and response.jobId then
    batch.answers[#batch.answers + 1] = {
      seq = intent.seq, attempt = intent.attempt, size = intent.size, job_id = response.jobId,
    }
    batch.since = batch.since or self.client:now()
    if #batch.answers >= FLUSH or self.client:now() - batch.since >= FLUSH_SECONDS then
      return flush(self, batch)
    end
    return true
  elseif response then
    return true -- an answer without a job: it may be there
  end
  local outcome = outcome_of.start(err)
  if outcome.refused then
    starts.pause(self.db, now + REFUSED_PAUSE, format("policy: %s", outcome_of.text(err)))
  elseif outcome.throttled then
    starts.throttled(self.db, now)
  end
  if outcome.fatal then
    self.fail(err)
  end
  return not outcome.state or starts.not_taken(self.db, intent, now, outcome)
end

local function send(self, batch, intent)
  local settings = self.settings
  local response, err = self.client:initiate_job({
    accountId = settings.account, vaultName = settings.vault,
    jobParameters = { Type = "archive-retrieval", ArchiveId = intent.archive_id,
      Tier = settings.tier, Description = self.describe(intent) },
  }, { max_attempts = 1, reconcile = false, sign_before = intent.send_until })
  return settle(self, batch, intent, response, err)
end

-- Seconds until more may be started, where nothing is intended now.
local function pause_after(self, what)
  return what == "rate" and max(SHORT_PAUSE, min(LONG_PAUSE, 1 / self.settings.starts_rate)) or
    LONG_PAUSE
end

-- Intends what may be started next; false: the role is lost.
local function intend(self)
  local intents, what = starts.intend(self.db, self.role, self.time(), self.files.free(), BATCH)
  if intents == false then
    self.role = nil
  end
  return intents, what
end

-- What is to be sent next; nil: nothing now. While somebody waits for an answer, which
-- may take a minute, others go on with what may be started after this batch.
local function next_intent(self, batch)
  local now = self.client:now()
  if batch.sent == #batch.intents and batch.waiting > 0 and self.role and now >= batch.ask_at then
    local more, what = intend(self)
    if more == nil then
      return nil, what
    elseif more and #more > 0 then
      batch.intents, batch.sent = more, 0
    elseif more then
      batch.ask_at = now + pause_after(self, what)
    end
  end
  local intent = batch.intents[batch.sent + 1]
  if intent then
    batch.sent = batch.sent + 1
  end
  return intent
end

local function work(self, batch)
  while not self.is_ending() and not batch.problem do
    local intent, err = next_intent(self, batch)
    local ok
    if intent then
      batch.waiting = batch.waiting + 1
      ok, err = send(self, batch, intent)
      batch.waiting = batch.waiting - 1
    elseif not err then
      if batch.waiting == 0 or not self.role then
        return
      end
      ok, err = flush(self, batch)
      if ok then
        ok, err = self.client:sleep(SHORT_PAUSE)
      end
    end
    if not ok then
      batch.problem = err
    end
  end
end

-- Sends what is intended, some requests at a time. Those that are not sent any more, as
-- the run ends, need no doubt.
local function send_all(self, intents)
  local batch = { intents = intents, sent = 0, waiting = 0, ask_at = 0, answers = {} }
  if #intents <= 2 then
    work(self, batch)
  else
    local senders = {}
    for i = 1, min(SENDERS, #intents) do
      senders[i] = function()
        return work(self, batch)
      end
    end
    self.client:run_together(senders)
  end
  local ok, err = flush(self, batch)
  local unsent = {}
  for i = batch.sent + 1, #batch.intents do
    unsent[#unsent + 1] = batch.intents[i]
  end
  if #unsent > 0 then
    starts.unsent(self.db, unsent, self.time())
  end
  return ok and not batch.problem, batch.problem or err
end

--- Does what a starter does next.
---@param self glacier.RestoreRun
---@return number|"idle"|nil pause  seconds until the next step
---@return glacier.Error? err
function starter.step(self)
  if not self.hear() then
    return "idle"
  end
  local now = self.time()
  local epoch, err = take_role(self, now)
  if not epoch then
    return epoch == false and OTHERS_PAUSE or nil, err
  end
  local is_ready, ok
  is_ready, err = is_listed(self)
  if is_ready == false then
    ok, err = starts.wait(self.db, self.role, now, UNLISTED)
    return ok ~= nil and "idle" or nil, err
  elseif not is_ready then
    return nil, err
  end
  local intents, what = intend(self)
  if not intents then
    return intents == false and "idle" or nil, what
  elseif #intents == 0 then
    return what == "rate" and pause_after(self, what) or "idle"
  end
  ok, err = send_all(self, intents)
  return ok and 0 or nil, err
end

return starter
