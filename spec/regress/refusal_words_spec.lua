-- What SSO, a container's agent or an instance said of why it gave no
-- credentials was dropped: the error was "HTTP status 403" alone.

local container = require "glacier.credentials.container"
local endpoint = require "spec.support.endpoint"
local imds = require "glacier.credentials.imds"
local remote = require "spec.support.remote"
local sso = require "glacier.credentials.sso"
local support = require "spec.support.sso"

local TOKEN = "s3cr3t-" .. ("aB3/"):rep(10) .. "=="

describe("the words of a refusal are in the error of", function()
  local server = endpoint.during {
    setup = setup, teardown = teardown, before_each = before_each,
  }

  -- Bodies of an answer, and what is told of them.
  local BODIES = {
    { '{"code":"InvalidIdInRequest","message":"Credentials not found","HTTPErrorCode":400}',
      "HTTP status 400: InvalidIdInRequest: Credentials not found" },
    { '{"Message":"no pod identity association"}', "HTTP status 400: no pod identity association" },
    { '{"__type":"com.amazon#ValidationException","message":""}',
      "HTTP status 400: ValidationException" },
    { "<Error><Code>AccessDenied</Code><Message>not\r\nyou</Message></Error>",
      "HTTP status 400: AccessDenied: not you" },
    { "error getting credentials:\n\tpod is gone\27[2J\255",
      "HTTP status 400: error getting credentials: pod is gone?[2J\239\191\189" },
    { '{"message":"Authorization ' .. TOKEN .. ' is wrong"}',
      "HTTP status 400: Authorization *** is wrong" },
    { '{"message":"Authorization Bearer ' .. TOKEN .. ' is wrong"}',
      "HTTP status 400: Authorization *** is wrong" },
  }
  for _, case in ipairs(BODIES) do
    it("a container's agent: " .. case[1]:sub(1, 40), function()
      server:play(remote.reply(400, case[1]))
      local err = remote.refuses(container, remote.context { environment = {
        AWS_CONTAINER_CREDENTIALS_FULL_URI = server.url .. "/x",
        AWS_CONTAINER_AUTHORIZATION_TOKEN = "Bearer " .. TOKEN,
      } }, "container credentials: ")
      assert.equal("container credentials: " .. case[2], err.message)
    end)
  end

  it("a container's agent, within bounds and between characters", function()
    server:play(remote.reply(400, '{"message":"' .. ("\226\130\172"):rep(5000) .. '"}'))
    local err = remote.refuses(container, remote.context { environment = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI = server.url .. "/x",
    } }, "HTTP status 400: ")
    assert.equal("container credentials: HTTP status 400: " .. ("\226\130\172"):rep(333),
      err.message)
  end)

  -- What may be the secret that was asked for is not told.
  for _, body in ipairs { '{"AccessKeyId":"A","SecretAccessKey":"s3cr3t"}', '["s3cr3t"]', '"s3cr3t"',
    '{"SecretAccessKey":"s3cr3t', "<html>s3cr3t</html>", "" } do
    it("no agent that answers " .. body, function()
      server:play(remote.reply(400, body))
      local err = remote.refuses(container, remote.context { environment = {
        AWS_CONTAINER_CREDENTIALS_FULL_URI = server.url .. "/x",
      } }, "HTTP status 400")
      assert.equal("container credentials: HTTP status 400", err.message)
    end)
  end

  describe("SSO", function()
    local scene

    before_each(function()
      scene = support.new()
      scene:reset()
    end)

    after_each(function()
      scene:clean()
      scene.server:stop()
    end)

    local function refuses(status, body, headers, expected, expires)
      scene.place:write(support.SESSION_FILE, support.token(expires or 3600,
        support.refreshable { accessToken = TOKEN }))
      local function refusal()
        return { remote.reply(status, body, { headers = headers }) }
      end
      scene:play(refusal(), expires and refusal())
      return remote.refuses(sso, scene:context(support.PROFILE), expected)
    end

    it("with 403", function()
      refuses(403, '{"message":"No access"}',
        { ["x-amzn-ErrorType"] = "ForbiddenException:http://internal.amazon.com/" },
        "111122223333: HTTP status 403: ForbiddenException: No access")
      refuses(403, '{"__type":"UnauthorizedException","message":"Session ' .. TOKEN .. ' is not"}',
        nil, support.EXPIRED .. " The service's answer: HTTP status 403: UnauthorizedException: "
        .. "Session *** is not")
    end)

    it("with 404", function()
      refuses(404, '{"message":"Account is not assigned"}',
        { ["x-amzn-ErrorType"] = "ResourceNotFoundException" },
        "111122223333: HTTP status 404: ResourceNotFoundException: Account is not assigned")
    end)

    it("with 401", function()
      local err = refuses(401, '{"message":"Session token not found or invalid"}',
        { ["x-amzn-ErrorType"] = "UnauthorizedException" }, "UnauthorizedException: Session token "
        .. "not found or invalid")
      assert.equal("UnauthorizedSSOTokenError", err.code)
    end)

    it("where the session is refreshed", function()
      refuses(400, '{"error":"invalid_grant","error_description":"Invalid grant: s3cr3t-refresh"}',
        nil, "HTTP status 400: invalid_grant: Invalid grant: ***", 0)
    end)
  end)

  it("an instance, told with status 200", function()
    server:play {
      remote.reply(200, "s3cr3t-imds", { match = { method = "PUT" } }),
      remote.reply(200, "role", { match = { path = "credentials/$" } }),
      remote.reply(200, '{"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume the '
        .. 'role role: ' .. TOKEN .. '","Token":"' .. TOKEN .. '"}'),
    }
    remote.refuses(imds, remote.context {
      environment = { AWS_EC2_METADATA_SERVICE_ENDPOINT = server.url },
    }, "AssumeRoleUnauthorizedAccess: EC2 cannot assume the role role: ***")
  end)

  it("an instance that gives no token, and no token that it gives in another way", function()
    local function refuses(body, expected)
      server:reset()
      server:play(remote.reply(400, body))
      local err = remote.refuses(imds, remote.context {
        environment = { AWS_EC2_METADATA_SERVICE_ENDPOINT = server.url },
      }, "no session token")
      assert.equal("EC2 instance metadata: no session token, HTTP status 400" .. expected,
        err.message)
    end
    refuses("<Error><Code>BadRequest</Code><Message>no TTL</Message></Error>",
      ": BadRequest: no TTL")
    refuses("s3cr3t-imds", "")
  end)
end)
