--- A program that retrieves an archive, for specs that end it:
--- `lua spec/support/retrieve_program.lua OPTIONS`, in JSON: params, options (of
--- the retrieval), slow (true: pauses as long as they are; else short ones).
-- Prints one line: the result's `verified` and `resumed`, or the error's code and
-- text; started jobs and phases that came late go before it.

local cjson = require "cjson"
local glacier = require "glacier"

local given = cjson.decode(arg[1])
local client = assert(glacier.client { max_attempts = given.max_attempts or 3 })

if not given.slow then
  -- What it waits for a lost job is seconds; here nothing comes that late.
  local sleep = client.sleep
  client.sleep = function(self, seconds)
    return sleep(self, math.min(seconds, 0.02))
  end
end

local options = given.options
options.interval = options.interval or 0.02
options.on_progress = function(event)
  if event.phase == "started" or event.phase == "reused" then
    print(event.phase, event.job, event.jobs)
  elseif given.progress then
    print(event.phase, event.bytes, event.expires, tostring(event.late))
  end
  io.stdout:flush()
end
local result, err = client:retrieve(given.params, options)
if result then
  print("done", result.verified, ("%.0f"):format(result.resumed), result.tree_hash)
else
  print("failed", err.code, tostring(err))
end
client:close()
os.exit(result and 0 or 1)
