--- Loaded by HAProxy (lua-load), which then locks itself up: the first client is
-- made in there, and what calls come to is reported.

local glacier = require "glacier"
local hosted = require "spec.support.hosted"

local core = rawget(_G, "core")
local url, address = os.getenv "GLACIER_URL", os.getenv "GLACIER_ADDRESS"
local report = hosted.report

-- Nothing more is to be loaded.
package.path, package.cpath = "", ""

core.register_task(function()
  report.named = hosted.call(hosted.client { endpoint_url = url }, "fast")
  report.by_bundle = hosted.call(hosted.client {
    endpoint_url = url, ca_bundle = "/authority.pem" }, "fast")
  report.no_bundle = hosted.call(hosted.client {
    endpoint_url = url, ca_bundle = "/missing.pem" }, "fast")
  report.by_address = hosted.call(hosted.client { endpoint_url = address }, "fast")
  report.spawned = glacier.spawn(hosted.call, hosted.client { endpoint_url = url }, "fast"):wait()
  hosted.finish()
end)
