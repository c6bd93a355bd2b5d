-- Calls in coroutines of cqueues by the host of the examples. Prints what came
-- of them.

local cqueues = require "cqueues"
local glacier = require "glacier"
local host = require "examples.cqueues_host"

local CALLS = 8
local PARAMS = { vaultName = "examplevault", jobParameters = { Type = "inventory-retrieval" } }

local client = assert(glacier.client { host = host })
local queue = cqueues.new()
local done, running, gap = 0, CALLS, 0

local began = cqueues.monotime()
for _ = 1, CALLS do
  queue:wrap(function()
    for _ = 1, 2 do
      local response, err = client:initiate_job(PARAMS)
      done = done + (response and 1 or 0)
      if err then
        print(err)
      end
    end
    running = running - 1
  end)
end
queue:wrap(function()
  local last = cqueues.monotime()
  while running > 0 do
    cqueues.sleep(0.002)
    local now = cqueues.monotime()
    gap = math.max(gap, now - last)
    last = now
  end
end)
assert(queue:loop())
print(("done=%d seconds=%.3f gap=%.4f"):format(done, cqueues.monotime() - began, gap))

-- Closed by another coroutine.
queue:wrap(function()
  local _, err = client:initiate_job(PARAMS)
  print("kind=" .. err.kind)
end)
queue:wrap(function()
  cqueues.sleep(0.05)
  client:close()
end)
assert(queue:loop())

-- Outside a coroutine a call blocks.
local other = assert(glacier.client { host = host })
print("blocking=" .. tostring(other:initiate_job(PARAMS) ~= nil))
