--- Which host to wait in: one file a host in host/. All that this program may
-- come to need are loaded with this module, none later: the files may be out
-- of reach by then, behind a chroot or the rights of a worker.

local errors = require("glacier.errors")

local concat = table.concat
local format, gsub = string.format, string.gsub
local ipairs, package, pcall, rawget, require, tostring, type =
  ipairs, package, pcall, rawget, require, tostring, type
local globals = _G

-- Tried once: Lua 5.1 does not tell the reason a second time.
local has_libcurl, no_libcurl = pcall(require, "glacier.core.http")

local hosts = {
  --- Why there is no libcurl; nil where there is.
  ---@type string?
  no_libcurl = not has_libcurl and "libcurl's module cannot be loaded: " ..
    gsub(tostring(no_libcurl), "[ \t\r\n]+", " ") or nil,
}

---@class glacier.Host
---@field name string
---@field wait fun(engine: any, timeout: number?, transfer: any?): any, table?
--- lets the engine do what it can; returns when the transfer may have ended,
--- or after `timeout` seconds, or sooner; nil and a failure where it cannot wait
---@field sleep fun(seconds: number)
---@field now fun(): number  seconds of a clock that only goes forward
---@field await? fun(is_ready: (fun(): boolean), deadline: number?): boolean?  as
--- glacier.host.waiting.await; without this, sleep is called until it is so
---@field notify? fun()  told that something has changed that others may await
---@field background? fun(run: fun(), failed: fun(err: any)): boolean?  runs it
--- beside the caller, whose end is not its end, and tells what it raised; false
--- where that cannot be had now
---@field pins_coroutines? boolean  none may resume a coroutine of another caller
---@field attach? fun()  told when it is chosen: what it waits with may have come
--- after its file was loaded
---@field check? fun(): string?  why no call can be waited for here and now
---@field spawn? fun(run: fun(): ..., ended: fun(ok: boolean, ...))  runs it without
--- blocking the host and tells, as pcall would, how it ended; without this, it
--- is called at once and blocks
---@field join? fun(task: glacier.Task)  waits for a task to end
---@field update? fun(engine: any)  does what is ready and returns at once
---@field closing? fun(engine: any)  told before an engine is closed, so that
--- none of its descriptors is watched then and those who wait for it go on
---@field has_sockets? boolean  its own sockets take the place of libcurl

local function has(name, field)
  local value = rawget(globals, name)
  return type(value) == "table" and value[field] ~= nil
end

-- In the order in which they are looked for; "blocking" is always there, so
-- what stands behind it is used only where it is asked for. comes_late: the
-- program may make itself one of this kind at any time; own: it waits without
-- the module that is libcurl's.
local KNOWN = {
  { name = "openresty", own = true, present = function() return has("ngx", "get_phase") end },
  { name = "luv", comes_late = true, present = function()
    return has("vim", "uv") or has("vim", "loop") or package ~= nil and package.loaded.luv ~= nil
  end },
  { name = "love", present = function() return has("love", "getVersion") end },
  { name = "haproxy", present = function() return has("core", "register_task") end },
  { name = "blocking", present = function() return true end },
  { name = "openresty-cosocket", own = true,
    present = function() return has("ngx", "get_phase") end },
}

local function load(host)
  if not has_libcurl and not host.own then
    host.problem = hosts.no_libcurl
    return
  end
  local ok, loaded = pcall(require, "glacier.host." .. (gsub(host.name, "%-", "_")))
  if ok then
    host.loaded = loaded
  else
    host.problem = gsub(tostring(loaded), "[ \t\r\n]+", " ")
  end
end

for _, host in ipairs(KNOWN) do
  if host.comes_late or host.present() then
    load(host)
  end
end

-- What looks like a program only since this was loaded is none.
local function is_here(host)
  return host.present() and (host.loaded or host.problem)
end

local function find(option)
  for _, host in ipairs(KNOWN) do
    if host.name == option or (option == "auto" and is_here(host)) then
      return host
    end
  end
end

local function names()
  local result = { "auto" }
  for i, host in ipairs(KNOWN) do
    result[i + 1] = host.name
  end
  return concat(result, ", ")
end

local function check_table(option)
  for _, name in ipairs({ "wait", "sleep", "now" }) do
    if type(option[name]) ~= "function" then
      return nil, errors.config(format("Option 'host': '%s' must be a function", name))
    end
  end
  return option
end

--- The host for the option `host`: a name, "auto", or a table {wait=, sleep=,
-- now=} of the user's.
---@param option string|glacier.Host
---@return glacier.Host?
---@return glacier.Error? err  kind "config"
function hosts.choose(option)
  if type(option) == "table" then
    return check_table(option)
  end
  local host = find(option)
  if not host then
    return nil, errors.config(format(
      "Option 'host' must be one of %s, or a table {wait=, sleep=, now=}; it is '%s'",
      names(), option))
  elseif not host.present() then
    return nil, errors.config(format("Option 'host': this is no program of the kind '%s'", option))
  end
  local loaded = host.loaded
  if not loaded then
    return nil, errors.config(format("Option 'host': '%s' cannot be used: %s", host.name,
      host.problem or "it was not there when glacier was loaded"))
  elseif loaded.attach then
    loaded.attach()
  end
  return loaded
end

return hosts
