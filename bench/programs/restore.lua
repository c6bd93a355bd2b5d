--- How many archives a second a store takes through all states, with no network:
-- what a starter, a surveyor and fetchers commit. Prints the number.
--
--   lua bench/programs/restore.lua FOLDER    an SQLite file is made in it

local database = require("glacier.restore.database")
local fetches = require("glacier.restore.store.fetches")
local http = require("glacier.core.http")
local roles = require("glacier.restore.store.roles")
local schema = require("glacier.restore.store.schema")
local starts = require("glacier.restore.store.starts")
local surveys = require("glacier.restore.store.surveys")

local ARCHIVES, BATCH, FLUSH, PAGE, DOWNLOADS = 5000, 50, 25, 50, 8
local OWNER, DAY, PLENTY = "bench", 86400, 2 ^ 52

local now = os.time()

local function id_of(seq)
  return ("A"):rep(130) .. seq
end

local function plan(db)
  return db:transaction(function(tx)
    for seq = 1, ARCHIVES do
      tx:execute("INSERT INTO archive VALUES (?, ?, ?, ?, ?)", seq, id_of(seq), 1000 + seq,
        ("0"):rep(64), "photos/" .. seq)
    end
    tx:execute("INSERT INTO restore (id, version, plan, vault, folder, archives, bytes, " ..
      "bad_rows, cursor, cap, request_price, starts_rate, factor, factor_at, paused, " ..
      "starts_after, planned_at) VALUES (1, 1, 'p', 'v', '/x', ?, ?, 0, 0, ?, 25000, 1000000, " ..
      "1, 0, 0, 0, ?)", ARCHIVES, 1000 * ARCHIVES, PLENTY, now)
    return tx:execute("UPDATE bucket SET level = 1000000, at = ?", now)
  end)
end

local function role_of(db, name)
  return { owner = OWNER, epoch = assert(roles.take(db, name, OWNER, now, function() end)) }
end

local function start_all(db)
  local role = role_of(db, "starter")
  local intents
  repeat
    intents = assert(starts.intend(db, role, now, PLENTY, BATCH))
    for first = 1, #intents, FLUSH do
      local jobs = {}
      for i = first, math.min(first + FLUSH - 1, #intents) do
        local intent = intents[i]
        jobs[#jobs + 1] = { seq = intent.seq, attempt = intent.attempt, size = intent.size,
          job_id = "J" .. intent.seq }
      end
      assert(starts.started(db, jobs, now))
    end
  until #intents == 0
end

local function survey_all(db)
  local role = role_of(db, "surveyor")
  local survey = assert(surveys.begin(db, role, now))
  for first = 1, ARCHIVES, PAGE do
    local jobs = {}
    for seq = first, math.min(first + PAGE - 1, ARCHIVES) do
      jobs[#jobs + 1] = { id = "J" .. seq, archive_id = id_of(seq), created = now, is_ready = true,
        has_failed = false, expires = now + DAY }
    end
    local marker = first + PAGE <= ARCHIVES and "m" .. first or nil
    assert(surveys.page(db, role, survey, jobs, marker, now))
  end
  assert(surveys.finish(db, role, survey, now))
end

local function fetch_all(db)
  local list, count = {}, 0
  repeat
    list = assert(fetches.turn(db, OWNER, list, DOWNLOADS, now))
    count = count + #list
  until #list == 0
  assert(count == ARCHIVES, count .. " were fetched")
end

local path = arg[1] .. "/restore.db"
for _, ending in ipairs({ "", "-wal", "-shm" }) do
  os.remove(path .. ending) -- of an earlier round
end
local db = assert(database.open(path, http.sleep))
assert(schema.make(db))
assert(plan(db))
local begun = http.monotonic()
start_all(db)
survey_all(db)
fetch_all(db)
io.write(("%.0f\n"):format(ARCHIVES / (http.monotonic() - begun)))
db:close()
