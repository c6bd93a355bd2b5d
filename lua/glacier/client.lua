--- A client: what it is made of, and the way in of a call: validate ->
-- serialize -> endpoint -> [ credentials -> sign -> send -> parse ]*. The
-- bracket is the retry loop in calls.lua. A client may be shared by any
-- number of coroutines.

local attempt = require("glacier.attempt")
local call_options = require("glacier.call_options")
local calls = require("glacier.calls")
local chain = require("glacier.credentials.chain")
local config = require("glacier.config")
local digest = require("glacier.core.digest")
local endpoint = require("glacier.endpoint")
local errors = require("glacier.errors")
local files = require("glacier.files")
local hosts = require("glacier.hosts")
local model = require("glacier.model")
local options_of = require("glacier.options")
local pagination = require("glacier.pagination")
local proxy = require("glacier.proxy")
local rate = require("glacier.rate")
local sigv4 = require("glacier.core.sigv4")
local user_agent = require("glacier.user_agent")
local validate = require("glacier.validate")
local waiter = require("glacier.waiter")

local format = string.format
local error, getmetatable, pairs, setmetatable = error, getmetatable, pairs, setmetatable

---@class glacier.Client
local Client = {}
Client.__index = Client

local client = {}

local DEFAULT_ATTEMPTS = 3

local function closed()
  return errors.new("cancelled", "CancelledError", "the client is closed")
end

-- A call that ends before anything is sent.
local function refuse(operation, err)
  err.operation, err.sent, err.in_doubt = operation.name, false, false
  return nil, err
end

--- Calls an operation of the model.
---@param operation table
---@param params table?
---@param given table?  options of this one call, see glacier.call_options
---@return table? result
---@return glacier.Error? err
function Client:call(operation, params, given)
  local options, problem = call_options.read(given, operation.rest ~= nil)
  if not options then
    return refuse(operation, problem)
  elseif self.transport.closed then
    return refuse(operation, closed())
  end
  local obstacle = self.transport.host.check and self.transport.host.check()
  if obstacle then
    return refuse(operation, errors.config(obstacle))
  end
  params = params == nil and {} or params
  local ok, problems = validate(params, operation, self.options.validate)
  if not ok then
    return refuse(operation, errors.validation(problems))
  end
  return calls.run(self, operation, params, options)
end

--- Does what is ready and returns at once: for hosts with frames, to be called
-- in each. Where the host has a loop of its own, this does nothing.
function Client:update()
  local host = self.transport.host
  if host.update then
    host.update(self.transport.engine)
  end
end

Client.pages, Client.each = pagination.pages, pagination.each
Client.wait_until = waiter.wait_until

--- Waits as a call of this client does, without blocking the host where it can.
---@param seconds number
---@return true|nil slept
---@return glacier.Error? err  kind "cancelled": the client is closed
function Client:sleep(seconds)
  if not self.transport.closed then
    self.transport.host.sleep(seconds)
  end
  if self.transport.closed then
    return nil, closed()
  end
  return true
end

--- The time of a clock that only goes forward, which deadlines go by.
---@return number seconds
function Client:now()
  return self.transport.host.now()
end

--- Ends what is on its way and gives connections back. Calls after that fail.
function Client:close()
  self.transport:close()
end

Client.__gc = Client.close
Client.__close = Client.close

function Client:__tostring()
  return "glacier client " .. self.endpoint.url
end

for name, operation in pairs(model.operations) do
  Client[name] = function(self, params, options)
    if getmetatable(self) ~= Client then
      error(format("call it with a colon: client:%s{...}", name), 2)
    end
    return self:call(operation, params, options)
  end
end

-- What the providers of credentials may use of a client.
local function credential_context(self, configuration)
  return {
    options = self.options,
    environment = self.environment,
    configuration = configuration,
    region = self.endpoint.region,
    signer = self.signer,
    read_file = files.read,
    random = digest.random,
    user_agent = self.user_agent,
    now = function()
      return attempt.now(self)
    end,
    sleep = function(seconds)
      self.transport.host.sleep(seconds)
    end,
    remaining = function()
      local deadline = attempt.deadline(self)
      return deadline and deadline - self.transport.host.now()
    end,
    send = function(request)
      request.deadline = attempt.deadline(self)
      return self.transport:send(attempt.over(self, request))
    end,
    log = self.options.logger and function(event)
      calls.log(self, event)
    end,
  }
end

-- Where requests go and how, out of options, environment and files.
local function read_settings(options)
  local configuration, settings, where, err
  configuration, err = config.load(config.environment, options.profile)
  if not configuration then
    return nil, err
  end
  settings, err = config.settings(options, config.environment, configuration)
  if not settings then
    return nil, err
  end
  where, err = endpoint.resolve(settings, model.service.endpoint_prefix)
  if not where then
    return nil, err
  end
  return settings, where, configuration
end

-- The parts that hold memory of C: the engine and the signer.
local function acquire(self, host)
  local failure
  if host.transport then
    self.transport, failure = host.transport(self.options)
  else
    self.transport, failure = require("glacier.transport").new(host)
  end
  if self.transport then
    self.signer, failure = sigv4.signer()
  end
  if failure then
    return nil, errors.config(failure.message, failure.code)
  end
  return self
end

--- A new client. Reads the configuration files; nothing is sent before the
-- first call.
---@param given table?  the options, see README
---@return glacier.Client?
---@return glacier.Error? err  kind "config"
function client.new(given)
  local options, err = options_of.read(given)
  if not options then
    return nil, err
  end
  local settings, where, configuration = read_settings(options)
  if not settings then
    return nil, where
  end
  local host
  host, err = hosts.choose(options.host)
  if not host then
    return nil, err
  end
  local self = {
    options = options,
    settings = settings,
    endpoint = where,
    environment = config.environment,
    proxy = proxy.settled(options.proxy, config.environment),
    max_attempts = settings.max_attempts or DEFAULT_ATTEMPTS,
    user_agent = user_agent(options, settings),
  }
  self, err = acquire(self, host)
  if not self then
    return nil, err
  end
  calls.prepare(self)
  if settings.retry_mode == "adaptive" then
    self.limiter = rate.new(host.now())
  end
  self.credentials = chain.new(credential_context(self, configuration))
  if not options.verify and options.logger then
    calls.log(self, { event = "warning",
      message = "the server's certificate is not checked (verify = false)" })
  end
  return setmetatable(self, Client)
end

return client
