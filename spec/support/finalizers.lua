-- What finalizers may do to objects of C that are in use just then:
-- finalizers.lua CASE [ROUNDS]. Prints "ok" and how often a finalizer ran.

local at_collections = require "spec.support.at_collections"
local digest = require "glacier.core.digest"
local http = require "glacier.core.http"
local process = require "glacier.core.process"
local sigv4 = require "glacier.core.sigv4"

local case, rounds = arg[1], tonumber(arg[2])
local ran = 0

-- From here on `f` is called in a finalizer at each cycle of the collector, of
-- which there is one at each allocation.
---@return function stop
local function at_each_cycle(f)
  local stop = at_collections(function()
    ran = ran + 1
    f()
  end)
  -- LuaJIT: see spec/support/collector.lua.
  if rawget(_G, "jit") then
    rawget(_G, "jit").off()
  end
  collectgarbage("setpause", 0)
  collectgarbage("setstepmul", 10000)
  if _VERSION == "Lua 5.4" then
    collectgarbage("incremental", 0, 0, 5)
  end
  collectgarbage()
  return stop
end

local function request(identity, path, headers)
  return {
    method = "POST", path = path, query = "", body = "body of " .. path,
    headers = headers or { "Host", "glacier.us-west-2.amazonaws.com", "x-amz-glacier-version", "2012-06-01" },
    region = "us-west-2", service = "glacier", time = 1332549773, credentials = identity,
  }
end

local function identity(token)
  return assert(sigv4.credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token))
end

local cases = {}

-- The same signer, for another request, while a result is pushed.
function cases.signer()
  local signer = assert(sigv4.signer())
  local outer = { request(identity(), "/-/vaults/outer"), request(identity("token"), "/-/vaults/token") }
  local inner = request(identity(("t"):rep(3000)), "/-/vaults/inner")
  local expected = {}
  for i, one in ipairs(outer) do
    expected[i] = table.concat(signer:sign(one), "\n")
  end
  local stop = at_each_cycle(function()
    signer:sign(inner)
    tostring(inner.credentials)
    inner.credentials:access_key_id()
  end)
  for i = 1, rounds do
    local one = i % 2 + 1
    local seen = table.concat(signer:sign(outer[one]), "\n")
    assert(seen == expected[one], seen)
    local canonical, text = signer:explain()
    assert(text:match "%x+$" == digest.sha256(canonical), text)
  end
  stop()
end

-- A handle that a finalizer closes while it is read.
function cases.process()
  local victim, closed = nil, 0
  local text = ("text"):rep(15000)
  local stop = at_each_cycle(function()
    if victim then
      victim:close()
      assert(not pcall(victim.read, victim))
      closed = closed + 1
      victim = nil
    end
  end)
  local whole, refused = 0, 0
  for _ = 1, rounds do
    local handle = assert(process.start "yes text | head -n 15000 | tr -d '\n'")
    collectgarbage "stop"
    while not handle:read() do
      http.sleep(0.001)
    end
    victim = handle
    collectgarbage "restart"
    local ok, output, status = pcall(handle.read, handle)
    if ok then
      assert(output == text and status == 0, #output)
      whole = whole + 1
    else
      assert(output:find("it is closed", 1, true), output)
      refused = refused + 1
    end
    handle:close()
  end
  stop()
  assert(whole + refused == rounds)
end

-- A response that is pushed while finalizers end all that there is.
function cases.response()
  local engine = assert(http.engine())
  local victim
  local stop = at_each_cycle(function()
    if victim then
      victim:cancel()
      engine:close()
      victim:response()
    end
  end)
  local body = ("b"):rep(100)
  for _ = 1, rounds do
    local transfer = assert(engine:start { method = "GET", url = arg[3] })
    while not transfer:done() do
      assert(engine:wait(1))
    end
    victim = transfer
    local response = assert(transfer:response())
    assert(response.status == 200 and response.body:sub(1, 100) == body, response.body)
    assert(response.headers["x-text"] == ("h"):rep(500))
    victim = nil
    engine:close()
    engine = assert(http.engine())
  end
  stop()
end

-- Strings of a request that a finalizer takes out of it.
function cases.strings()
  local signer = assert(sigv4.signer())
  local engine = assert(http.engine())
  local one = request(identity(), "/")
  local n = 0
  local function fill()
    n = n + 1
    local letter = string.char(97 + n % 26)
    for _, name in ipairs { "path", "query", "body", "region", "service" } do
      one[name] = letter:rep(300 + n % 100)
    end
    for i = 1, 40 do
      one.headers[i] = letter:rep(50 + i)
    end
    one.headers[39] = "host"
    one.url = "http://127.0.0.1:1/" .. letter:rep(500)
  end
  fill()
  local stop = at_each_cycle(function()
    fill()
    if n % 3 == 0 then
      one.headers = {}
    end
  end)
  for _ = 1, rounds do
    local signed, failure = signer:sign(one)
    if signed then
      for line in signer:explain():gmatch "([^\n]+)" do
        for word in line:gmatch "%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a+" do
          assert(word == word:sub(1, 1):rep(#word) or #word == 64, line)
        end
      end
    else
      assert(type(failure.message) == "string")
    end
    local transfer = engine:start(one)
    if transfer then
      transfer:cancel()
    end
    local headers
    local common = sigv4.common({ region = "r", service = "s", headers = one.headers,
      unsigned = one.headers })
    headers, failure = signer:headers(common, one.credentials, 0, one.method, one.path, one.query,
      one.body, one.headers, one.method, one.body)
    for i = 1, headers and #headers or 0 do
      local word = headers[i]
      assert(not word:find("^%l%l%l%l%l%l") or word == word:sub(1, 1):rep(#word), word)
    end
    assert(headers or type(failure.message) == "string")
  end
  stop()
end

-- A list that ends at 2^60, as far as this Lua is concerned.
function cases.border()
  local list = {}
  for i = 0, 62 do
    list[2 ^ i] = "x"
  end
  local huge = {}
  for i = 1, 5000 do
    huge[i] = "x"
  end
  local signer = assert(sigv4.signer())
  local engine = assert(http.engine())
  for _, headers in ipairs { list, huge } do
    assert(not pcall(signer.sign, signer, request(identity(), "/", headers)))
    assert(not pcall(engine.start, engine, { method = "GET", url = "http://127.0.0.1:1/", headers = headers }))
    assert(not pcall(engine.step, engine, headers))
  end
  local entries = setmetatable({}, { __len = function() return 2 ^ 60 end })
  assert(engine:step(entries))
end

-- Nothing reaches the finalizer but the collector.
function cases.methods()
  local engine = assert(http.engine())
  local objects = {
    identity(), assert(sigv4.signer()), engine, digest.tree_hasher(), assert(process.start "true"),
    assert(engine:start { method = "GET", url = "http://127.0.0.1:1/" }),
  }
  for _, object in ipairs(objects) do
    assert(object.__gc == nil and object.__index == nil and object.__metatable == nil)
    assert(getmetatable(object) == false)
    assert(not pcall(setmetatable, object, {}))
    assert(not pcall(function() object.__gc = print end))
    for _, other in ipairs(objects) do
      -- Nor is one taken for another.
      local same = debug.getmetatable(object) == debug.getmetatable(other)
      assert(same == rawequal(object, other))
    end
    tostring(object)
  end
end

-- Two builds of the modules in one state: arg[3] is the other's folder.
function cases.builds()
  local function load(name)
    local path = arg[3] .. "/glacier/core/" .. name .. ".so"
    return assert(package.loadlib(path, "luaopen_glacier_core_" .. name))()
  end
  local other = { sigv4 = load "sigv4", http = load "http", digest = load "digest", process = load "process" }
  local theirs = assert(other.sigv4.credentials("AKID", "secret"))
  local signer, signer_of_theirs = assert(sigv4.signer()), assert(other.sigv4.signer())
  local ok, message = pcall(signer.sign, signer, request(theirs, "/"))
  assert(not ok and message:find("glacier.credentials expected", 1, true), message)
  assert(not pcall(signer_of_theirs.sign, signer, request(theirs, "/")))
  assert(not pcall(theirs.access_key_id, identity()))
  assert(not pcall(other.http.engine().active, assert(http.engine())))
  assert(not pcall(other.digest.tree_hasher().finish, digest.tree_hasher()))
  local handle = assert(other.process.start "true")
  assert(not pcall(assert(process.start "true").close, handle))
  handle:close()
  -- Side by side they work, in whichever order they are let go.
  local mine, yours = request(identity(), "/x"), request(nil, "/x")
  yours.credentials = assert(other.sigv4.credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
  assert(signer:sign(mine)[4] == signer_of_theirs:sign(yours)[4])
  other = nil -- luacheck: ignore
  collectgarbage()
  assert(signer_of_theirs:sign(yours))
end

-- The end of the state: what was made before the modules goes after them.
function cases.finish()
  local signer, engine = assert(sigv4.signer()), assert(http.engine())
  local hasher, handle = digest.tree_hasher(), assert(process.start "sleep 60")
  local one = request(identity(), "/")
  rawset(_G, "last", function()
    assert(digest.sha256 "abc" == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    assert(digest.tree_hash "abc" == digest.sha256 "abc")
    assert(digest.hmac_sha256("Jefe", "what do ya want for nothing?"):find "^5bdcc146bf60754e")
    assert(#digest.uuid() == 36 and #digest.sha1 "abc" == 40 and digest.random() >= 0)
    for _, use in ipairs {
      function() return signer:sign(one) end, function() return signer:explain() end,
      function() return tostring(one.credentials) end, function() return engine:fds() end,
      function() return engine:start { method = "GET", url = "http://127.0.0.1:1/" } end,
      function() return engine:wait(0) end, function() return hasher:update "x" end,
      function() return hasher:finish() end, function() return handle:read() end,
      function() return sigv4.signer():sign(one) end, function() return http.engine():step() end,
      function() return handle:close() end, function() return engine:close() end,
    } do
      pcall(use)
    end
    io.stdout:write "finished\n"
  end)
end

cases[case]()
print(("ok %d"):format(ran))
