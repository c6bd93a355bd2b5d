-- A secret key was not looked at: with the CR of a file from Windows, a blank
-- or a letter beyond ASCII the service said SignatureDoesNotMatch.

local clients = require "spec.support.clients"
local endpoint = require "spec.support.endpoint"
local scene = require "spec.support.scene"

local UNFIT = {
  ["a CR"] = "s3cr3t\r", ["a blank within"] = "s3cr3t key", ["a blank before"] = " s3cr3t",
  ["a newline"] = "s3cr3t\n", ["a tab"] = "s3c\tr3t", ["a NUL"] = "s3cr3t\0x",
  ["a DEL"] = "s3cr3t\127", ["a letter beyond ASCII"] = "s3cr3t\195\169",
  ["a space without a break"] = "s3cr3t\194\160", ["a byte order mark"] = "\239\187\191s3cr3t",
}
local FIELDS = { "access_key_id", "secret_access_key", "session_token" }
local PROBLEM = " holds a space, a control character or a byte that is not ASCII"

local function key_with(field, value)
  local key = { access_key_id = "AKIDFIRST", secret_access_key = "s3cr3t/first+key" }
  key[field] = value
  return key
end

describe("a key that holds", function()
  local server, current

  setup(function() server = endpoint.start() end)
  teardown(function() server:stop() end)
  after_each(function()
    if current then current:close() end
    current = nil
  end)

  local function refuses(expected, given, options)
    current = scene.new(server, given)
    local err = current:refuses(expected, nil, options)
    assert.are.equal("CredentialRetrievalError", err.code)
    assert.are.equal(0, err.attempts)
    assert.are.equal(0, #current:requests "/vaults/")
    current:close()
    current = nil
  end

  for title, value in pairs(UNFIT) do
    it(title .. " is refused, as an option and as what a function gives", function()
      for _, field in ipairs(FIELDS) do
        local key = key_with(field, value)
        refuses("credentials option: " .. field .. PROBLEM, {}, { credentials = key })
        refuses("credentials function: " .. field .. PROBLEM, {}, {
          credentials = function() return key end })
      end
    end)
  end

  it("a CR is refused in the environment", function()
    local variables = { AWS_ACCESS_KEY_ID = "AKIDFIRST", AWS_SECRET_ACCESS_KEY = "s3cr3t\r" }
    refuses("environment: secret_access_key" .. PROBLEM, { environment = variables })
    variables.AWS_SECRET_ACCESS_KEY, variables.AWS_SESSION_TOKEN = "s3cr3t", "s3cr3t token"
    refuses("environment: session_token" .. PROBLEM, { environment = variables })
  end)

  it("what was meant as a comment is refused in the files", function()
    local text = "[default]\naws_access_key_id = AKIDFIRST\naws_secret_access_key = s3cr3t # mine\n"
    refuses("shared credentials file: secret_access_key" .. PROBLEM, { credentials = text })
    refuses("config file: secret_access_key" .. PROBLEM, { config = text })
  end)

  it("a letter beyond ASCII is refused in a process's answer", function()
    refuses("credential_process: secret_access_key" .. PROBLEM, {
      config = "[default]\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"A\"," ..
        "\"SecretAccessKey\":\"s3cr3t\\u00e9\"}'\n",
    })
  end)

  it("a blank is refused in a container's answer, and in a source profile", function()
    refuses("container", {
      environment = { AWS_CONTAINER_CREDENTIALS_FULL_URI = server.url .. "/container" },
      play = { { status = 200, match = { path = "^/container$" }, verify = false,
        body = '{"AccessKeyId":"A","SecretAccessKey":"s3cr3t key","Token":"t",' ..
          '"Expiration":"2099-01-01T00:00:00Z"}' } },
    })
    refuses("shared credentials file: secret_access_key" .. PROBLEM, {
      config = "[default]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = a\n",
      credentials = "[a]\naws_access_key_id = A\naws_secret_access_key = s3cr3t key\n",
    })
  end)
end)

it("a key of nothing but printable ASCII signs", function()
  local secret = {}
  for byte = 33, 126 do secret[#secret + 1] = string.char(byte) end
  local key = key_with("secret_access_key", table.concat(secret))
  local server = endpoint.start { credentials = key }
  server:play "initiate_job/success"
  local response, err = clients.new(server, { credentials = key }):initiate_job { vaultName = "v" }
  clients.close_all()
  server:stop()
  assert.is_nil(err)
  assert.is_string(response.jobId)
end)
