-- An answer in chunks of one byte cost the square of its length in copying on
-- nginx's own sockets.

local text_of = table.concat

local OK = "HTTP/1.1 200 OK\r\n"

-- What glacier.cosocket.response sees of nginx.
local function socket_of(bytes, piece)
  local at = 1
  return {
    receiveany = function(_, most)
      if at > #bytes then
        return nil, "closed"
      end
      local part = bytes:sub(at, at + math.min(most, piece) - 1)
      at = at + #part
      return part
    end,
  }
end

local response = require "glacier.transport.cosocket.response"

local function read(bytes, piece, limits, method)
  return response.read(socket_of(bytes, piece), method or "GET", limits or {})
end

-- The module anew, with a count of the bytes that string.sub copies for it.
local function counting()
  local counter, sub = { bytes = 0 }, string.sub
  local names = { "glacier.transport.cosocket.response", "glacier.transport.cosocket.reader" }
  local loaded = {}
  for i, name in ipairs(names) do
    loaded[i], package.loaded[name] = package.loaded[name], nil
  end
  string.sub = function(...) -- luacheck: ignore 122
    local part = sub(...)
    counter.bytes = counter.bytes + #part
    return part
  end
  local module = require(names[1])
  string.sub = sub -- luacheck: ignore 122
  for i, name in ipairs(names) do
    package.loaded[name] = loaded[i]
  end
  return module, counter
end

-- A body in chunks of one byte.
local function chunks(count)
  return OK .. "Transfer-Encoding: chunked\r\n\r\n" .. ("1\r\nx\r\n"):rep(count) .. "0\r\n\r\n"
end

for name, make in pairs {
  ["a body in chunks of one byte, all at hand"] = function(count)
    return chunks(count), 1e9
  end,
  ["a body in chunks of one byte, byte by byte"] = function(count)
    return chunks(count), 1
  end,
  ["a body of a length told, byte by byte"] = function(count)
    return OK .. "Content-Length: " .. count .. "\r\n\r\n" .. ("x"):rep(count), 1
  end,
  ["a body that ends with the connection, byte by byte"] = function(count)
    return OK .. "\r\n" .. ("x"):rep(count), 1
  end,
} do
  it(name .. " costs what its length does", function()
    local count = 30000
    local bytes, piece = make(count)
    local module, counter = counting()
    assert.are.equal(count, #assert(module.read(socket_of(bytes, piece), "GET", {})).body)
    assert.is_true(counter.bytes > 0)
    assert.is_true(counter.bytes <= 3 * #bytes, counter.bytes)
  end)
end

it("a line of a head that comes byte by byte costs what its length does", function()
  local head = OK .. "X: " .. ("y"):rep(60000) .. "\r\nContent-Length: 0\r\n\r\n"
  local module, counter = counting()
  assert.are.equal(60000, #assert(module.read(socket_of(head, 1), "GET", {})).headers.x)
  assert.is_true(counter.bytes <= 3 * #head, counter.bytes)
end)

it("a body of one-byte pieces takes little more room than its bytes", function()
  local count = 1024 * 1024
  local bytes = OK .. "\r\n" .. ("x"):rep(count)
  local socket = socket_of(bytes, 1)
  local most, calls = 0, 0
  local receive = socket.receiveany
  collectgarbage()
  local before = collectgarbage "count"
  function socket.receiveany(...)
    calls = calls + 1
    if calls % 200000 == 0 then
      collectgarbage()
      most = math.max(most, collectgarbage "count" - before)
    end
    return receive(...)
  end
  local whole = response.read(socket, "GET", {})
  assert.are.equal(count, #whole.body)
  assert.is_true(most * 1024 < 1.5 * count, most)
end)

it("lines and lengths are the same however the bytes are cut", function()
  local answers = {
    [chunks(3)] = "xxx",
    [OK .. "X: a\nContent-Length: 5\n\nab\r\nc"] = "ab\r\nc",
    ["HTTP/1.1 100 Continue\r\n\r\n" .. OK .. "Transfer-Encoding: chunked\r\n\r\n" ..
      "3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n"] = "abc0123456789",
  }
  for bytes, body in pairs(answers) do
    for piece = 1, #bytes do
      assert.are.equal(body, assert(read(bytes, piece)).body, text_of({ bytes, piece }, " "))
    end
  end
end)

it("a head, and a line, are bounded however the bytes are cut", function()
  for _, piece in ipairs { 1, 7, 1000, 1e9 } do
    local function code(bytes, limits)
      local _, failure = read(bytes, piece, limits)
      return failure.code
    end
    local head = OK .. "X: " .. ("y"):rep(100) .. "\r\n\r\n"
    assert.is_truthy(read(head, piece, { max_header_bytes = #head }))
    assert.are.equal("ResponseTooLargeError", code(head, { max_header_bytes = #head - 1 }))
    assert.are.equal("ResponseTooLargeError", code(("y"):rep(2000), { max_header_bytes = 1000 }))
    assert.are.equal("ResponseTooLargeError",
      code(OK .. "Content-Length: 11\r\n\r\n", { max_body_bytes = 10 }))
    assert.are.equal("ResponseTooLargeError", code(chunks(11), { max_body_bytes = 10 }))
    assert.are.equal("HTTPClientError",
      code(OK .. "Transfer-Encoding: chunked\r\n\r\n" .. ("1"):rep(5000) .. "\r\n"))
  end
end)

it("a body in a coding that was not asked for is an error that names it", function()
  for _, coding in ipairs { "gzip", "GZIP", "x-gzip", "deflate", "br", "identity, gzip" } do
    local answer = OK .. "Content-Encoding: " .. coding .. "\r\nContent-Length: 3\r\n\r\nabc"
    local whole, failure = read(answer, 1e9)
    assert.is_nil(whole)
    assert.are.same({ "protocol", true }, { failure.kind, failure.sent })
    assert.is_truthy(failure.message:find("Content-Encoding: ", 1, true), failure.message)
    assert.are.equal("abc", read(answer, 1e9, { raw_body = true }).body)
    assert.are.equal("", read(answer, 1e9, {}, "HEAD").body)
  end
  for _, coding in ipairs { "identity", "", "utf-8" } do
    assert.are.equal("abc", read(OK .. "Content-Encoding: " .. coding ..
      "\r\nContent-Length: 3\r\n\r\nabc", 1e9).body)
  end
  assert.are.equal("", read(OK .. "Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", 9).body)
end)
