--- A home directory for a spec: a real folder, gone after `remove`.

local config = require "glacier.config"

local home = {}
home.__index = home

local function execute(command)
  local result = os.execute(command)
  assert(result == 0 or result == true, command)
end

--- Makes a folder that holds an empty `.aws`.
---@param texts { config: string?, credentials: string? }? the two files in it
---@return table home with `path` and `environment`, which names it as HOME
function home.new(texts)
  local path = os.tmpname()
  os.remove(path)
  execute("mkdir -p '" .. path .. "/.aws'")
  local self = setmetatable({ path = path, environment = { HOME = path } }, home)
  for name, text in pairs(texts or {}) do
    self:write(".aws/" .. name, text)
  end
  return self
end

--- Writes a file, byte by byte as it is given.
---@param name string relative to the folder, such as ".aws/config"
---@return string path
function home:write(name, text)
  local path = self.path .. "/" .. name
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
  return path
end

--- Runs a shell command in the folder.
function home:run(command)
  execute("cd '" .. self.path .. "' && " .. command)
end

--- Removes the folder and all that is in it.
function home:remove()
  execute("chmod -R u+rwx '" .. self.path .. "' && rm -rf '" .. self.path .. "'")
end

--- What is configured by a config file, which is gone again on return.
---@param case { profile: string?, rest: string?, environment: table? } the lines
--- of the default profile, what else the file holds, variables besides HOME
---@return table environment
---@return table configuration
function home.configure(case)
  local text = "[default]\n" .. (case.profile or "") .. "\n" .. (case.rest or "")
  local self = home.new { config = text }
  for name, value in pairs(case.environment or {}) do
    self.environment[name] = value
  end
  local loaded, err = config.load(self.environment)
  self:remove()
  return self.environment, assert(loaded, err)
end

--- The settings of a client with the options `case.options`; see `configure`.
function home.settings(case)
  return config.settings(case.options or {}, home.configure(case))
end

--- Expects that there are none.
---@return string message
---@return string code
function home.refused(case)
  local settings, err = home.settings(case)
  assert(settings == nil and err.kind == "config")
  return err.message, err.code
end

return home
