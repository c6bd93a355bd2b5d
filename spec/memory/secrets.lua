-- Whether what is freed still holds a secret: secrets.lua, in host.c. Prints for
-- each secret in how many freed blocks it was, by whose they were.

local memory, open = rawget(_G, "memory"), rawget(_G, "open")

local digest = open "glacier_core_digest"
local sigv4 = open "glacier_core_sigv4"
local glacier = open "glacier"

-- Made piece by piece, so that no literal of this script is found.
local function text(...)
  return table.concat { ... }
end

local SECRET = text("wJalrXUtnFEMI", "/K7MDENG+bPxRfi", "CYEXAMPLEKEY")
local TOKEN = text("TOKEN/of-a-session", "/abcdefghijklmnop", "/qrstuvwxyz==")
local DATE = 1337905493

-- AWS's derivation: each key is the MAC of the next word by the one before.
local function derived()
  local keys = { { "secret key", SECRET }, { "session token", TOKEN } }
  local key = "AWS4" .. SECRET
  local day = arg[1] == "call" and os.date "!%Y%m%d" or "20120525"
  for _, step in ipairs { { "day's key", day }, { "region's key", "us-west-2" },
    { "service's key", "glacier" }, { "signing key", "aws4_request" } } do
    key = digest.hmac_sha256(key, step[2], true)
    keys[#keys + 1] = { step[1], key }
  end
  return keys
end

local ways = {}

-- The core alone: credentials, a signer, a signature, and their end.
function ways.sign()
  local credentials = assert(sigv4.credentials("AKIDEXAMPLE", SECRET, TOKEN))
  local signer = assert(sigv4.signer())
  for _ = 1, 2 do
    assert(signer:sign {
      method = "POST", path = "/-/vaults/v/jobs", query = "", body = "{}", region = "us-west-2",
      service = "glacier", time = DATE, credentials = credentials,
      headers = { "Host", "glacier.us-west-2.amazonaws.com", "x-amz-glacier-version", "2012-06-01" },
    })
  end
end

-- A whole call, over libcurl.
function ways.call()
  local client = assert(glacier.client { max_attempts = 1, credentials = {
    access_key_id = "AKIDEXAMPLE", secret_access_key = SECRET, session_token = TOKEN } })
  -- Whatever the server says to the token, it was sent.
  local response, err = client:initiate_job { vaultName = "v", jobParameters = { Type = "inventory-retrieval" } }
  assert(response or err.sent, tostring(err))
  client:close()
end

-- That the search finds what is there: a string of Lua's is not wiped.
function ways.control()
  local copy = text("x", SECRET, "y")
  assert(#copy > #SECRET)
end

for _, secret in ipairs(derived()) do
  memory.seek(secret[2])
  ways[arg[1]]()
  collectgarbage()
  collectgarbage()
  local found = memory.found()
  print(("%s: core=%d openssl=%d libcurl=%d lua=%d"):format(secret[1], found.core, found.openssl,
    found.libcurl, found.lua))
end
