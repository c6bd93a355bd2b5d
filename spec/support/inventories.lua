--- What the specs of inventories share: the samples, sources of pieces, rows and
-- items.

local assert = require "luassert"
local glacier = require "glacier"

local inventories = {}

inventories.FOLDER = "spec/vectors/inventories/"
inventories.HASH = ("0123456789abcdef"):rep(4)
inventories.NAMES = "ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash\n"

function inventories.read(name)
  local file = assert(io.open(inventories.FOLDER .. name, "rb"))
  local bytes = file:read("*a")
  file:close()
  return bytes
end

-- A source that gives pieces of `size` bytes.
function inventories.pieces(bytes, size)
  local at = 1
  return function()
    local piece = bytes:sub(at, at + size - 1)
    at = at + size
    return piece ~= "" and piece or nil
  end
end

function inventories.collect(source, options)
  local list = {}
  local ok, err = pcall(function()
    for archive in glacier.inventory(source, options) do
      list[#list + 1] = archive
    end
  end)
  return list, not ok and err or nil
end

-- Collects the bytes given whole, and in small pieces, which makes no difference.
function inventories.collect_bytes(bytes, options)
  local list, err = inventories.collect(inventories.pieces(bytes, #bytes + 1), options)
  for _, size in ipairs({ 1, 2, 3, 7 }) do
    local again, again_err = inventories.collect(inventories.pieces(bytes, size), options)
    assert.same(list, again)
    assert.equal(err and err.message, again_err and again_err.message)
  end
  return list, err
end

function inventories.row(id, description, date, size, hash)
  return ("%s,%s,%s,%s,%s"):format(id or "id", description or "", date or "2013-12-19T08:33:01Z",
    size or "7", hash or inventories.HASH)
end

function inventories.item(members)
  local texts = {}
  for i, member in ipairs({
    { "ArchiveId", '"id"' }, { "ArchiveDescription", '""' }, { "CreationDate", '"2013-12-19T08:33:01Z"' },
    { "Size", "7" }, { "SHA256TreeHash", '"' .. inventories.HASH .. '"' } }) do
    texts[i] = ('"%s" : %s'):format(member[1], members and members[member[1]] or member[2])
  end
  return "{" .. table.concat(texts, ", ") .. "}"
end

function inventories.list_of(...)
  return '{"VaultARN":"x","ArchiveList":[' .. table.concat({ ... }, ",") .. "]}"
end

return inventories
