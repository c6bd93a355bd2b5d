--- Operations as data: what a further call of the service takes to be known.
-- The specs of the stages pass these through, to show that data is all.

local text = { type = "string" }
local account = { "accountId", text, location = "uri", default = "-" }
local vault = { "vaultName", text, location = "uri" }
local job = { "jobId", text, location = "uri" }

local description = {
  { "JobId", text },
  { "JobDescription", text },
  { "Action", text },
  { "ArchiveId", text },
  { "Completed", { type = "boolean" } },
  { "StatusCode", text },
  { "ArchiveSizeInBytes", { type = "long" } },
  { "InventorySizeInBytes", { type = "long" } },
  { "InventoryRetrievalParameters", { type = "structure", members = {
    { "Format", text }, { "StartDate", text }, { "Limit", text },
  } } },
  { "OutputLocation", { type = "structure", members = {
    { "S3", { type = "structure", members = {
      { "BucketName", text },
      { "AccessControlList", { type = "list", member = { type = "structure", members = {
        { "Grantee", { type = "structure", members = { { "Type", text } } } },
        { "Permission", text },
      } } } },
      { "Tagging", { type = "map", key = text, value = text } },
    } } },
  } } },
}

return {
  describe_job = {
    name = "DescribeJob", method = "GET",
    uri = "/{accountId}/vaults/{vaultName}/jobs/{jobId}",
    input = { type = "structure", members = { account, vault, job },
      required = { "vaultName", "jobId" } },
    output = { type = "structure", members = description },
  },
  list_jobs = {
    name = "ListJobs", method = "GET",
    uri = "/{accountId}/vaults/{vaultName}/jobs",
    input = { type = "structure", required = { "vaultName" }, members = {
      account, vault,
      { "limit", text, location = "querystring" },
      { "marker", text, location = "querystring" },
      { "statuscode", text, location = "querystring" },
      { "completed", text, location = "querystring" },
    } },
    output = { type = "structure", members = {
      { "JobList", { type = "list", member = { type = "structure", members = description } } },
      { "Marker", text },
    } },
  },
  get_job_output = {
    name = "GetJobOutput", method = "GET",
    uri = "/{accountId}/vaults/{vaultName}/jobs/{jobId}/output",
    input = { type = "structure", required = { "vaultName", "jobId" }, members = {
      account, vault, job, { "range", text, location = "header", as = "Range" },
    } },
    output = { type = "structure", members = {
      { "body", { type = "blob" }, location = "payload" },
      { "checksum", text, location = "header", as = "x-amz-sha256-tree-hash" },
      { "status", { type = "integer" }, location = "statusCode" },
      { "contentRange", text, location = "header", as = "Content-Range" },
      { "contentType", text, location = "header", as = "Content-Type" },
    } },
  },
  upload_archive = {
    name = "UploadArchive", method = "POST",
    uri = "/{accountId}/vaults/{vaultName}/archives",
    input = { type = "structure", required = { "vaultName" }, members = {
      account, vault,
      { "archiveDescription", text, location = "header", as = "x-amz-archive-description" },
      { "checksum", text, location = "header", as = "x-amz-sha256-tree-hash" },
      { "body", { type = "blob" }, location = "payload" },
    } },
    output = { type = "structure", required = { "archiveId" }, members = {
      { "archiveId", text, location = "header", as = "x-amz-archive-id" },
    } },
  },
  -- The members of the body without a member around them, and numbers.
  make_plan = {
    name = "MakePlan", method = "PUT",
    uri = "/{accountId}/plans",
    input = { type = "structure", members = {
      account,
      { "rate", { type = "long" } },
      { "strict", { type = "boolean" } },
      { "title", text, as = "Title" },
      { "page", { type = "integer" }, location = "querystring" },
      { "part", { type = "integer" }, location = "header", as = "x-part" },
    } },
    output = { type = "structure", members = {} },
  },
}
