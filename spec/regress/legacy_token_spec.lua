-- The names that session tokens had of old, which the AWS tools still read,
-- were passed over: the request was signed without its token.

local environment = require "glacier.credentials.environment"
local shared_credentials_file = require "glacier.credentials.shared_credentials_file"

local function of_variables(variables)
  variables.AWS_ACCESS_KEY_ID, variables.AWS_SECRET_ACCESS_KEY = "id", "key"
  return environment.read({ environment = variables }).session_token
end

local function of_section(section)
  section.aws_access_key_id, section.aws_secret_access_key = "id", "key"
  return shared_credentials_file.keys({ profile_name = "p" }, { profiles = { p = section } },
    "", "").session_token
end

describe("a token by its old name", function()
  it("is read from the environment", function()
    assert.equal("old", of_variables { AWS_SECURITY_TOKEN = "old" })
    assert.equal("old", of_variables { AWS_SECURITY_TOKEN = "old", AWS_SESSION_TOKEN = "new" })
    assert.equal("new", of_variables { AWS_SESSION_TOKEN = "new" })
    assert.is_nil(of_variables {})
  end)

  it("is read from the files", function()
    assert.equal("old", of_section { aws_security_token = "old" })
    assert.equal("new", of_section { aws_security_token = "", aws_session_token = "new" })
    assert.is_nil(of_section {})
  end)
end)
