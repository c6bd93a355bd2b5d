-- The engine as Lua sees it: its arguments, wrong and odd ones.

local engines = require "spec.support.engines"
local http = require "glacier.core.http"

local new_engine, request, endless, finish, play =
  engines.new, engines.request, engines.endless, engines.finish, engines.play
local NUL, CR, LF = "\0", "\r", "\n"

local server

setup(function()
  server = engines.start()
end)

teardown(engines.stop)
after_each(engines.close_all)

describe("misuse of the engine raises:", function()
  local WRONG = { 5, true, "text", {}, print, io.stdout,
    coroutine.create(function() end) }

  it("every method, called on anything else", function()
    local engine = new_engine()
    local transfer = assert(engine:start(request()))
    for _, object in ipairs { engine, transfer } do
      local methods = debug.getmetatable(object).__index
      local count = 0
      for name, method in pairs(methods) do
        if type(method) == "function" then
          count = count + 1
          for _, wrong in ipairs(WRONG) do
            assert.has_error(function() method(wrong, {}) end)
          end
          assert.has_error(function() method() end, nil, name)
          local other = object == engine and transfer or engine
          assert.has_error(function() method(other, {}) end)
        end
      end
      assert.is_true(count >= 4)
    end
    assert.is_false(transfer:done())
  end)

  it("start without a table", function()
    local engine = new_engine()
    for _, wrong in ipairs { 5, true, "text", print, io.stdout } do
      assert.has_error(function() engine:start(wrong) end)
    end
    assert.has_error(function() engine:start() end)
    assert.equal(0, engine:active())
  end)

  local TYPES = {
    method = "string", url = "string", body = "string", ca_bundle = "string", proxy = "string",
    insecure = "boolean", tcp_keepalive = "boolean", headers = "table",
    connect_timeout = "number", read_timeout = "number", timeout = "number",
    max_header_bytes = "number", max_body_bytes = "number",
    low_speed_limit = "number", low_speed_time = "number",
  }
  for field, expected in pairs(TYPES) do
    it("the field " .. field .. " of another type", function()
      local engine = new_engine()
      for _, wrong in ipairs { 5, true, "5", {}, print } do
        if type(wrong) ~= expected then
          local ok, message = pcall(engine.start, engine, request { [field] = wrong })
          assert.is_false(ok)
          assert.truthy(message:find("'" .. field .. "'", 1, true), message)
          assert.truthy(message:find(expected .. " expected, got " .. type(wrong), 1, true), message)
        end
      end
      assert.equal(0, engine:active())
    end)
  end

  it("numbers out of range", function()
    local engine = new_engine()
    for _, field in ipairs { "connect_timeout", "read_timeout", "timeout", "max_body_bytes",
      "max_header_bytes", "low_speed_limit", "low_speed_time" } do
      for _, wrong in ipairs { -1, -0.001, 0 / 0, 1 / 0, -1 / 0, 1e16 } do
        local ok, message = pcall(engine.start, engine, request { [field] = wrong })
        assert.is_false(ok, field .. " " .. wrong)
        assert.truthy(message:find("'" .. field .. "' is out of range", 1, true))
      end
    end
    assert.equal(0, engine:active())
  end)

  it("header lists that are none", function()
    local engine = new_engine()
    for _, headers in ipairs {
      { "name" }, { "a", "b", "c" }, { "a", 5 }, { 5, "a" }, { true, "a" }, { "a", {} },
      { {}, {} }, { "a", false },
    } do
      assert.has_error(function() engine:start(request { headers = headers }) end)
    end
    assert.equal(0, engine:active())
  end)

  it("step with a list that is none", function()
    local engine = new_engine()
    for _, wrong in ipairs {
      5, "text", true, { 5 }, { "text" }, { {} }, { { fd = "five" } }, { { fd = {} } },
      { { fd = 0, read = 1 } }, { { fd = 0, write = "yes" } }, { { fd = 0, error = {} } },
      { { fd = 0 }, 5 },
    } do
      assert.has_error(function() engine:step(wrong) end)
    end
  end)

  it("wait and sleep for what is no time", function()
    local engine = new_engine()
    for _, wrong in ipairs { "soon", true, {}, print } do
      assert.has_error(function() engine:wait(wrong) end)
      assert.has_error(function() http.sleep(wrong) end)
    end
  end)

  it("the response of a transfer under way", function()
    local engine = new_engine()
    local transfer = assert(engine:start(endless()))
    local ok, message = pcall(transfer.response, transfer)
    assert.is_false(ok)
    assert.truthy(message:find("it has not ended", 1, true))
  end)
end)

describe("a request that cannot be sent", function()
  -- At the start, or by libcurl before anything is sent.
  local function refused(more)
    local engine = new_engine()
    local transfer, failure = engine:start(request(more))
    if transfer then
      local response
      response, failure = finish(engine, transfer)
      assert.is_nil(response)
      assert.is_false(transfer:sent())
    end
    assert.equal("table", type(failure))
    assert.equal("string", type(failure.kind))
    assert.equal("string", type(failure.message))
    assert.equal(0, engine:active())
    assert.is_nil(failure.message:find("s3cr3t", 1, true))
    assert.same({}, server:requests())
  end

  for title, byte in pairs { NUL = NUL, CR = CR, LF = LF } do
    it("has " .. title .. " in it", function()
      refused { headers = { "X-A", "s3cr3t" .. byte .. "X-B: c" } }
      refused { headers = { "X-A" .. byte .. "s3cr3t", "b" } }
      refused { headers = { "X-A", byte } }
      refused { headers = { byte, "b" } }
      refused { method = "GET" .. byte .. "s3cr3t" }
      refused { url = server.url .. "/" .. byte .. "s3cr3t" }
      refused { ca_bundle = "/s3cr3t" .. NUL .. "b" }
      refused { proxy = "http://user:s3cr3t@127.0.0.1:1" .. byte .. "x" }
    end)
  end

  it("has a header that is none, or that frames its body", function()
    for _, name in ipairs { "", " ", "a b", "a:", ":", "a\t", "\195\164", "a/b", "a(", "a\127" } do
      refused { headers = { name, "value" } }
    end
    refused { headers = { "Content-Length", "5" } }
    refused { headers = { "TRANSFER-encoding", "chunked" } }
    refused { headers = { "X-Good", "a", "X Bad", "b" } }
  end)

  it("has no method, or no URL", function()
    refused { method = "" }
    refused { url = "" }
    refused { method = "GET /" }
    for _, url in ipairs { "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/",
      "http://", "http:///path", "http://127.0.0.1:1/a b" } do
      refused { url = url }
    end
  end)

  it("goes by a proxy that is none, whose password is not told", function()
    for _, proxy in ipairs { "http://user:s3cr3t@127.0.0.1:1 x", "nope://user:s3cr3t@127.0.0.1:1",
      "http://user:s3cr3t@[::1:8", "user:s3cr3t@", "http://user:s3cr3t@127.0.0.1:1" } do
      refused { proxy = proxy }
    end
  end)
end)

describe("odd requests that are sent as they are:", function()
  it("empty and blank values, names twice, none, many, long ones", function()
    play("ok", 4)
    local engine = new_engine()
    local long = ("v"):rep(5000)
    for _, headers in ipairs {
      {}, { "X-Empty", "", "X-Blank", "  " }, { "X-Twice", "a", "x-twice", "b" }, { "X-Long", long },
    } do
      assert.equal(200, finish(engine, engine:start(request { headers = headers })).status)
    end
    local seen = server:requests()
    assert.equal("", seen[2]:header "x-empty")
    assert.equal("", (seen[2]:header("x-blank"):gsub("%s", "")))
    assert.equal("a,b", (seen[3]:header("x-twice"):gsub("%s", "")))
    assert.equal(long, seen[4]:header "x-long")
  end)

  it("a body of all bytes, and a large one", function()
    local all = {}
    for byte = 0, 255 do
      all[#all + 1] = string.char(byte)
    end
    all = table.concat(all)
    play(all, 2)
    local engine = new_engine()
    for _, body in ipairs { all, all:rep(4096) } do
      local response = assert(finish(engine, engine:start(request { method = "POST", body = body })))
      assert.is_true(response.body == all)
    end
    local seen = server:requests()
    assert.is_true(seen[1].body == all)
    assert.is_true(seen[2].body == all:rep(4096))
  end)

  it("limits as large as numbers go", function()
    play("ok")
    local engine = new_engine()
    local response = assert(finish(engine, engine:start(request {
      connect_timeout = 8e15, read_timeout = 8e15, timeout = 8e15,
      max_body_bytes = 8e15, max_header_bytes = 8e15, low_speed_limit = 8e15,
      low_speed_time = 8e15,
    })))
    assert.equal("ok", response.body)
  end)

  it("limits of 0: of a body none is taken, of time there is none", function()
    play("ok", 2)
    local engine = new_engine()
    local response, failure = finish(engine, engine:start(request { max_body_bytes = 0 }))
    assert.is_nil(response)
    assert.equal("protocol", failure.kind)
    assert.equal("ok", finish(engine, engine:start(request { read_timeout = 0, timeout = 0 })).body)
  end)

  it("fields are read without metamethods, which could close the engine", function()
    local engine = new_engine()
    local called = 0
    local trap = setmetatable({}, { __index = function()
      called = called + 1
      engine:close()
      return "text"
    end })
    local transfer, failure = engine:start(trap)
    assert.is_nil(transfer)
    assert.equal("string", type(failure.message))
    assert.has_error(function() engine:step { setmetatable({}, getmetatable(trap)) } end)
    assert.equal(0, called)
    assert.equal(0, engine:active())
  end)
end)
