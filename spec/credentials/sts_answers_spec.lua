-- What STS may answer where a role is assumed. The server plays STS and
-- Glacier and checks the signatures of both.

local scene = require "spec.support.scene"

local ROLE = "arn:aws:iam::123456789012:role/reader"
local OTHER_ROLE = "arn:aws:iam::210987654321:role/a/b+c=d"
local KEYS = "aws_access_key_id = AKIDFIRST\naws_secret_access_key = s3cr3t/first+key\n"
local SIMPLE = "[default]\nrole_arn = " .. ROLE .. "\nsource_profile = base\n"
local BASE = "[base]\n" .. KEYS

local stage = scene.stage { setup = setup, teardown = teardown, after_each = after_each }
local set = stage.set

describe("STS", function()
  local function refuses(entries, expected)
    entries[#entries + 1] = scene.GLACIER
    set { config = SIMPLE, credentials = BASE, play = entries }
    return stage.current:refuses(expected)
  end

  it("is shown with its code and message, the role and the profile", function()
    local err = refuses({ scene.sts_error(403, "AccessDenied",
      "User: arn:aws:iam::1:user/&quot;me&quot; is not authorized &#38; so &#x6F;n") },
      "assume role: role " .. ROLE .. ' of the profile "default": An error occurred '
      .. "(AccessDenied) when calling the AssumeRole operation: "
      .. 'User: arn:aws:iam::1:user/"me" is not authorized & so on')
    assert.equal("InitiateJob", err.operation)
    assert.equal(1, #stage.current:requests "^/sts")
    assert.equal(0, #stage.current:used())
  end)

  it("is asked again where it is not well, or slow, or gone", function()
    for _, failure in ipairs {
      scene.sts_error(503, "ServiceUnavailable", "later"),
      scene.sts_error(400, "Throttling", "Rate exceeded"),
      scene.sts_error(400, "IDPCommunicationError", "later"),
      scene.sts("<html>", { status = 502 }),
      scene.sts("", { raw = "" }),
    } do
      failure.times = 2
      set { config = SIMPLE, credentials = BASE,
        play = { failure, scene.sts_gives "role", scene.GLACIER } }
      stage.current:signs_with "role"
      assert.equal(3, #stage.current:requests "^/sts")
      stage.current:close()
    end
    stage.current = nil
  end)

  it("is asked three times at the most", function()
    refuses({ scene.sts_error(500, "InternalFailure", "down", { times = 9 }) },
      "An error occurred (InternalFailure) when calling the AssumeRole operation: down")
    assert.equal(3, #stage.current:requests "^/sts")
  end)

  it("that cannot be reached is an error with its URL", function()
    set { config = SIMPLE, credentials = BASE,
      environment = { AWS_ENDPOINT_URL_STS = "http://127.0.0.1:1/secret-path" } }
    local err = stage.current:refuses 'Could not connect to the endpoint URL: "http://127.0.0.1:1"'
    assert.is_nil(err.message:find("secret-path", 1, true))
  end)

  it("at no URL is told with the role", function()
    set { config = SIMPLE, credentials = BASE, environment = { AWS_ENDPOINT_URL_STS = "sts.local" } }
    local err = stage.current:refuses("assume role: role " .. ROLE .. ' of the profile "default": ')
    assert.truthy(err.message:find("AWS_ENDPOINT_URL_STS: ", 1, true), err.message)
    assert.equal(0, #stage.current:requests "^/sts")
  end)

  it("may not quote the token or the signature in an error", function()
    local ROLE_TOKEN = "s3cr3t/role/token=="
    set {
      config = "[default]\nrole_arn = " .. OTHER_ROLE .. "\nsource_profile = middle\n"
        .. "[profile middle]\nrole_arn = " .. ROLE .. "\nsource_profile = base\n",
      credentials = BASE,
      play = { scene.sts_gives "role",
        scene.sts_error(403, "SignatureDoesNotMatch", "The canonical request was\n"
          .. "x-amz-security-token:" .. ROLE_TOKEN .. "\nhost") },
    }
    stage.current:refuses "The canonical request was x-amz-security-token:*** host"
  end)

  it("is shown in bounds, on one line of whole characters", function()
    local err = refuses({ scene.sts_error(400, "Bad\27[2J", "a\r\nb\0c\255" .. ("x"):rep(60000)) },
      "An error occurred (Bad?[2J) when calling the AssumeRole operation: a b?c\239\191\189xxx")
    assert.is_true(#err.message < 1500)
    assert.is_nil(err.message:find "[^ -~\239\191\189]")
  end)

  it("without words is shown with status and reason", function()
    refuses({ scene.sts("<html>no</html>", { status = 403 }) },
      "An error occurred (403) when calling the AssumeRole operation: Forbidden")
  end)

  local GOOD = scene.sts_body "role"
  local function replaced(part, by)
    local first, last = GOOD:find(part, 1, true)
    return GOOD:sub(1, first - 1) .. by .. GOOD:sub(last + 1)
  end

  -- Bodies that come with status 200.
  local HOSTILE = {
    { "nothing", "" },
    { "HTML", "<html><body>s3cr3t</body></html>" },
    { "JSON", '{"AccessKeyId":"s3cr3t"}' },
    { "an answer cut off in the token", GOOD:sub(1, GOOD:find("</SessionToken>", 1, true) - 3) },
    { "an answer cut off behind the credentials",
      GOOD:sub(1, select(2, GOOD:find("</Credentials>", 1, true))) },
    { "no secret key", replaced("<SecretAccessKey>s3cr3t/role+key</SecretAccessKey>", "") },
    { "an empty secret key", replaced(">s3cr3t/role+key<", "><") },
    { "a blank in the secret key", replaced(">s3cr3t/role+key<", ">s3cr3t/ role+key<") },
    { "a key with a header in it", replaced(">ASIAROLE<", ">ASIA\r\nHost: evil<") },
    { "a key with a line break by reference", replaced(">ASIAROLE<", ">ASIA&#10;ROLE<") },
    { "a key with an unknown entity", replaced(">ASIAROLE<", ">&s3cr3t;<") },
    { "a key with a bare ampersand", replaced(">ASIAROLE<", ">A&s3cr3t<") },
    { "an element in the token", replaced("s3cr3t/role/token==", "s3cr3t<b/>") },
    { "a marked section", replaced(">ASIAROLE<", "><![CDATA[ASIAROLE]]><") },
    { "two access keys", replaced("<AccessKeyId>", "<AccessKeyId>X</AccessKeyId><AccessKeyId>") },
    { "two sets of credentials",
      replaced("<Credentials>", "<Credentials></Credentials><Credentials>") },
    { "credentials in a comment too",
      replaced("<Credentials>", "<!-- <Credentials> --><Credentials>") },
    { "no time of expiry", replaced("<Expiration>", "<Expiration>x") },
    { "an answer to something else", scene.sts_body("role", 3600, "GetSessionToken") },
    { "a huge answer", GOOD .. (" "):rep(70000) .. "</AssumeRoleResponse>" },
    { "a run of blanks in a field", replaced(">ASIAROLE<", ">A" .. (" "):rep(60000) .. "B<") },
    { "credentials that have expired", scene.sts_body("role", -1) },
  }
  for _, case in ipairs(HOSTILE) do
    it("is not believed " .. case[1], function()
      refuses({ scene.sts(case[2], { times = 9 }) }, "assume role")
      assert.equal(0, #stage.current:used())
    end)
  end

  it("may write any character of a key as a reference", function()
    set { config = SIMPLE, credentials = BASE,
      play = { scene.sts(replaced(">s3cr3t/role+key<", ">s3cr3t&#x2F;role&#43;key<")),
        scene.GLACIER } }
    stage.current:signs_with "role"
  end)

  it("is where the partition has it, and FIPS where the environment says so", function()
    local sts = require "glacier.credentials.sts"
    local sigv4 = require "glacier.core.sigv4"
    local files = { profile_name = "default", profile = {}, profiles = {}, services = {} }
    for _, case in ipairs {
      { "us-west-2", {}, "https://sts.us-west-2.amazonaws.com/" },
      { "cn-north-1", {}, "https://sts.cn-north-1.amazonaws.com.cn/" },
      { "us-east-1", { AWS_USE_FIPS_ENDPOINT = "true" },
        "https://sts-fips.us-east-1.amazonaws.com/" },
      { "us-gov-west-1", { AWS_USE_FIPS_ENDPOINT = "true" },
        "https://sts.us-gov-west-1.amazonaws.com/" },
      { "us-east-1", { AWS_ENDPOINT_URL_STS = "https://Example.org:8443/a/?b=c",
        AWS_USE_FIPS_ENDPOINT = "true" }, "https://example.org:8443/a?b=c" },
    } do
      local sent
      local context = {
        options = {}, environment = case[2], configuration = files, region = case[1],
        signer = sigv4.signer(), now = os.time, sleep = function() end,
        send = function(request)
          sent = request
          return { status = 200, reason = "", headers = {}, body = GOOD }
        end,
      }
      context.client = context
      assert(sts.assume(context, {
        action = "AssumeRole", parameters = {}, order = {}, source = "spec",
        identity = sigv4.credentials("AKID", "s3cr3t"),
      }))
      assert.equal(case[3], sent.url)
    end
  end)
end)
