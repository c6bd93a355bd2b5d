local container = require "glacier.credentials.container"
local endpoint = require "spec.support.endpoint"
local home = require "spec.support.home"
local remote = require "spec.support.remote"

local GOOD = '{"RoleArn":"arn","AccessKeyId":"AKIDCONTAINER","SecretAccessKey":"s3cr3t/key+",'
  .. '"Token":"s3cr3t-token==","Expiration":"2026-01-02T09:04:05Z"}'
local FIELDS = {
  access_key_id = "AKIDCONTAINER",
  secret_access_key = "s3cr3t/key+",
  session_token = "s3cr3t-token==",
  expiration = remote.NOW + 6 * 3600,
}

describe("container credentials", function()
  local server = endpoint.during {
    setup = setup, teardown = teardown, before_each = before_each,
  }

  -- A context that asks the server by the full URI.
  local function at_server(environment)
    environment = environment or {}
    environment.AWS_CONTAINER_CREDENTIALS_FULL_URI = server.url .. "/v1/credentials?id=5"
    return remote.context { environment = environment }
  end

  it("are not asked for where no variable says so", function()
    local context = remote.context {
      environment = { AWS_CONTAINER_AUTHORIZATION_TOKEN = "s3cr3t" },
    }
    assert.same({}, { container.load(context) })
    assert.equal(0, #context.requests)
  end)

  it("come from the full URI, asked once", function()
    server:play(remote.reply(200, GOOD))
    local context = at_server()
    assert.same(FIELDS, container.load(context))
    assert.same({ "GET /v1/credentials?id=5\naccept: application/json" }, remote.received(server))
    assert.same({}, context.slept)
  end)

  it("come from the agent of ECS by the relative URI, which goes first", function()
    server:play(remote.reply(200, GOOD))
    local asked
    local context = remote.context {
      environment = {
        AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = "/v2/credentials/0f7a?x=1",
        AWS_CONTAINER_CREDENTIALS_FULL_URI = server.url .. "/never",
      },
      rewrite = function(url)
        asked = url
        return (url:gsub("^http://169%.254%.170%.2/", server.url .. "/"))
      end,
    }
    assert.same(FIELDS, container.load(context))
    assert.equal("http://169.254.170.2/v2/credentials/0f7a?x=1", asked)
    assert.same({ "GET /v2/credentials/0f7a?x=1\naccept: application/json" },
      remote.received(server))
  end)

  it("are asked for without a proxy and within two seconds", function()
    server:play(remote.reply(200, GOOD))
    local context = at_server()
    assert(container.load(context))
    local request = context.requests[1]
    assert.same({ "", 2, 2, 4, 65536 }, {
      request.proxy, request.connect_timeout, request.read_timeout, request.timeout,
      request.max_body_bytes,
    })
  end)

  it("are asked for with the token of the environment", function()
    server:play(remote.reply(200, GOOD))
    assert(container.load(at_server { AWS_CONTAINER_AUTHORIZATION_TOKEN = "Basic s3cr3t" }))
    assert.same({ "GET /v1/credentials?id=5\naccept: application/json\n"
      .. "authorization: Basic s3cr3t" }, remote.received(server))
  end)

  it("are asked for with the token of the file, as it stands at each load", function()
    local place = home.new()
    finally(function()
      place:remove()
    end)
    server:play(remote.reply(200, GOOD))
    local context = at_server {
      AWS_CONTAINER_AUTHORIZATION_TOKEN = "s3cr3t-not-this",
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = place:write("token", "s3cr3t-one"),
    }
    assert(container.load(context))
    place:write("token", "s3cr3t-two")
    assert(container.load(context))
    local seen = {}
    for index, request in ipairs(server:requests()) do
      seen[index] = request:header "authorization"
    end
    assert.same({ "s3cr3t-one", "s3cr3t-two" }, seen)
  end)

  it("may be without a token and without an end", function()
    server:play(remote.reply(200,
      '{"AccessKeyId":"AKID","SecretAccessKey":"s3cr3t","Token":null}'))
    assert.same({ access_key_id = "AKID", secret_access_key = "s3cr3t" },
      container.load(at_server()))
  end)

  it("are asked for again after errors, with a growing pause", function()
    server:play { remote.reply(500, "s3cr3t"), remote.reply(404, "{}"), remote.reply(200, GOOD) }
    local context = at_server()
    assert.same(FIELDS, container.load(context))
    assert.equal(3, #server:requests())
    assert.same({ 0.2, 0.4 }, context.slept)
  end)

  it("are given up after three attempts, and the error says why", function()
    server:play(remote.reply(503, '{"message":"later"}'))
    local context = at_server()
    remote.refuses(container, context, "container credentials: HTTP status 503: later")
    assert.equal(3, #server:requests())
    assert.equal(2, #context.slept)
  end)

  it("fail where the agent closes the connection or is not there", function()
    server:play { { raw = "", verify = false }, { raw = "HTTP/1.1 200", verify = false } }
    remote.refuses(container, at_server(), "container credentials: ")
    local gone = endpoint.start()
    gone:stop()
    local context = remote.context {
      environment = {
        AWS_CONTAINER_CREDENTIALS_FULL_URI = gone.url .. "/v2/s3cr3t-id",
        AWS_CONTAINER_AUTHORIZATION_TOKEN = "s3cr3t",
      },
    }
    remote.refuses(container, context,
      'Could not connect to the endpoint URL: "' .. gone.url .. '"')
    assert.equal(3, #context.requests)
  end)

  it("are not asked for again once the client is closed", function()
    local context = at_server()
    context.transport:close()
    local fields, err = container.load(context)
    assert.is_nil(fields)
    assert.same({ "cancelled", "CancelledError" }, { err.kind, err.code })
    assert.equal(1, #context.requests)
  end)

  it("do not follow a redirect", function()
    server:play(remote.reply(302, "", { headers = { Location = server.url .. "/other" } }))
    remote.refuses(container, at_server(), "HTTP status 302")
    for _, request in ipairs(server:requests()) do
      assert.equal("/v1/credentials?id=5", request.target)
    end
  end)

  for _, case in ipairs(remote.HOSTILE) do
    it("are not taken from " .. case[1], function()
      server:play(remote.reply(200, case[2]))
      remote.refuses(container, at_server(), "container credentials: ")
    end)
  end

  for _, name in ipairs { "AccessKeyId", "SecretAccessKey", "Token", "Expiration" } do
    it("are not taken with an unusable " .. name, function()
      for _, value in ipairs(remote.UNUSABLE) do
        local body, count = GOOD:gsub('("' .. name .. '":)"[^"]*"', function(start)
          return start .. value
        end)
        assert.equal(1, count)
        server:play(remote.reply(200, body))
        remote.refuses(container, at_server(), name .. " is unusable")
      end
    end)
  end

  it("are not taken without a key or with a wrong time", function()
    for _, name in ipairs { "AccessKeyId", "SecretAccessKey" } do
      server:play(remote.reply(200, (GOOD:gsub(name, "Other"))))
      remote.refuses(container, at_server(), name .. " is missing")
    end
    server:play(remote.reply(200, (GOOD:gsub("2026%-01", "2026-13"))))
    remote.refuses(container, at_server(), "Expiration is unusable")
  end)

  for _, token in ipairs { "s3cr3t\r\nHost: evil", "s3cr3t\nx", "s3cr3t\r", "s3cr3t\0", "" } do
    it(("send no token such as %q"):format(token), function()
      local place = home.new()
      finally(function()
        place:remove()
      end)
      local path = place:write("token", token)
      local context = at_server { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = path }
      remote.refuses(container, context,
        "Auth token value is not a legal header value (AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE)")
      assert.equal(0, #context.requests)
      if token ~= "" then
        context = at_server { AWS_CONTAINER_AUTHORIZATION_TOKEN = token }
        remote.refuses(container, context, "(AWS_CONTAINER_AUTHORIZATION_TOKEN)")
        assert.equal(0, #context.requests)
      end
    end)
  end

  it("are not asked for without the token where its file is missing", function()
    local context = at_server { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = "/none/such" }
    remote.refuses(container, context, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
    assert.equal(0, #context.requests)
  end)
end)

describe("the container's URI", function()
  -- What would be sent where, or the error; nothing leaves the machine.
  local function ask(environment)
    local context = remote.context { environment = environment }
    local urls = {}
    function context.send(request)
      urls[#urls + 1] = request.url
      return { status = 200, reason = "OK", headers = {}, body = GOOD }
    end
    local fields, err = container.load(context)
    assert.equal(fields and 1 or 0, #urls)
    return urls[1], err
  end

  local ALLOWED = {
    { "http://localhost:8080/x" },
    { "http://LOCALHOST/x", "http://localhost/x" },
    { "HTTP://127.0.0.1/x", "http://127.0.0.1/x" },
    { "http://127.0.0.1:80/x", "http://127.0.0.1/x" },
    { "http://127.255.0.9:51679/x/" },
    { "http://[::1]:8080/x" },
    { "http://169.254.170.2/v2/x" },
    { "http://169.254.170.23/v1/credentials" },
    { "http://[fd00:ec2::23]/v1/credentials" },
    { "http://[FD00:EC2::23]/v1/credentials", "http://[fd00:ec2::23]/v1/credentials" },
    { "http://127.0.0.1" },
    { "http://127.0.0.1?a=b" },
    { "https://agent.example.com/x?y=z" },
    { "https://203.0.113.5:8443/x" },
  }
  for _, case in ipairs(ALLOWED) do
    it("may be " .. case[1], function()
      assert.equal(case[2] or case[1], ask { AWS_CONTAINER_CREDENTIALS_FULL_URI = case[1] })
    end)
  end

  local REFUSED = {
    "http://agent.example.com/x", "http://203.0.113.5/x", "http://169.254.169.254/x",
    "http://169.254.170.22/x", "http://[::2]/x", "http://[fd00:ec2::254]/x",
    "http://[::ffff:127.0.0.1]/x", "http://localhost.example.com/x", "http://localhost./x",
    "http://127.0.0.1./x", "http://127.0.0.1.example.com/x", "http://127.0.0.1@evil.example/x",
    "http://127.0.0.1:80@evil.example/x", "http://user:s3cr3t@127.0.0.1/x",
    "http://evil.example#@127.0.0.1/x", "http://evil.example?@127.0.0.1/x",
    "http://127.0.0.1\\@evil.example/x", "http://evil.example\\.127.0.0.1/x",
    "http://2130706433/x", "http://0x7f000001/x", "http://0x7f.0.0.1/x", "http://0177.0.0.1/x",
    "http://127.1/x", "http://127.0.0/x", "http://127.0.0.256/x", "http://127.0.0.01/x",
    "http://127.0.0.1.5/x", "http://0.0.0.0/x", "http:///x", "http://:80/x", "http://[::1/x",
    "http://127.0.0.1:8a/x", "http://127.0.0.1 /x", "http://127.0.0.1/x y",
    "http://127.0.0.1/x\r\nHost: evil", "http://127.0.0.1/x#part", "http:127.0.0.1/x",
    "//127.0.0.1/x", "ftp://127.0.0.1/x", "file:///etc/passwd", "127.0.0.1", "https://",
    "https://user:s3cr3t@agent.example.com/x", "http://127.0.0.1%2eevil.example/x",
    "http://\239\188\145\239\188\146\239\188\151.0.0.1/x",
  }
  for _, uri in ipairs(REFUSED) do
    it(("is refused as %q"):format(uri), function()
      local url, err = ask { AWS_CONTAINER_CREDENTIALS_FULL_URI = uri }
      assert.is_nil(url)
      assert.equal("credentials", err.kind)
      assert.truthy(err.message:find("AWS_CONTAINER_CREDENTIALS_FULL_URI", 1, true))
      assert.is_nil(err.message:find("s3cr3t", 1, true))
    end)
  end

  it("is refused with the rule on hosts", function()
    local _, err = ask { AWS_CONTAINER_CREDENTIALS_FULL_URI = "http://agent.example.com/x" }
    for _, part in ipairs { "Unsupported host", "127.0.0.0/8", "169.254.170.23", "https" } do
      assert.truthy(err.message:find(part, 1, true))
    end
  end)

  it("is refused as a relative one that would change the host", function()
    for _, uri in ipairs { ".evil.example/x", "@evil.example/x", "5/x", "x", ":80/x",
      "/x y", "/x\r\nHost: evil", "/x#part" } do
      local url, err = ask { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = uri }
      assert.is_nil(url)
      assert.truthy(err.message:find("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", 1, true))
    end
    assert.equal("http://169.254.170.2//evil.example/x",
      ask { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = "//evil.example/x" })
    assert.equal("http://169.254.170.2/@evil.example",
      ask { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = "/@evil.example" })
  end)
end)
