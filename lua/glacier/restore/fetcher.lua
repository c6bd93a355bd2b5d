--- A fetcher: takes a ready archive, has it downloaded and proved, gives it its
-- place, and takes down that it is there.

local fetches = require("glacier.restore.store.fetches")
local outcome_of = require("glacier.restore.outcome")

local protected = require("glacier.host").protected
local text = outcome_of.text

local error = error
local remove = table.remove

local fetcher = {
  --- Raised from a download's progress: the run is to end.
  ENDING = {},
}

-- Seconds for which a worker whose disk is at fault takes nothing, and between two
-- looks whether they are over.
local DISK_LOOK, DISK_PAUSE = 1, 60

-- Seconds for which one fetcher that has found nothing has looked for all of its run.
local LOOK_SECONDS = 1

-- Downloads, until the run is to end; false then.
local function download(self, fetch)
  local seen = 0
  local ok, result, err = protected.call(function()
    return self.client:download_job_output({
      accountId = self.settings.account, vaultName = self.settings.vault, jobId = fetch.job_id,
    }, {
      path = self.files:part(fetch), tree_hash = fetch.tree_hash, overwrite = true,
      on_progress = function(event)
        if event.phase ~= "hashing" and event.bytes and event.bytes > seen then
          self.note_bytes(event.bytes - seen)
          seen = event.bytes
        end
        if self.is_ending() then
          error(fetcher.ENDING, 0)
        end
      end,
    })
  end)
  if not ok then
    if result == fetcher.ENDING then
      return false
    end
    error(result, 0)
  end
  if result and fetch.size > seen then
    self.note_bytes(fetch.size - seen - (result.resumed or 0))
  end
  return result, err
end

-- What becomes of an archive that could not be fetched.
local function settle(self, fetch, err)
  local db, owner, now = self.db, self.owner, self.time()
  local meaning = outcome_of.fetch(err)
  if meaning == "lost" then
    return fetches.lost(db, fetch, owner, now, text(err))
  elseif meaning == "wrong" then
    return fetches.wrong(db, fetch, owner, text(err))
  elseif meaning == "disk" then
    self.disk_at = now
  elseif meaning == "fatal" then
    self.fail(err)
  end
  return fetches.put_back(db, fetch, owner, now, text(err))
end

--- Takes down what is at its place, all of a moment at once, and takes what is
--- ready. After a crash before it the files are found at their places.
---@param self glacier.RestoreRun
---@param most integer  archives that are taken
---@return glacier.Fetch[]?
---@return glacier.Error? err
function fetcher.turn(self, most)
  local finished = self.finished
  self.finished = {}
  local list, err = fetches.turn(self.db, self.owner, finished, most, self.time())
  if not list then
    for i = 1, #finished do
      self.finished[#self.finished + 1] = finished[i]
    end
    return nil, err
  end
  for i = 1, #finished do
    self.fetches[finished[i]] = nil
  end
  for i = 1, #list do
    self.fetches[list[i]] = true
    self.claimed[#self.claimed + 1] = list[i]
  end
  return list
end

--- Takes down what is at its place, if anything is.
---@param self glacier.RestoreRun
function fetcher.flush(self)
  if #self.finished > 0 then
    fetcher.turn(self, 0)
  end
end

-- It is to be taken down, and is this one's until that has been done.
local function finish(self, fetch)
  self.finished[#self.finished + 1] = fetch
  return "finished"
end

-- Gives the whole file its place, unless something else has it.
local function publish(self, fetch)
  local ok, err = self.files:publish(fetch)
  if ok then
    return finish(self, fetch)
  elseif err.code == "FileExists" then
    local is_there = self.files:is_there(fetch)
    if is_there then
      return finish(self, fetch)
    end
    return fetches.give_up(self.db, fetch, self.owner, text(err))
  end
  self.disk_at = self.time()
  return fetches.put_back(self.db, fetch, self.owner, self.time(), text(err))
end

-- One archive from its job to its place. "finished": it is to be taken down.
local function fetch_one(self, fetch)
  local is_there, err = self.files:is_there(fetch)
  if is_there then
    return finish(self, fetch)
  elseif is_there == nil then
    return fetches.give_up(self.db, fetch, self.owner, text(err))
  end
  local result
  result, err = download(self, fetch)
  if result then
    return publish(self, fetch)
  elseif result == false then
    return fetches.put_back(self.db, fetch, self.owner, self.time())
  end
  return settle(self, fetch, err)
end

--- Does what a fetcher does next.
---@param self glacier.RestoreRun
---@return number|"idle"|nil pause  seconds until the next step
---@return glacier.Error? err
function fetcher.step(self)
  local now = self.time()
  if self.disk_at and now - self.disk_at < DISK_PAUSE then
    return DISK_LOOK
  elseif self.found_none_at and self.client:now() - self.found_none_at < LOOK_SECONDS then
    return "idle"
  end
  if #self.claimed == 0 then
    local list, err = fetcher.turn(self, self.downloads)
    if not list then
      return nil, err
    elseif not list[1] then
      self.found_none_at = self.client:now()
      return "idle"
    end
  end
  self.found_none_at = nil
  local fetch = remove(self.claimed, 1)
  local ok, err = fetch_one(self, fetch)
  if ok ~= "finished" then
    self.fetches[fetch] = nil
  end
  return ok ~= nil and 0 or nil, err
end

return fetcher
