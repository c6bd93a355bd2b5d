--- What an example of a page finds when it runs as a program of its own, as
--- globals: `glacier`; `client`, made from the environment; `archive`, an archive of
--- "examplevault" as an inventory has it, and `job`, the id of a job for it that has
--- succeeded. No error that a method of a client returns is overlooked.

local glacier = require "glacier"

local page_program = {}

local depth, first_error = 0, nil

local function note(result, err, ...)
  depth = depth - 1
  if depth == 0 and result == nil and type(err) == "table" and err.kind then
    first_error = first_error or err
  end
  return result, err, ...
end

-- Methods use others, and may well end well although those did not.
local function watch(methods)
  for name, method in pairs(methods) do
    if type(method) == "function" and not name:find "^__" then
      methods[name] = function(...)
        depth = depth + 1
        return note(method(...))
      end
    end
  end
end

---@param archive table
---@param job string
function page_program.begin(archive, job)
  _G.glacier, _G.archive, _G.job = glacier, archive, job
  _G.client = assert(glacier.client())
  watch(getmetatable(_G.client))
end

--- At the end: no call has failed, or one as it was to.
---@param err table?  the example's own, if it has one
---@param code string?  what it was to end with
function page_program.finish(err, code)
  err = err or first_error
  if (err and err.code) ~= code then
    error(("ended with %s instead of %s"):format(tostring(err), tostring(code)), 0)
  end
end

return page_program
