-- Debian's configuration of HAProxy has a chroot and a user: the first client
-- made there found its modules no more. What else https needs there is said in
-- doc/hosts/haproxy.md, and is all that this jail has.
-- Runs on one Lua: what it tests runs in programs of its own.

local faults = require "spec.support.faults"
local programs = require "spec.support.programs"
local tls_certificates = require "spec.support.tls_certificates"
local quote = require "spec.support.quote"

local CONFIGURATION = [[
global
  nbthread 1
  chroot .
  uid 65534
  gid 65534
  %s
  lua-prepend-path "$root/?.lua"
  lua-prepend-path "$root/lua/?.lua"
  lua-prepend-path "$root/lua/?/init.lua"
  lua-prepend-path "$root/build/lua5.3/?.so" cpath
  lua-load $root/spec/support/haproxy_jail_program.lua
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend main
  bind 127.0.0.1:%d
]]

local JAIL = [[chmod 777 . && mkdir -p etc/ssl/certs && cp %s authority.pem &&
  cp authority.pem etc/ssl/certs/ca-certificates.crt &&
  echo "127.0.0.1 glacier.test" >etc/hosts && chmod -R a+rX etc authority.pem && %s
  exec haproxy -db -f haproxy.cfg]]

describe("HAProxy in its chroot, under its user", function()
  local reason = programs.missing("haproxy", "5.3")
  if not reason and not programs.succeeds "test $(id -u) = 0" then
    reason = "only root can begin a chroot"
  end
  if reason then
    pending(reason)
    return
  end

  local certificates, named, plain

  setup(function()
    certificates = tls_certificates.new()
    named = faults.start(certificates:issue("named", { subject = "DNS:glacier.test" }))
    plain = faults.start(certificates:issue("plain", { subject = "IP:127.0.0.1" }))
  end)

  teardown(function()
    named:stop()
    plain:stop()
    certificates:remove()
  end)

  local function run(directive, prepare)
    for _, server in ipairs { named, plain } do
      server:play({ "initiate_job/success", "initiate_job/success", "initiate_job/success",
        "initiate_job/success" })
    end
    local program = programs.start {
      version = "5.3",
      url = (named.url:gsub("127%.0%.0%.1", "glacier.test")),
      command = "sh -c " .. quote(JAIL:format(quote(certificates:path "authority.pem"),
        prepare or "")),
      files = {
        ["haproxy.cfg"] = CONFIGURATION:gsub("%$root", programs.ROOT)
          :format(directive, programs.free_port()),
      },
      environment = { GLACIER_REPORT = "/report", GLACIER_ADDRESS = plain.url },
    }
    local report = program:report()
    local output = program:output()
    program:stop()
    return assert(report, output)
  end

  it("calls by https, with what is in the jail and threads for looking names up", function()
    local report = run "insecure-fork-wanted"
    assert.is_true(report.named)
    assert.is_true(report.by_bundle)
    assert.is_true(report.by_address)
    assert.is_true(report.spawned)
    assert.are.equal("tls SSLError", report.no_bundle)
  end)

  it("calls addresses without threads, and tells that names cannot be looked up", function()
    local report = run ""
    assert.is_true(report.by_address)
    assert.are.equal("network EndpointConnectionError", report.named)
  end)

  it("tells that there is no authority", function()
    local report = run("insecure-fork-wanted", "rm -r etc/ssl;")
    assert.are.equal("tls SSLError", report.named)
    assert.are.equal("tls SSLError", report.by_address)
    assert.is_true(report.by_bundle)
  end)
end)
