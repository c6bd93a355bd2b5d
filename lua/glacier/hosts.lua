--- Which host to wait in: one file a host in host/.

local errors = require("glacier.errors")

local concat = table.concat
local format, gsub = string.format, string.gsub
local ipairs, package, rawget, require, type = ipairs, package, rawget, require, type
local globals = _G

local hosts = {}

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
---@field check? fun(): string?  why no call can be waited for here and now
---@field spawn? fun(run: fun(): ..., ended: fun(ok: boolean, ...))  runs it without
--- blocking the host and tells, as pcall would, how it ended; without this, it
--- is called at once and blocks
---@field join? fun(task: glacier.Task)  waits for a task to end
---@field update? fun(engine: any)  does what is ready and returns at once
---@field closing? fun(engine: any)  told before an engine is closed, so that
--- none of its descriptors is watched then and those who wait for it go on
---@field transport? fun(options: table): glacier.Transport?, table?  in place of libcurl

local function has(name, field)
  local value = rawget(globals, name)
  return type(value) == "table" and value[field] ~= nil
end

-- In the order in which they are looked for; "blocking" is always there, so
-- what stands behind it is used only where it is asked for.
local KNOWN = {
  { name = "openresty", present = function() return has("ngx", "get_phase") end },
  { name = "luv", present = function()
    return has("vim", "uv") or has("vim", "loop") or package.loaded.luv ~= nil
  end },
  { name = "love", present = function() return has("love", "getVersion") end },
  { name = "haproxy", present = function() return has("core", "register_task") end },
  { name = "blocking", present = function() return true end },
  { name = "openresty-cosocket", present = function() return has("ngx", "get_phase") end },
}

local function find(option)
  for _, host in ipairs(KNOWN) do
    if host.name == option or (option == "auto" and host.present()) then
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
  return require("glacier.host." .. (gsub(host.name, "%-", "_")))
end

return hosts
