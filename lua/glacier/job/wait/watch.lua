--- A wait for jobs that may take a day: it asks, it pauses, it ends at its
-- deadline, and what passes by itself does not end it. Between two looks it
-- holds nothing, no connection and no thread. Uses a client's public methods.

local digest = require("glacier.core.digest")
local errors = require("glacier.errors")
local failures = require("glacier.failures")
local meter_of = require("glacier.job.meter")
local pace = require("glacier.job.wait.pace")
local text = require("glacier.text")
local timestamp = require("glacier.timestamp")

local floor, max, min = math.floor, math.max, math.min
local format = string.format
local setmetatable, tostring = setmetatable, tostring
local time = os.time

-- The last look is that part of the timeout before its end, so that its answer
-- comes in time; seconds at the most.
local LAST_PART, LONGEST_LAST = 0.05, 5

-- Seconds between two looks at the least, where the caller asks for none.
local SHORTEST_STEP = 0.01

-- From that many seconds on a pause keeps no connection.
local LONG_PAUSE = 10

-- Seconds after which who watches the progress is told that there is none.
local TICK = 60

-- For how many seconds that may last which others have to put right, such as
-- credentials that have run out: where the service has answered before, and where
-- it has not, so that they may have been wrong from the beginning.
local PATIENCE, FIRST_PATIENCE = 3 * 3600, 600

-- Answers in succession that cannot be read, of a service that has not been heard.
local MOST_GARBLED = 2

local NOT_IMPLEMENTED = 501
local LONGEST_TEXT = 500

---@class glacier.Watch
---@field client glacier.Client
---@field options {interval: number?, timeout: number?, on_progress: function?}
---@field deadline number?      by the client's clock
---@field is_last boolean       the look to come is the last one
---@field has_answered boolean  the service has said something that was no error
---@field failed integer        looks that failed in succession
---@field faulty_since number?  since when others have to put something right
---@field cause glacier.Error?  of the last look, where that failed
---@field date number?          what the service's clock showed at `date_at`
---@field date_at number?
local Watch = {}
Watch.__index = Watch

local watch = {
  --- The options of a wait, as config.options judges them.
  KNOWN = {
    interval = { type = "number", minimum = 0 },
    timeout = { type = "number", minimum = 0 },
    on_progress = { type = "function" },
  },
}

--- A wait that begins now.
---@param client glacier.Client
---@param options table  judged by watch.KNOWN
---@return glacier.Watch
function watch.new(client, options)
  local timeout = options.timeout
  return setmetatable({
    client = client, options = options,
    -- 0 is none, as for a call.
    deadline = timeout and timeout > 0 and client:now() + timeout or nil,
    is_last = false, has_answered = false, failed = 0,
    meter = meter_of.new(function()
      return client:now()
    end, options.on_progress, { phase = "waiting" }),
  }, Watch)
end

-- What passes by itself, however long that takes: the way to the service, its
-- load, its bad days.
local function is_weather(err)
  if err.kind == "service" then
    return failures.is_retryable(err) or
      err.status ~= nil and err.status >= 500 and err.status ~= NOT_IMPLEMENTED
  end
  return err.kind == "network" or err.kind == "timeout"
end

-- A refusal without a code of the service's: a proxy's or a portal's, who come
-- and go. A job that is gone is never guessed at: 404 is taken as it is.
local function is_foreign(err)
  return err.code == tostring(err.status) and err.status ~= 404
end

-- What may be put right by others, or has been right before: credentials that
-- have run out, a clock or a laptop that slept, what a foreign network answers
-- in place of the service.
local function may_mend(self, err)
  if err.kind == "service" then
    return failures.is_expired_token(err) or self.has_answered and
      (is_foreign(err) or err.code ~= "AccessDeniedException" and failures.is_clock_error(err))
  end
  local kind = err.kind
  return self.has_answered and
    (kind == "tls" or kind == "protocol" or kind == "config" or kind == "credentials")
end

-- Whether a first answer cannot be read, which may have been cut on its way. One
-- that is no better soon comes from no Glacier.
local function is_garbled(self, err)
  return err.kind == "protocol" and not self.has_answered and self.failed <= MOST_GARBLED
end

-- Whether a failed look is to be followed by others.
local function passes(self, err, now)
  self.failed = self.failed + 1
  if is_weather(err) then
    self.faulty_since = nil
    return true
  end
  self.faulty_since = self.faulty_since or now
  return is_garbled(self, err) or may_mend(self, err) and
    now - self.faulty_since < (self.has_answered and PATIENCE or FIRST_PATIENCE)
end

--- Takes note of a failed look.
---@param err glacier.Error
---@return glacier.Error? err  the same, where it ends the wait
function Watch:fail(err)
  self.cause = err
  return not passes(self, err, self.client:now()) and err or nil
end

-- The service's clock is asked for the age of jobs.
local function note_date(self, response, now)
  local headers = response.ResponseMetadata and response.ResponseMetadata.HTTPHeaders
  local date = timestamp.parse_http(headers and headers.date)
  if date then
    self.date, self.date_at = date, now
  end
end

--- Asks the service once.
---@param name string    the operation's
---@param params table?
---@return table? response
---@return glacier.Error? err  what ends the wait; neither: try again later
function Watch:ask(name, params)
  local client = self.client
  local left = self.deadline and self.deadline - client:now()
  if left and left <= 0 then
    return nil
  end
  local response, err = client[name](client, params, left and { timeout = left })
  if not response then
    return nil, self:fail(err)
  end
  self.has_answered = true
  note_date(self, response, client:now())
  return response
end

--- Takes note of a look that has succeeded, with all the answers that it takes.
function Watch:succeed()
  self.failed, self.faulty_since, self.cause = 0, nil, nil
end

--- Whether no time is left.
---@return boolean
function Watch:is_over()
  return self.deadline ~= nil and self.client:now() >= self.deadline
end

---@class glacier.WatchedJob
---@field id string
---@field description table?  the last one
---@field seen_at number?     by the client's clock: when it was seen first,
---@field seen_age number?    and how old it was then

--- Takes note of a job's description.
---@param job glacier.WatchedJob
---@param description table
function Watch:note(job, description)
  job.description = description
  if not job.seen_at then
    job.seen_age = self:age(job)
    job.seen_at = self.client:now()
  end
end

--- How old a job is: seconds. By the service's clock, where its last answer
--- showed that, as its CreationDate is; else by ours. It is no younger than the
--- time for which it has been watched.
---@param job glacier.WatchedJob  with a description
---@return number
function Watch:age(job)
  local now = self.client:now()
  local created = timestamp.parse(job.description.CreationDate)
  local theirs = self.date and self.date + (now - self.date_at) or time()
  return max(0, created and theirs - created or 0,
    job.seen_at and job.seen_age + (now - job.seen_at) or 0)
end

-- Sleeps, and lets who watches the progress see that time goes by.
local function sleep(self, seconds)
  local client, meter = self.client, self.meter
  local left, slept, err = seconds, true, nil
  while slept and left > 0 do
    local nap = meter.on_progress and min(left, TICK) or left
    slept, err = client:sleep(nap)
    left = left - nap
    if slept and left > 0 then
      meter:set({ next_look = left })
    end
  end
  return slept, err
end

--- Pauses before the next look.
---@param step number?  seconds, by pace.step; nil: nothing is known of any job
---@return boolean? looks   whether there is to be another look: the time for it
--- is not over
---@return glacier.Error? err  kind "cancelled": the client is closed
function Watch:pause(step)
  local interval = self.options.interval
  local delay = interval and max(interval, SHORTEST_STEP) or
    pace.jittered(step or pace.unknown(self.failed), digest.random())
  if self.deadline then
    local left = self.deadline - self.client:now()
    local last = left - min(LAST_PART * self.options.timeout, LONGEST_LAST)
    if self.is_last or last <= 0 then
      return false
    elseif delay >= last then
      delay, self.is_last = last, true
    end
  end
  if delay >= LONG_PAUSE then
    self.client:release()
  end
  local slept, err = sleep(self, delay)
  return slept or nil, err
end

-- The name of a job, whatever it is called.
local function name_of(job)
  return text.line(text.of(job.id), LONGEST_TEXT)
end

local function shown_age(seconds)
  local minutes = floor(seconds / 60)
  if minutes < 1 then
    return format("%d s", floor(seconds))
  elseif minutes < 60 then
    return format("%d min", minutes)
  end
  return format("%d h %d min", floor(minutes / 60), minutes % 60)
end

--- The error of a job that has not ended in the time for the wait.
---@param job glacier.WatchedJob
---@return glacier.Error
function Watch:out_of_time(job)
  local known, cause = job.description, self.cause
  local message = "the time for waiting is over; the job " .. name_of(job)
  if known then
    message = message .. " was last seen as " ..
      text.line(known.StatusCode or "of no status", LONGEST_TEXT) .. ", " ..
      shown_age(self:age(job)) .. " old"
  else
    message = message .. " was not seen"
  end
  if cause then
    message = message .. "; the last attempt to look at it: " .. cause.message
  end
  return errors.out_of_time(message, {
    operation = "DescribeJob", description = known, cause = cause,
    sent = known ~= nil or cause ~= nil and cause.sent == true, in_doubt = false,
  })
end

--- What a job has come to. StatusCode alone decides: a job that has failed is
--- completed, too.
---@param job glacier.WatchedJob  with a description
---@return table? description  of a job that has succeeded
---@return glacier.Error? err  of one that has failed; neither: it goes on
function watch.judge(job)
  local description = job.description
  if description.StatusCode == "Succeeded" then
    return description
  elseif description.StatusCode == "Failed" then
    local said = text.line(description.StatusMessage or "", LONGEST_TEXT)
    return nil, errors.new("service", "JobFailed", format("the job %s failed: %s",
      name_of(job), said ~= "" and said or "the service does not say why"), {
      operation = "DescribeJob", description = description, sent = true, in_doubt = false,
      request_id = description.ResponseMetadata and description.ResponseMetadata.RequestId,
    })
  end
end

return watch
