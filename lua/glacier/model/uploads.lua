--- DATA: archives, uploaded in parts.

local shapes = require("glacier.model.shapes")

local list, structure = shapes.list, shapes.structure
local account, vault, text = shapes.account, shapes.vault, shapes.text

local upload = { "uploadId", shapes.id, location = "uri" }
local required = { "vaultName", "uploadId" }

-- What a list of uploads and the list of an upload's parts tell of it.
local upload_id = { "MultipartUploadId", text }
local vault_arn = { "VaultARN", text }
local description = { "ArchiveDescription", text }
local part_size = { "PartSizeInBytes", shapes.long }
local creation_date = { "CreationDate", text }

return {
  initiate_multipart_upload = {
    name = "InitiateMultipartUpload",
    method = "POST",
    uri = "/{accountId}/vaults/{vaultName}/multipart-uploads",
    resend = true,
    input = structure({
      account,
      vault,
      shapes.archive_description,
      { "partSize", { type = "string", rule = "part_size" }, location = "header",
        as = "x-amz-part-size" },
    }, { required = { "vaultName" } }),
    output = structure({
      shapes.location_out,
      { "uploadId", text, location = "header", as = "x-amz-multipart-upload-id" },
    }, { required = { "uploadId" } }),
  },

  upload_multipart_part = {
    name = "UploadMultipartPart",
    method = "PUT",
    uri = "/{accountId}/vaults/{vaultName}/multipart-uploads/{uploadId}",
    input = structure({
      account,
      vault,
      upload,
      { "checksum", shapes.checksum, location = "header", as = "x-amz-sha256-tree-hash" },
      { "range", { type = "string", rule = "upload_range" }, location = "header",
        as = "Content-Range" },
      shapes.upload_body,
    }, { required = required }),
    output = structure({ shapes.checksum_out }),
  },

  complete_multipart_upload = {
    name = "CompleteMultipartUpload",
    method = "POST",
    uri = "/{accountId}/vaults/{vaultName}/multipart-uploads/{uploadId}",
    resend = true,
    input = structure({
      account,
      vault,
      upload,
      { "archiveSize", text, location = "header", as = "x-amz-archive-size" },
      { "checksum", shapes.checksum, location = "header", as = "x-amz-sha256-tree-hash" },
    }, { required = required }),
    output = shapes.archive_out,
  },

  abort_multipart_upload = {
    name = "AbortMultipartUpload",
    method = "DELETE",
    uri = "/{accountId}/vaults/{vaultName}/multipart-uploads/{uploadId}",
    input = structure({ account, vault, upload }, { required = required }),
    output = shapes.nothing,
  },

  list_multipart_uploads = {
    name = "ListMultipartUploads",
    method = "GET",
    uri = "/{accountId}/vaults/{vaultName}/multipart-uploads",
    pagination = { input = "marker", output = "Marker", items = "UploadsList" },
    input = structure({
      account, vault, shapes.marker, shapes.limit,
    }, { required = { "vaultName" } }),
    output = structure({
      { "UploadsList", list(structure({
        upload_id, vault_arn, description, part_size, creation_date,
      })) },
      { "Marker", text },
    }),
  },

  list_parts = {
    name = "ListParts",
    method = "GET",
    uri = "/{accountId}/vaults/{vaultName}/multipart-uploads/{uploadId}",
    pagination = { input = "marker", output = "Marker", items = "Parts" },
    input = structure({
      account, vault, upload, shapes.marker, shapes.limit,
    }, { required = required }),
    output = structure({
      upload_id, vault_arn, description, part_size, creation_date,
      { "Parts", list(structure({
        { "RangeInBytes", text },
        { "SHA256TreeHash", text },
      })) },
      { "Marker", text },
    }),
  },
}
