--- A vault's endpoint whose answers are outputs of a job, for the specs of what
-- takes them.

local clients = require("spec.support.clients")
local endpoint = require("spec.support.endpoint")
local lfs = require("lfs")

local outputs = {
  JOB = { vaultName = "v", jobId = "j" },
  DIGITS = ("0123456789"):rep(100),
  NOT_FOUND = { recording = "initiate_job/resource_not_found" },
}

local function remove_all(folder)
  for name in lfs.dir(folder) do
    if name ~= "." and name ~= ".." then
      os.remove(folder .. "/" .. name)
    end
  end
end

--- Has an endpoint, and a folder that is empty, for each spec of a file.
---@param busted {setup: function, teardown: function, before_each: function, after_each: function}
---@return table context  {server=, folder=}, filled when the specs begin
function outputs.around(busted)
  local context = {}
  busted.setup(function()
    context.server = endpoint.start()
    context.folder = os.tmpname()
    os.remove(context.folder)
    assert(lfs.mkdir(context.folder))
  end)
  busted.teardown(function()
    context.server:stop()
    assert(lfs.rmdir(context.folder))
  end)
  busted.before_each(function()
    context.server:reset()
  end)
  busted.after_each(function()
    clients.close_all()
    remove_all(context.folder)
  end)
  return context
end

--- Calls get_job_output.
---@param context table
---@param options table?
---@param params table?  besides vault and job
---@param more table?  options of the client
function outputs.get(context, options, params, more)
  local request = { vaultName = outputs.JOB.vaultName, jobId = outputs.JOB.jobId }
  for name, value in pairs(params or {}) do
    request[name] = value
  end
  return clients.new(context.server, more or { max_attempts = 3 }):get_job_output(request, options)
end

--- An answer whose connection ends after so many bytes of its body.
function outputs.cut(status, headers, body, after)
  local lines = { "HTTP/1.1 " .. status .. " X" }
  for name, value in pairs(headers) do
    lines[#lines + 1] = name .. ": " .. value
  end
  return { raw = table.concat(lines, "\r\n") .. "\r\n\r\n" .. body:sub(1, after) }
end

--- All of it, and a range of the digits; `after`: as above.
function outputs.whole(body, after)
  return outputs.cut(200, { ["Content-Length"] = #body }, body, after)
end

function outputs.part(first, last, total, after)
  local body = outputs.DIGITS:sub(first + 1, last + 1)
  return outputs.cut(206, { ["Content-Length"] = #body,
    ["Content-Range"] = ("bytes %d-%d/%d"):format(first, last, total) }, body, after or #body)
end

return outputs
