--- Runs in LOVE as its main.lua: downloads in its frames.

local glacier = require "glacier"
local hosted = require "spec.support.hosted"
local hosted_downloads = require "spec.support.hosted_downloads"

local love = rawget(_G, "love")

local host = { folder = os.getenv "GLACIER_FOLDER", clock = love.timer.getTime }

local client, main, ticking

function host.client()
  return hosted.client({ endpoint_url = os.getenv "GLACIER_VAULT" })
end

function host.ticker(tick)
  ticking = tick
  return function()
    ticking = nil
  end
end

function love.load()
  client = host.client()
  main = glacier.spawn(hosted_downloads.run, host, hosted.report)
end

function love.update()
  client:update()
  if ticking then
    ticking()
  end
  if main.done then
    main:wait()
    client:close()
    hosted.finish()
    love.event.quit(0)
  end
end

-- Without a display nobody could read what LOVE shows of an error.
function love.errorhandler(message)
  io.stderr:write(debug.traceback(tostring(message)), "\n")
  return function()
    return 1
  end
end
