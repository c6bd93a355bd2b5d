--- A vault and the life of its jobs, as specs use them:
--
--     local server = vault.start {
--       archives = { photo = { size = 3 * 2^20 + 5 }, text = { bytes = "hello" } },
--       ready_after = 0, expires_after = 86400,
--     }
--     ... client:initiate_job and so on with endpoint_url = server.url ...
--     server.archives.photo.id, .size, .tree_hash, .content:check_file(path)
--     local id = server:add_job { archive = "photo", range = "0-1048575", ready_after = 5 }
--     server:control { advance = 90000, faults = { { operation = "GetJobOutput", cut = 70000 } } }
--     server:log()[1].operation, .range, .job, .status, .sent
--     server:stop()
--
-- A failure here is a failure of the spec's own machinery, so it raises.

local content = require "spec.support.vault_content"
local mime = require "mime"
local server_control = require "spec.support.server_control"
local start_server = require "spec.support.start_server"

local vault = { content = content.new, is_node = content.is_node, MIB = content.MIB }

local SETTINGS = { "ready_after", "expires_after", "expires_after_bytes", "fails", "listed_after",
  "describe" }
-- What goes to the server as it is.
local PLAIN = { "region", "account", "vaults", "faults", "seed", "advance", "hash_headers",
  "verify", "forget", "send_buffer" }

local Server = {}
Server.__index = Server

--- Archives as the server wants them, in the order of their names.
local function list_archives(given)
  local names, list = {}, {}
  for name in pairs(given or {}) do
    names[#names + 1] = name
  end
  table.sort(names)
  for index, name in ipairs(names) do
    local archive = { name = name }
    for field, value in pairs(given[name]) do
      archive[field] = value
    end
    if archive.bytes then
      archive.base64, archive.bytes = mime.b64(archive.bytes) or "", nil
    end
    list[index] = archive
  end
  return list
end

local function list_jobs(server, given)
  local list = {}
  for index, job in ipairs(given or {}) do
    local parameters = job.parameters
    if not parameters and job.archive then
      parameters = { Type = "archive-retrieval", RetrievalByteRange = job.range, Tier = job.tier,
        ArchiveId = assert(server.archives[job.archive], "no such archive").id,
        Description = job.description }
    elseif not parameters then
      parameters = { Type = "inventory-retrieval", Format = job.format,
        Description = job.description }
    end
    local sent = { parameters = parameters, id = job.id, age = job.age, vault = job.vault }
    for _, name in ipairs(SETTINGS) do
      sent[name] = job[name]
    end
    list[index] = sent
  end
  return list
end

--- Changes the server. Options, all of them optional: settings of the jobs to
-- come (`ready_after`, `expires_after` in seconds, `expires_after_bytes`,
-- `fails` = StatusMessage, `listed_after`, `describe` = members of the
-- description that are otherwise); `archives` by name ({size =, kind =, seed =}
-- or {bytes =}, with `id`, `description`, and `tree_hash` for a lie of the
-- service); `inventory`, its text (else one of the archives is made; false: again);
-- `jobs`, a list, see `add_job`; `change`, a list of {id =, settings}; `faults`,
-- rules of vault_faults.lua, with a `seed`; `advance`, seconds; `hash_headers`,
-- "aligned", "mib" or "never"; `verify` signatures; `forget` the log;
-- `send_buffer`, bytes that a connection made from now on holds in the system:
-- without it what a reader that is killed never took may be megabytes.
---@return table made  { jobs = {{id =}...}, archives = {...} }
function Server:control(options)
  local sent = { settings = {}, change = options.change }
  for _, name in ipairs(SETTINGS) do
    sent.settings[name] = options[name]
  end
  for _, name in ipairs(PLAIN) do
    sent[name] = options[name]
  end
  if options.inventory ~= nil then
    sent.inventory = options.inventory and mime.b64(options.inventory)
  end
  sent.archives = list_archives(options.archives)
  local made = server_control.ask(self, "set", sent)
  for index, archive in ipairs(made.archives) do
    archive.content = content.new(options.archives[sent.archives[index].name])
    self.archives[archive.name] = archive
  end
  if options.jobs then
    made.jobs = server_control.ask(self, "set", { jobs = list_jobs(self, options.jobs) }).jobs
  end
  return made
end

--- Starts a job behind the client's back.
---@param job table  `archive` (its name) and `range`, or `format` of an inventory, or
--- `parameters` as InitiateJob has them; `description`, `tier`, `id`, `vault`, `age` (seconds
--- since its creation), and the settings of jobs
---@return string id
function Server:add_job(job)
  return self:control { jobs = { job } }.jobs[1].id
end

--- The requests seen since the start or since `forget`, in order: `operation`,
-- `method`, `target`, `vault`, `range`, `first`, `last` (of a range that counts),
-- `job`, `status`, `sent` (bytes of the body), `ended` ("whole", "cut", "lost",
-- "closed"; an output's is nil while it is sent), `faults` (numbers of rules that
-- struck), `connection`, `time`, `body` (of the request).
---@param operation string?  only of this
---@return table[]
function Server:log(operation)
  local list = {}
  for _, entry in ipairs(server_control.ask(self, "log")) do
    if not operation or entry.operation == operation then
      list[#list + 1] = entry
    end
  end
  return list
end

--- How many requests of an operation were seen.
function Server:count(operation)
  return #self:log(operation)
end

--- The bytes of outputs that were sent.
function Server:bytes_sent()
  local sum = 0
  for _, entry in ipairs(self:log "GetJobOutput") do
    sum = sum + entry.sent
  end
  return sum
end

Server.stop = server_control.stop

--- Starts a vault server. Options: those of `control`, and `idle`, the seconds
-- without connections after which it ends by itself.
---@param options table?
---@return table server with `url` and `archives` by name
function vault.start(options)
  options = options or {}
  local pipe, url = start_server("vault_server.lua",
    { options.idle and ("--idle %g"):format(options.idle) })
  local server = setmetatable({ url = url, pipe = pipe, archives = {} }, Server)
  server:control(options)
  return server
end

return vault
