--- DATA: policies and locks of vaults, the account's policy of retrievals and
-- its provisioned capacity.

local shapes = require("glacier.model.shapes")

local list, structure = shapes.list, shapes.structure
local account, vault, text = shapes.account, shapes.vault, shapes.text
local required = { "vaultName" }

-- A policy and a lock's policy, which have the same form.
local policy = { "policy", structure({ { "Policy", text } }), location = "payload" }
local of_policy = structure({ account, vault, policy }, { required = required })

local retrieval_policy = {
  "Policy", structure({
    { "Rules", list(structure({
      { "Strategy", text },
      { "BytesPerHour", shapes.long },
    })) },
  }),
}

return {
  set_vault_access_policy = {
    name = "SetVaultAccessPolicy",
    method = "PUT",
    uri = "/{accountId}/vaults/{vaultName}/access-policy",
    input = of_policy,
    output = shapes.nothing,
  },

  get_vault_access_policy = {
    name = "GetVaultAccessPolicy",
    method = "GET",
    uri = "/{accountId}/vaults/{vaultName}/access-policy",
    input = shapes.of_vault,
    output = structure({ policy }),
  },

  delete_vault_access_policy = {
    name = "DeleteVaultAccessPolicy",
    method = "DELETE",
    uri = "/{accountId}/vaults/{vaultName}/access-policy",
    input = shapes.of_vault,
    output = shapes.nothing,
  },

  initiate_vault_lock = {
    name = "InitiateVaultLock",
    method = "POST",
    uri = "/{accountId}/vaults/{vaultName}/lock-policy",
    resend = true,
    input = of_policy,
    output = structure({
      { "lockId", text, location = "header", as = "x-amz-lock-id" },
    }, { required = { "lockId" } }),
  },

  complete_vault_lock = {
    name = "CompleteVaultLock",
    method = "POST",
    uri = "/{accountId}/vaults/{vaultName}/lock-policy/{lockId}",
    input = structure({
      account,
      vault,
      { "lockId", shapes.id, location = "uri" },
    }, { required = { "vaultName", "lockId" } }),
    output = shapes.nothing,
  },

  abort_vault_lock = {
    name = "AbortVaultLock",
    method = "DELETE",
    uri = "/{accountId}/vaults/{vaultName}/lock-policy",
    input = shapes.of_vault,
    output = shapes.nothing,
  },

  get_vault_lock = {
    name = "GetVaultLock",
    method = "GET",
    uri = "/{accountId}/vaults/{vaultName}/lock-policy",
    input = shapes.of_vault,
    output = structure({
      { "Policy", text },
      { "State", text },
      { "ExpirationDate", text },
      { "CreationDate", text },
    }),
  },

  set_data_retrieval_policy = {
    name = "SetDataRetrievalPolicy",
    method = "PUT",
    uri = "/{accountId}/policies/data-retrieval",
    input = structure({ account, retrieval_policy }),
    output = shapes.nothing,
  },

  get_data_retrieval_policy = {
    name = "GetDataRetrievalPolicy",
    method = "GET",
    uri = "/{accountId}/policies/data-retrieval",
    input = shapes.of_account,
    output = structure({ retrieval_policy }),
  },

  purchase_provisioned_capacity = {
    name = "PurchaseProvisionedCapacity",
    method = "POST",
    uri = "/{accountId}/provisioned-capacity",
    -- Done twice it is paid twice.
    resend = false,
    input = shapes.of_account,
    output = structure({
      { "capacityId", text, location = "header", as = "x-amz-capacity-id" },
    }, { required = { "capacityId" } }),
  },

  list_provisioned_capacity = {
    name = "ListProvisionedCapacity",
    method = "GET",
    uri = "/{accountId}/provisioned-capacity",
    input = shapes.of_account,
    output = structure({
      { "ProvisionedCapacityList", list(structure({
        { "CapacityId", text },
        { "StartDate", text },
        { "ExpirationDate", text },
      })) },
    }),
  },
}
