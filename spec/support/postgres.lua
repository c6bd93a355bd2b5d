--- A private PostgreSQL for specs: in a folder of its own, reached by a socket
-- in it, and never over the network. It does not run as root, so there it is
-- another user's. A failure here is one of the spec's own machinery, so it
-- raises.
--
--     local server = postgres.start()
--     local url = server:database "name"     -- a new, empty one
--     server:query("name", "select 1")       -- what psql prints
--     server:restart() server:stop()

local lfs = require "lfs"
local quote = require "spec.support.quote"
local shell = require "spec.support.shell"
local socket = require "socket"

local postgres = {
  --- A role that must give this password; the other one, of the URLs, needs none.
  GUARDED = "guarded", PASSWORD = "open sesame",
}

local ROLE = "restorer"
local PATIENCE = 30
local FOLDERS = "/usr/lib/postgresql"

local ACCESS = ("local all %s scram-sha-256\nlocal all all trust\n"):format(postgres.GUARDED)

-- What a crash of the machine would lose is not what specs look at.
local SETTINGS = "listen_addresses=''\nfsync=off\nfull_page_writes=off\nmax_connections=60\n"
  .. "autovacuum_naptime=5\n"

local Server = {}
Server.__index = Server

-- The folder of its programs: of the newest version that is there.
local function programs_folder()
  local best, found = -1, nil
  if lfs.attributes(FOLDERS) then
    for name in lfs.dir(FOLDERS) do
      local version = tonumber(name)
      local folder = ("%s/%s/bin"):format(FOLDERS, name)
      if version and version > best and lfs.attributes(folder .. "/postgres") then
        best, found = version, folder
      end
    end
  end
  if not found and shell.has "postgres" then
    found = shell.check("command -v postgres"):match "^(.*)/[^/]*\n"
  end
  return found
end

--- The reason why there is no server to start here, if so.
---@return string? reason
function postgres.missing()
  return not programs_folder() and "there is no PostgreSQL" or nil
end

-- A command as a user who may run the server.
local function as_user(command)
  if shell.check "id -u" ~= "0\n" then
    return command
  end
  return "setpriv --reuid=postgres --regid=postgres --clear-groups " .. command
end

function Server:program(name, arguments)
  return as_user(("%s/%s %s"):format(self.programs, name, arguments))
end

--- Runs SQL in a database.
---@return string  what psql prints: a row a line, columns separated by |
function Server:query(name, sql)
  return shell.check(("%s/psql -qAtX -v ON_ERROR_STOP=1 -c %s %s"):format(self.programs, quote(sql),
    quote(self:url(name))))
end

--- The URL of a database of it, there or not.
---@param name string
---@param user string?  the role, with the password if it has one to give: "role:word"
function Server:url(name, user)
  return ("postgresql://%s@/%s?host=%s"):format(user or ROLE, name, self.folder)
end

--- Makes a database.
---@return string url
function Server:database(name)
  self:query("postgres", ('create database "%s"'):format(name))
  return self:url(name)
end

local function is_ready(self)
  return select(2, shell.run(("%s/pg_isready -q -h %s"):format(self.programs, self.folder))) == 0
end

--- Starts it again; returns when it takes connections.
function Server:run()
  -- Whatever ends the specs ends it, too.
  local dies = shell.has "setpriv" and "setpriv --pdeathsig INT " or ""
  self.pipe = assert(io.popen(("exec %s >%s/log 2>&1 </dev/null"):format(
    dies .. self:program("postgres", "-D " .. self.folder .. "/data -k " .. self.folder),
    self.folder), "r"))
  local deadline = socket.gettime() + PATIENCE
  while not is_ready(self) do
    if socket.gettime() > deadline then
      error("PostgreSQL does not start, see " .. self.folder .. "/log", 2)
    end
    socket.sleep(0.05)
  end
end

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

--- Ends it, and leaves what it holds.
---@param how string?  "INT" (default): connections are ended; "QUIT": as a crash does
function Server:halt(how)
  shell.check(("kill -%s %d"):format(how or "INT",
    read(self.folder .. "/data/postmaster.pid"):match "^%d+"))
  self.pipe:close()
  self.pipe = nil
end

--- Ends it and starts it again.
---@param how string?  as of `halt`
function Server:restart(how)
  self:halt(how)
  self:run()
end

--- Ends it and removes its folder.
function Server:stop()
  if self.pipe then
    self:halt()
  end
  shell.remove(self.folder)
end

--- Starts one.
---@return table server  with `folder`
function postgres.start()
  local self = setmetatable({ programs = assert(programs_folder()), folder = shell.folder() },
    Server)
  shell.check(("chmod 711 %s; mkdir %s/data"):format(self.folder, self.folder))
  if shell.check "id -u" == "0\n" then
    shell.check(("chown -R postgres:postgres %s"):format(self.folder))
  end
  shell.check(self:program("initdb", ("-D %s/data -U %s -A trust -E UTF8 --locale=C --no-sync")
    :format(self.folder, ROLE)))
  local function append(name, text, mode)
    local file = assert(io.open(("%s/data/%s"):format(self.folder, name), mode))
    assert(file:write(text))
    assert(file:close())
  end
  append("postgresql.conf", SETTINGS, "a")
  append("pg_hba.conf", ACCESS, "w")
  self:run()
  self:query("postgres", ("create role %s login password '%s'"):format(postgres.GUARDED,
    postgres.PASSWORD))
  return self
end

--- Whether a spec is to end because there is none here; where all is to be
-- tested (CI), its tests fail instead.
---@param what string       what cannot be tested then
---@param pending function  busted's, which only spec files see
---@return boolean
function postgres.are_missing(what, pending)
  local reason = postgres.missing()
  if reason and not os.getenv "CI" then
    pending(what .. ": " .. reason)
    return true
  end
  return false
end

return postgres
