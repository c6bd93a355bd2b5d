--- Reads the vectors of spec/vectors/service: one JSON object a line. They were
-- recorded from botocore 1.43.11, which was given generated parameters, wrong
-- ones, and answers; where this project decides otherwise (lists count from 1,
-- types have Lua's names, bodies are compact) they say what it decides.

local cjson = require("cjson").new()
local mime = require "mime"

local service_vectors = {}

-- cjson makes a float of every number.
local function with_integers(value)
  if type(value) == "number" then
    return value % 1 == 0 and math.floor(value) or value
  elseif type(value) == "table" then
    for key, item in pairs(value) do
      value[key] = with_integers(item)
    end
  end
  return value
end

--- The cases of a file, each with `operation` and `number`, its line's.
---@param name string  "requests", "verdicts", "answers"
---@param folder string?
---@return table[]
function service_vectors.read(name, folder)
  local cases = {}
  for line in io.lines((folder or "spec/vectors/service") .. "/" .. name .. ".jsonl") do
    local case = with_integers(cjson.decode(line))
    case.number = #cases + 1
    if case.payload then
      case.params.body = (mime.unb64(case.payload[1]) or ""):rep(case.payload[2])
      case.body = case.params.body
    elseif name == "answers" then
      case.body = mime.unb64(case.body) or ""
    end
    cases[#cases + 1] = case
  end
  return cases
end

--- The cases by operation.
function service_vectors.by_operation(cases)
  local result = {}
  for _, case in ipairs(cases) do
    result[case.operation] = result[case.operation] or {}
    table.insert(result[case.operation], case)
  end
  return result
end

return service_vectors
