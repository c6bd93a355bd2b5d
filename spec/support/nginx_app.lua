--- What the specs' nginx runs: calls and requests of a client made in
-- init_by_lua, in phases and ways that the specs name.

local cjson = require "cjson"
local config = require "glacier.config"
local glacier = require "glacier"
local downloads = require "spec.support.nginx_app_downloads"
local hosted_waits = require "spec.support.hosted_waits"

local ngx = _G.ngx

local App = {}
App.__index = App

local nginx_app = {}

local PARAMS = { vaultName = "vault", jobParameters = { Type = "inventory-retrieval" } }

local function merged(first, second)
  local result = {}
  for _, fields in ipairs { first, second or {} } do
    for name, value in pairs(fields) do
      result[name] = value
    end
  end
  return result
end

--- From init_by_lua.
---@param text string  JSON: `client`, the options of the client
function nginx_app.new(text)
  local self = setmetatable(cjson.decode(text), App)
  self.phases = {}
  local client, err = glacier.client(self.client)
  self.made = client or error(tostring(err), 0)
  self:note_phase()
  return self
end

local function outcome(result, err)
  if result then
    return { job_id = result.jobId }
  end
  return { kind = err.kind, code = err.code, message = err.message }
end

function App:call(client)
  return outcome((client or self.made):initiate_job(PARAMS))
end

--- What a call in this phase comes to.
function App:note_phase()
  self.phases[ngx.get_phase()] = self:call()
end

function App.say(_, value)
  ngx.print(cjson.encode(value))
end

local actions = {}

function App:serve(action)
  local act = actions[action] or downloads[action]
  self:say(act(self, tonumber(ngx.var.arg_count)))
end

function actions.ping()
  return { phase = ngx.get_phase() }
end

actions.call = App.call

-- Seconds that others had to wait for their turn, at the most, while a function
-- ran.
local function longest_gap(call)
  local longest, is_over = 0, false
  local watcher = ngx.thread.spawn(function()
    local step = 0.005
    while not is_over do
      ngx.update_time()
      local begun = ngx.now()
      ngx.sleep(step)
      ngx.update_time()
      longest = math.max(longest, ngx.now() - begun - step)
    end
  end)
  local result, err = call()
  is_over = true
  ngx.thread.wait(watcher)
  return longest, result, err
end

--- Downloads a job's output: {client=, params=, options=}.
function actions.download(self)
  ngx.req.read_body()
  local asked = cjson.decode(ngx.req.get_body_data())
  local client = assert(glacier.client(merged(self.client, asked.client)))
  local gap, result, err = longest_gap(function()
    return client:download_job_output(asked.params, asked.options)
  end)
  client:close()
  return { gap = gap, result = result, code = err and err.code, message = err and err.message }
end

function actions.phases(self)
  return self.phases
end

--- Sends a request as it stands, by the client's transport.
function actions.send(self)
  ngx.req.read_body()
  local request = cjson.decode(ngx.req.get_body_data())
  local transport = self.made.transport
  if request.left then
    request.deadline = transport.host.now() + request.left
  end
  if self.ca_bundle and transport.engine then
    request.ca_bundle = self.ca_bundle
  end
  local response, failure = transport:send(request)
  return response or { failure = failure }
end

--- The output of a job, to a sink that waits.
function actions.output(self)
  local pieces = {}
  local response, err = self.made:get_job_output({ vaultName = "vault", jobId = "job" }, {
    max_attempts = 3,
    sink = function(piece)
      pieces[#pieces + 1] = piece
      ngx.sleep(0.001)
      if ngx.var.arg_enough then
        return nil, "enough"
      end
    end,
  })
  local text = table.concat(pieces)
  return { size = #text, hash = ngx.md5(text), code = err and err.code,
    attempts = response and response.ResponseMetadata.RetryAttempts }
end

--- Waits for jobs, in the request, or in a timer of its own.
function actions.waits(self)
  local came_to
  local function run()
    came_to = hosted_waits.run(function()
      return assert(glacier.client(self.client))
    end)
  end
  if not ngx.var.arg_timer then
    run()
  else
    ngx.timer.at(0, run)
    while not came_to do
      ngx.sleep(0.01)
    end
  end
  return { outcome = came_to }
end

--- Calls all at once.
function actions.burst(self, count)
  local tasks, good = {}, 0
  for i = 1, count do
    tasks[i] = glacier.spawn(self.call, self)
  end
  for i = 1, count do
    good = good + (tasks[i]:wait().job_id and 1 or 0)
  end
  return { good = good }
end

local function call_often(self, count, seconds)
  local good = 0
  for _ = 1, count do
    local begun = self.made.transport.host.now()
    good = good + (self:call().job_id and 1 or 0)
    seconds[#seconds + 1] = self.made.transport.host.now() - begun
  end
  return good
end

--- Calls one after the other, in four light threads.
function actions.many(self, count)
  local tasks, good = {}, 0
  for i = 1, 4 do
    tasks[i] = glacier.spawn(call_often, self, count / 4, {})
  end
  for i = 1, 4 do
    good = good + tasks[i]:wait()
  end
  collectgarbage()
  collectgarbage()
  return { good = good, kilobytes = collectgarbage "count" }
end

--- One after the other, of the client or of one that blocks.
function actions.time(self, count)
  local client = ngx.var.arg_host and
    assert(glacier.client(merged(self.client, { host = ngx.var.arg_host }))) or self.made
  self:call(client)
  ngx.update_time()
  local begun = ngx.now()
  for _ = 1, count do
    self:call(client)
  end
  ngx.update_time()
  return { seconds = (ngx.now() - begun) / count }
end

--- A call in a timer.
function actions.timer(self)
  local result
  ngx.timer.at(0, function()
    result = self:call()
    result.phase = ngx.get_phase()
  end)
  while not result do
    ngx.sleep(0.01)
  end
  return result
end

--- A client that is closed while it calls.
function actions.closing(self)
  local client = assert(glacier.client(self.client))
  local task = glacier.spawn(self.call, self, client)
  ngx.sleep(0.1)
  client:close()
  local result = task:wait()
  result.later = self:call(client)
  return result
end

--- A task that fails, and one that returns.
function actions.tasks()
  local broken = glacier.spawn(function()
    ngx.sleep(0.01)
    error("broken", 0)
  end)
  local sum = glacier.spawn(function(a, b)
    ngx.sleep(0.02)
    return a + b, nil, "last"
  end, 1, 2)
  local ok, err = pcall(broken.wait, broken)
  return { ok = ok, err = err, values = { sum:wait(), (select(3, sum:wait())) } }
end

--- Tasks that end before and after they are waited for, and one that is not.
function actions.begun(self)
  local first = glacier.spawn(self.call, self)
  glacier.spawn(self.call, self)
  local raised = glacier.spawn(error, "at once", 0)
  ngx.sleep(0.05)
  return { first = first:wait().job_id ~= nil, raised = select(2, pcall(raised.wait, raised)) }
end

--- Leaves a task to another request, and ends it amid its work.
function actions.leave(self)
  self.left = glacier.spawn(ngx.sleep, 60)
  ngx.say("{}")
  ngx.exit(200)
end

function actions.left(self)
  local ok, err = pcall(self.left.wait, self.left)
  return { ok = ok, kind = err.kind, message = tostring(err) }
end

--- What a client with such options comes to.
function actions.client(self)
  ngx.req.read_body()
  local client, err = glacier.client(merged(self.client, cjson.decode(ngx.req.get_body_data())))
  local result = client and self:call(client) or outcome(nil, err)
  if client then
    client:close()
  end
  return result
end

--- A call of a client that all requests share and whose credentials take a
-- while to load: how often they were loaded so far.
function actions.shared(self)
  self.shared = self.shared or assert(glacier.client(merged(self.client, {
    credentials = function()
      self.loads = (self.loads or 0) + 1
      ngx.sleep(0.2)
      return merged(self.client.credentials, { expiration = ngx.time() + 3600 })
    end,
  })))
  local result = self:call(self.shared)
  result.loads = self.loads
  return result
end

--- A call of a client that all requests share and whose credentials come from
-- the agent of a container.
function actions.contained(self)
  if not self.contained then
    local options = merged(self.client, { connect_timeout = 5, read_timeout = 5 })
    options.credentials = nil
    config.environment.AWS_CONTAINER_CREDENTIALS_FULL_URI = ngx.var.arg_agent
    self.contained = assert(glacier.client(options))
  end
  return self:call(self.contained)
end

--- A call whose credentials come from a program.
function actions.process(self)
  config.environment.AWS_CONFIG_FILE = self.config_file
  local options = merged(self.client, { profile = "program" })
  options.credentials = nil
  local client = assert(glacier.client(options))
  config.environment.AWS_CONFIG_FILE = nil
  local result = self:call(client)
  client:close()
  return result
end

--- How many requests are on their way.
function actions.active(self)
  local transport = self.made.transport
  if transport.engine then
    return { count = transport.engine:active() }
  end
  collectgarbage()
  local count = 0
  for _ in pairs(transport.waiting) do
    count = count + 1
  end
  return { count = count }
end

return nginx_app
