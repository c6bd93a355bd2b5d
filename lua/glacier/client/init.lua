--- A client: what it is made of, and the way in of a call: validate and
-- serialize, in one walk -> endpoint -> [ credentials -> sign -> send -> parse ]*.
-- The bracket is the retry loop in call/loop.lua. A client may be shared by any
-- number of coroutines.

local abandoned = require("glacier.host").abandoned
local attempt = require("glacier.call").attempt
local call_options = require("glacier.config").call_options
local calls = require("glacier.call").loop
local clock = require("glacier.clock")
local config = require("glacier.config")
local credentials = require("glacier.credentials")
local digest = require("glacier.core.digest")
local endpoint = require("glacier.config").endpoint
local errors = require("glacier.errors")
local files = require("glacier.config").files
local hosts = require("glacier.host")
local job = require("glacier.job")
local model = require("glacier.model")
local options_of = require("glacier.config").options
local pagination = require("glacier.client.pagination")
local rate = require("glacier.call").rate
local route = require("glacier.config").route
local serialize = require("glacier.call").serialize
local sigv4 = require("glacier.core.sigv4")
local stub = require("glacier.client.stub")
local together = require("glacier.host").together
local transport = require("glacier.transport")
local user_agent = require("glacier.config").user_agent
local validate = require("glacier.call").validate
local waiter = require("glacier.client.waiter")
local waiting = require("glacier.host").waiting

local format = string.format
local error, getmetatable, ipairs, pairs, setmetatable, type =
  error, getmetatable, ipairs, pairs, setmetatable, type

---@class glacier.Client
local Client = {}
Client.__index = Client

local client = {}

local DEFAULT_ATTEMPTS = 3

-- A call that ends before anything is sent.
local function refuse(operation, err)
  err.operation, err.sent, err.in_doubt = operation.name, false, false
  return nil, err
end

--- Judges the parameters of an operation as a call of it does; nothing is sent.
---@param name string   the operation's, "initiate_job"
---@param params table?  its parameters; none at all are judged as {}
---@return true|nil is_valid
---@return glacier.Error? err  kind "validation"
function Client:check_params(name, params)
  local operation = model.operations[name]
  local ok, problems = validate(params == nil and {} or params, operation, self.options.validate)
  if not ok then
    return refuse(operation, errors.validation(problems))
  end
  return true
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
    return refuse(operation, calls.cancelled())
  end
  local obstacle = self.transport.host.check and self.transport.host.check()
  if obstacle then
    return refuse(operation, errors.config(obstacle))
  end
  params = params == nil and {} or params
  local request, problems = serialize(params, operation, self.options.validate)
  if not request then
    return refuse(operation, errors.validation(problems))
  end
  return self.calls:run(operation, params, options, request)
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
---@param seconds number  0 and less is no sleep
---@return true|nil slept  whether the time is over
---@return glacier.Error? err  kind "cancelled": the client is closed
function Client:sleep(seconds)
  local transport_of = self.transport
  local function is_closed()
    return transport_of.closed == true
  end
  if not is_closed() and seconds > 0 then
    waiting.sleep(transport_of.host, seconds, is_closed)
  end
  if is_closed() then
    return nil, calls.cancelled()
  end
  return true
end

--- Waits as sleep does, and where the client is closed, too.
---@param seconds number   at the most
---@param is_over fun(): boolean  ends it before
function Client:settle(seconds, is_over)
  waiting.sleep(self.transport.host, seconds, is_over)
end

--- Looks through a piece of the garbage for what callers held who are gone
--- without a word, as requests of nginx go that are aborted.
---@param kilobytes number  how much at a time, about
---@return boolean? is_over  a round of the collector is; nil: in this host nobody
--- goes so
function Client:find_abandoned(kilobytes)
  return abandoned.find(self.transport.host, kilobytes)
end

--- Runs functions at the same time, each of which may call operations and
--- client:sleep, and returns when all have ended. What the first of them raises
--- is raised after the others have ended.
---@param functions (fun(is_stopped: fun(): boolean))[]  is_stopped tells that
--- another one has raised, or that the caller is gone
---@param tick? fun()  called about twice a second meanwhile
function Client:run_together(functions, tick)
  together.run(self.transport.host, functions, tick)
end

--- The time of a clock that only goes forward, which deadlines go by.
---@return number seconds
function Client:now()
  return self.transport.host.now()
end

--- The time by the service's clock, as far as its answers have told that.
---@return integer epoch  seconds since 1970
function Client:time()
  return self.clock:now()
end

--- Closes the connections that are kept for later calls, for who makes none for
--- a while; the next one makes its own. Where a call is on its way they stay.
--- nginx closes its own sockets by itself, after lua_socket_keepalive_timeout.
function Client:release()
  local transport_of = self.transport
  if transport_of.release then
    transport_of:release()
  end
end

--- Ends what is on its way and gives connections back. Calls after that fail.
function Client:close()
  if not self.transport.closed then
    self.transport:close()
    self.calls:close()
  end
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

for name, method in pairs(job.methods) do
  Client[name] = method
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

-- Tells the logger what a user may not have meant.
local function warn(self, configuration)
  local function tell(message)
    calls.tell(self.options.logger, { event = "warning", message = message })
  end
  if not self.options.verify then
    tell("the server's certificate is not checked (verify = false)")
  end
  for _, problem in ipairs(configuration.unread or {}) do
    tell("a configuration file is there and was not read: " .. problem)
  end
end

-- The parts that hold memory of C: the engine and the signer.
local function acquire(self, host)
  local failure
  self.transport, failure = transport.new(host, self.options)
  if self.transport then
    self.signer, failure = sigv4.signer()
  end
  if failure then
    return nil, errors.config(failure.message, failure.code)
  end
  return self
end

-- What loading credentials may use of the client, and by what ways.
local function surroundings(self)
  return {
    host = self.transport.host,
    send = function(request)
      return self.transport:send(request)
    end,
    begin = function(request)
      return self.transport:begin(request)
    end,
    is_closed = function()
      return self.transport.closed == true
    end,
  }
end

local function credential_offer(self, configuration, way)
  local logger = self.options.logger
  return {
    options = self.options,
    environment = self.environment,
    configuration = configuration,
    region = self.endpoint.region,
    signer = self.signer,
    read_file = files.read,
    random = digest.random,
    user_agent = self.user_agent,
    now = function(offset)
      return self.clock:now(offset)
    end,
    clock_offset = function()
      return self.clock.offset
    end,
    set_clock_offset = function(offset)
      self.clock.offset = offset
      if logger then
        calls.tell(logger, { event = "clock", offset = offset })
      end
    end,
    prepare = way,
    log = logger and function(event)
      calls.tell(logger, event)
    end,
  }
end

-- Puts together what makes calls, out of what there is.
local function connect(self, configuration)
  local options = self.options
  local around = surroundings(self)
  local connect_timeout, read_timeout = options.connect_timeout, options.read_timeout
  local way = route.new(options, self.settings.ca_bundle, self.environment)
  self.clock = clock.new()
  self.credentials = credentials.new(credential_offer(self, configuration, way), around)
  self.attempts = attempt.new({
    endpoint = self.endpoint, signer = self.signer, clock = self.clock,
    credentials = self.credentials, transport = self.transport, route = way,
    user_agent = self.user_agent, connect_timeout = connect_timeout, read_timeout = read_timeout,
  })
  self.calls = calls.new({
    attempts = self.attempts, host = around.host, clock = self.clock, endpoint = self.endpoint,
    credentials = self.credentials, is_closed = around.is_closed, logger = options.logger,
    limiter = self.settings.retry_mode == "adaptive" and rate.new(around.host.now()) or nil,
    defaults = {
      timeout = options.timeout,
      max_attempts = self.settings.max_attempts or DEFAULT_ATTEMPTS,
      reconcile = options.reconcile,
    },
  }, connect_timeout, read_timeout)
end

--- A new client. Reads the configuration files; nothing is sent before the
-- first call.
---@param given table?  the options, see doc/configuration.md
---@return glacier.Client? client  to be closed when it is not needed any more
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
    user_agent = user_agent(options, settings),
    meta = { region_name = where.region, endpoint_url = where.url },
  }
  self, err = acquire(self, host)
  if not self then
    return nil, err
  end
  connect(self, configuration)
  if options.logger then
    warn(self, configuration)
  end
  return setmetatable(self, Client)
end

--- Puts canned answers in the place of the service: from now on nothing of this
-- client reaches the network. What `sleep` waits for is still waited for.
---@param self glacier.Client  which has none yet
---@return glacier.Stub stub  of which answers are asked from now on
function client.stub(self)
  if getmetatable(self) ~= Client then
    error(format("bad argument #1 to 'stub' (a client expected, got %s)", type(self)), 2)
  elseif stub.is_on(self) then
    error("the client has a stub already", 2)
  end
  return stub.new(self)
end

return client
