--- A call in the face of a fault, and what came of it.

local clients = require "spec.support.clients"
local faults = require "spec.support.faults"
local socket = require "socket"

local fault_call = {}

-- The id in the recording initiate_job/success.
fault_call.JOB_ID = "HkF9p6o7yjhFx-K3CGl6fuSm6VzW9T7esGQfco8nUXVYwS0jlb5gq1JZ55yHgt5v"
  .. "P54ZShjoQzQVVh7vEXAMPLEjobID"

-- Far above what any call with the options below may take.
fault_call.SECONDS = 4

--- Options that keep a spec short. Nothing is reconciled: what is sent, and
-- how often, is the matter here.
function fault_call.options(more)
  local options = {
    max_attempts = 2,
    connect_timeout = 1,
    read_timeout = 0.25,
    reconcile = false,
    validate = "shape",
  }
  for name, value in pairs(more or {}) do
    options[name] = value
  end
  return options
end

---@class FaultOutcome
---@field response table?
---@field err glacier.Error?
---@field seconds number how long the call took
---@field journal table the server's, as it was after the call
---@field next table? the response to one more call of the same client
---@field next_err glacier.Error?
---@field connections integer how many there were after both calls
---@field left integer descriptors that are left when the client is closed

--- Makes a call of a new client, and one more with the same.
---@param server table from faults.start; nil script: is not touched
---@param script table?
---@param more { params: table?, options: table?, pause: number? }? seconds
--- between the calls
---@return FaultOutcome
function fault_call.make(server, script, more)
  more = more or {}
  if script then
    server:play(script)
  end
  collectgarbage() -- what other specs left open is closed now, not below
  local before = faults.descriptors()
  local client = clients.new(server, fault_call.options(more.options))
  local outcome, begun = {}, socket.gettime()
  outcome.response, outcome.err = client:initiate_job(more.params or { vaultName = "v" })
  outcome.seconds = socket.gettime() - begun
  if script then
    outcome.journal = server:journal()
    socket.sleep(more.pause or 0)
    outcome.next, outcome.next_err = client:initiate_job { vaultName = "next" }
    outcome.connections = server:journal().connections
  end
  client:close()
  outcome.left = faults.descriptors() - before
  return outcome
end

return fault_call
