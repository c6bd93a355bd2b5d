--- DATA: jobs. Their parameters are those of the specification of
-- Glacier.Client.initiate_job, in its order.

local shapes = require("glacier.model.shapes")

local enum, list, map, structure = shapes.enum, shapes.list, shapes.map, shapes.structure
local account, vault, text = shapes.account, shapes.vault, shapes.text

local date = { type = "string", rule = "date" }

local inventory_retrieval_parameters = structure({
  { "StartDate", date },
  { "EndDate", date },
  { "Limit", shapes.positive_integer },
  { "Marker", text },
})

local csv_input = structure({
  { "FileHeaderInfo", enum("USE", "IGNORE", "NONE", "Use", "Ignore", "None") },
  { "Comments", text },
  { "QuoteEscapeCharacter", text },
  { "RecordDelimiter", text },
  { "FieldDelimiter", text },
  { "QuoteCharacter", text },
})

local csv_output = structure({
  { "QuoteFields", enum("ALWAYS", "ASNEEDED") },
  { "QuoteEscapeCharacter", text },
  { "RecordDelimiter", text },
  { "FieldDelimiter", text },
  { "QuoteCharacter", text },
})

local select_parameters = structure({
  { "InputSerialization", structure({ { "csv", csv_input } }) },
  { "ExpressionType", enum("SQL") },
  { "Expression", text },
  { "OutputSerialization", structure({ { "csv", csv_output } }) },
})

local encryption = structure({
  { "EncryptionType", enum("aws:kms", "AES256") },
  { "KMSKeyId", text },
  { "KMSContext", text },
})

local grantee = structure({
  { "Type", enum("AmazonCustomerByEmail", "CanonicalUser", "Group") },
  { "DisplayName", text },
  { "URI", text },
  { "ID", text },
  { "EmailAddress", text },
}, { required = { "Type" } })

local grant = structure({
  { "Grantee", grantee },
  { "Permission", enum("FULL_CONTROL", "WRITE", "WRITE_ACP", "READ", "READ_ACP") },
})

local s3_location = structure({
  { "BucketName", text },
  { "Prefix", text },
  { "Encryption", encryption },
  { "CannedACL", enum("private", "public-read", "public-read-write", "aws-exec-read",
    "authenticated-read", "bucket-owner-read", "bucket-owner-full-control") },
  { "AccessControlList", list(grant) },
  { "Tagging", map(text, text) },
  { "UserMetadata", map(text, text) },
  { "StorageClass", enum("STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA") },
})

local output_location = structure({ { "S3", s3_location } })

local job_parameters = structure({
  { "Format", enum("CSV", "JSON") },
  { "Type", enum("select", "archive-retrieval", "inventory-retrieval") },
  { "ArchiveId", { type = "string", rule = "archive_id" } },
  { "Description", shapes.description },
  { "SNSTopic", text },
  { "RetrievalByteRange", { type = "string", rule = "retrieval_byte_range" } },
  { "Tier", enum("Expedited", "Standard", "Bulk") },
  { "InventoryRetrievalParameters", inventory_retrieval_parameters },
  { "SelectParameters", select_parameters },
  { "OutputLocation", output_location },
}, {
  -- Where the member named first has the value, the second must be there
  -- (demand) or must not (refuse).
  rules = {
    { "Type", "archive-retrieval", demand = "ArchiveId" },
    { "Type", "select", demand = "ArchiveId" },
    { "Type", "inventory-retrieval", refuse = "ArchiveId" },
    { "Type", "inventory-retrieval", refuse = "RetrievalByteRange" },
  },
})

local inventory_job_description = structure({
  { "Format", text },
  { "StartDate", text },
  { "EndDate", text },
  { "Limit", text },
  { "Marker", text },
})

local job_description = structure({
  { "JobId", text },
  { "JobDescription", text },
  { "Action", shapes.said("ArchiveRetrieval", "InventoryRetrieval", "Select") },
  { "ArchiveId", text },
  { "VaultARN", text },
  { "CreationDate", text },
  { "Completed", { type = "boolean" } },
  { "StatusCode", shapes.said("InProgress", "Succeeded", "Failed") },
  { "StatusMessage", text },
  { "ArchiveSizeInBytes", shapes.long },
  { "InventorySizeInBytes", shapes.long },
  { "SNSTopic", text },
  { "CompletionDate", text },
  { "SHA256TreeHash", text },
  { "ArchiveSHA256TreeHash", text },
  { "RetrievalByteRange", text },
  { "Tier", text },
  { "InventoryRetrievalParameters", inventory_job_description },
  { "JobOutputPath", text },
  { "SelectParameters", select_parameters },
  { "OutputLocation", output_location },
})

local job = { "jobId", shapes.id, location = "uri" }

return {
  initiate_job = {
    name = "InitiateJob",
    method = "POST",
    uri = "/{accountId}/vaults/{vaultName}/jobs",
    reconcile = "list_jobs",
    input = structure({
      account,
      vault,
      { "jobParameters", job_parameters, location = "payload" },
    }, { required = { "vaultName" } }),
    output = structure({
      shapes.location_out,
      { "jobId", text, location = "header", as = "x-amz-job-id" },
      { "jobOutputPath", text, location = "header", as = "x-amz-job-output-path" },
    }, { required = { "jobId" } }),
  },

  list_jobs = {
    name = "ListJobs",
    method = "GET",
    uri = "/{accountId}/vaults/{vaultName}/jobs",
    pagination = { input = "marker", output = "Marker", items = "JobList" },
    input = structure({
      account,
      vault,
      shapes.limit,
      shapes.marker,
      { "statuscode", enum("InProgress", "Succeeded", "Failed"), location = "querystring" },
      { "completed", enum("true", "false"), location = "querystring" },
    }, { required = { "vaultName" } }),
    output = structure({
      { "JobList", list(job_description) },
      { "Marker", text },
    }),
  },

  describe_job = {
    name = "DescribeJob",
    method = "GET",
    uri = "/{accountId}/vaults/{vaultName}/jobs/{jobId}",
    input = structure({ account, vault, job }, { required = { "vaultName", "jobId" } }),
    output = job_description,
  },

  get_job_output = {
    name = "GetJobOutput",
    method = "GET",
    uri = "/{accountId}/vaults/{vaultName}/jobs/{jobId}/output",
    body_limit = 64 * 1024 * 1024,
    rest = "Range",
    input = structure({
      account,
      vault,
      job,
      { "range", { type = "string", rule = "output_range" }, location = "header", as = "Range" },
    }, { required = { "vaultName", "jobId" } }),
    output = structure({
      { "body", shapes.blob, location = "payload" },
      shapes.checksum_out,
      { "status", { type = "integer" }, location = "statusCode" },
      { "contentRange", text, location = "header", as = "content-range" },
      { "acceptRanges", text, location = "header", as = "accept-ranges" },
      { "contentType", text, location = "header", as = "content-type" },
      { "archiveDescription", text, location = "header", as = "x-amz-archive-description" },
    }),
  },
}
