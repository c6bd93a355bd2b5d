--- What the specs of the providers that ask over HTTP share: a context whose
-- requests really go out, with a clock and a sleep of its own; and what must
-- hold of every request and every error.

local files = require "glacier.config.files"
local host = require "glacier.host.blocking"
local assert = require "luassert"
local transport = require "glacier.transport.libcurl"

local remote = {
  NOW = 1767323045, -- 2026-01-02T03:04:05Z
  --- Every secret of these specs holds this word.
  MARK = "s3cr3t",
}

--- A context for providers. `given` may hold environment, profile,
--- sso_sessions, random and rewrite, a function on each request's URL.
---@param given table?
---@return table context  with `slept`, the seconds of each sleep
function remote.context(given)
  given = given or {}
  local sender = assert(transport.new(host))
  local context = {
    options = { connect_timeout = 5, read_timeout = 5 },
    environment = given.environment or {},
    configuration = {
      profile_name = "work",
      profile = given.profile or {},
      profiles = {},
      sso_sessions = given.sso_sessions or {},
      services = {},
    },
    slept = {},
    requests = {},
    user_agent = "lua-glacier/spec",
    transport = sender,
  }
  function context.send(request)
    context.requests[#context.requests + 1] = request
    local url = request.url
    if given.rewrite then
      request.url = given.rewrite(url)
    end
    local response, failure = sender:send(request)
    request.url = url
    return response, failure
  end
  function context.sleep(seconds)
    context.slept[#context.slept + 1] = seconds
  end
  function context.now()
    return remote.NOW
  end
  function context.random()
    return given.random or 0.5
  end
  context.read_file = files.read
  return context
end

-- Of no interest, or judged for all requests alike.
local LEFT_OUT = { host = true, ["user-agent"] = true, ["content-length"] = true }

--- The requests a server received, as texts: "GET /path" and a line for each
--- header that matters, with its lower-case name, in the order sent.
---@param server table
---@return string[]
function remote.received(server)
  local list = {}
  for index, request in ipairs(server:requests()) do
    local lines = { request.method .. " " .. request.target }
    assert.equal(server.url:match "//(.*)", request:header "host")
    assert.equal("lua-glacier/spec", request:header "user-agent")
    for _, header in ipairs(request.headers) do
      if not LEFT_OUT[header[1]:lower()] then
        lines[#lines + 1] = header[1]:lower() .. ": " .. header[2]
      end
    end
    if request.body ~= "" then
      lines[#lines + 1] = request.body
    end
    list[index] = table.concat(lines, "\n")
  end
  return list
end

--- Loads by a provider that must fail: with an error of kind "credentials"
--- that says `expected` and holds no secret.
---@param provider table
---@param context table
---@param expected string  plain text
---@return table err
function remote.refuses(provider, context, expected)
  local fields, err = provider.load(context)
  assert.is_nil(fields)
  assert.is_table(err)
  assert.equal("credentials", err.kind)
  assert.truthy(tostring(err):find(expected, 1, true), tostring(err))
  for name, value in pairs(err) do
    assert.is_nil(tostring(value):find(remote.MARK, 1, true), name)
  end
  return err
end

--- An entry of a play list, unsigned.
---@param status integer
---@param body string?
---@param more table?  match, times, delay, ...
---@return table
function remote.reply(status, body, more)
  local entry = { status = status, body = body or "", verify = false }
  for name, value in pairs(more or {}) do
    entry[name] = value
  end
  return entry
end

--- Bodies that no source of credentials may trust, by what they are.
remote.HOSTILE = {
  { "HTML", "<html><body>s3cr3t</body></html>" },
  { "a list", '["s3cr3t"]' },
  { "a number", "5" },
  { "null", "null" },
  { "nothing", "" },
  { "truncated JSON", '{"AccessKeyId":"s3cr3t-key","SecretAccessKey":"s3cr3t' },
  { "two objects", '{"a":"s3cr3t"}{"b":1}' },
  { "no UTF-8", '{"a":"s3cr3t\255\254' },
  { "deep nesting", ('{"s3cr3t":'):rep(5000) .. "1" .. ("}"):rep(5000) },
  { "an empty object", "{}" },
  { "a huge object", '{"s3cr3t":"' .. ("x"):rep(70000) .. '"}' },
}

--- Values that no key and no token can have, as JSON.
remote.UNUSABLE = {
  "5", "true", "{}", '["s3cr3t"]', '"s3cr3t\\r\\nHost: evil"', '"s3cr3t\\u0000"',
  '"s3cr3t \\u00e9"', '"s3cr3t with spaces"',
}

return remote
