--- Amazon S3 Glacier for programs that embed Lua.
--
--   local glacier = require "glacier"
--   local client, err = glacier.client{ region = "us-west-2" }
--   local response, err = client:initiate_job{ vaultName = "examplevault", ... }

require("glacier.standard") -- first: it says what is missing

local client = require("glacier.client")
local job = require("glacier.job")
local loggers = require("glacier.loggers")
local model = require("glacier.model")
local task = require("glacier.host").task
local version = require("glacier.version")

local pairs = pairs

---@class glacier
---@field version string
---@field loggers table  ready-made ones for the option `logger`
---@field progress table  ready-made ones for the option `on_progress`
local glacier = { version = version, loggers = loggers, progress = job.progress }

--- A new client.
---@type fun(options: table?): glacier.Client?, glacier.Error?
glacier.client = client.new

--- Canned answers in the place of the service, for tests; see doc/testing.md.
---@type fun(client: glacier.Client): glacier.Stub
glacier.stub = client.stub

--- Runs fn(...) without blocking the host: in a light thread of nginx, a
-- coroutine driven by the host's loop, a task of HAProxy. Elsewhere it runs at
-- once, to its end.
---@type fun(fn: fun(...): ..., ...): glacier.Task
glacier.spawn = task.spawn

for name, call in pairs(job.functions) do
  glacier[name] = call
end

local default

-- The client behind glacier.initiate_job{...}: made from the environment at
-- the first call that succeeds in making one.
local function default_client()
  local err
  if not default then
    default, err = client.new()
  end
  return default, err
end

--- As client:update(), for the default client.
function glacier.update()
  if default then
    default:update()
  end
end

for name, operation in pairs(model.operations) do
  --- The operation of the same name on a default client.
  glacier[name] = function(params, options)
    local made, err = default_client()
    if not made then
      return nil, err
    end
    return made:call(operation, params, options)
  end
end

return glacier
