-- An instance metadata service that answered the request for a token with 500
-- was given up; botocore goes on without a token then.

local endpoint = require "spec.support.endpoint"
local imds = require "glacier.credentials.imds"
local remote = require "spec.support.remote"

local GOOD = '{"Code":"Success","AccessKeyId":"AKID","SecretAccessKey":"s3cr3t","Token":"s3cr3t",'
  .. '"Expiration":"2026-01-02T09:04:05Z"}'

describe("an instance whose request for a token is answered with", function()
  local server

  setup(function()
    server = endpoint.start()
  end)

  teardown(function()
    server:stop()
  end)

  local function load(token, more)
    server:reset()
    token.match, token.verify, token.body = { method = "PUT" }, false, token.body or "s3cr3t"
    server:play {
      token,
      remote.reply(200, "role", { match = { path = "credentials/$" } }),
      remote.reply(200, GOOD, { match = { path = "credentials/role$" } }),
    }
    local environment = { AWS_EC2_METADATA_SERVICE_ENDPOINT = server.url }
    for name, value in pairs(more or {}) do
      environment[name] = value
    end
    local context = remote.context { environment = environment }
    return context, function()
      local puts, with_token = 0, 0
      for _, request in ipairs(server:requests()) do
        puts = puts + (request.method == "PUT" and 1 or 0)
        with_token = with_token + (request:header "x-aws-ec2-metadata-token" and 1 or 0)
      end
      return { puts, #server:requests() - puts, with_token }
    end
  end

  -- The statuses of which botocore goes on at once, and those where it asks
  -- again first, as often as it is told.
  for status, puts in pairs { [403] = 1, [404] = 1, [405] = 1, [500] = 3, [503] = 3, [401] = 3,
    [301] = 3, [429] = 3 } do
    it(status .. " is asked without one", function()
      local context, count = load({ status = status },
        { AWS_METADATA_SERVICE_NUM_ATTEMPTS = "3" })
      assert.equal("AKID", imds.load(context).access_key_id)
      assert.same({ puts, 2, 0 }, count())
    end)
  end

  it("500 once is asked with one", function()
    local context, count = load({ status = 500, times = 1 },
      { AWS_METADATA_SERVICE_NUM_ATTEMPTS = "2" })
    local send = context.send
    function context.send(request)
      local response, failure = send(request)
      if request.method == "PUT" then
        server:play {
          remote.reply(200, "s3cr3t-imds", { match = { method = "PUT" } }),
          remote.reply(200, "role", { match = { path = "credentials/$" } }),
          remote.reply(200, GOOD, { match = { path = "credentials/role$" } }),
        }
      end
      return response, failure
    end
    assert.equal("AKID", imds.load(context).access_key_id)
    assert.same({ 2, 2, 2 }, count())
  end)

  it("500 is refused where version 1 is disabled, and the error says both", function()
    local context, count = load({ status = 500 }, { AWS_EC2_METADATA_V1_DISABLED = "true" })
    local err = remote.refuses(imds, context, "IMDSv1 has been disabled")
    assert.truthy(err.message:find("no session token, HTTP status 500", 1, true))
    assert.same({ 1, 0, 0 }, count())
  end)

  it("400 is refused: the request was wrong", function()
    local context, count = load({ status = 400 }, { AWS_METADATA_SERVICE_NUM_ATTEMPTS = "3" })
    remote.refuses(imds, context, "no session token, HTTP status 400")
    assert.same({ 1, 0, 0 }, count())
  end)

  it("a token and the end of a line is asked with the token", function()
    local context = load({ status = 200, body = "s3cr3t-imds==\n" })
    assert.equal("AKID", imds.load(context).access_key_id)
    assert.equal("s3cr3t-imds==", server:requests()[2]:header "x-aws-ec2-metadata-token")
  end)

  it("500, amid a call that has no time left, ends with the time", function()
    local context = load({ status = 500 }, { AWS_METADATA_SERVICE_NUM_ATTEMPTS = "3" })
    context.remaining = function() return 0 end
    local fields, err = imds.load(context)
    assert.is_nil(fields)
    assert.equal("DeadlineExceededError", err.code)
  end)
end)
