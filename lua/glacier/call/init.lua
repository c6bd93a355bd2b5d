--- The door of the calls: what a client makes them with. The rest is theirs.

local attempt = require("glacier.call.attempt")
local loop = require("glacier.call.loop")
local output = require("glacier.call.output")
local rate = require("glacier.call.rate")
local serialize = require("glacier.call.serialize")
local validate = require("glacier.call.validate")

return {
  attempt = attempt,
  loop = loop,
  output = output,
  rate = rate,
  serialize = serialize.request,
  validate = validate,
}
