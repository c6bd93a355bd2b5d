--- The replay server as specs use it:
--
--     local server = endpoint.start()
--     server:play { "initiate_job/throttling", "initiate_job/success" }
--     ... requests to server.url ...
--     server:requests()[1]:header "x-amz-date"
--     server:stop()
--
-- A failure here is a failure of the spec's own machinery, so it raises.

local during = require "spec.support.during"
local http = require "spec.support.http"
local mime = require "mime"
local server_control = require "spec.support.server_control"
local start_server = require "spec.support.start_server"

local endpoint = {}

local Server = {}
Server.__index = Server

---@class JournaledRequest
---@field method string
---@field target string
---@field headers Header[]
---@field body string
---@field connection integer which of the connections accepted it came by, from 1
---@field signature string "ok", "unchecked", or why it was refused
---@field time number when it was received, seconds since 1970
local Request = {}
Request.__index = Request

--- A header's value by its lower-case name, several joined by a comma.
---@param name string
---@return string?
function Request:header(name)
  return http.header(self.headers, name)
end

--- Sets what the next requests are answered with.
---@param list string|PlayEntry|(string|PlayEntry)[]
---@param options { repeat_last: boolean?, loop: boolean? }?
function Server:play(list, options)
  if type(list) ~= "table" or list[1] == nil and next(list) ~= nil then
    list = { list }
  end
  server_control.ask(self, "play", {
    entries = list,
    loop = options and options.loop,
    repeat_last = options and options.repeat_last,
  })
end

--- Makes a key known to the server.
---@param key { access_key_id: string, secret_access_key: string, session_token: string? }
function Server:add_credentials(key)
  server_control.ask(self, "credentials", key)
end

--- Sets the server's clock, by which it judges X-Amz-Date and dates recordings.
---@param now number|false|nil seconds since 1970; false leaves dates unchecked;
--- nil is the true time
function Server:set_clock(now)
  server_control.ask(self, "clock", { now = now })
end

--- The requests received since the start or the last reset, in order.
---@return JournaledRequest[]
function Server:requests()
  local journal = server_control.ask(self, "journal")
  for _, request in ipairs(journal) do
    request.body = mime.unb64(request.body) or ""
    setmetatable(request, Request)
  end
  return journal
end

--- Forgets the journal and the play list.
function Server:reset()
  server_control.ask(self, "reset", {})
end

Server.stop = server_control.stop

--- Starts a replay server.
--- Options: `credentials`, a key or a list of keys (see `add_credentials`), and
-- `idle`, the seconds without connections after which it ends by itself.
---@param options { credentials: table?, idle: number? }?
---@return table server with `url`
function endpoint.start(options)
  options = options or {}
  local pipe, url = start_server("server.lua",
    { options.idle and ("--idle %g"):format(options.idle) })
  local server = setmetatable({ url = url, pipe = pipe }, Server)
  local keys = options.credentials or {}
  for _, key in ipairs(keys.access_key_id and { keys } or keys) do
    server:add_credentials(key)
  end
  return server
end

--- A server for the tests of a block: it is there from the block's setup on, and
--- knows nothing of the tests before.
---@param hooks { setup: function, teardown: function, before_each: function? }
--- busted's, which only spec files see; without the last nothing is forgotten
---@return table server
function endpoint.during(hooks)
  local server = during(hooks, endpoint.start, Server.stop)
  if hooks.before_each then
    hooks.before_each(function()
      server:reset()
    end)
  end
  return server
end

return endpoint
