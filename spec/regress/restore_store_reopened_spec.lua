-- A store on SQLite that could not be opened again, as on a disk that was full, was
-- waited for as a server is: a run said nothing for a quarter of an hour. And one that
-- was opened, and then refused its settings, was used without them.

local has_dbi = pcall(require, "DBI")
local database = require "glacier.restore.database"
local shell = require "spec.support.shell"

describe("a store that cannot be opened again", function()
  local folder, path, db

  if not has_dbi then
    return pending "LuaDBI is not installed for this Lua"
  end

  before_each(function()
    folder = shell.folder()
    path = folder .. "/x.db"
    db = assert(database.open(path, function()
      error "it waits"
    end))
    assert(db:transaction(function(tx)
      return tx:execute "create table item (id integer primary key)"
    end))
    db:close()
  end)

  after_each(function()
    db:close()
    shell.remove(folder)
  end)

  local function insert(id)
    return db:transaction(function(tx)
      return tx:execute("insert into item (id) values (?)", id)
    end)
  end

  it("is told of at once", function()
    shell.check(("mv %s %s.kept; mkdir %s"):format(path, path, path))
    local none, err = insert(1)
    assert.is_nil(none)
    assert.same({ "StoreError", false }, { err.code, err.retryable })
    shell.check(("rmdir %s; mv %s.kept %s"):format(path, path, path))
    assert.equal(1, insert(1))
  end)

  it("keeps no connection that was told half of its settings", function()
    shell.check(("mv %s %s.kept; echo 'no database, but some text of a line' >%s"):format(path, path,
      path))
    local none, err = insert(1)
    assert.is_nil(none)
    assert.matches("not a database", err.message)
    shell.check(("mv %s.kept %s"):format(path, path))
    assert.equal(1, insert(1))
    local row = db:row "PRAGMA busy_timeout"
    assert.equal("10000", tostring(select(2, next(row))))
    assert.equal(1, #db:rows "select id from item")
  end)
end)
