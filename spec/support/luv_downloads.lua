--- Runs in programs with a loop of libuv, Neovim among them: downloads.

local glacier = require "glacier"
local hosted = require "spec.support.hosted"
local hosted_downloads = require "spec.support.hosted_downloads"

local vim = rawget(_G, "vim")
local uv = vim and (vim.uv or vim.loop) or require "luv"

local host = { folder = os.getenv "GLACIER_FOLDER" }

function host.clock()
  return uv.hrtime() / 1e9
end

function host.client()
  return hosted.client({ endpoint_url = os.getenv "GLACIER_VAULT" })
end

function host.ticker(tick)
  local timer = uv.new_timer()
  timer:start(1, 1, tick)
  return function()
    timer:close()
  end
end

local ok, err = xpcall(function()
  glacier.spawn(hosted_downloads.run, host, hosted.report):wait()
  hosted.finish()
end, debug.traceback)
if not ok then
  io.stderr:write(tostring(err), "\n")
end
os.exit(ok and 0 or 1)
