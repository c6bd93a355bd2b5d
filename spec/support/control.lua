--- The control path of the specs' own servers: POST or GET /__control/VERB, with
-- JSON both ways.

local cjson = require "cjson"

local json = cjson.new()

--- Answers a request of the control path.
---@param control table<string, fun(options: table): table?, string?>  by verb
---@param verb string
---@param request { body: string }
---@return { status: integer, headers: Header[], body: string }
return function(control, verb, request)
  local decoded, options = pcall(json.decode, request.body == "" and "{}" or request.body)
  local result, err
  if not control[verb] then
    err = "no such control"
  elseif not decoded or type(options) ~= "table" then
    err = "the body is no JSON object"
  else
    result, err = control[verb](options)
  end
  return {
    status = result and 200 or 400,
    headers = { { "Content-Type", "application/json" } },
    body = json.encode(result or { message = err }),
  }
end
