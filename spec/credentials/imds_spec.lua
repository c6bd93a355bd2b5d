local endpoint = require "spec.support.endpoint"
local imds = require "glacier.credentials.imds"
local remote = require "spec.support.remote"

local GOOD = '{"Code":"Success","LastUpdated":"2026-01-02T03:00:00Z","Type":"AWS-HMAC",'
  .. '"AccessKeyId":"AKIDINSTANCE","SecretAccessKey":"s3cr3t/key+","Token":"s3cr3t-token==",'
  .. '"Expiration":"2026-01-02T09:04:05Z"}'
local FIELDS = {
  access_key_id = "AKIDINSTANCE",
  secret_access_key = "s3cr3t/key+",
  session_token = "s3cr3t-token==",
  expiration = remote.NOW + 6 * 3600,
}

local PUT = "PUT /latest/api/token\nx-aws-ec2-metadata-token-ttl-seconds: 21600"
local FOLDER = "/latest/meta-data/iam/security-credentials/"
local WITH_TOKEN = "\nx-aws-ec2-metadata-token: s3cr3t-imds=="

local TOKEN = { method = "PUT", path = "^/latest/api/token$" }
local ROLES = { method = "GET", path = "^" .. FOLDER:gsub("%-", "%%-") .. "$" }
local ROLE = { method = "GET", path = "^" .. FOLDER:gsub("%-", "%%-") .. "." }

describe("instance metadata", function()
  local server = endpoint.during {
    setup = setup, teardown = teardown, before_each = before_each,
  }

  local function at_server(environment, given)
    given = given or {}
    given.environment = environment or {}
    given.environment.AWS_EC2_METADATA_SERVICE_ENDPOINT = server.url
    return remote.context(given)
  end

  -- Plays a service that is well, but for the replies given.
  local function play(token, roles, role)
    local entries = {}
    local function add(replies, match, status, body)
      for _, entry in ipairs(replies or { remote.reply(status, body) }) do
        entry.match = match
        entries[#entries + 1] = entry
      end
    end
    add(token, TOKEN, 200, "s3cr3t-imds==")
    add(roles, ROLES, 200, "web-server")
    add(role, ROLE, 200, GOOD)
    server:play(entries)
  end

  local reply = remote.reply

  it("gives the role's credentials with a session token (version 2)", function()
    play()
    local context = at_server()
    assert.same(FIELDS, imds.load(context))
    assert.same({
      PUT,
      "GET " .. FOLDER .. WITH_TOKEN,
      "GET " .. FOLDER .. "web-server" .. WITH_TOKEN,
    }, remote.received(server))
    for _, request in ipairs(context.requests) do
      assert.same({ "", 1, 1, 2, 65536 }, {
        request.proxy, request.connect_timeout, request.read_timeout, request.timeout,
        request.max_body_bytes,
      })
    end
    assert.equal("0", server:requests()[1]:header "content-length")
  end)

  it("is left alone where it is disabled", function()
    for _, value in ipairs { "true", "TRUE" } do
      local context = at_server { AWS_EC2_METADATA_DISABLED = value,
        AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE = "wrong" }
      assert.same({}, { imds.load(context) })
      assert.equal(0, #context.requests)
    end
    play()
    assert.same(FIELDS, imds.load(at_server { AWS_EC2_METADATA_DISABLED = "false" }))
  end)

  for _, status in ipairs { 403, 404, 405 } do
    it("is asked without a token (version 1) where that is refused with " .. status, function()
      play({ reply(status, "no") })
      assert.same(FIELDS, imds.load(at_server()))
      assert.same({ PUT, "GET " .. FOLDER, "GET " .. FOLDER .. "web-server" },
        remote.received(server))
    end)
  end

  it("is asked without a token where the answer with it gets lost", function()
    play({ reply(200, "s3cr3t-imds==", { delay = 2 }) })
    assert.same(FIELDS, imds.load(at_server {
      AWS_METADATA_SERVICE_TIMEOUT = "0.3",
      AWS_METADATA_SERVICE_NUM_ATTEMPTS = "3",
    }))
    assert.same({ PUT, "GET " .. FOLDER, "GET " .. FOLDER .. "web-server" },
      remote.received(server))
  end)

  it("is not asked without a token where that is disabled", function()
    local REASON = "Unable to retrieve token for use in IMDSv2 call and IMDSv1 has been disabled"
    play({ reply(403) })
    remote.refuses(imds, at_server { AWS_EC2_METADATA_V1_DISABLED = "true" }, REASON)
    assert.same({ PUT }, remote.received(server))
    server:reset()
    play({ reply(403) })
    remote.refuses(imds, at_server({}, { profile = { ec2_metadata_v1_disabled = "True" } }),
      REASON)
    assert.same({ PUT }, remote.received(server))
    play({ reply(403) })
    assert.same(FIELDS, imds.load(at_server({ AWS_EC2_METADATA_V1_DISABLED = "false" },
      { profile = { ec2_metadata_v1_disabled = "true" } })))
  end)

  it("says so where it refuses the request for a token", function()
    play({ reply(400, "s3cr3t") })
    remote.refuses(imds, at_server { AWS_METADATA_SERVICE_NUM_ATTEMPTS = "3" },
      "EC2 instance metadata: no session token, HTTP status 400")
    assert.same({ PUT }, remote.received(server))
  end)

  it("is asked without a token where it is too sick to give one", function()
    play({ reply(500, "s3cr3t") })
    assert.same(FIELDS, imds.load(at_server { AWS_METADATA_SERVICE_NUM_ATTEMPTS = "2" }))
    assert.same({ PUT, PUT, "GET " .. FOLDER, "GET " .. FOLDER .. "web-server" },
      remote.received(server))
  end)

  it("is asked as often as told", function()
    play({ reply(500), reply(200, "s3cr3t-imds==") }, { reply(503), reply(200, "web-server") },
      { reply(200, "<html>"), reply(200, "{"), reply(200, GOOD) })
    local context = at_server { AWS_METADATA_SERVICE_NUM_ATTEMPTS = "3" }
    assert.same(FIELDS, imds.load(context))
    assert.same({
      PUT, PUT,
      "GET " .. FOLDER .. WITH_TOKEN, "GET " .. FOLDER .. WITH_TOKEN,
      "GET " .. FOLDER .. "web-server" .. WITH_TOKEN,
      "GET " .. FOLDER .. "web-server" .. WITH_TOKEN,
      "GET " .. FOLDER .. "web-server" .. WITH_TOKEN,
    }, remote.received(server))
  end)

  it("is asked once unless told", function()
    play(nil, nil, { reply(500) })
    remote.refuses(imds, at_server(), "EC2 instance metadata: HTTP status 500")
    assert.equal(3, #server:requests())
  end)

  it("takes numbers from the profile too, after the environment", function()
    play(nil, { reply(500) })
    local profile = { metadata_service_num_attempts = "2", metadata_service_timeout = "3" }
    local context = at_server({}, { profile = profile })
    remote.refuses(imds, context, "no role, HTTP status 500")
    assert.equal(3, #server:requests())
    assert.equal(3, context.requests[1].read_timeout)
    server:reset()
    play(nil, { reply(500) })
    context = at_server({
      AWS_METADATA_SERVICE_NUM_ATTEMPTS = "3",
      AWS_METADATA_SERVICE_TIMEOUT = "2.5",
    }, { profile = profile })
    remote.refuses(imds, context, "no role, HTTP status 500")
    assert.equal(4, #server:requests())
    assert.equal(2.5, context.requests[1].read_timeout)
  end)

  it("refuses numbers that are none", function()
    for _, name in ipairs { "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "AWS_METADATA_SERVICE_TIMEOUT" } do
      for _, value in ipairs { "0", "-1", "x", "1e3", "0x10", "nan", "99999", " 1" } do
        local context = at_server { [name] = value }
        remote.refuses(imds, context, name)
        assert.equal(0, #context.requests)
      end
    end
    remote.refuses(imds, at_server { AWS_METADATA_SERVICE_NUM_ATTEMPTS = "1.5" }, "NUM_ATTEMPTS")
  end)

  it("is none where nobody answers", function()
    local gone = endpoint.start()
    gone:stop()
    local context = remote.context {
      environment = { AWS_EC2_METADATA_SERVICE_ENDPOINT = gone.url },
    }
    assert.same({}, { imds.load(context) })
    assert.equal(1, #context.requests)
  end)

  it("is none where nothing but silence answers", function()
    server:play(reply(200, "", { delay = 2 }))
    local context = at_server { AWS_METADATA_SERVICE_TIMEOUT = "0.2" }
    assert.same({}, { imds.load(context) })
    assert.equal(2, #context.requests)
  end)

  it("is none where the connection is cut", function()
    server:play { raw = "", verify = false }
    assert.same({}, { imds.load(at_server()) })
  end)

  it("is an error once the client is closed", function()
    local context = at_server()
    context.transport:close()
    local fields, err = imds.load(context)
    assert.is_nil(fields)
    assert.same({ "cancelled", "CancelledError" }, { err.kind, err.code })
    assert.equal(1, #context.requests)
  end)

  for _, case in ipairs { { 404, "no" }, { 403, "" }, { 200, "" }, { 302, "" } } do
    it("has no role where the list is answered with " .. case[1], function()
      play(nil, { reply(case[1], case[2]) })
      assert.same({}, { imds.load(at_server()) })
      assert.equal(2, #server:requests())
    end)
  end

  it("renews a token that is refused later, once", function()
    play({ reply(200, "s3cr3t-old"), reply(200, "s3cr3t-imds==") }, { reply(200, "web-server") },
      { reply(401), reply(200, GOOD) })
    assert.same(FIELDS, imds.load(at_server { AWS_METADATA_SERVICE_NUM_ATTEMPTS = "3" }))
    assert.same({
      PUT,
      "GET " .. FOLDER .. "\nx-aws-ec2-metadata-token: s3cr3t-old",
      "GET " .. FOLDER .. "web-server\nx-aws-ec2-metadata-token: s3cr3t-old",
      PUT,
      "GET " .. FOLDER .. "web-server" .. WITH_TOKEN,
    }, remote.received(server))
    server:reset()
    play(nil, { reply(401) })
    remote.refuses(imds, at_server(), "HTTP status 401")
    assert.equal(4, #server:requests())
  end)

  it("says so where it wants a token and gives none", function()
    play({ reply(403) }, { reply(401) })
    remote.refuses(imds, at_server(), "HTTP status 401")
    assert.same({ PUT, "GET " .. FOLDER }, remote.received(server))
  end)

  it("says so where a token cannot be renewed", function()
    play({ reply(200, "s3cr3t-old"), reply(500) }, { reply(401) })
    remote.refuses(imds, at_server(), "no session token, HTTP status 500")
  end)

  for _, token in ipairs { "", "s3cr3t\r\nHost: evil", "s3cr3t\0", "<html>s3cr3t page</html>" } do
    it(("takes no token such as %q"):format(token), function()
      play({ reply(200, token) })
      remote.refuses(imds, at_server(), "the session token is unusable")
      assert.same({ PUT }, remote.received(server))
    end)
  end

  local NAMES = {
    { "web-server\n", "web-server" },
    { "web-server\r\n", "web-server" },
    { "a+b=c,d.e@f-g_h", "a+b=c,d.e@f-g_h" },
    { "arn:aws:iam::111122223333:role/x", "arn:aws:iam::111122223333:role/x" },
    { "a b?c#d%e", "a%20b%3Fc%23d%25e" },
    { "<b>", "%3Cb%3E" },
    { "r\195\182le", "r%C3%B6le" },
  }
  for _, case in ipairs(NAMES) do
    it(("asks for the role %q in its place"):format(case[1]), function()
      play(nil, { reply(200, case[1]) })
      assert.same(FIELDS, imds.load(at_server()))
      assert.equal(FOLDER .. case[2], server:requests()[3].target)
    end)
  end

  for _, name in ipairs { "one\ntwo", "\n", "a\0b", "a\rb", "..", ".", "a\tb",
    "<html>\n<body>s3cr3t</body>" } do
    it(("refuses a role named %q"):format(name), function()
      play(nil, { reply(200, name) })
      remote.refuses(imds, at_server(), "the role's name is unusable")
      assert.equal(2, #server:requests())
    end)
  end

  it("says so where there is an error in place of credentials", function()
    play(nil, nil, { reply(200, '{"Code":"AssumeRoleUnauthorizedAccess","Message":"no"}') })
    remote.refuses(imds, at_server(), "EC2 instance metadata: the service has no credentials " ..
      "for the instance's role (may EC2 assume the role?): AssumeRoleUnauthorizedAccess: no")
    play(nil, nil, { reply(200, (GOOD:gsub("Success", "Failed"))) })
    remote.refuses(imds, at_server(), "the service has no credentials")
  end)

  it("takes credentials without a Code, as stand-ins give them", function()
    play(nil, nil, { reply(200, (GOOD:gsub('"Code":"Success",', ""))) })
    assert.same(FIELDS, imds.load(at_server()))
  end)

  for _, case in ipairs(remote.HOSTILE) do
    it("gives no credentials by " .. case[1], function()
      play(nil, nil, { reply(200, case[2]) })
      remote.refuses(imds, at_server(), "EC2 instance metadata: ")
    end)
  end

  for _, name in ipairs { "AccessKeyId", "SecretAccessKey", "Token", "Expiration" } do
    it("gives none with an unusable or missing " .. name, function()
      for _, value in ipairs(remote.UNUSABLE) do
        play(nil, nil, { reply(200, (GOOD:gsub('("' .. name .. '":)"[^"]*"', function(start)
          return start .. value
        end))) })
        remote.refuses(imds, at_server(), name .. " is unusable")
      end
      play(nil, nil, { reply(200, (GOOD:gsub('"' .. name .. '"', '"Other"'))) })
      remote.refuses(imds, at_server(), name .. " is missing")
    end)
  end

  it("gives none whose end is no time", function()
    play(nil, nil, { reply(200, (GOOD:gsub("2026%-01", "2026-13"))) })
    remote.refuses(imds, at_server(), "Expiration is unusable")
  end)

  -- 12 to 20 minutes: 600 s, and a jitter of 120 to 600 s.
  local EXTENDED = {
    { "2026-01-02T01:04:05Z", 0, 720 },   -- two hours ago
    { "2026-01-02T03:04:05Z", 0.5, 960 }, -- now
    { "2026-01-02T03:16:04Z", 0, 720 },   -- in a second less than the window
    { "2026-01-02T03:24:05Z", 1, 1200 },  -- in just the window
    { "2026-01-02T03:16:06Z", 0, 721 },   -- beyond it: as it is
    { "2026-01-02T03:24:06Z", 1, 1201 },
  }
  for _, case in ipairs(EXTENDED) do
    it("gives credentials until " .. case[1] .. " some time more if need be", function()
      play(nil, nil, { reply(200, (GOOD:gsub("2026%-01%-02T09:04:05Z", case[1]))) })
      local fields = imds.load(at_server({}, { random = case[2] }))
      assert.equal("AKIDINSTANCE", fields.access_key_id)
      assert.equal(remote.NOW + case[3], fields.expiration)
    end)
  end
end)

describe("the place of instance metadata", function()
  -- The URL that the first request would go to; nothing leaves the machine.
  local function ask(environment, profile)
    local context = remote.context { environment = environment, profile = profile }
    local urls = {}
    function context.send(request)
      urls[#urls + 1] = request.url
      return nil, { kind = "network", code = "EndpointConnectionError", message = "none" }
    end
    local fields, err = imds.load(context)
    assert.is_nil(fields)
    return urls[1], err
  end

  local PLACES = {
    { {}, {}, "http://169.254.169.254" },
    { { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE = "IPv4" }, {}, "http://169.254.169.254" },
    { { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE = "ipv6" }, {}, "http://[fd00:ec2::254]" },
    { {}, { ec2_metadata_service_endpoint_mode = "IPv6" }, "http://[fd00:ec2::254]" },
    { { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE = "IPv4" },
      { ec2_metadata_service_endpoint_mode = "IPv6" }, "http://169.254.169.254" },
    { { AWS_EC2_METADATA_SERVICE_ENDPOINT = "http://127.0.0.1:1338/" }, {},
      "http://127.0.0.1:1338" },
    { { AWS_EC2_METADATA_SERVICE_ENDPOINT = "https://imds.example.com/base/" }, {},
      "https://imds.example.com/base" },
    { {}, { ec2_metadata_service_endpoint = "http://[::1]:80" }, "http://[::1]" },
    { {}, { ec2_metadata_service_endpoint = "" }, "http://169.254.169.254" },
    { { AWS_EC2_METADATA_SERVICE_ENDPOINT = "http://127.0.0.1:1" },
      { ec2_metadata_service_endpoint = "http://127.0.0.1:2" }, "http://127.0.0.1:1" },
    { { AWS_EC2_METADATA_SERVICE_ENDPOINT = "http://127.0.0.1:1",
        AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE = "IPv6" }, {}, "http://127.0.0.1:1" },
  }
  for index, case in ipairs(PLACES) do
    it("is " .. case[3] .. " (" .. index .. ")", function()
      assert.equal(case[3] .. "/latest/api/token", (ask(case[1], case[2])))
    end)
  end

  it("is refused where it is no URL or no mode", function()
    for _, url in ipairs { "169.254.169.254", "ftp://127.0.0.1", "http://", "http://a b",
      "http://user:s3cr3t@127.0.0.1", "http://127.0.0.1/#x", "http://127.0.0.1/?x=y",
      "http://127.0.0.1\r\n" } do
      local asked, err = ask { AWS_EC2_METADATA_SERVICE_ENDPOINT = url }
      assert.is_nil(asked)
      assert.equal("credentials", err.kind)
      assert.truthy(err.message:find("AWS_EC2_METADATA_SERVICE_ENDPOINT", 1, true))
      assert.is_nil(err.message:find(remote.MARK, 1, true))
    end
    local asked, err = ask { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE = "IPv5" }
    assert.is_nil(asked)
    assert.equal("EC2 instance metadata: AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE " ..
      "must be IPv4 or IPv6", err.message)
  end)
end)
