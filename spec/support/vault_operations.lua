--- What the vault server answers: its operations by method and path.

local cjson = require "cjson"
local http = require "spec.support.http"
local jobs = require "spec.support.vault_jobs"

local json = cjson.new()

local operations = {}

local PAGE = 50
local NOT_READY = "The job is not currently available for download: %s"
local MARKER = "page-from-"

--- Method and what follows /ACCOUNT/vaults/VAULT in a path, to an operation.
local ROUTES = {
  { "POST", "^/jobs$", "InitiateJob" },
  { "GET", "^/jobs$", "ListJobs" },
  { "GET", "^/jobs/([^/]+)$", "DescribeJob" },
  { "GET", "^/jobs/([^/]+)/output$", "GetJobOutput" },
  { "GET", "^$", "DescribeVault" },
}

local function unescape(text)
  return (text:gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

local function parse_query(query)
  local values = {}
  for name, value in query:gmatch "([^&=]+)=?([^&]*)" do
    values[unescape(name)] = unescape(value)
  end
  return values
end

--- Says what a request is: `operation`, `vault`, `job_id`, `query`.
function operations.recognize(request)
  local path, query = http.split_target(request.target)
  local vault, rest = path:match "^/[^/]+/vaults/([^/]+)(.*)$"
  request.query = parse_query(query)
  request.vault = vault and unescape(vault)
  for _, route in ipairs(vault and ROUTES or {}) do
    local id = rest:match(route[2])
    if request.method == route[1] and id then
      request.operation = route[3]
      request.job_id = route[2]:find("(", 1, true) and unescape(id) or nil
      return
    end
  end
end

local function failure(status, code, message)
  return {
    status = status,
    headers = { { "Content-Type", "application/json" } },
    body = json.encode { code = code, message = message,
      type = status >= 500 and "Server" or "Client" },
  }
end

operations.failure = failure

local function answer(status, value, headers)
  headers = headers or {}
  if value then
    headers[#headers + 1] = { "Content-Type", "application/json" }
  end
  return { status = status, headers = headers, body = value and json.encode(value) or "" }
end

local function no_job(id)
  return failure(404, "ResourceNotFoundException", "The job ID was not found: " .. id)
end

local handlers = {}

function handlers.InitiateJob(state, request, fault)
  local decoded, parameters = pcall(json.decode, request.body)
  if not decoded or type(parameters) ~= "table" then
    return failure(400, "SerializationException", "The body is no JSON object.")
  end
  for name, value in pairs(parameters) do
    if value == cjson.null then
      parameters[name] = nil
    end
  end
  local job, refusal = state.jobs:start(request.vault, parameters, fault.job_settings)
  if not job then
    return failure(refusal.status, refusal.code, refusal.message)
  end
  request.job_id = job.id
  return answer(202, nil, {
    { "Location", ("/%s/vaults/%s/jobs/%s"):format(state.jobs.account, request.vault, job.id) },
    { "x-amz-job-id", job.id },
  })
end

function handlers.DescribeJob(state, request)
  local job = state.jobs.job_of[request.job_id]
  if not job or job.vault ~= request.vault or state.jobs:status(job) == "Expired" then
    return no_job(request.job_id)
  end
  return answer(200, state.jobs:describe(job))
end

local function matches(description, query)
  return (not query.statuscode or query.statuscode == description.StatusCode)
    and (not query.completed or query.completed == tostring(description.Completed))
end

function handlers.ListJobs(state, request)
  local query = request.query
  local limit = tonumber(query.limit or PAGE)
  local from = 0
  if query.marker then
    from = tonumber(query.marker:match("^" .. MARKER:gsub("%-", "%%-") .. "(%d+)$"))
  end
  if not from or not limit or limit < 1 or limit > PAGE then
    return failure(400, "InvalidParameterValueException", "Invalid limit or marker")
  end
  local page, marker = {}, cjson.null
  -- A page goes on by a job's number, so that new jobs move nobody.
  for _, job in ipairs(state.jobs:list(request.vault)) do
    local description = state.jobs:describe(job)
    if (from == 0 or job.number <= from) and matches(description, query) then
      if #page == limit then
        marker = MARKER .. job.number
        break
      end
      page[#page + 1] = description
    end
  end
  return { status = 200, headers = { { "Content-Type", "application/json" } },
    body = ('{"JobList":[%s],"Marker":%s}'):format(
      #page > 0 and json.encode(page):sub(2, -2) or "", json.encode(marker)) }
end

--- The job whose output may be sent; nil and the answer where it may not.
function operations.output_job(state, request)
  local job = state.jobs.job_of[request.job_id]
  local status = job and state.jobs:status(job)
  if not job or job.vault ~= request.vault or status == "Expired" then
    return nil, no_job(request.job_id)
  elseif status ~= "Succeeded" then
    return nil, failure(400, "InvalidParameterValueException", NOT_READY:format(job.id))
  end
  return job
end

function handlers.DescribeVault(state, request)
  local size = 0
  for _, archive in ipairs(state.jobs.archives) do
    size = size + archive.size
  end
  return answer(200, {
    CreationDate = "2012-01-01T00:00:00.000Z", LastInventoryDate = jobs.timestamp(state.now()),
    NumberOfArchives = #state.jobs.archives, SizeInBytes = size,
    VaultARN = state.jobs:vault_arn(request.vault), VaultName = request.vault,
  })
end

--- The answer to any operation but GetJobOutput.
function operations.answer(state, request, fault)
  if not state.jobs.vaults[request.vault] then
    return failure(404, "ResourceNotFoundException",
      "Vault not found for ARN: " .. state.jobs:vault_arn(request.vault))
  end
  return handlers[request.operation](state, request, fault)
end

return operations
