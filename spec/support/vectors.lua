--- Glacier requests with known signatures, for the specs of what checks them.

local vectors = {}

vectors.KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
vectors.DATE = "20120525T002453Z"
vectors.SIGNED = "content-type;host;x-amz-date;x-amz-glacier-version"
local SNS = "arn:aws:sns:us-west-2:111111111111:Glacier-InventoryRetrieval-topic-Example"

--- The signatures are those another implementation was observed to make.
vectors.list = {
  {
    name = "an empty body",
    target = "/-/vaults/examplevault/jobs",
    signature = "f58a83da9910abbc8691b4bc2db621b59b72620f4611f41d4f2dca0284fbd442",
  },
  {
    name = "an escaped vault and a session token",
    target = "/111122223333/vaults/a%20b%2F%C3%A9/jobs",
    token = "TOKEN/abc==",
    signature = "4abb5b75f71cb14d1a3324ed2b54be26393c5f03cc7064357fe04273971149a4",
  },
  {
    name = "dot segments",
    target = "/-/vaults/../jobs",
    indifferent = "vaults", -- removed by the `..` after it, so not signed
    signature = "92cf2c6d541fcc6ccb32d49f8c79448611af3f51516b62490abe9b69124be801",
  },
  {
    name = "a body",
    target = "/-/vaults/examplevault/jobs",
    body = '{"Type": "inventory-retrieval", "Format": "CSV", '
      .. '"Description": "My inventory job", "SNSTopic": "' .. SNS .. '"}',
    signature = "53e9544a9c7d04f5c37d816a1e6af4ba75304ab7c1ac9278ad25ed72d7fbcd0e",
  },
  {
    name = "a query",
    target = "/-/vaults/examplevault/jobs?b=2&a-b=1&a=%2F&a=%20&c=",
    signature = "08a50bbcf00a8c774ad91541b00383df28211c45dc9247955b2ede73a56a8114",
  },
}

--- The keys that a vector is signed with, as the verifier takes them.
function vectors.credentials(vector)
  return { AKIDEXAMPLE = { secret_access_key = vectors.KEY, session_token = vector.token } }
end

--- A vector's request, new at each call.
function vectors.request(vector)
  local signed = vectors.SIGNED .. (vector.token and ";x-amz-security-token" or "")
  local headers = {
    { "Host", "glacier.us-east-1.amazonaws.com" },
    { "Content-Type", "application/json" },
    { "X-Amz-Date", vectors.DATE },
    { "x-amz-glacier-version", "2012-06-01" },
    {
      "Authorization",
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20120525/us-east-1/glacier/aws4_request, "
        .. "SignedHeaders=" .. signed .. ", Signature=" .. vector.signature,
    },
  }
  if vector.token then
    headers[#headers + 1] = { "X-Amz-Security-Token", vector.token }
  end
  return {
    method = "POST",
    target = vector.target,
    headers = headers,
    body = vector.body or "{}",
  }
end

return vectors
