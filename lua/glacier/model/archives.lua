--- DATA: archives, as a whole.

local shapes = require("glacier.model.shapes")

local structure = shapes.structure

return {
  upload_archive = {
    name = "UploadArchive",
    method = "POST",
    uri = "/{accountId}/vaults/{vaultName}/archives",
    resend = true,
    input = structure({
      shapes.vault,
      shapes.account,
      shapes.archive_description,
      { "checksum", shapes.checksum, location = "header", as = "x-amz-sha256-tree-hash" },
      shapes.upload_body,
    }, { required = { "vaultName" } }),
    output = shapes.archive_out,
  },

  delete_archive = {
    name = "DeleteArchive",
    method = "DELETE",
    uri = "/{accountId}/vaults/{vaultName}/archives/{archiveId}",
    input = structure({
      shapes.account,
      shapes.vault,
      { "archiveId", shapes.id, location = "uri" },
    }, { required = { "vaultName", "archiveId" } }),
    output = shapes.nothing,
  },
}
