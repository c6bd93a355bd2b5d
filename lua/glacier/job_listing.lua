--- The list of a vault's jobs, read to its end: its order is not promised. Pure
-- but for the listing, which is an argument.

local errors = require("glacier.errors")

local job_listing = {}

-- Pages of 50 jobs each: a listing that goes on after a million jobs has no end.
local MOST_PAGES = 20000

local function unlisted(message)
  return nil, errors.new("protocol", "PaginationError", message,
    { operation = "ListJobs", sent = true, in_doubt = false })
end

--- Reads all pages.
---@param list fun(params: table): table?, glacier.Error?  ListJobs
---@param params {accountId: string?, vaultName: string}
---@param take fun(response: table)  called with each page
---@return table? response  the last one; nil: the list is not known
---@return glacier.Error? err
function job_listing.read(list, params, take)
  local seen, marker = {}, nil
  for _ = 1, MOST_PAGES do
    local response, err = list({
      accountId = params.accountId, vaultName = params.vaultName, limit = "50", marker = marker,
    })
    if not response then
      return nil, err
    end
    take(response)
    marker = response.Marker
    if not marker or marker == "" then
      return response
    elseif seen[marker] then
      return unlisted("the list of jobs comes to a page again that was read")
    end
    seen[marker] = true
  end
  return unlisted("the list of jobs has no end")
end

--- Whether an answer tells any jobs: who says `{}` has not looked, and that is
--- not "none".
---@param response table  of ListJobs
---@return glacier.Error? err
function job_listing.check(response)
  if not response.JobList then
    return errors.new("protocol", "ResponseParserError", "the answer has no list of jobs",
      { operation = "ListJobs", sent = true, in_doubt = false })
  end
end

return job_listing
