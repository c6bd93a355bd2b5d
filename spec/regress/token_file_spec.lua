-- A token file that ends in a newline, as editors and echo write it, was "not a
-- legal header value".

local container = require "glacier.credentials.container"
local endpoint = require "spec.support.endpoint"
local home = require "spec.support.home"
local remote = require "spec.support.remote"

local GOOD = '{"AccessKeyId":"AKID","SecretAccessKey":"s3cr3t"}'

describe("a container's token file", function()
  local server, place

  setup(function()
    server = endpoint.start()
    place = home.new()
  end)

  teardown(function()
    server:stop()
    place:remove()
  end)

  before_each(function()
    server:reset()
    server:play(remote.reply(200, GOOD))
  end)

  local function context_of(text)
    return remote.context { environment = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI = server.url .. "/v1/credentials",
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = place:write("token", text),
    } }
  end

  for _, ending in ipairs { "\n", "\r\n", "\n\n", " \n", "\t\r\n" } do
    it(("may end in %q"):format(ending), function()
      for _, token in ipairs { "eyJhbGciOi.J9.s3cr3t", "Basic s3cr3t==" } do
        assert(container.load(context_of(token .. ending)))
        local requests = server:requests()
        assert.equal(token, requests[#requests]:header "authorization")
      end
    end)
  end

  for _, text in ipairs { "\n", " \r\n", "s3cr3t\nX-Evil: 1", "s3cr3t\r\nX-Evil: 1\n", "a\0\n" } do
    it(("may not be %q"):format(text), function()
      local context = context_of(text)
      remote.refuses(container, context, "Auth token value is not a legal header value")
      assert.equal(0, #context.requests)
    end)
  end
end)
