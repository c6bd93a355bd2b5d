-- A store whose tables are of another version is refused, and stays as it is.

local has_dbi = pcall(require, "DBI")
local database = has_dbi and require "glacier.restore.database"
local glacier = require "glacier"
local restore = has_dbi and require "glacier.restore"
local shell = require "spec.support.shell"

describe("a store of another version", function()
  local folder, path, client

  if not has_dbi then
    return pending "LuaDBI is not installed for this Lua"
  end

  local function open()
    return restore.open({ client = client, store = path })
  end

  before_each(function()
    folder = shell.folder()
    path = folder .. "/store"
    client = glacier.client({ region = "us-east-1",
      credentials = { access_key_id = "AKID", secret_access_key = "secret" } })
    local made = assert(open())
    made:close()
    local db = assert(database.open(path, error))
    assert(db:transaction(function(tx)
      tx:execute("INSERT INTO restore (id, version, plan, archives, bytes, bad_rows, cursor, "
        .. "starts_rate, factor, factor_at, paused, starts_after, planned_at) VALUES "
        .. "(1, 2, 'p', 0, 0, 0, 0, 1, 1, 0, 0, 0, 0)")
      return true
    end))
    db:close()
  end)

  after_each(function()
    client:close()
    shell.remove(folder)
  end)

  local function content()
    local db = assert(database.open(path, error))
    local row = assert(db:row "SELECT version, plan, paused, cap FROM restore")
    db:close()
    return row
  end

  it("is refused, with both versions", function()
    local before = content()
    for _ = 1, 2 do
      local opened, err = open()
      assert.is_nil(opened)
      assert.equal("config", err.kind)
      assert.equal("StoreError", err.code)
      assert.truthy(err.message:find("its tables are of version 2, and this program's of version 1",
        1, true), err.message)
    end
    assert.same(before, content())
  end)
end)
