--- A client with a stub, and what specs of it need.

local glacier = require "glacier"

local stubbed = {}

-- Whoever goes there gets a refused connection, and an error of kind "network".
local NOWHERE = "http://127.0.0.1:1"

--- A client whose endpoint nobody answers at.
---@return glacier.Client
function stubbed.client()
  return assert(glacier.client({
    region = "us-west-2", endpoint_url = NOWHERE, max_attempts = 1,
    credentials = { access_key_id = "AKID", secret_access_key = "secret" },
  }))
end

--- What a function raises, as text.
---@return string
function stubbed.raised(call, ...)
  local ok, problem = pcall(call, ...)
  assert(not ok, "it should have raised")
  assert(type(problem) == "string", "it should have raised a text")
  return problem
end

--- Raises unless a text has all these parts.
function stubbed.has(text, ...)
  for _, part in ipairs({ ... }) do
    assert(text:find(part, 1, true), ("'%s' is not in: %s"):format(part, text))
  end
end

return stubbed
