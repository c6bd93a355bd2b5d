--- glacier.stub: canned answers in the place of the service, for the tests of
-- who uses a client, in the manner of botocore's Stubber. It takes the place of
-- what a client makes its calls with: all above a call is as ever, and nothing
-- below it is reached.

local canned = require("glacier.client.canned")
local model = require("glacier.model")
local output = require("glacier.call").output
local text = require("glacier.text")
local values = require("glacier.client.values")

local concat, remove = table.concat, table.remove
local error, next, setmetatable, type = error, next, setmetatable, type
local format, sub = string.format, string.sub

---@class glacier.Stub
---@field calls glacier.StubCall[]  what was called, in order; not what was
--- refused before anything would have been sent, as by validation
---@field ANY any  in expected parameters: whatever is there
local Stub = { ANY = values.ANY }
Stub.__index = Stub

---@class glacier.StubCall
---@field operation string  "initiate_job"
---@field params table      as they were then
---@field options table     of the call

local stub = {}

-- Operation of the model -> its method's name.
local NAMES = {}
for name, operation in next, model.operations do
  NAMES[operation] = name
end

-- How many bytes a sink is given at a time, as off the network.
local PIECE = 16 * 1024

local function operation_of(name, method)
  local operation = model.operations[name]
  if not operation then
    local names = {}
    for known in next, model.operations do
      names[#names + 1] = known
    end
    error(format("bad argument #1 to '%s' (an operation expected, got %s); there are: %s",
      method, values.show(name), concat(text.sort(names), ", ")), 3)
  end
  return operation
end

local function check_table(value, place, method)
  if type(value) ~= "table" then
    error(format("bad argument #%d to '%s' (table expected, got %s)", place, method,
      type(value)), 3)
  end
end

local function add(self, name, answer, expected)
  local copy = values.copy(expected)
  if expected ~= nil and copy == nil then
    error("the parameters expected of " .. name .. " are nested too deeply", 3)
  end
  local pending = self.pending[name] or {}
  self.pending[name] = pending
  pending[#pending + 1] = { answer = answer, expected = copy }
end

--- The answer to a call that is to come. Those of one operation are given in the
--- order in which they were added, each once.
---@param name string      the operation's, "initiate_job"
---@param response table?  what the call is to return. What the model does not
--- know of it, a value of another type and the lack of what no answer goes without
--- are raised. ResponseMetadata is filled in; what is given of it stays
---@param expected table?  the parameters that the call is to have, no more and no
--- fewer, with stub.ANY where any value will do; at another call this is raised
function Stub:add_response(name, response, expected)
  local operation = operation_of(name, "add_response")
  check_table(response == nil and {} or response, 2, "add_response")
  check_table(expected == nil and {} or expected, 3, "add_response")
  local answer, problem = canned.response(name, operation, response or {})
  if not answer then
    error(problem, 2)
  end
  add(self, name, answer, expected)
end

--- An error of the service in the place of an answer. Nothing is tried again: it
--- is the one that the call returns.
---@param name string      the operation's
---@param given {code: string, message: string?, status: integer?, request_id: string?}
--- code: "ThrottlingException"; message: ""; status: of HTTP, 400
---@param expected table?  as for add_response
function Stub:add_client_error(name, given, expected)
  local operation = operation_of(name, "add_client_error")
  check_table(given, 2, "add_client_error")
  check_table(expected == nil and {} or expected, 3, "add_client_error")
  local answer, problem = canned.failure(operation, given)
  if not answer then
    error(problem, 2)
  end
  add(self, name, answer, expected)
end

-- What is left, operation by operation.
local function pending_of(self)
  local names = {}
  for name, pending in next, self.pending do
    if #pending > 0 then
      names[#names + 1] = format("%s (%d)", name, #pending)
    end
  end
  return #names > 0 and concat(text.sort(names), ", ") or nil
end

--- Raises where something was added that no call has asked for.
function Stub:assert_no_pending_responses()
  local left = pending_of(self)
  if left then
    error("the stub has answers that no call has asked for: " .. left, 2)
  end
end

--- Gives the client its network back.
function Stub:deactivate()
  if self.client.calls == self.stage then
    self.client.calls = self.stage.real
  end
end

-- Why a call is not the one that was to come.
local function objection(self, name, operation, params)
  local first = self.pending[name] and self.pending[name][1]
  if not first then
    return format("the stub has no answer to a call of %s\ncalled with: %s\nanswers left: %s",
      name, values.show(params), pending_of(self) or "none")
  elseif first.expected and not values.equal(first.expected, params, operation) then
    return format("%s was called with other parameters than expected\nexpected: %s\ngot: %s",
      name, values.show(first.expected), values.show(params))
  end
end

-- Gives a body to who takes it, as off the network.
local function pour(receiver, body, head)
  for first = 1, #body, PIECE do
    if not receiver:take(sub(body, first, first + PIECE - 1), head) then
      return nil, receiver.problem
    end
  end
  return receiver:whole(head)
end

-- What a sink raised may be another call's error, and says more of that.
local function describe(err, operation)
  if err.operation == nil then
    err.operation, err.attempts = operation.name, 1
  end
  err.sent, err.in_doubt = true, err.in_doubt == true
  return nil, err
end

local function give(answer, operation, receiver)
  local result, err
  if answer.is_failure then
    err = answer:failure()
  else
    local head = answer:head()
    local whole = true
    if receiver then
      whole, err = pour(receiver, answer.body, head)
    end
    result = whole and answer:success(head, receiver ~= nil) or nil
  end
  if receiver then
    result, err = receiver:finish(result, err)
  end
  if not result then
    return describe(err, operation)
  end
  return result
end

local function note(self, name, params, given)
  local options = {}
  for key, value in next, given do
    options[key] = value
  end
  self.calls[#self.calls + 1] = { operation = name, params = values.copy(params),
    options = options }
end

-- What a client makes its calls with, as glacier.Calls.
local Stage = {}
Stage.__index = Stage

--- Runs a call whose parameters are valid.
---@param operation table  of the model
---@param params table
---@param given table      options of this call
---@return table? result
---@return glacier.Error? err
function Stage:run(operation, params, given)
  local made, name = self.stub, NAMES[operation]
  local problem = objection(made, name, operation, params)
  local receiver, err
  if not problem then
    receiver, err = output.of(given)
  end
  if err then
    err.operation, err.sent, err.in_doubt = operation.name, false, false
    return nil, err
  end
  note(made, name, params, given)
  if problem then
    error(problem, 0)
  end
  return give(remove(made.pending[name], 1).answer, operation, receiver)
end

--- Takes note of the end of the client.
function Stage:close()
  self.real:close()
end

--- Puts a stub in the place of what a client makes its calls with.
---@param client glacier.Client
---@return glacier.Stub
function stub.new(client)
  local self = setmetatable({ client = client, calls = {}, pending = {} }, Stub)
  self.stage = setmetatable({ stub = self, real = client.calls }, Stage)
  client.calls = self.stage
  return self
end

--- Whether a client has one.
---@param client glacier.Client
---@return boolean
function stub.is_on(client)
  return client.calls.stub ~= nil
end

return stub
