--- Loaded by HAProxy (lua-load): downloads in a task.

local glacier = require "glacier"
local hosted = require "spec.support.hosted"
local hosted_downloads = require "spec.support.hosted_downloads"
local http = require "glacier.core.http"

local core = rawget(_G, "core")

local host = { folder = os.getenv "GLACIER_FOLDER", clock = http.monotonic }

local ticking

function host.client()
  return hosted.client({ endpoint_url = os.getenv "GLACIER_VAULT" })
end

function host.ticker(tick)
  ticking = tick
  return function()
    ticking = nil
  end
end

core.register_task(function()
  while true do
    core.msleep(1)
    if ticking then
      ticking()
    end
  end
end)

core.register_task(function()
  glacier.spawn(hosted_downloads.run, host, hosted.report):wait()
  hosted.finish()
end)
