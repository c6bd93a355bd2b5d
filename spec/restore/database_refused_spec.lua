-- What is told where a store cannot be used, and that nothing of it is lost.

local database = require "glacier.restore.database"
local postgres = require "spec.support.postgres"
local shell = require "spec.support.shell"
local socket = require "socket"

-- How often one that is refused may wait: never.
local function never()
  error "it waits"
end

local function refused(url)
  local none, err = database.open(url, never)
  assert.is_nil(none)
  assert.equal("config", err.kind)
  assert.equal("StoreError", err.code)
  assert.matches("^the store '.*' cannot be used: ", err.message)
  return err.message
end

-- Runs a program that opens a database first; a failure is printed.
local function run(url, program, before, prefix)
  return shell.run(("%s %stimeout 60 %s %s -e %s"):format(before or "", prefix or "",
    shell.environment(), shell.interpreter, shell.quote(([[
      %s
      local database = require "glacier.restore.database"
      local db, err = database.open(%q, function(seconds)
        require("socket").sleep(seconds)
      end)
      if not db then
        print(err.message)
        os.exit(1)
      end
      db.patience = 1
      local function insert(first, last)
        return db:transaction(function(tx)
          for id = first, last do
            tx:execute("insert into item (id, name) values (?, ?)", id, ("x"):rep(1000))
          end
          return true
        end)
      end
    ]]):format(program.first or "", url) .. (program.rest or ""))))
end

describe("a store on SQLite is refused", function()
  local folder

  before_each(function()
    folder = shell.folder()
  end)

  after_each(function()
    shell.remove(folder)
  end)

  local function rows(path)
    local db = assert(database.open(path, socket.sleep))
    local list = assert(db:rows "select id from item order by id")
    db:close()
    return #list
  end

  local function make(path)
    local db = assert(database.open(path, socket.sleep))
    assert(db:transaction(function(tx)
      tx:execute "create table item (id integer primary key, name text)"
      return tx:execute "insert into item (id, name) values (0, 'kept')"
    end))
    db:close()
  end

  it("where its folder is not there, or a folder has its name", function()
    assert.matches("unable to open database file", refused(folder .. "/no/x.db"))
    refused(folder)
    refused ""
    refused(folder .. "/a\0b")
  end)

  it("where the file is another one, which stays as it is", function()
    local path = folder .. "/letter.txt"
    local text = ("Dear sir, "):rep(1000)
    local file = assert(io.open(path, "wb"))
    file:write(text)
    file:close()
    assert.matches("not a database", refused(path))
    file = assert(io.open(path, "rb"))
    assert.equal(text, file:read "*a")
    file:close()
  end)

  it("where LuaDBI is missing, with the names of what has it", function()
    for _, first in ipairs { "package.preload['DBI'] = function() error 'no' end",
      "package.preload['dbd.sqlite3'] = function() error 'no' end" } do
      local output, status = run(folder .. "/x.db", { first = first })
      assert.equal(1, status)
      assert.matches("LuaDBI is missing for this Lua: Debian's package is lua%-dbi%-sqlite3, "
        .. "the rock is luadbi%-sqlite3", output)
    end
    local output = run("postgresql://h/d",
      { first = "package.preload['dbd.postgresql'] = function() error 'no' end" })
    assert.matches("lua%-dbi%-postgresql, the rock is luadbi%-postgresql", output)
  end)

  it("where the disk is full, and what was committed stays", function()
    local path = folder .. "/x.db"
    make(path)
    local output, status = run(path, { rest = [[
      local ok, err = insert(1, 100)
      print("first", ok)
      ok, err = insert(101, 5000)
      print("second", ok, err and err.code, err and err.message)
      ok, err = insert(101, 110)
      print("third", ok, err and err.message)
      print(#db:rows "select id from item")
    ]] }, "trap '' XFSZ; ulimit -f 1500; ")
    assert.equal(0, status, output)
    assert.matches("first\ttrue\nsecond\tnil\tStoreError\tthe store '.*' cannot be used: [^\n]+\n",
      output)
    assert.is_true(output:find "disk" ~= nil or output:find "full" ~= nil, output)
    local count = rows(path)
    assert.is_true(count == 101 or count == 111, count)
  end)

  it("where it may only be read", function()
    local path = folder .. "/x.db"
    make(path)
    local prefix = ""
    shell.check(("chmod 755 %s; chmod 444 %s*; chmod 555 %s"):format(folder, path, folder))
    if shell.check "id -u" == "0\n" then
      prefix = "setpriv --reuid=nobody --clear-groups "
    end
    local output = run(path, { rest = [[
      local ok, err = insert(1, 1)
      print(ok, err and err.message)
    ]] }, nil, prefix)
    shell.check("chmod 755 " .. folder)
    assert.matches("cannot be used: [^\n]*readonly database", output)
    assert.equal(1, rows(path))
  end)
end)

if not postgres.are_missing("a store on PostgreSQL", pending) then
  describe("a store on PostgreSQL is refused", function()
    local server

    setup(function()
      server = postgres.start()
      server:database "a"
    end)

    teardown(function()
      server:stop()
    end)

    it("where the password is wrong, which nobody is shown", function()
      local message = refused(server:url("a", postgres.GUARDED .. ":abracadabra"))
      assert.matches("password", message)
      assert.is_nil(message:find("abracadabra", 1, true))
      assert.matches("guarded:%*%*%*@", message)
      message = refused(server:url("a", postgres.GUARDED .. ":abra@cadabra"))
      assert.is_nil(message:find("cadabra", 1, true), message)
      message = refused(server:url("a") .. "&password=abracadabra&user=guarded")
      assert.is_nil(message:find("abracadabra", 1, true), message)
      local db = assert(database.open(server:url("a", postgres.GUARDED .. ":open%20sesame"), never))
      db:close()
    end)

    it("where there is no such database, no such server", function()
      refused(server:url "nothing")
      refused("postgresql://restorer@/a?host=/nowhere")
      refused("postgresql://127.0.0.1:1/a")
    end)

    it("where one may not write", function()
      server:query("a", "create table item (id integer primary key, name text)")
      server:query("a", "grant select on item to guarded")
      local db = assert(database.open(server:url("a", postgres.GUARDED .. ":open%20sesame"), never))
      local none, err = db:transaction(function(tx)
        return tx:execute "insert into item values (1, 'a')"
      end)
      assert.is_nil(none)
      assert.matches("permission denied", err.message)
      assert.equal(0, #db:rows "select id from item")
      db:close()
    end)
  end)
end
