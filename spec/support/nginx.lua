--- A private nginx for specs: one worker, a folder of its own, and the program
-- of nginx_app.lua in it. A failure here is one of the spec's own machinery, so
-- it raises.

local cjson = require "cjson"
local lfs = require "lfs"
local plain_client = require "spec.support.client"
local programs = require "spec.support.programs"
local socket = require "socket"
local quote = require "spec.support.quote"

local nginx = {}

local json = cjson.new()

-- Debian's folder, and where others put theirs.
local MODULES = { "/usr/lib/nginx/modules", "/usr/lib64/nginx/modules",
  "/usr/local/nginx/modules" }
local BUILD = "build/lua5.1"
local START_SECONDS, STOP_SECONDS = 5, 10

local CONFIGURATION = [[
%s
load_module $modules/ndk_http_module.so;
load_module $modules/ngx_http_lua_module.so;
daemon off;
worker_processes 1;
worker_shutdown_timeout 20s;
pid nginx.pid;
error_log error.log notice;
events { worker_connections 2048; }
http {
  access_log off;
  client_body_temp_path body;
  client_body_buffer_size 1m;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  keepalive_timeout 5s;
  lua_package_path "$root/?.lua;$root/lua/?.lua;$root/lua/?/init.lua;;";
  lua_package_cpath "$root/$build/?.so;;";
  lua_check_client_abort on;
  $http
  init_by_lua_block {
    require "spec.coverage.hook" -- does nothing but while lines are counted
    $before
    app = require("spec.support.nginx_app").new($options)
    $after
  }
  init_worker_by_lua_block { app:note_phase() }
  upstream nowhere {
    server 127.0.0.1:1;
    balancer_by_lua_block { app:note_phase() ngx.exit(503) }
  }
  server {
    listen 127.0.0.1:$port;
    location ~ ^/app/(?<action>\w+)$ {
      content_by_lua_block { app:serve(ngx.var.action) }
    }
    location = /rewrite {
      rewrite_by_lua_block { ngx.ctx.outcome = app:call() }
      content_by_lua_block { app:say(ngx.ctx.outcome) }
    }
    location = /access {
      access_by_lua_block { ngx.ctx.outcome = app:call() }
      content_by_lua_block { app:say(ngx.ctx.outcome) }
    }
    location = /phases {
      set_by_lua_block $ignored { app:note_phase() return "" }
      content_by_lua_block { ngx.say("phases") }
      header_filter_by_lua_block { app:note_phase() }
      body_filter_by_lua_block { app:note_phase() }
      log_by_lua_block { app:note_phase() }
    }
    location = /balancer { proxy_pass http://nowhere; }
  }
}
]]

local Server = {}
Server.__index = Server

--- Runs a command of the shell.
---@return string? output  nil where it failed
local function run(command)
  local pipe = assert(io.popen("( " .. command .. "\n) && printf done", "r"))
  local output = pipe:read "*a"
  pipe:close()
  return output:match "^(.*)done$"
end

local function check(command)
  return run(command) or error("nginx: this failed: " .. command, 3)
end

local function modules_folder()
  for _, folder in ipairs(MODULES) do
    if lfs.attributes(folder .. "/ngx_http_lua_module.so") then
      return folder
    end
  end
end

--- The reason why there is no nginx to start here, if so.
---@return string? reason
function nginx.missing()
  if not run "command -v nginx" and not lfs.attributes "/usr/sbin/nginx" then
    return "there is no nginx"
  elseif not modules_folder() then
    return "nginx's Lua module is not there"
  end
end

-- The state of a process as /proc has it; nil: there is none.
local function state_of(pid)
  local file = io.open(("/proc/%d/stat"):format(pid))
  local text = file and file:read "*a"
  if file then
    file:close()
  end
  local state = text and text:match "%) (%a)"
  return state ~= "Z" and state or nil
end

local function wait_for(seconds, what, condition)
  local deadline = socket.gettime() + seconds
  while not condition() do
    if socket.gettime() > deadline then
      error("nginx: " .. what, 3)
    end
    socket.sleep(0.005)
  end
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function configuration(options, port)
  local values = {
    modules = modules_folder(),
    root = lfs.currentdir(),
    build = BUILD,
    http = options.http or "",
    before = options.before or "",
    after = options.after or "",
    options = ("[==[%s]==]"):format(json.encode(options.app)),
    port = tostring(port),
  }
  local user = check("id -u"):match "^0\n" and "user root;" or ""
  return (CONFIGURATION:gsub("^%%s", user):gsub("%$(%l+)", values))
end

--- Starts one.
---@param options { app: table, http: string?, variables: string?, before: string?, after: string? }
--- app: what nginx_app.lua is to know; http: more directives; variables: of the
--- environment that nginx starts in, as words for a shell; before, after: Lua
--- around the loading of all modules, in init_by_lua
---@return table server  with `url`, `pid`, `folder`
function nginx.start(options)
  if not lfs.attributes(BUILD .. "/glacier/core/http.so") then
    check "unset MAKEFLAGS MAKELEVEL MFLAGS\nmake -s all LUA_VERSION=5.1 >&2"
  end
  local port = programs.free_port()
  local self = setmetatable({
    folder = check("mktemp -d"):match "^[^\n]+", url = "http://127.0.0.1:" .. port,
  }, Server)
  write(self.folder .. "/nginx.conf", configuration(options, port))
  self.pid = tonumber(check(("cd %s\n"
    .. "env -i PATH=\"$PATH:/usr/sbin\" ${LD_PRELOAD:+LD_PRELOAD=$LD_PRELOAD ASAN_OPTIONS=$ASAN_OPTIONS} "
    .. "${GLC_COVERAGE:+GLC_COVERAGE=$GLC_COVERAGE} "
    .. "%s nginx -p . -c nginx.conf -e error.log >output 2>&1 </dev/null & echo $!")
    :format(quote(self.folder), options.variables or "")):match "%d+")
  wait_for(START_SECONDS, "it did not start, see " .. self.folder .. "/output", function()
    local link = socket.connect("127.0.0.1", port)
    return link and link:close()
  end)
  return self
end

--- Opens a connection of its own.
function Server:connect()
  return plain_client.connect(self.url)
end

--- Sends a request of a target, with a body of JSON, if any.
function Server:send(target, value)
  local link = self:connect()
  link.socket:settimeout(30)
  link:send {
    method = value and "POST" or "GET", target = target,
    headers = { { "Host", "127.0.0.1" }, { "Connection", "close" } },
    body = value and json.encode(value),
  }
  return link
end

--- Receives what a link of `send` is answered, and closes it.
---@return table answer  decoded, or {status =, text =}
function Server.receive(_, link)
  local text = link:drain()
  link:close()
  local status, body = text:match "^HTTP/1.1 (%d+).-\r\n\r\n(.*)$"
  body = body and text:lower():find("transfer-encoding: chunked", 1, true)
    and body:gsub("%x+\r\n(.-)\r\n", "%1") or body
  local ok, value = pcall(json.decode, body or "")
  return ok and type(value) == "table" and value or { status = tonumber(status), text = body }
end

--- Asks, and waits for the answer.
function Server:ask(target, value)
  return self:receive(self:send(target, value))
end

--- The processes under the master, as numbers; not those that have ended and
-- that the master has not yet waited for.
function Server:workers()
  local pids = {}
  for pid in read(("/proc/%d/task/%d/children"):format(self.pid, self.pid)):gmatch "%d+" do
    if state_of(pid) then
      pids[#pids + 1] = tonumber(pid)
    end
  end
  return pids
end

--- Of the worker: bytes of memory that are its own, and open descriptors.
function Server:usage()
  local pid = self:workers()[1]
  local count = 0
  for _ in lfs.dir(("/proc/%d/fd"):format(pid)) do
    count = count + 1
  end
  local rss = read(("/proc/%d/status"):format(pid)):match "VmRSS:%s*(%d+) kB"
  return tonumber(rss) * 1024, count
end

--- The worker's memory map.
function Server:maps()
  return read(("/proc/%d/maps"):format(self:workers()[1]))
end

--- Forgets what the log has told so far.
function Server:forget_errors()
  self.log_start = #read(self.folder .. "/error.log")
end

--- Lines of the log that tell of an error or worse.
---@return string
function Server:errors()
  local lines = {}
  local log = read(self.folder .. "/error.log"):sub((self.log_start or 0) + 1)
  for line in log:gmatch "[^\n]+" do
    if line:find "^%S+ %S+ %[error%]" or line:find "%[crit%]" or line:find "%[alert%]"
      or line:find "%[emerg%]" then
      lines[#lines + 1] = line
    end
  end
  return table.concat(lines, "\n")
end

function Server:signal(name)
  check(("kill -%s %d"):format(name, self.pid))
end

--- Has it read its configuration again; returns once the old worker is gone.
---@param meanwhile fun()?  called after the signal
---@return number seconds  until then
function Server:reload(meanwhile)
  local old = self:workers()[1]
  local begun = socket.gettime()
  self:signal "HUP"
  if meanwhile then
    meanwhile()
  end
  wait_for(STOP_SECONDS, "the old worker stays", function()
    return not state_of(old)
  end)
  return socket.gettime() - begun
end

--- Ends it as its shutdown does, and waits for the end of all its processes.
function Server:quit()
  local pids = self:workers()
  pids[#pids + 1] = self.pid
  self:signal "QUIT"
  wait_for(STOP_SECONDS, "it does not end", function()
    for _, pid in ipairs(pids) do
      if state_of(pid) then
        return false
      end
    end
    return true
  end)
  self.pid = nil
end

--- Ends it, however it is, and removes its folder.
function Server:stop()
  if self.pid and state_of(self.pid) then
    self:quit()
  end
  check("rm -rf " .. quote(self.folder))
end

--- Whether a spec file is to end because there is no nginx here; where all is
--- to be tested (CI), its tests fail instead.
---@param what string       what cannot be tested then
---@param pending function  busted's, which only spec files see
---@return boolean
function nginx.are_missing(what, pending)
  local reason = nginx.missing()
  if reason and not os.getenv "CI" then
    pending(what .. ": " .. reason)
    return true
  end
  return false
end

return nginx
