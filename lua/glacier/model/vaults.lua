--- DATA: vaults, their tags and their notifications.

local shapes = require("glacier.model.shapes")

local list, map, structure = shapes.list, shapes.map, shapes.structure
local account, vault, text = shapes.account, shapes.vault, shapes.text
local required = { "vaultName" }

local vault_description = structure({
  { "VaultARN", text },
  { "VaultName", text },
  { "CreationDate", text },
  { "LastInventoryDate", text },
  { "NumberOfArchives", shapes.long },
  { "SizeInBytes", shapes.long },
})

local tag_key = { type = "string", minimum = 1, maximum = 128, characters = true }
local tag_value = { type = "string", maximum = 256, characters = true }

local notification_config = structure({
  { "SNSTopic", text },
  { "Events", list(text) },
})
local notifications = { "vaultNotificationConfig", notification_config, location = "payload" }

return {
  create_vault = {
    name = "CreateVault",
    method = "PUT",
    uri = "/{accountId}/vaults/{vaultName}",
    input = shapes.of_vault,
    output = structure({ shapes.location_out }),
  },

  describe_vault = {
    name = "DescribeVault",
    method = "GET",
    uri = "/{accountId}/vaults/{vaultName}",
    input = shapes.of_vault,
    output = vault_description,
    -- `success` ends a wait, `retry` goes on with it: a status or an error's
    -- code; another error ends it, too. delay: seconds.
    waiters = {
      vault_exists = {
        name = "VaultExists", delay = 3, max_attempts = 15,
        success = 200, retry = "ResourceNotFoundException",
      },
      vault_not_exists = {
        name = "VaultNotExists", delay = 3, max_attempts = 15,
        success = "ResourceNotFoundException", retry = 200,
      },
    },
  },

  delete_vault = {
    name = "DeleteVault",
    method = "DELETE",
    uri = "/{accountId}/vaults/{vaultName}",
    input = shapes.of_vault,
    output = shapes.nothing,
  },

  list_vaults = {
    name = "ListVaults",
    method = "GET",
    uri = "/{accountId}/vaults",
    pagination = { input = "marker", output = "Marker", items = "VaultList" },
    input = structure({ account, shapes.marker, shapes.limit }),
    output = structure({
      { "VaultList", list(vault_description) },
      { "Marker", text },
    }),
  },

  add_tags_to_vault = {
    name = "AddTagsToVault",
    method = "POST",
    uri = "/{accountId}/vaults/{vaultName}/tags",
    query = "operation=add",
    input = structure({
      account,
      vault,
      { "Tags", map(tag_key, tag_value) },
    }, { required = required }),
    output = shapes.nothing,
  },

  remove_tags_from_vault = {
    name = "RemoveTagsFromVault",
    method = "POST",
    uri = "/{accountId}/vaults/{vaultName}/tags",
    query = "operation=remove",
    input = structure({
      account,
      vault,
      { "TagKeys", list(tag_key) },
    }, { required = required }),
    output = shapes.nothing,
  },

  list_tags_for_vault = {
    name = "ListTagsForVault",
    method = "GET",
    uri = "/{accountId}/vaults/{vaultName}/tags",
    input = shapes.of_vault,
    output = structure({ { "Tags", map(text, text) } }),
  },

  set_vault_notifications = {
    name = "SetVaultNotifications",
    method = "PUT",
    uri = "/{accountId}/vaults/{vaultName}/notification-configuration",
    input = structure({ account, vault, notifications }, { required = required }),
    output = shapes.nothing,
  },

  get_vault_notifications = {
    name = "GetVaultNotifications",
    method = "GET",
    uri = "/{accountId}/vaults/{vaultName}/notification-configuration",
    input = shapes.of_vault,
    output = structure({ notifications }),
  },

  delete_vault_notifications = {
    name = "DeleteVaultNotifications",
    method = "DELETE",
    uri = "/{accountId}/vaults/{vaultName}/notification-configuration",
    input = shapes.of_vault,
    output = shapes.nothing,
  },
}
