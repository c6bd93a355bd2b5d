--- An nginx of the bench's own, on the servers' core: a server over TLS that
--- answers 202, and calls that its Lua makes, with a figure for each way.

local machine = require "bench.machine"

local nginx = {}

-- Debian's folder, and where others put theirs.
local MODULES = { "/usr/lib/nginx/modules", "/usr/lib64/nginx/modules",
  "/usr/local/nginx/modules" }

local CONFIGURATION = [[
$user
$load
daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  keepalive_requests 100000000;
  keepalive_timeout 60s;
  $lua
  server {
    listen 127.0.0.1:$port;
    $location
  }
  server {
    listen 127.0.0.1:$secure ssl;
    ssl_certificate certificate.pem;
    ssl_certificate_key key.pem;
    location / {
      add_header x-amz-job-id J always;
      return 202;
    }
  }
}
]]

local LOADING = [[
load_module $folder/ndk_http_module.so;
load_module $folder/ngx_http_lua_module.so;
]]

local LUA = [[
  lua_package_path "$root/?.lua;$root/lua/?.lua;$root/lua/?/init.lua;;";
  lua_package_cpath "$root/$build/lua5.1/?.so;;";
  init_by_lua_block { hosted = require("bench.programs.hosted_nginx") }
]]

local LOCATION = [[
location / {
  content_by_lua_block { hosted(ngx.var.arg_host, ngx.var.arg_url, tonumber(ngx.var.arg_count)) }
}
]]

local function modules()
  for _, folder in ipairs(MODULES) do
    local file = io.open(folder .. "/ngx_http_lua_module.so")
    if file then
      file:close()
      return folder
    end
  end
end

local function expand(text, values)
  return (text:gsub("%$(%l+)", values))
end

--- Starts it; nil and why where there is none, or where its Lua is wanted and
--- not there.
---@param needs_lua boolean?
---@return {url: string, secure: string, authority: string}?
---@return string? reason
function nginx.start(needs_lua)
  local folder, found = machine.folder .. "/nginx", modules()
  if not machine.has "nginx" then
    return nil, "there is no nginx"
  elseif needs_lua and not found then
    return nil, "nginx's Lua module is not there"
  end
  os.execute("mkdir -p " .. folder)
  local made = machine.read(("cd %s && openssl req -x509 -newkey rsa:2048 -nodes -days 2 " ..
    "-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout key.pem " ..
    "-out certificate.pem && echo made"):format(folder))
  if not made:find "made" then
    return nil, "openssl made no certificate"
  end
  local port = 20000 + os.time() % 20000
  local values = {
    user = machine.read "id -u" == "0" and "user root;" or "",
    load = needs_lua and expand(LOADING, { folder = found }) or "",
    root = machine.read "pwd", build = machine.build,
    port = tostring(port), secure = tostring(port + 1),
  }
  values.lua = needs_lua and expand(LUA, values) or ""
  values.location = needs_lua and LOCATION or ""
  local file = assert(io.open(folder .. "/nginx.conf", "w"))
  file:write(expand(CONFIGURATION, values))
  file:close()
  local command = machine.pin(machine.cores[1],
    "exec nginx -p . -c nginx.conf -e error.log >output 2>&1 </dev/null")
  machine.own(machine.read(("cd %s && { %s & echo $!; }"):format(folder, command)))
  local url, secure = "http://127.0.0.1:" .. port, "https://127.0.0.1:" .. port + 1
  local probe = "curl -sk --noproxy '*' -o /dev/null -w '%{http_code}' " .. secure
  for _ = 1, 100 do
    if machine.read(probe) == "202" then
      return { url = url, secure = secure, authority = folder .. "/certificate.pem" }
    end
    os.execute "sleep 0.05"
  end
  return nil, "nginx did not start: " .. machine.read("tail -n 1 " .. folder .. "/error.log")
end

return nginx
