-- A connection to PostgreSQL that is lost at any moment, and what stays on the
-- server.

local database = require "glacier.restore.database"
local postgres = require "spec.support.postgres"
local socket = require "socket"
local stores = require "spec.support.stores"

local INSERT = "insert into item (id) values (?)"

stores.each(describe, { setup = setup, teardown = teardown, pending = pending },
    "a connection that is lost", function(get, engine)
  local url, db, other

  before_each(function()
    url = get():url()
    db, other = assert(database.open(url, socket.sleep)), assert(database.open(url, socket.sleep))
    db.patience, other.patience = 20, 20
    assert(db:transaction(function(tx)
      return tx:execute "create table item (id integer primary key)"
    end))
  end)

  after_each(function()
    db:close()
    other:close()
  end)

  -- Ends the connection of `db` on the server's side; on SQLite there is none.
  local function cut()
    if engine == "PostgreSQL" then
      assert.equal("1", other:row([[select cast(count(pg_terminate_backend(pid)) as text) as n
        from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()]]).n)
    end
  end

  local function insert(id, meanwhile)
    return db:transaction(function(tx)
      local count = tx:execute(INSERT, id)
      if meanwhile then
        meanwhile()
      end
      return count
    end)
  end

  local function ids()
    local list = {}
    for index, row in ipairs(assert(other:rows "select id from item order by id")) do
      list[index] = row.id
    end
    return list
  end

  it("between transactions is made again", function()
    for id = 1, 3 do
      assert(insert(id))
      cut()
    end
    assert.same({ 1, 2, 3 }, ids())
  end)

  it("amid a transaction has it run again", function()
    local runs = 0
    assert(db:transaction(function(tx)
      runs = runs + 1
      tx:execute(INSERT, 1)
      if runs == 1 then
        cut()
      end
      return tx:execute(INSERT, 2)
    end))
    assert.equal(engine == "PostgreSQL" and 2 or 1, runs)
    assert.same({ 1, 2 }, ids())
  end)

  it("before the commit has the transaction run again", function()
    local seen = {}
    db.on_boundary = function(where)
      seen[#seen + 1] = where
      if #seen == 1 then
        cut()
      end
    end
    assert(insert(1))
    assert.same({ 1 }, ids())
    assert.equal("after commit", seen[#seen])
  end)

  it("before a reading is made again", function()
    assert(insert(1))
    for _ = 1, 3 do
      cut()
      assert.equal(1, #db:rows "select id from item")
      cut()
      assert.equal(1, db:row("select id from item where id = ?", 1).id)
    end
  end)

  it("and lost again each time is told of in the end", function()
    if engine == "PostgreSQL" then
      db.patience = 2
      local runs = 0
      local none, err = insert(1, function()
        runs = runs + 1
        cut()
      end)
      assert.is_nil(none)
      assert.equal("StoreError", err.code)
      assert.is_true(runs > 1)
      assert.same({}, ids())
    end
  end)

  it("keeps a statement of a text once", function()
    for id = 1, 50 do
      assert(insert(id))
      assert(db:row("select id from item where id = ?", id))
    end
    if engine == "PostgreSQL" then
      -- BEGIN, COMMIT and so on are among them.
      local count = tonumber(db:row("select cast(count(*) as text) as n from pg_prepared_statements").n)
      assert.is_true(count > 0 and count < 10, count)
    end
  end)
end)

if not postgres.are_missing("PostgreSQL that ends", pending) then
  describe("PostgreSQL that ends", function()
    local server, db

    setup(function()
      server = postgres.start()
      db = assert(database.open(server:database "a", socket.sleep))
      assert(db:transaction(function(tx)
        return tx:execute "create table item (id integer primary key)"
      end))
    end)

    teardown(function()
      db:close()
      server:stop()
    end)

    it("and starts again is waited for, as it ends or crashes", function()
      for id, how in ipairs { "INT", "QUIT" } do
        server:halt(how)
        local tries = 0
        db.sleep = function(seconds)
          tries = tries + 1
          if tries == 3 then
            server:run()
          end
          socket.sleep(seconds)
        end
        assert(db:transaction(function(tx)
          return tx:execute(INSERT, id)
        end))
        assert.is_true(tries >= 3)
        assert.equal(id, tonumber(db:row("select count(*) as n from item").n))
      end
    end)

    it("and stays away is told of, within the time that is allowed for it", function()
      server:halt()
      db.sleep = socket.sleep
      db.patience = 2
      local begun = socket.gettime()
      local none, err = db:rows "select id from item"
      assert.is_nil(none)
      assert.equal("StoreError", err.code)
      assert.matches("cannot be used", err.message)
      assert.is_true(socket.gettime() - begun < 20)
      -- A program that only begins does not wait.
      none, err = database.open(server:url "a", function() error "waits" end)
      assert.is_nil(none)
      assert.matches("no connection", err.message)
      server:run()
      assert.equal(2, #db:rows "select id from item")
    end)
  end)
end
