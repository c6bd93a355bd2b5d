--- DATA: the operations, their shapes and the rules of their values.
--
-- From the specification of Glacier.Client.initiate_job, in its order; names
-- are the wire's. A structure's members are {name, shape, location...}:
--
--   location = "uri" | "querystring" | "header" | "payload" | "statusCode";
--   none: a member of the JSON body
--   as = the name there, where it is another
--   default = what an absent or empty value stands for
--
-- A shape's rules (enum, rule, minimum, maximum) are those of "full"
-- validation; `required` alone holds always.

local function structure(members, extra)
  local shape = extra or {}
  shape.type = "structure"
  shape.members = members
  return shape
end

local function list(member)
  return { type = "list", member = member }
end

local function map()
  return { type = "map", key = { type = "string" }, value = { type = "string" } }
end

local function enum(...)
  return { type = "string", enum = { ... } }
end

local text = { type = "string" }
local date = { type = "string", rule = "date" }

local account_id = { type = "string", rule = "account_id" }
local vault_name = { type = "string", rule = "vault_name", minimum = 1, maximum = 255 }

local inventory_retrieval_parameters = structure({
  { "StartDate", date },
  { "EndDate", date },
  { "Limit", { type = "string", rule = "positive_integer" } },
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
  { "Tagging", map() },
  { "UserMetadata", map() },
  { "StorageClass", enum("STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA") },
})

local output_location = structure({ { "S3", s3_location } })

local job_parameters = structure({
  { "Format", enum("CSV", "JSON") },
  { "Type", enum("select", "archive-retrieval", "inventory-retrieval") },
  { "ArchiveId", text },
  { "Description", { type = "string", rule = "printable_ascii", maximum = 1024 } },
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

local size = { type = "long" }

local job_description = structure({
  { "JobId", text },
  { "JobDescription", text },
  { "Action", text },
  { "ArchiveId", text },
  { "VaultARN", text },
  { "CreationDate", text },
  { "Completed", { type = "boolean" } },
  { "StatusCode", text },
  { "StatusMessage", text },
  { "ArchiveSizeInBytes", size },
  { "InventorySizeInBytes", size },
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

return {
  service = {
    signing_name = "glacier",
    endpoint_prefix = "glacier",
    headers = { "x-amz-glacier-version", "2012-06-01" },
  },

  --- Keyed by the method's name on a client.
  operations = {
    initiate_job = {
      name = "InitiateJob",
      method = "POST",
      uri = "/{accountId}/vaults/{vaultName}/jobs",
      -- Not idempotent: after a lost answer this operation is asked first.
      reconcile = "list_jobs",
      input = structure({
        { "accountId", account_id, location = "uri", default = "-" },
        { "vaultName", vault_name, location = "uri" },
        { "jobParameters", job_parameters, location = "payload" },
      }, { required = { "vaultName" } }),
      -- A success without any of `required` is not believed.
      output = structure({
        { "location", text, location = "header", as = "location" },
        { "jobId", text, location = "header", as = "x-amz-job-id" },
        { "jobOutputPath", text, location = "header", as = "x-amz-job-output-path" },
      }, { required = { "jobId" } }),
    },

    list_jobs = {
      name = "ListJobs",
      method = "GET",
      uri = "/{accountId}/vaults/{vaultName}/jobs",
      input = structure({
        { "accountId", account_id, location = "uri", default = "-" },
        { "vaultName", vault_name, location = "uri" },
        { "limit", { type = "string", rule = "positive_integer" }, location = "querystring" },
        { "marker", text, location = "querystring" },
        { "statuscode", enum("InProgress", "Succeeded", "Failed"), location = "querystring" },
        { "completed", enum("true", "false"), location = "querystring" },
      }, { required = { "vaultName" } }),
      output = structure({
        { "JobList", list(job_description) },
        { "Marker", text },
      }),
    },
  },
}
