--- Clients for specs: known credentials, the replay server as endpoint.

local glacier = require("glacier")

local clients = {
  CREDENTIALS = {
    access_key_id = "AKIDEXAMPLE",
    secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  },
}

--- Options for a client of `server`; `more` is added or overrides.
function clients.options(server, more)
  local options = {
    region = "us-west-2",
    endpoint_url = server.url,
    credentials = clients.CREDENTIALS,
    max_attempts = 1,
  }
  for name, value in pairs(more or {}) do
    options[name] = value
  end
  return options
end

--- Sets what a client's calls are sent by.
---@param transport table  with host, send and close
function clients.replace_transport(client, transport)
  client.transport = transport
  client.attempts.transport = transport
end

local open = {}

--- A client of `server`, closed by clients.close_all.
function clients.new(server, more)
  local client = assert(glacier.client(clients.options(server, more)))
  open[#open + 1] = client
  return client
end

--- Closes the clients made so far; for after_each.
function clients.close_all()
  while #open > 0 do
    table.remove(open):close()
  end
end

return clients
