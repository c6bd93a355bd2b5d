-- A ca_bundle that was replaced on disk counted after 24 hours: one that was
-- mended was still refused, an authority that was taken out was still believed,
-- over kept connections and resumed sessions as well.

local clients = require "spec.support.clients"
local faults = require "spec.support.faults"
local socket = require "socket"
local tls_certificates = require "spec.support.tls_certificates"

local right, wrong, server, folder

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

setup(function()
  right, wrong = tls_certificates.new(), tls_certificates.new()
  local certificate = right:issue "good"
  server = faults.start { certificate = certificate.certificate, key = certificate.key }
  folder = right.folder
end)

teardown(function()
  server:stop()
  right:remove()
  wrong:remove()
end)

before_each(function()
  server:play {}
end)

after_each(clients.close_all)

-- Ways to put one bundle in place of another.
local WAYS = {
  ["by a new file"] = function(path, text)
    right:write("next.pem", text)
    assert(os.rename(folder .. "/next.pem", path))
  end,
  ["in place"] = function(path, text)
    right:write(path:match "[^/]*$", text)
  end,
  ["behind a link"] = function(path, text)
    local name = os.tmpname():match "[^/]*$"
    right:write(name, text)
    assert(os.execute(("ln -s %s %s/next && mv -T %s/next %s"):format(name, folder, folder, path)))
  end,
}

local function call(client)
  local response, err = client:initiate_job { vaultName = "v" }
  return response and "OK" or err.code
end

for name, replace in pairs(WAYS) do
  it("a bundle that is replaced " .. name .. " counts at once, both ways", function()
    local path = folder .. "/bundle.pem"
    local good, bad = read(right:path "authority.pem"), read(wrong:path "authority.pem")
    os.remove(path)
    replace(path, bad)
    local client = clients.new(server, { ca_bundle = path })
    assert.are.equal("SSLError", call(client))
    replace(path, good)
    assert.are.equal("OK", call(client))
    assert.are.equal("OK", call(client))
    replace(path, bad)
    assert.are.equal("SSLError", call(client))
    assert.are.equal("SSLError", call(client))
    replace(path, good)
    assert.are.equal("OK", call(client))
    os.remove(path)
    assert.are.equal("SSLError", call(client))
  end)
end

it("a connection that was made by the old bundle is not used any more, a newer one is", function()
  local path = folder .. "/bundle.pem"
  local good, bad = read(right:path "authority.pem"), read(wrong:path "authority.pem")
  right:write("bundle.pem", good)
  local client = clients.new(server, { ca_bundle = path })
  assert.are.equal("OK", call(client))
  right:write("bundle.pem", bad .. good)
  assert.are.equal("OK", call(client))
  socket.sleep(3.1) -- whole seconds count
  assert.are.equal("OK", call(client))
  local connections = server:journal().connections
  assert.is_true(connections >= 2)
  for _ = 1, 3 do
    assert.are.equal("OK", call(client))
  end
  assert.are.equal(connections, server:journal().connections)
end)

it("a bundle that stays costs no connection", function()
  local client = clients.new(server, { ca_bundle = right:path "authority.pem" })
  for _ = 1, 5 do
    assert.are.equal("OK", call(client))
  end
  assert.are.equal(1, server:journal().connections)
end)
