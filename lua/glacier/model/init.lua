--- DATA: the operations of the service, their shapes and the rules of their
-- values; no code path is any operation's own. One file holds what belongs to
-- one resource; from the API reference (2012-06-01), names are the wire's.
--
-- An operation, keyed by the method's name on a client:
--
--   name, method, uri   as in the API reference
--   query               of every request, already encoded
--   input, output       structures
--   body_limit          bytes of a response's body in memory, where it is no JSON
--   rest                the header that asks for the rest of such a body; it may
--                       then go to a sink or a file
--   pagination          {input=, output=, items=}: the member that takes a
--                       marker, the one that gives it, and the list
--   waiters             by name, see jobs and vaults
--
-- One that is not idempotent says what becomes of it after a lost answer:
--
--   reconcile = name    that operation is asked first whether it was done
--   resend = true       it is sent again, as other SDKs do, and may be done twice
--   resend = false      it is not sent again
--
-- A structure's members are {name, shape, location...}, in the order of the
-- messages:
--
--   location = "uri" | "querystring" | "header" | "payload" | "statusCode";
--   none: a member of the JSON body
--   as = the name there, where it is another; of a response's header in lower
--   case
--   default = what an absent or empty value stands for
--   sha256, tree_hash = the headers that hold these hashes of a payload
--
-- A shape's rules (enum, rule, minimum, maximum) are those of "full"
-- validation; `required` alone holds always. Lengths are bytes, or characters
-- where `characters` is true. An answer without any of `required` is not
-- believed.

local archives = require("glacier.model.archives")
local jobs = require("glacier.model.jobs")
local policies = require("glacier.model.policies")
local uploads = require("glacier.model.uploads")
local vaults = require("glacier.model.vaults")

local next = next

local operations, waiters = {}, {}

local function add(resource)
  for name, operation in next, resource do
    operations[name] = operation
    for waiter_name, waiter in next, operation.waiters or {} do
      waiter.operation = name
      waiters[waiter_name] = waiter
    end
  end
end

add(archives)
add(jobs)
add(policies)
add(uploads)
add(vaults)

return {
  service = {
    signing_name = "glacier",
    endpoint_prefix = "glacier",
    headers = { "x-amz-glacier-version", "2012-06-01" },
  },
  operations = operations,
  waiters = waiters,
}
