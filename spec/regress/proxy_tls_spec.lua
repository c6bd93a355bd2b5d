-- A proxy that is spoken to in TLS was believed by the system's authorities
-- alone: neither ca_bundle nor verify = false reached it.

local clients = require "spec.support.clients"
local faults = require "spec.support.faults"
local shell = require "spec.support.shell"
local socket = require "socket"
local tls_certificates = require "spec.support.tls_certificates"

local certificates, folder, server, plain, proxy, elsewhere

local function read(path)
  local file = io.open(path)
  local text = file and file:read "*a" or ""
  if file then
    file:close()
  end
  return text
end

local function start_proxy(certificate)
  local out = folder .. "/" .. certificate.certificate:match "[^/]*$"
  local pipe = assert(io.popen(("exec %s %s %s >%s"):format(shell.quote(folder .. "/tls_proxy"),
    shell.quote(certificate.certificate), shell.quote(certificate.key), shell.quote(out)), "w"))
  local deadline = socket.gettime() + 10
  while not read(out):find "\n" and socket.gettime() < deadline do
    socket.sleep(0.01)
  end
  local self = { url = "https://127.0.0.1:" .. assert(read(out):match "^(%d+)\n", "no proxy") }
  --- Ends it.
  ---@return integer tunnels that it has dug
  function self.stop()
    pipe:close()
    return tonumber(read(out):match "\n(%d+)\n")
  end
  return self
end

setup(function()
  certificates = tls_certificates.new()
  folder = shell.folder()
  shell.check("gcc -std=c99 -g spec/support/tls_proxy.c -lssl -lcrypto -lpthread -o "
    .. shell.quote(folder .. "/tls_proxy"))
  local good = certificates:issue "good"
  server = faults.start { certificate = good.certificate, key = good.key }
  plain = faults.start()
  proxy = start_proxy(certificates:issue "proxy")
  elsewhere = start_proxy(certificates:issue("elsewhere", { subject = "DNS:elsewhere.example" }))
end)

teardown(function()
  assert.are.same({ 3, 1 }, { proxy.stop(), elsewhere.stop() })
  server:stop()
  plain:stop()
  certificates:remove()
  shell.remove(folder)
end)

before_each(function()
  server:play {}
  plain:play {}
end)

after_each(clients.close_all)

local function call(endpoint, options)
  options.connect_timeout = 5
  return clients.new(endpoint, options):initiate_job { vaultName = "v" }
end

local function refuses(endpoint, options, by)
  local response, err = call(endpoint, options)
  assert.is_nil(response)
  assert.are.same({ "tls", "SSLError", false }, { err.kind, err.code, err.sent })
  assert.is_truthy(tostring(err):find(by.url, 1, true), tostring(err))
  assert.are.equal(0, #endpoint:journal().requests)
end

it("a proxy of an authority in ca_bundle is believed, and so is the server behind it", function()
  assert(call(server, { proxy = proxy.url, ca_bundle = certificates:path "authority.pem" }))
  assert.are.equal(1, #server:journal().requests)
end)

it("AWS_CA_BUNDLE and https_proxy of the environment are as good", function()
  local code = ([[
    package.path = "./lua/?.lua;./lua/?/init.lua;" .. package.path
    package.cpath = "%s/?.so;" .. package.cpath
    local client = assert(require("glacier").client {
      region = "us-west-2", endpoint_url = "%s", max_attempts = 1,
      credentials = { access_key_id = "AKIDEXAMPLE", secret_access_key = "x" },
    })
    assert(client:initiate_job { vaultName = "v" })
  ]]):format(shell.build, server.url)
  local lua = "lua" .. shell.version
  shell.check(("AWS_CA_BUNDLE=%s https_proxy=%s %s -e %s"):format(
    shell.quote(certificates:path "authority.pem"), proxy.url, lua, shell.quote(code)))
  assert.are.equal(1, #server:journal().requests)
end)

it("verify = false holds for the proxy, too", function()
  assert(call(server, { proxy = proxy.url, verify = false }))
  assert(call(server, { proxy = elsewhere.url, verify = false }))
  assert.are.equal(2, #server:journal().requests)
end)

it("a proxy of an unknown authority is refused, and named", function()
  refuses(server, { proxy = proxy.url }, proxy)
  refuses(plain, { proxy = proxy.url }, proxy)
end)

it("a proxy of another name is refused", function()
  local bundle = certificates:path "authority.pem"
  refuses(server, { proxy = elsewhere.url, ca_bundle = bundle }, elsewhere)
end)

it("a proxy that speaks no TLS is refused", function()
  plain:play { faults.at("accept", faults.send "HTTP/1.1 400 Bad Request\r\n\r\n") }
  local response, err = call(server, {
    proxy = (plain.url:gsub("http:", "https:")), ca_bundle = certificates:path "authority.pem",
  })
  assert.is_nil(response)
  assert.are.same({ "tls", false }, { err.kind, err.sent })
end)
