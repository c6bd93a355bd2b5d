-- err.attempts counted attempts of which nothing went out: the time was over
-- before, or the proxy was no URL.

local clients = require "spec.support.clients"
local endpoint = require "spec.support.endpoint"
local socket = require "socket"

describe("err.attempts", function()
  local server

  setup(function() server = endpoint.start { credentials = clients.CREDENTIALS } end)
  teardown(function() server:stop() end)
  before_each(function() server:reset() end)
  after_each(clients.close_all)

  local function fails(options, kind, params)
    local client = clients.new(server, options)
    if options.closed then client:close() end
    local result, err = client:initiate_job(params or { vaultName = "v" })
    assert.is_nil(result)
    assert.are.equal(kind, err.kind)
    return err.attempts
  end

  -- A title, the kind of the error, the options.
  local UNSENT = {
    { "no time after the credentials came", "timeout", {
      timeout = 0.05, credentials = function()
        socket.sleep(0.1)
        return clients.CREDENTIALS
      end } },
    { "no credentials", "credentials", {
      max_attempts = 3, credentials = function() return nil, "none" end } },
    { "credentials that cannot be", "credentials", {
      credentials = { access_key_id = "A", secret_access_key = "s3cr3t\r" } } },
    { "a proxy that is no URL", "config", { max_attempts = 3, proxy = "foo://user:s3cr3t@" } },
    { "a proxy of an unknown kind", "config", { proxy = "foo://proxy" } },
    { "a proxy whose password cannot be sent", "config", { proxy = "http://u:a%0ab@127.0.0.1:1" } },
    { "a proxy with a slash in its password", "config", { proxy = "http://u:a/b@127.0.0.1:1" } },
  }
  for _, case in ipairs(UNSENT) do
    it("is 0 with " .. case[1], function()
      assert.are.equal(0, fails(case[3], case[2]))
      assert.are.equal(0, #server:requests())
    end)
  end

  it("is nil where the call is refused at the door", function()
    assert.is_nil(fails({}, "validation", { vaultName = "" }))
  end)

  it("counts what went out before", function()
    server:play "initiate_job/expired_token"
    local given = 0
    local attempts = fails({ max_attempts = 3, credentials = function()
      given = given + 1
      if given == 1 then return clients.CREDENTIALS end
      return nil, "no more"
    end }, "credentials")
    assert.are.equal(1, attempts)
    assert.are.equal(1, #server:requests())
  end)

  it("counts connections that were refused", function()
    assert.are.equal(1, fails({ proxy = "http://127.0.0.1:1" }, "network"))
  end)
end)
