-- JSON: any bytes are read or refused; what is written reads the same.

local json = require "glacier.json"
local notification = require "glacier.job.notification"
local errors = require "glacier.errors"
local text = require "glacier.text"

return function(bytes)
  local object = json.decode_object(bytes)
  assert(object == nil or type(object) == "table")
  json.decode(bytes)
  if json.is_utf8(bytes) then
    assert(json.decode(json.quote(bytes)) == bytes, "what was quoted reads otherwise")
  end
  local clean = text.to_utf8(bytes)
  assert(json.is_utf8(clean) and (clean == bytes) == json.is_utf8(bytes))
  local description, err = notification.job_from_notification(bytes)
  assert(description and type(description.JobId) == "string" or errors.is_error(err))
end
