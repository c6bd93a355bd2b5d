--- What the specs' nginx runs of downloads; the actions are nginx_app's.

local glacier = require "glacier"
local hosted_downloads = require "spec.support.hosted_downloads"

local ngx = _G.ngx

local downloads = {}

local function client_of(app)
  local options = hosted_downloads.options(app.vault.url)
  options.host = app.client.host
  return assert(glacier.client(options))
end

-- Calls in a timer, whose ticks do not depend on any request.
local function ticker(tick)
  local ticking = true
  ngx.timer.at(0, function()
    while ticking do
      tick()
      ngx.sleep(0.001)
    end
  end)
  return function()
    ticking = false
  end
end

--- The whole of hosted_downloads, in the request, or in a timer of its own.
function downloads.downloads(self)
  local report
  local host = { folder = self.vault.folder, ticker = ticker }
  function host.clock()
    return self.made.transport.host.now()
  end
  function host.client()
    return client_of(self)
  end
  local function run()
    local found = {}
    glacier.spawn(hosted_downloads.run, host, found):wait()
    report = found
  end
  if not ngx.var.arg_timer then
    run()
  else
    ngx.timer.at(0, run)
    while not report do
      ngx.sleep(0.01)
    end
  end
  return report
end

--- One download; bytes a second, if they are limited, are an argument.
function downloads.fetch(self)
  local client = client_of(self)
  local outcome, result = hosted_downloads.fetch(client, hosted_downloads.BIG, {
    path = self.vault.folder .. "/" .. ngx.var.arg_name,
    part_size = 4 * 2 ^ 20, max_rate = tonumber(ngx.var.arg_rate),
  })
  client:close()
  return { outcome = outcome, resumed = result and result.resumed }
end

--- One retrieval, whose job is looked at often.
function downloads.retrieve(self)
  local client = client_of(self)
  local result, err = client:retrieve({
    vaultName = hosted_downloads.VAULT,
    jobParameters = { Type = "archive-retrieval", ArchiveId = ngx.var.arg_archive },
  }, {
    path = self.vault.folder .. "/" .. ngx.var.arg_name, interval = 1, reuse = false,
    part_size = 4 * 2 ^ 20, max_rate = tonumber(ngx.var.arg_rate),
  })
  client:close()
  return { outcome = result and result.verified or err.code, resumed = result and result.resumed }
end

return downloads
