-- Static keys from the two files, up to what reaches Glacier.

local home = require "spec.support.home"
local scene = require "spec.support.scene"

local FIRST = "aws_access_key_id = AKIDFIRST\naws_secret_access_key = s3cr3t/first+key\n"
local SECOND = "aws_access_key_id = AKIDSECOND\naws_secret_access_key = s3cr3t/second+key\n"
local ROLE = "aws_access_key_id = ASIAROLE\naws_secret_access_key = s3cr3t/role+key\n"
  .. "aws_session_token = s3cr3t/role/token==\n"

describe("keys in files", function()
  local stage = scene.stage { setup = setup, teardown = teardown, after_each = after_each }
  local set = stage.set

  -- A title, the scene, the key that signs, the options.
  local CASES = {
    { "are taken from the credentials file", { credentials = "[default]\n" .. FIRST }, "first" },
    { "are taken from the config file", { config = "[default]\n" .. FIRST }, "first" },
    { "are taken from the credentials file first",
      { credentials = "[default]\n" .. FIRST, config = "[default]\n" .. SECOND }, "first" },
    { "may have a session token", { credentials = "[default]\n" .. ROLE }, "role" },
    { "may have a session token in the config file", { config = "[default]\n" .. ROLE }, "role" },
    { "do not get the token of the other file",
      { credentials = "[default]\n" .. FIRST, config = "[default]\n" .. ROLE }, "first" },
    { "may have no token where it is empty",
      { credentials = "[default]\n" .. FIRST .. "aws_session_token =\n" }, "first" },
    { "are those of AWS_PROFILE", { credentials = "[default]\n" .. FIRST .. "[work]\n" .. SECOND,
      environment = { AWS_PROFILE = "work" } }, "second" },
    { "are those of AWS_DEFAULT_PROFILE", {
      config = "[default]\n" .. FIRST .. "[profile work]\n" .. SECOND,
      environment = { AWS_DEFAULT_PROFILE = "work" } }, "second" },
    { "are those of the option rather than of AWS_PROFILE", {
      credentials = "[a]\n" .. FIRST .. "[b]\n" .. SECOND,
      environment = { AWS_PROFILE = "a" } }, "second", { profile = "b" } },
    { "of a profile that only has a region there are in the other file", {
      credentials = "[work]\nregion = eu-west-1\n", config = "[profile work]\n" .. FIRST,
      environment = { AWS_PROFILE = "work" } }, "first" },
    { "with no key id do not count, so the other file's do", {
      credentials = "[default]\naws_secret_access_key = s3cr3t\n",
      config = "[default]\n" .. SECOND }, "second" },
    { "go before a process in the credentials file", {
      credentials = "[default]\n" .. FIRST, config = "[default]\ncredential_process = false\n" },
      "first" },
  }
  for _, case in ipairs(CASES) do
    it(case[1], function()
      set(case[2])
      stage.current:signs_with(case[3], nil, case[4])
    end)
  end

  it("are found where the variables say", function()
    local folder = home.new()
    local credentials = folder:write("my keys", "[default]\n" .. SECOND)
    local config = folder:write("my config", "[profile work]\n" .. ROLE)
    set { environment = {
      AWS_SHARED_CREDENTIALS_FILE = credentials, AWS_CONFIG_FILE = config,
    } }
    stage.current:signs_with "second"
    stage.current:signs_with("role", nil, { profile = "work" })
    folder:remove()
  end)

  it("without a secret are an error that names file and profile", function()
    set { credentials = "[work]\naws_access_key_id = AKIDFIRST\n",
      config = "[profile work]\n" .. SECOND }
    local err = stage.current:refuses(
      "Partial credentials found in shared-credentials-file, missing: "
      .. 'aws_secret_access_key (profile "work" in ~/.aws/credentials)', nil,
      { profile = "work" })
    assert.equal("PartialCredentialsError", err.code)
    stage.current:close()
    set { config = "[default]\naws_access_key_id = A\naws_secret_access_key =\n" }
    stage.current:refuses("Partial credentials found in config-file, missing: "
      .. 'aws_secret_access_key (profile "default" in ~/.aws/config)')
    assert.equal(0, #stage.server:requests())
  end)

  it("with an empty key id are an error that names the variable's file", function()
    local folder = home.new()
    local path = folder:write("keys", "[default]\naws_access_key_id =\n"
      .. "aws_secret_access_key = s3cr3t\n")
    set { environment = { AWS_SHARED_CREDENTIALS_FILE = path } }
    stage.current:refuses('missing: aws_access_key_id (profile "default" in ' .. path .. ")")
    folder:remove()
  end)

  it("are read once for 200 calls, by each client", function()
    set { credentials = "[default]\n" .. FIRST }
    local client = stage.current:client()
    stage.current:signs_with("first", client)
    stage.current.home:write(".aws/credentials", "[default]\n" .. SECOND)
    for _ = 1, 199 do
      stage.current:signs_with("first", client)
    end
    stage.current:signs_with "second"
  end)
end)
