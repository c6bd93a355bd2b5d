-- What LuaDBI does otherwise than one would think, met one by one, and what is
-- told where a store cannot be used.

local database = require "glacier.restore.database"
local shell = require "spec.support.shell"
local socket = require "socket"
local stores = require "spec.support.stores"

local BIG = 2 ^ 46
local TABLE = "create table item (id bigint primary key, size bigint, name text)"
local INSERT = "insert into item (id, size, name) values (?, ?, ?)"

stores.each(describe, { setup = setup, teardown = teardown, pending = pending }, "the database",
    function(get, engine)
  local url, db, other

  local function open()
    local opened = assert(database.open(url, socket.sleep))
    opened.patience = 20
    return opened
  end

  before_each(function()
    url = get():url()
    db, other = open(), open()
    assert(db:transaction(function(tx)
      return tx:execute(TABLE)
    end))
  end)

  after_each(function()
    db:close()
    other:close()
  end)

  local function insert(...)
    local values = { n = select("#", ...), ... }
    return db:transaction(function(tx)
      return tx:execute(INSERT, (rawget(table, "unpack") or rawget(_G, "unpack"))(values, 1, values.n))
    end)
  end

  -- As the other connection sees them.
  local function ids()
    local list = {}
    for index, row in ipairs(assert(other:rows("select cast(id as text) as id from item order by item.id"))) do
      list[index] = tonumber(row.id)
    end
    return list
  end

  it("reads whole numbers of more than 32 bits, as text", function()
    assert(insert(1, BIG, "big"))
    assert(insert(2, 2 ^ 53, "biggest"))
    assert(insert(3, -BIG, "least"))
    local rows = assert(other:rows "select cast(size as text) as size from item order by item.id")
    assert.equal("70368744177664", rows[1].size)
    assert.equal("9007199254740992", rows[2].size)
    assert.equal(-BIG, tonumber(rows[3].size))
  end)

  it("binds whole numbers as such, those that are floats too", function()
    local five = tonumber "5e0" -- as JSON's numbers are
    assert(insert(five, BIG * 1.0, five))
    assert.equal("5", other:row("select name from item").name)
    assert.equal("70368744177664", other:row("select cast(size as text) as x from item").x)
    assert.equal(1, #other:rows("select name from item where size = ?", BIG))
    assert.equal(0, #other:rows("select name from item where size = ?", BIG + 1))
  end)

  it("binds nothing as NULL, and truth values as numbers", function()
    assert(insert(1, nil, nil))
    assert(insert(2, true, nil))
    local row = other:row("select name, cast(size as text) as size from item where id = ?", 1)
    assert.is_nil(row.name)
    assert.is_nil(row.size)
    assert.equal("1", other:row("select cast(size as text) as x from item where id = 2").x)
  end)

  it("keeps any text but one with a NUL, which it refuses", function()
    local text = "'; drop table item; -- ?\n\"%s\" \\ \195\164 " .. ("x"):rep(100000)
    assert(insert(1, 1, text))
    assert.equal(text, other:row("select name from item where name = ?", text).name)
    assert.has_error(function() insert(2, 2, "a\0b") end)
    assert.same({ 1 }, ids())
  end)

  it("commits all of a transaction, or nothing of it", function()
    local results = { db:transaction(function(tx)
      tx:execute(INSERT, 1, 1, "a")
      assert.same({}, engine == "SQLite" and {} or ids())
      tx:execute(INSERT, 2, 1, "a")
      return "x", nil, false
    end) }
    assert.equal("x", results[1])
    assert.is_false(results[3])
    assert.same({ 1, 2 }, ids())

    local ok, raised = pcall(db.transaction, db, function(tx)
      tx:execute(INSERT, 3, 1, "a")
      error({ "mine" })
    end)
    assert.is_false(ok)
    assert.same({ "mine" }, raised)
    local given = {}
    local none, err = db:transaction(function(tx)
      tx:execute(INSERT, 3, 1, "a")
      return nil, given
    end)
    assert.is_nil(none)
    assert.equal(given, err)
    assert.same({ 1, 2 }, ids())
    assert(insert(3, 1, "a"))
    assert.same({ 1, 2, 3 }, ids())
  end)

  it("uses a statement again after it has failed", function()
    assert(insert(1, 1, "a"))
    for _ = 1, 3 do
      local none, err = insert(1, 1, "b")
      assert.is_nil(none)
      assert.equal("StoreError", err.code)
      assert.matches(engine == "SQLite" and "UNIQUE" or "duplicate key", err.message)
    end
    assert(insert(2, 1, "a"))
    assert.same({ 1, 2 }, ids())
  end)

  it("goes on after a statement failed amid a transaction", function()
    assert(insert(1, 1, "a"))
    local none, err = db:transaction(function(tx)
      tx:execute(INSERT, 5, 1, "kept back")
      tx:rows("select id from item")
      tx:execute(INSERT, 1, 1, "b")
      return true
    end)
    assert.is_nil(none)
    assert.equal("StoreError", err.code)
    assert.is_nil((db:transaction(function(tx) return tx:execute "no such statement" end)))
    assert.is_nil((db:rows "select nothing from nowhere"))
    assert(insert(2, 1, "a"))
    assert.same({ 1, 2 }, ids())
    assert.is_true(db:transaction(function(tx)
      return tx:row("select name from item where id = 7") == nil
    end))
    assert.is_false(db:row("select name from item where id = 7"))
  end)

  it("gives all rows of an update, and lets go of its lock", function()
    for id = 1, 5 do
      assert(insert(id, 1, "a"))
    end
    local rows = assert(db:transaction(function(tx)
      return tx:rows("update item set name = 'b' where id < ? returning cast(id as text) as id", 5)
    end))
    assert.equal(4, #rows)
    other.patience = 0
    assert.equal(5, assert(other:transaction(function(tx)
      return tx:execute "update item set name = 'c'"
    end)))
    assert.equal(0, assert(other:transaction(function(tx)
      return tx:execute "update item set name = 'd' where id = 77"
    end)))
  end)

  it("orders by the numbers where they are selected as text", function()
    for _, id in ipairs { 10, 9, 100, 2 } do
      assert(insert(id, 1, "a"))
    end
    assert.same({ 2, 9, 10, 100 }, ids())
  end)

  it("sees one moment within a reading", function()
    assert(insert(1, 1, "a"))
    local first, second = assert(other:read(function(tx)
      local before = #tx:rows "select id from item"
      assert(insert(2, 1, "a"))
      return before, #tx:rows "select id from item"
    end))
    assert.equal(1, first)
    assert.equal(1, second)
    assert.same({ 1, 2 }, ids())
  end)

  it("tells of each commit, before it and after it", function()
    local seen = {}
    db.on_boundary = function(where) seen[#seen + 1] = where .. " " .. #ids() end
    assert(insert(1, 1, "a"))
    assert.same({ "before commit 0", "after commit 1" }, seen)
    db.on_boundary = function(where)
      error(where, 0)
    end
    assert.has_error(function() insert(2, 1, "a") end, "before commit")
    assert.same({ 1 }, ids())
    db.on_boundary = function(where)
      if where == "after commit" then
        error(where, 0)
      end
    end
    assert.has_error(function() insert(3, 1, "a") end, "after commit")
    assert.same({ 1, 3 }, ids())
    db.on_boundary = nil
    assert(insert(4, 1, "a"))
  end)

  it("waits for another's lock", function()
    assert(insert(1, 1, "a"))
    local script = ([[
      local DBI = require "DBI"
      local connection = assert(DBI.Connect(%q, %q))
      connection:autocommit(true)
      local function run(sql)
        local statement = assert(connection:prepare(sql))
        assert(statement:execute())
        statement:close()
      end
      run(%q)
      run "update item set name = 'locked'"
      print "has it"
      io.stdout:flush()
      os.execute "sleep 1"
      run "commit"
    ]]):format(db.dialect.driver, url, db.dialect.begin)
    local pipe = io.popen(("%s -e %s"):format(shell.interpreter, shell.quote(script)), "r")
    assert.equal("has it", pipe:read "*l")
    local begun = socket.gettime()
    assert.equal(1, assert(db:transaction(function(tx)
      return tx:execute("update item set size = 2 where id = 1")
    end)))
    assert.is_true(socket.gettime() - begun > 0.5)
    pipe:close()
    assert.equal("locked", other:row("select name from item where size = 2").name)
  end)

  it("closes, and opens again when it is used", function()
    db:close()
    db:close()
    assert(insert(1, 1, "a"))
    assert.same({ 1 }, ids())
  end)
end)
