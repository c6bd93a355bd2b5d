--- The state of a retrieval, in a file beside its target that is locked as long
-- as somebody works at it: what was asked for, which jobs were started for it,
-- and what came of them. A line is a word and an object of texts, in JSON:
--
--   retrieval {...}           what is retrieved, and to which name: the first line
--   intent {n, at, ...}       on the disk before the n-th InitiateJob is sent
--   job {n, id, at}           that has made this job
--   void {n}                  that has made none
--   lost {n}                  nobody knows any more; it counts as one that has
--   reused {id}               a job of somebody else's is taken over
--   seen {id}                 the service has told of it, once at least
--   fetching {id}             its output is there, and is fetched
--   ended {id, why, message}  it is gone, or has failed
--   proved {size, tree_hash, verified, key}   what gets the target's name next
--
-- A crash may tear the last line. No intent is lost by that, as the file with it
-- replaces the one before at once; what came of an intent may be lost, and is
-- asked of the service then.

local digest = require("glacier.core.digest")
local download = require("glacier.core.download")
local errors = require("glacier.errors")
local file_core = require("glacier.core.file")
local json = require("glacier.json")
local target_of = require("glacier.job.target")
local task = require("glacier.job.task")
local text = require("glacier.text")

local concat = table.concat
local find, format, match, sub = string.find, string.format, string.match, string.sub
local open, remove = io and io.open, os.remove
local pairs, setmetatable, tonumber, type = pairs, setmetatable, tonumber, type

local state = {}

---@class glacier.RetrievedJob
---@field id string
---@field n number?           which InitiateJob has made it; nil: somebody else's
---@field at number?          epoch seconds: when that was
---@field is_reused boolean?
---@field was_seen boolean?   it was there once, as the service said

---@class glacier.RetrievalState
---@field path string
---@field was_torn boolean    a crash has cut something off, or all of it
---@field intents table<number, table>  by n, those that may have made a job
---@field last number         the n of the last intent
---@field job glacier.RetrievedJob?  to be waited for
---@field ended table<string, table>  by id: {why =, message =}
---@field last_end table?     the last of these
---@field proved {size: number, tree_hash: string, verified: string, key: string}?
---@field is_unwritten boolean the file is empty
---@field has_fetched boolean  there are, or were, files of a download
local State = {}
State.__index = State

-- `.NAME.retrieve.new` is written while a state is replaced.
local ENDING, REPLACING = ".retrieve", ".new"
local KEY_LENGTH = 16

--- The path of a file beside a target that is named after it. A name that does
--- not fit is cut, and told from others by its hash.
---@param target string
---@param ending string
---@return string
function state.path_beside(target, ending)
  return target_of.stem_beside(target, #ending + #REPLACING) .. ending
end

--- The default path of a target's state.
---@param target string
---@return string
function state.path(target)
  return state.path_beside(target, ENDING)
end

local function sorted_names(fields)
  local names = {}
  for name in pairs(fields) do
    names[#names + 1] = name
  end
  return text.sort(names)
end

local function line_of(word, fields)
  local members, names = {}, sorted_names(fields)
  for i = 1, #names do
    members[i] = json.quote(names[i]) .. ":" .. json.quote(text.to_utf8(text.of(fields[names[i]])))
  end
  return word .. " {" .. concat(members, ",") .. "}"
end

--- A text that is the same for the same retrieval, and for no other.
---@param identity table<string, string>
---@return string
function state.key(identity)
  return sub(digest.sha256(line_of("retrieval", identity)), 1, KEY_LENGTH)
end

-- A number that a line tells, from 0 on. Some Luas read "nan" as one, by which
-- no table can be indexed.
local function number_of(said)
  local number = type(said) == "string" and match(said, "^[0-9]") and tonumber(said)
  return number and number < 2 ^ 53 and number or nil
end

-- As that, of an InitiateJob: whole, from 1 on.
local function ordinal_of(said)
  local number = number_of(said)
  return number and number >= 1 and number % 1 == 0 and number or nil
end

local READERS = {
  intent = function(self, fields, n)
    if n then
      self.intents[n], self.open, self.last = fields, fields, n
      fields.n, fields.at = n, number_of(fields.at)
    end
  end,
  job = function(self, fields, n)
    self.open = nil
    self.job = { id = fields.id, n = n, at = number_of(fields.at) }
    if n then
      self.intents[n], self.last = self.intents[n] or fields, n > self.last and n or self.last
    end
  end,
  void = function(self, _, n)
    self.open = nil
    if n then
      self.intents[n] = nil
    end
  end,
  lost = function(self)
    self.open = nil
  end,
  reused = function(self, fields)
    self.job = { id = fields.id, is_reused = true }
  end,
  seen = function(self, fields)
    if self.job and self.job.id == fields.id then
      self.job.was_seen = true
    end
  end,
  fetching = function(self)
    self.has_fetched = true
  end,
  ended = function(self, fields)
    self.ended[fields.id or ""], self.last_end = fields, fields
    if self.job and self.job.id == fields.id then
      self.job = nil
    end
  end,
  proved = function(self, fields)
    fields.size = number_of(fields.size)
    self.proved = fields.size and fields.tree_hash and fields or nil
  end,
}

-- Takes a line in; one of a later version says nothing.
local function take(self, line)
  local word, object = match(line, "^([a-z]+) ({.*)$")
  local fields = object and json.decode_object(object)
  if fields and READERS[word] then
    READERS[word](self, fields, ordinal_of(fields.n))
  end
end

local function refuse(path, reason)
  local err = errors.config(format("the state '%s' %s", text.line(path, 500), reason),
    "StateMismatch")
  err.sent, err.in_doubt = false, false
  return err
end

local BEGINNING = "retrieval {"
local CHECK_LENGTH = 9
local MOST_ZEROS = 65536

-- Whether a file that is there may be a state, whole or torn: reading another
-- one as such would cut it off.
local function may_be_state(path)
  local file = open and open(path, "rb")
  local begin = file and file:read(MOST_ZEROS) or ""
  if file then
    file:close()
  end
  local said = sub(begin, CHECK_LENGTH + 1, CHECK_LENGTH + #BEGINNING)
  return not find(begin, "[^%z]") or
    not find(sub(begin, 1, CHECK_LENGTH), "[^0-9a-f ]") and said == sub(BEGINNING, 1, #said)
end

local function difference(said, wanted)
  for _, fields in pairs({ said, wanted }) do
    local names = sorted_names(fields)
    for i = 1, #names do
      local name = names[i]
      if said[name] ~= wanted[name] then
        return format("is of another retrieval: its %s is %s, and not %s", name,
          said[name] and "'" .. text.line(text.of(said[name]), 200) .. "'" or "none",
          wanted[name] and "'" .. text.line(wanted[name], 200) .. "'" or "none")
      end
    end
  end
end

-- Reads what is there.
local function read(self, existed)
  local lines, cut = self.journal:read()
  if not lines then
    return nil, task.error(cut)
  end
  -- The first line is never written alone.
  self.was_torn = cut > 0 or existed and #lines < 2
  self.is_unwritten = #lines == 0
  if #lines == 0 then
    return true
  end
  local object = match(lines[1], "^retrieval ({.*)$")
  local identity = object and json.decode_object(object)
  local reason = not identity and "is none of a retrieval" or difference(identity, self.identity)
  if reason then
    return nil, refuse(self.path, reason)
  end
  for i = 2, #lines do
    self.lines[i] = lines[i]
    take(self, lines[i])
  end
  return true
end

--- Opens the state of a retrieval, which is locked from then, or begins one.
---@param client glacier.Client
---@param path string
---@param identity table<string, string>  what is retrieved; a state that has
--- another one is refused
---@return glacier.RetrievalState?
---@return glacier.Error? err  code "Locked": another process has it; "FileError";
--- "StateMismatch": it is none, or one of another retrieval
function state.open(client, path, identity)
  local clean = {}
  for name, value in pairs(identity) do
    clean[name] = text.to_utf8(value)
  end
  local existed = file_core.kind(path) == "file"
  if existed and not may_be_state(path) then
    return nil, refuse(path, "is none of a retrieval")
  end
  local journal, failure = task.lock(client, download.journal, path)
  if not journal then
    return nil, task.error(failure)
  end
  local self = setmetatable({
    path = path, journal = journal, identity = clean, was_torn = false, intents = {}, last = 0,
    ended = {}, has_fetched = false, lines = { line_of("retrieval", clean) },
  }, State)
  local ok, err = read(self, existed)
  if not ok then
    self:close()
    return nil, err
  end
  return self
end

--- Whether nothing was noted yet.
---@return boolean
function State:is_new()
  return self.is_unwritten and not self.was_torn
end

--- How many InitiateJobs have made a job, or may have.
---@return integer
function State:count()
  local count = 0
  for _ in pairs(self.intents) do
    count = count + 1
  end
  return count
end

--- Notes something. All of it can be found out again but for intents, so it
--- need not be on the disk when this returns.
---@param word string
---@param fields table
---@param synchronize boolean?  it is to be
---@return true|nil
---@return glacier.Error? err
function State:note(word, fields, synchronize)
  local line = line_of(word, fields)
  if self.is_unwritten then
    return self:replace(line)
  end
  local ok, failure = self.journal:append(line, synchronize)
  if not ok then
    return nil, task.error(failure)
  end
  self.lines[#self.lines + 1] = line
  take(self, line)
  return true
end

--- Notes something by a new file in place of the old one, which is there with
--- its name when this returns.
---@param line string
---@return true|nil
---@return glacier.Error? err
function State:replace(line)
  local lines = {}
  for i = 1, #self.lines do
    lines[i] = self.lines[i]
  end
  lines[#lines + 1] = line
  local ok, failure = self.journal:rewrite(lines)
  if not ok then
    return nil, task.error(failure)
  end
  self.is_unwritten, self.was_torn, self.lines = false, false, lines
  take(self, line)
  return true
end

--- Notes that an InitiateJob is about to be sent.
---@param fields table  at, epoch seconds; those of its parameters by which its
--- job is found again
---@return number? n
---@return glacier.Error? err
function State:intend(fields)
  local n = self.last + 1
  fields.n = n
  local ok, err = self:replace(line_of("intent", fields))
  return ok and n, err
end

--- Removes the file: the target is there, or nothing was begun.
function State:remove()
  remove(self.path)
end

--- Gives the lock back.
function State:close()
  self.journal:close()
end

return state
