--- The surveyor: one at a time of all processes. It reads the list of the vault's
-- jobs page by page, a commit a page; whoever has the role goes on where the last
-- one has stopped.

local OUTPUT_KEPT = require("glacier.job_description").OUTPUT_KEPT
local outcome_of = require("glacier.restore.outcome")
local roles = require("glacier.restore.store.roles")
local surveys = require("glacier.restore.store.surveys")
local timestamp = require("glacier.timestamp")

local format, match = string.format, string.match
local ipairs, tonumber = ipairs, tonumber
local floor, max, min = math.floor, math.max, math.min

local surveyor = {}

-- Seconds from one survey to the next: short while jobs are young, and never less
-- than so many times what the last one took.
local SHORTEST, LONGEST, SHARE = 5, 600, 20

-- Seconds between two looks whether one is due, where another has the role, and
-- after a page that could not be had.
local IDLE_PAUSE, OTHERS_PAUSE, FAILED_PAUSE = 1, 5, 5

local PAGE = "50"

-- Whether a job is about the whole of its archive.
local function is_whole(job)
  local last = match(job.RetrievalByteRange or "", "^0%-([0-9]+)$")
  if not job.RetrievalByteRange then
    return true
  end
  return last ~= nil and
    (not job.ArchiveSizeInBytes or tonumber(last) + 1 == tonumber(format("%.0f",
      job.ArchiveSizeInBytes)))
end

-- The store's times are whole.
local function seconds(date)
  local epoch = timestamp.parse(date)
  return epoch and floor(epoch)
end

--- What a page tells of archives.
---@param page table  of ListJobs
---@return glacier.ListedJob[]
function surveyor.read(page)
  local list = {}
  for _, job in ipairs(page.JobList) do
    local created = seconds(job.CreationDate)
    if job.Action == "ArchiveRetrieval" and job.JobId and job.ArchiveId and created and
      is_whole(job) then
      local completed = seconds(job.CompletionDate)
      list[#list + 1] = {
        id = job.JobId, archive_id = job.ArchiveId, created = created,
        is_ready = job.StatusCode == "Succeeded", has_failed = job.StatusCode == "Failed",
        expires = (completed or job.StatusCode == "Succeeded" and created) and
          (completed or created) + OUTPUT_KEPT or nil,
        message = job.StatusMessage, description = job.JobDescription,
      }
    end
  end
  return list
end

-- Seconds from the beginning of the last survey to that of the next.
local function interval(survey, now)
  local age = survey.started_at and now - survey.started_at or LONGEST
  return min(LONGEST, max(SHORTEST, SHARE * survey.lasted, age / 2))
end

local function is_due(survey, now)
  if survey.is_open == 1 or survey.wanted > survey.whole_began and now >= survey.wanted then
    return true
  end
  return (survey.pending > 0 or survey.waiting > 0) and now - survey.began >= interval(survey, now)
end

-- Asks for a page. A marker that is refused, or comes again, ends the survey: it
-- begins anew.
local function ask(self, survey)
  local settings = self.settings
  local page, err = self.client:list_jobs({
    accountId = settings.account, vaultName = settings.vault, limit = PAGE, marker = survey.marker,
  })
  if not page then
    local is_stale = survey.marker and err.kind == "service" and err.status and err.status < 500 and
      err.code == "InvalidParameterValueException"
    return nil, err, is_stale
  elseif not page.JobList then
    return nil, nil, true
  end
  local marker = page.Marker ~= "" and page.Marker or nil
  if marker and survey.markers[marker] then
    return nil, nil, true
  elseif marker then
    survey.markers[marker] = true
  end
  return page, nil, nil, marker
end

-- Reads on; true: to its end.
local function read_on(self, role, survey)
  survey.markers = {}
  while not self.is_ending() do
    local page, err, is_stale, marker = ask(self, survey)
    if not page then
      if err and outcome_of.is_fatal(err) then
        self.fail(err)
      elseif is_stale then
        surveys.begin(self.db, role, self.time(), true)
      end
      return false
    end
    local kept
    kept, err = surveys.page(self.db, role, survey, surveyor.read(page), marker, self.time())
    if not kept then
      return kept, err
    elseif not marker then
      return surveys.finish(self.db, role, survey, self.time())
    end
    survey.marker = marker
  end
  return false
end

--- Does what a surveyor does next.
---@param self glacier.RestoreRun
---@return number|"idle"|nil pause  seconds until the next step
---@return glacier.Error? err
function surveyor.step(self)
  local survey, err = surveys.last(self.db, self.time())
  if not survey then
    return nil, err
  elseif not is_due(survey, self.time()) then
    return "idle"
  elseif not self.hear() then
    return "idle"
  end
  local epoch
  epoch, err = roles.take(self.db, "surveyor", self.owner, self.time(), self.is_dead)
  if not epoch then
    return epoch == false and OTHERS_PAUSE or nil, err
  end
  local role = { owner = self.owner, epoch = epoch }
  survey, err = surveys.begin(self.db, role, self.time())
  if not survey then
    return survey == false and IDLE_PAUSE or nil, err
  end
  local ended
  ended, err = read_on(self, role, survey)
  if ended == nil then
    return nil, err
  end
  return ended and IDLE_PAUSE or FAILED_PAUSE
end

return surveyor
