-- Brings an archive back, whole and proved: starts its job, waits for it (hours),
-- and downloads it in parts. Run again after whatever ended it, it goes on where
-- it was, and starts no second job while there is one that it can use.
--
--   AWS_REGION=us-west-2 AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... \
--     lua examples/retrieve_archive.lua VAULT ARCHIVE_ID FILE [TIER [SECONDS]]
--
-- TIER: Standard, Bulk or Expedited. SECONDS: between two looks at the job;
-- without them it is looked at as often as such a job needs. Its progress is shown
-- on a terminal; with PROGRESS=json in the environment it is lines of JSON.

local glacier = require("glacier")

local function fail(message)
  io.stderr:write(tostring(message), "\n")
  os.exit(1)
end

local vault, archive, path, tier, seconds = ...
if not path then
  fail("usage: retrieve_archive.lua VAULT ARCHIVE_ID FILE [TIER [SECONDS]]")
end

local progress = glacier.progress[os.getenv("PROGRESS") or "terminal"]()

-- Each job is billed, so that one is told of, at once.
io.stdout:setvbuf("line")
local function on_progress(event)
  if event.phase == "started" or event.phase == "reused" then
    print(event.phase .. " job " .. event.job)
  end
  progress(event)
end

local client, err = glacier.client()
if not client then
  fail(err)
end

local result
result, err = client:retrieve({
  vaultName = vault,
  jobParameters = { Type = "archive-retrieval", ArchiveId = archive, Tier = tier or "Standard" },
}, {
  path = path,
  interval = tonumber(seconds),
  on_progress = on_progress,
})
client:close()
if not result then
  fail(err)
end

print(("%s: %.0f bytes, verified: %s"):format(result.path, result.size, result.verified))
print("tree hash " .. result.tree_hash)
if result.resumed > 0 then
  print(("%.0f bytes of it were there already"):format(result.resumed))
end
