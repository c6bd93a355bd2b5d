-- How calls for an output end that bring nothing: no file stays, no sink is called.

local clients = require("spec.support.clients")
local endpoint = require("spec.support.endpoint")
local http = require("glacier.core.http")
local lfs = require("lfs")
local shell = require("spec.support.shell")

local server = endpoint.during {
  setup = setup, teardown = teardown, before_each = before_each,
}
local folder

before_each(function()
  folder = shell.folder()
end)
after_each(function()
  clients.close_all()
  shell.remove(folder)
end)

local function get(options, more)
  return clients.new(server, more or { max_attempts = 3 }):get_job_output(
    { vaultName = "v", jobId = "j" }, options)
end

describe("an output", function()
  it("that is an error of more bytes than any error has reaches no sink", function()
    server:play({ { status = 404, body = ("x"):rep(1048577), times = 1 } })
    local pieces = 0
    local response, err = get({ sink = function() pieces = pieces + 1 end })
    assert.is_nil(response)
    assert.are.equal("protocol ResponseTooLargeError", err.kind .. " " .. err.code)
    assert.are.equal(0, pieces)
  end)

  it("leaves nothing in its folder after a call that raises", function()
    server:play({ status = 200, body = ("0123456789"):rep(100) })
    local ok, problem = pcall(get, { path = folder .. "/out" }, {
      host = { now = http.monotonic, sleep = error, wait = function()
        error("the host is gone", 0)
      end },
    })
    assert.is_false(ok)
    assert.are.equal("the host is gone", problem)
    for name in lfs.dir(folder) do
      assert.is_truthy(name == "." or name == "..", name)
    end
  end)

  it("goes to no table that takes nothing", function()
    local _, err = get({ sink = { head = print } })
    assert.are.equal("config", err.kind)
    assert.is_truthy(err.message:find("'sink'", 1, true))
    assert.are.same({}, server:requests())
  end)
end)
