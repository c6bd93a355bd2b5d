--- Who starts and who surveys: one at a time, by a lease with an epoch; and who is
-- alive at all.

local rows = require("glacier.restore.store.rows")

local max = math.max
local pairs = pairs

local roles = {}

-- A role without a sign of life is free after so many seconds.
roles.LEASE = 60

-- A worker without one does not count after so many.
local ALIVE = 60

-- And is forgotten after so many: two days.
local FORGOTTEN = 172800

-- A ready archive is its fetcher's for so many seconds after its last sign of life.
roles.FETCH_LEASE = 120

--- Takes a role, or keeps it.
---@param db glacier.Database
---@param name "starter"|"surveyor"
---@param owner string
---@param now number
---@param is_dead fun(owner: string): boolean  whether it surely is no more
---@return number|false|nil epoch  false: somebody else has it
---@return glacier.Error? err
function roles.take(db, name, owner, now, is_dead)
  return db:transaction(function(tx)
    local row = rows.numbers(tx:row("SELECT owner, " .. rows.texts({ "epoch", "lease_until" }) ..
      " FROM role WHERE name = ? " .. db.dialect.for_update, name), { "epoch", "lease_until" })
    local is_ours = row.owner == owner and row.lease_until > now
    if row.owner and row.owner ~= owner and row.lease_until > now and not is_dead(row.owner) then
      return false
    end
    local epoch = is_ours and row.epoch or row.epoch + 1
    tx:execute("UPDATE role SET owner = ?, epoch = ?, lease_until = ? WHERE name = ?", owner, epoch,
      now + roles.LEASE, name)
    return epoch
  end)
end

--- Whether a role still is somebody's, whose lease begins anew then.
---@param tx glacier.DatabaseTransaction
---@param name string
---@param owner string
---@param epoch number
---@param now number
---@return boolean
function roles.keep(tx, name, owner, epoch, now)
  return tx:execute("UPDATE role SET lease_until = ? WHERE name = ? AND owner = ? AND epoch = ? " ..
    "AND lease_until > ?", now + roles.LEASE, name, owner, epoch, now) == 1
end

--- Gives back all that a worker has: its roles, its leases, its place.
---@param db glacier.Database
---@param owner string
---@return true?
---@return glacier.Error? err
function roles.leave(db, owner)
  return db:transaction(function(tx)
    tx:execute("UPDATE role SET owner = NULL, lease_until = 0 WHERE owner = ?", owner)
    tx:execute("UPDATE work SET owner = NULL, lease_until = 0 WHERE state = 'ready' AND owner = ?",
      owner)
    tx:execute("UPDATE worker SET has_left = 1, rate = 0 WHERE owner = ?", owner)
    return true
  end)
end

--- A sign of life. It keeps the roles of the worker, too: a starter may have to wait for
--- an answer for longer than a lease, and its successor would list all jobs first.
---@param db glacier.Database
---@param owner string
---@param now number
---@param rate number  bytes a second that it fetches, as far as measured
---@param fetches table<glacier.Fetch, true>  what it is fetching: no other lease of
--- its name is kept, as it does not know of a claim whose answer was lost
---@return true?
---@return glacier.Error? err
function roles.beat(db, owner, now, rate, fetches)
  return db:transaction(function(tx)
    if tx:execute("UPDATE worker SET seen = ?, rate = ? WHERE owner = ?", now, rate,
      owner) == 0 then
      tx:execute("DELETE FROM worker WHERE seen < ?", now - FORGOTTEN)
      tx:execute("INSERT INTO worker (owner, seen, rate, has_left) VALUES (?, ?, ?, 0)", owner, now,
        rate)
    end
    tx:execute("UPDATE role SET lease_until = ? WHERE owner = ? AND lease_until > ?",
      now + roles.LEASE, owner, now)
    for fetch in pairs(fetches) do
      tx:execute("UPDATE work SET lease_until = ? WHERE seq = ? AND state = 'ready' AND " ..
        "owner = ? AND epoch = ?", now + roles.FETCH_LEASE, fetch.seq, owner, fetch.epoch)
    end
    return true
  end)
end

--- Those that are alive.
---@param tx glacier.DatabaseTransaction
---@param now number
---@return integer count
---@return number rate  bytes a second of all together
function roles.workers(tx, now)
  local row = tx:row("SELECT cast(count(*) AS text) AS n, " ..
    "cast(coalesce(sum(rate), 0) AS text) AS rate FROM worker " ..
    "WHERE has_left = 0 AND seen > ?", now - ALIVE)
  rows.numbers(row, { "n", "rate" })
  return row.n, row.rate
end

--- The last moment that the store knows of: nobody tells what was started after it
--- by those of whom a backup knows nothing.
---@param tx glacier.DatabaseTransaction
---@return number epoch
function roles.last_seen(tx)
  local row = tx:row("SELECT cast(max(planned_at) AS text) AS planned_at, (SELECT " ..
    "cast(max(seen) AS text) FROM worker) AS seen FROM restore")
  rows.numbers(row, { "planned_at", "seen" })
  return max(row.planned_at or 0, row.seen or 0)
end

return roles
