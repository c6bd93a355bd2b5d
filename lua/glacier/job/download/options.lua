--- The options of a download, and what is wrong with those that are given. Pure.

local errors = require("glacier.errors")
local parts = require("glacier.job.download.parts")

local format, match = string.format, string.match

local download_options = {
  --- As config.options judges them.
  KNOWN = {
    path = { type = "string", filled = true },
    part_size = { type = "number" },
    concurrency = { type = "number", minimum = 1, whole = true },
    tree_hash = { type = "string" },
    require = { type = "string", choices = { "tree_hash" } },
    overwrite = { type = "boolean" },
    max_rate = { type = "number" },
    on_progress = { type = "function" },
    on_proved = { type = "function" },
  },

  --- Parts at a time, where nobody says otherwise.
  USUAL_STREAMS = 4,
}

local MOST_STREAMS = 64

--- An error of before anything is sent.
---@param err glacier.Error
---@return nil
---@return glacier.Error err
function download_options.unsent(err)
  err.sent, err.in_doubt = false, false
  return nil, err
end

local function refuse(message)
  return download_options.unsent(errors.config(message))
end

--- Judges the options of a download that are values, not types.
---@param options table
---@return true|nil
---@return glacier.Error? err
function download_options.check(options)
  if not options.path then
    return refuse("Option 'path' is missing: the file that the output becomes")
  elseif options.part_size and not parts.is_part_size(options.part_size) then
    return refuse("Option 'part_size' must be a power of two MiB, from 1 MiB to 4 GiB")
  elseif options.concurrency and options.concurrency > MOST_STREAMS then
    return refuse(format("Option 'concurrency' must be %d at the most", MOST_STREAMS))
  elseif options.max_rate and options.max_rate <= 0 then
    return refuse("Option 'max_rate' must be more than 0 bytes a second")
  elseif options.tree_hash and
    not (#options.tree_hash == 64 and match(options.tree_hash, "^[0-9a-fA-F]+$")) then
    return refuse("Option 'tree_hash' must be 64 hexadecimal digits")
  end
  return true
end

return download_options
