--- The job that a message tells of, which the service sends when it has ended.

local errors = require("glacier.errors")
local json = require("glacier.json")
local members = require("glacier.members")
local model = require("glacier.model")
local text = require("glacier.text")

local error, next, type = error, next, type
local format = string.format

local notification = {}

-- A text inside JSON inside a text ...: SQS and Lambda around SNS around the
-- description, which may stand in one string more.
local DEEPEST = 12
local LONGEST_SHOWN = 100

-- The members in which one message stands in another, as SNS, SQS and Lambda
-- name them; and those that hold a list of messages.
local INSIDE = { "Message", "Body", "body", "Sns" }
local LISTS = { "Records", "Messages" }

-- Other services' messages tell of a JobId, too.
local OF_JOBS = { "Action", "StatusCode", "VaultARN" }

local function refuse(message)
  return nil, errors.new("protocol", "NotificationError",
    "this is no message of a job: " .. message)
end

local function is_filled(value)
  return type(value) == "string" and value ~= ""
end

local function is_job(object)
  if not is_filled(object.JobId) then
    return false
  end
  for i = 1, #OF_JOBS do
    if is_filled(object[OF_JOBS[i]]) then
      return true
    end
  end
  return false
end

-- The one message in an envelope, nil where it is none; or why there is not one.
local function inside(object)
  for i = 1, #LISTS do
    local list = object[LISTS[i]]
    if type(list) == "table" and next(list) ~= nil then
      if list[2] ~= nil then
        return nil, "it holds several messages: give them one by one"
      end
      return list[1]
    end
  end
  for i = 1, #INSIDE do
    local value = object[INSIDE[i]]
    if type(value) == "table" or type(value) == "string" then
      return value
    end
  end
end

local function describe(object)
  local kind = object.Type or object.Event
  return is_filled(kind) and kind ~= "Notification" and
    "it is of the type " .. text.line(kind, LONGEST_SHOWN) or "it has no description of a job"
end

-- A text as what it holds: an object as json.decode_object reads it, which is
-- exact, or another text.
local function decode(message)
  local object = json.decode_object(message)
  if object then
    return object
  end
  local value = json.decode(message)
  return type(value) == "string" and value or nil
end

--- Reads the description of a job out of a notification: DescribeJob's JSON
--- itself, the message of SNS around it, the body of a message of SQS (with and
--- without raw delivery), the event of a Lambda function with one record. Older
--- messages lack some members; what is of an odd type is absent. Messages come
--- twice, or never: whoever waits for one looks at the job now and then, too.
--- Whether a message is genuine is not judged: let describe_job confirm it where
--- that matters.
---@param message string  JSON
---@return table? description  as describe_job's, without ResponseMetadata
---@return glacier.Error? err  kind "protocol", code "NotificationError": it is not
--- for a job
function notification.job_from_notification(message)
  if type(message) ~= "string" then
    error(format("bad argument #1 to 'job_from_notification' (string expected, got %s)",
      type(message)), 2)
  end
  local value, around = message, nil
  for _ = 1, DEEPEST do
    if type(value) == "string" then
      value = decode(value)
      if value == nil then
        return refuse(around and describe(around) or "it is no JSON object")
      end
    elseif is_job(value) then
      return members.read(model.operations.describe_job.output, value)
    else
      around = value
      local problem
      value, problem = inside(around)
      if type(value) ~= "table" and type(value) ~= "string" then
        return refuse(problem or describe(around))
      end
    end
  end
  return refuse("messages stand in each other too deeply")
end

return notification
