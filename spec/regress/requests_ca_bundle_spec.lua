-- REQUESTS_CA_BUNDLE, which companies set for all that is written in Python,
-- did not count, though it does for boto3 and the AWS CLI.

local config = require "glacier.config"
local fault_call = require "spec.support.fault_call"
local faults = require "spec.support.faults"
local home = require "spec.support.home"
local tls_certificates = require "spec.support.tls_certificates"

local function bundle_of(variables, profile, option)
  return assert(home.settings { environment = variables, profile = profile,
    options = { ca_bundle = option } }).ca_bundle
end

describe("REQUESTS_CA_BUNDLE", function()
  it("counts after the option, AWS_CA_BUNDLE and the profile", function()
    local variables = { REQUESTS_CA_BUNDLE = "/requests.pem" }
    assert.are.equal("/requests.pem", bundle_of(variables))
    assert.are.equal("/profile.pem", bundle_of(variables, "ca_bundle = /profile.pem"))
    assert.are.equal("/requests.pem", bundle_of(variables, "ca_bundle ="))
    assert.are.equal("/option.pem", bundle_of(variables, nil, "/option.pem"))
    variables.AWS_CA_BUNDLE = "/aws.pem"
    assert.are.equal("/aws.pem", bundle_of(variables))
  end)

  it("may begin with a tilde, and is named where it cannot be a path", function()
    local environment = { HOME = "/home/me", REQUESTS_CA_BUNDLE = "~/a.pem" }
    assert.are.equal("/home/me/a.pem", config.settings({}, environment).ca_bundle)
    local message = home.refused { environment = { REQUESTS_CA_BUNDLE = "/a\27b" } }
    assert.truthy(message:find("REQUESTS_CA_BUNDLE: holds a control character", 1, true))
  end)

  it("is believed", function()
    local certificates = tls_certificates.new()
    local certificate = certificates:issue "good"
    local server = faults.start { certificate = certificate.certificate, key = certificate.key }
    local environment = config.environment
    local aws, requests = environment.AWS_CA_BUNDLE, environment.REQUESTS_CA_BUNDLE
    environment.AWS_CA_BUNDLE, environment.REQUESTS_CA_BUNDLE = nil, nil
    local without = fault_call.make(server, {})
    environment.REQUESTS_CA_BUNDLE = certificates:path "authority.pem"
    local outcome = fault_call.make(server, { "initiate_job/success" })
    environment.AWS_CA_BUNDLE, environment.REQUESTS_CA_BUNDLE = aws, requests
    server:stop()
    certificates:remove()
    assert.is_nil(outcome.err)
    assert.are.equal("tls", without.err.kind)
  end)
end)
