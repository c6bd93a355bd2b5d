--- DATA: what the operations' shapes are made of, and those that several
-- operations share. A shape that is the same is one table.

local shapes = {}

--- A structure of members {name, shape, location...}; `extra`: its `required`
-- members and its `rules`.
function shapes.structure(members, extra)
  local shape = extra or {}
  shape.type = "structure"
  shape.members = members
  return shape
end

local structure = shapes.structure

function shapes.list(member)
  return { type = "list", member = member }
end

function shapes.map(key, value)
  return { type = "map", key = key, value = value }
end

function shapes.enum(...)
  return { type = "string", enum = { ... } }
end

--- A string of the service's own: what it is known to be. Another one is no error,
--- in an answer or in what stands for one.
---@param ... string
---@return table
function shapes.said(...)
  return { type = "string", said = { ... } }
end

local text = { type = "string" }

shapes.text = text
shapes.long = { type = "long" }
shapes.blob = { type = "blob" }
shapes.description = { type = "string", rule = "printable_ascii", maximum = 1024 }
shapes.positive_integer = { type = "string", rule = "positive_integer" }
shapes.checksum = { type = "string", rule = "sha256_hex" }

-- An empty name in a path is another resource's path.
shapes.id = { type = "string", minimum = 1 }

--- What operations without results, and those without a body, answer.
shapes.nothing = structure({})

-- Members that many requests have. An empty account is the caller's own.
shapes.account = {
  "accountId", { type = "string", rule = "account_id" }, location = "uri", default = "-",
}
shapes.vault = {
  "vaultName", { type = "string", rule = "vault_name", minimum = 1, maximum = 255 },
  location = "uri",
}
shapes.limit = { "limit", shapes.positive_integer, location = "querystring" }
shapes.marker = { "marker", text, location = "querystring" }
shapes.archive_description = {
  "archiveDescription", shapes.description, location = "header",
  as = "x-amz-archive-description",
}

-- Bytes that are sent as they are. The headers named hold their hashes, in
-- lower-case hex: SHA-256 and the tree hash.
shapes.upload_body = {
  "body", shapes.blob, location = "payload",
  sha256 = "x-amz-content-sha256", tree_hash = "x-amz-sha256-tree-hash",
}

--- The input of an operation on an account, and on one of its vaults.
shapes.of_account = structure({ shapes.account })
shapes.of_vault = structure({ shapes.account, shapes.vault }, { required = { "vaultName" } })

-- Members that many answers have.
shapes.location_out = { "location", text, location = "header", as = "location" }
shapes.checksum_out = {
  "checksum", text, location = "header", as = "x-amz-sha256-tree-hash",
}
shapes.archive_id_out = {
  "archiveId", text, location = "header", as = "x-amz-archive-id",
}

--- The answer to an upload that made an archive.
shapes.archive_out = structure({
  shapes.location_out, shapes.checksum_out, shapes.archive_id_out,
}, { required = { "archiveId" } })

return shapes
