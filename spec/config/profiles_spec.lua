local profiles = require "glacier.config.profiles"

local rep = string.rep

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
local SMALL = "abcdefghijklmnopqrstuvwxyz"
local REST = "0123456789-_"

-- Each case: a title, `config` and `credentials` (the text of the files, nil
-- where there is none) and the profiles that they hold; `sso_sessions` and
-- `services` are empty where they are not given.
local READ = {
  -- Profiles
  { "nothing in an empty file", config = "", profiles = {} },
  { "a profile without properties", config = "[profile foo]", profiles = { foo = {} } },
  { "every punctuation mark in a name but those of the shell",
    config = "[profile some-thing:long/the_one%only.foo@bar+]\n[profile foo!bar&$(x)]",
    profiles = { ["some-thing:long/the_one%only.foo@bar+"] = {}, ["foo!bar&$(x)"] = {} } },
  { "every letter and digit in a profile's name",
    config = "[profile " .. ALPHABET .. SMALL .. REST .. "]",
    profiles = { [ALPHABET .. SMALL .. REST] = {} } },
  { "a name between blanks", config = "[profile \tfoo \t]", profiles = { foo = {} } },
  { "a tab after the prefix", config = "[profile\tfoo]", profiles = { foo = {} } },
  { "two empty profiles", config = "[profile foo]\n[profile bar]",
    profiles = { foo = {}, bar = {} } },
  { "two profiles", config = "[profile foo]\nname = value\n[profile bar]\nname2 = value2",
    profiles = { foo = { name = "value" }, bar = { name2 = "value2" } } },
  { "a prefix that runs into the name as no profile",
    config = "[profilefoo]\nname = value\n[profile bar]", profiles = { bar = {} } },
  { "blanks within the brackets of a config section",
    config = "[   profile foo    ]\nname = value\n[profile bar]",
    profiles = { foo = { name = "value" }, bar = {} } },
  { "blanks within the brackets of a credentials section",
    credentials = "[   foo    ]\nname = value\n[bar]",
    profiles = { foo = { name = "value" }, bar = {} } },
  { "no profile in a config section without prefix",
    config = "[foo]\nname = value", profiles = {} },
  { "a credentials section with prefix as a profile of that name",
    credentials = "[profile foo]\nname = value",
    profiles = { ["profile foo"] = { name = "value" } } },
  { "no property of a section with a wrong name",
    config = "[profile foo]\nname = value\n[profile in valid]\nx = 1\n"
      .. "[profile bar]\nname = value2",
    profiles = { foo = { name = "value" }, bar = { name = "value2" } } },

  -- Properties
  { "a property", config = "[profile foo]\nname = value",
    profiles = { foo = { name = "value" } } },
  { "lines that end in CRLF", config = "[profile foo]\r\nname = value",
    profiles = { foo = { name = "value" } } },
  { "an equals sign in a value", config = "[profile foo]\nname = val=ue",
    profiles = { foo = { name = "val=ue" } } },
  { "a value beyond ASCII, byte by byte",
    config = "[profile foo]\nname = \195\176\197\184\203\156\226\128\154",
    profiles = { foo = { name = "\195\176\197\184\203\156\226\128\154" } } },
  { "two properties", config = "[profile foo]\nname = value\nname2 = value2",
    profiles = { foo = { name = "value", name2 = "value2" } } },
  { "keys and values without the blanks around them",
    config = "[profile foo]\nname \t=  \tvalue \t", profiles = { foo = { name = "value" } } },
  { "an empty value", config = "[profile foo]\nname =", profiles = { foo = { name = "" } } },
  { "every letter and digit in a key, in lower case",
    config = "[profile foo]\n" .. ALPHABET .. SMALL .. REST .. " = value",
    profiles = { foo = { [SMALL .. SMALL .. REST] = "value" } } },
  { "past blank lines",
    config = "\t \n[profile foo]\n\t\n \nname = value\n\t \n[profile bar]\n \t",
    profiles = { foo = { name = "value" }, bar = {} } },

  -- Comments
  { "past comments with #",
    config = "# Comment\n[profile foo] # Comment\nname = value",
    profiles = { foo = { name = "value" } } },
  { "past comments with ;",
    config = "; Comment\n[profile foo] ; Comment\nname = value",
    profiles = { foo = { name = "value" } } },
  { "past comments of both kinds",
    config = "# Comment\n[profile foo] ; Comment # [x]\n ; Comment\nname = value",
    profiles = { foo = { name = "value" } } },
  { "past empty comments", config = ";\n[profile foo];\nname = value\n#\n",
    profiles = { foo = { name = "value" } } },
  { "past comments that touch a header",
    config = "[profile foo]; Adjacent semicolons\n[profile bar]# Adjacent pound signs",
    profiles = { foo = {}, bar = {} } },
  { "past short comments that touch a header",
    config = "[profile foo]; semicolon\n[profile bar]# pound",
    profiles = { foo = {}, bar = {} } },
  { "what looks like a comment and follows a value as part of it",
    config = "[profile foo]\nname = value; Adjacent semicolons\n"
      .. "name2 = value# Adjacent pound signs\nname3 = value # sign\nname4 = value ;",
    profiles = { foo = { name = "value; Adjacent semicolons",
      name2 = "value# Adjacent pound signs", name3 = "value # sign", name4 = "value ;" } } },

  -- Continuations and sub-properties
  { "a continued value", config = "[profile foo]\nname = value\n -continued",
    profiles = { foo = { name = "value\n-continued" } } },
  { "a value continued twice",
    config = "[profile foo]\nname = value\n -continued\n -and-continued",
    profiles = { foo = { name = "value\n-continued\n-and-continued" } } },
  { "a continuation without the blanks around it",
    config = "[profile foo]\nname = value\n \t -continued \t ",
    profiles = { foo = { name = "value\n-continued" } } },
  { "# within a continuation as part of it",
    config = "[profile foo]\nname = value\n -continued # Comment",
    profiles = { foo = { name = "value\n-continued # Comment" } } },
  { "; within a continuation as part of it",
    config = "[profile foo]\nname = value\n -continued ; Comment",
    profiles = { foo = { name = "value\n-continued ; Comment" } } },
  { "a sub-property", config = "[profile foo]\ns3 =\n name = value",
    profiles = { foo = { s3 = "\nname = value" } } },
  { "an empty sub-property", config = "[profile foo]\ns3 =\n name =",
    profiles = { foo = { s3 = "\nname =" } } },
  { "a sub-property with blanks in its name",
    config = "[profile foo]\ns3 =\n in valid = value",
    profiles = { foo = { s3 = "\nin valid = value" } } },
  { "sub-properties past a blank line",
    config = "[profile foo]\ns3 =\n name = value\n\t \n name2 = value2",
    profiles = { foo = { s3 = "\nname = value\nname2 = value2" } } },

  -- Two files
  { "one profile from both files",
    config = "[profile foo]\nname = value", credentials = "[foo]\nname2 = value2",
    profiles = { foo = { name = "value", name2 = "value2" } } },
  { "the credentials file's property where both have it",
    config = "[profile foo]\nname = value", credentials = "[foo]\nname = value2",
    profiles = { foo = { name = "value2" } } },
  { "the prefixed default profile merged with the credentials file's",
    config = "[profile default]\nname = value\n[default]\nname2 = value2\n"
      .. "[profile default]\nname3 = value3",
    credentials = "[default]\nsecret=foo",
    profiles = { default = { name = "value", name3 = "value3", secret = "foo" } } },

  -- SSO sessions
  { "an SSO session", config = "[sso-session foo]\nname = value\n[profile bar]",
    profiles = { bar = {} }, sso_sessions = { foo = { name = "value" } } },
  { "sso-session without a blank in the credentials file as a profile",
    credentials = "[sso-sessionfoo]\nname = value\n[bar]",
    profiles = { ["sso-sessionfoo"] = { name = "value" }, bar = {} } },
  { "past an unknown prefix", config = "[sso-sesion foo]\nname = value\n[profile bar]",
    profiles = { bar = {} } },

  -- Of our own
  { "past a byte order mark", config = "\239\187\191[profile foo]\na = 1",
    profiles = { foo = { a = "1" } } },
  { "a file that is only a byte order mark", config = "\239\187\191", profiles = {} },
  { "a NUL in a value", config = "[profile foo]\na = x\0y # \0\nb = 1",
    profiles = { foo = { a = "x\0y # \0", b = "1" } } },
  { "no key and no profile with a NUL in its name",
    config = "[profile f\0oo]\na = 1\n[profile bar]\nb\0c = 1", profiles = { bar = {} } },
  { "bytes that are no UTF-8 in a value", config = "[profile foo]\na = \255\254\128\160",
    profiles = { foo = { a = "\255\254\128\160" } } },
  { "services sections",
    config = "[services local]\nglacier =\n  endpoint_url = http://localhost:4566\n"
      .. "s3 =\n  endpoint_url = http://localhost:4567\n[profile dev]\nservices = local",
    profiles = { dev = { services = "local" } },
    services = { ["local"] = { glacier = "\nendpoint_url = http://localhost:4566",
      s3 = "\nendpoint_url = http://localhost:4567" } } },
  { "three sections of one name apart",
    config = "[profile a]\nx = 1\n[sso-session a]\nx = 2\n[services a]\nx = 3",
    profiles = { a = { x = "1" } }, sso_sessions = { a = { x = "2" } },
    services = { a = { x = "3" } } },
  { "no SSO session and no services from the credentials file",
    credentials = "[sso-session a]\nx = 1\n[services b]\nx = 2",
    profiles = { ["sso-session a"] = { x = "1" }, ["services b"] = { x = "2" } } },
  { "past sections without a name",
    config = "[]\na = 1\n[profile]\nb = 1\n[services ]\nc = 1", profiles = {} },
  { "what looks like a comment as a value", config = "[profile foo]\na = # none",
    profiles = { foo = { a = "# none" } } },
  { "the whole of the later property where one has sub-properties",
    config = "[profile foo]\ns3 =\n a = 1\nS3 =\n b = 2",
    profiles = { foo = { s3 = "\nb = 2" } } },
  { "nothing in no files", profiles = {} },
  { "an access key without the other file's secret and session token",
    config = "[default]\naws_access_key_id = A\naws_secret_access_key = B\n"
      .. "aws_session_token = C\nregion = us-east-1",
    credentials = "[default]\naws_access_key_id = D\naws_secret_access_key = E",
    profiles = { default = { aws_access_key_id = "D", aws_secret_access_key = "E",
      region = "us-east-1" } } },
}

-- The AWS tools disagree on these. Each case says what boto3 makes of the file
-- where we take the side of the AWS SDKs, or the other way round.
local DISPUTED = {
  -- Other SDKs: the value is `value`. We: as boto3.
  { "a value with what others take for a comment", config = "[profile foo]\nname = value # note",
    profiles = { foo = { name = "value # note" } } },
  -- boto3: the last of the two sections. We: the prefixed one, as the other SDKs.
  { "the prefixed default profile where it comes first",
    config = "[profile default]\nname = value\n[default]\nname2 = value2",
    profiles = { default = { name = "value" } } },
  { "the prefixed default profile where it comes last",
    config = "[default]\nname2 = value2\n[profile default]\nname = value",
    profiles = { default = { name = "value" } } },
  { "the prefixed default profile where it comes twice",
    config = "[profile default]\nname = value\n[default]\nname2 = value2\n"
      .. "[profile default]\nname3 = value3",
    profiles = { default = { name = "value", name3 = "value3" } } },
  { "the prefixed default profile though it is empty",
    config = "[default]\nname2 = value2\n[profile default]", profiles = { default = {} } },
  -- Other SDKs: left out, in both files. We: as boto3.
  { "no profile of a name in several words", config = "[profile in valid]\nname = value",
    credentials = "[in valid 2]\nname2 = value2",
    profiles = { ["in valid 2"] = { name2 = "value2" } } },
  { "a profile with a name in quotes", config = '[profile "in valid"]\nname = value',
    profiles = { ["in valid"] = { name = "value" } } },
  -- boto3: the key is `in valid`. We: left out, as the other SDKs.
  { "no property with blanks in its name", config = "[profile foo]\nin valid = value",
    profiles = { foo = {} } },
  -- boto3: a section or a property that comes twice is an error. We: merged.
  { "a profile in two parts as one",
    config = "[profile foo]\nname = value\n[profile foo]\nname2 = value2",
    profiles = { foo = { name = "value", name2 = "value2" } } },
  { "the later of two properties", config = "[profile foo]\nname = value\nname = value2",
    profiles = { foo = { name = "value2" } } },
  { "the later of two properties in a profile in two parts",
    config = "[profile foo]\nname = value\n[profile foo]\nname = value2",
    profiles = { foo = { name = "value2" } } },
  { "the later of two properties in different case",
    config = "[profile foo]\nName = value\n[profile foo]\nname = value2",
    profiles = { foo = { name = "value2" } } },
  -- Other SDKs: a line that starts with a blank is always a continuation, and an
  -- error where there is nothing to continue. We: a file that is indented as a
  -- whole, or within its sections, is read as boto3 reads it.
  { "properties that are indented",
    config = "[profile foo]\n  a = 1\n  s3 =\n    x = y\n  b = 2\n",
    profiles = { foo = { a = "1", s3 = "\nx = y", b = "2" } } },
  { "a file that is indented as a whole",
    config = "  [profile foo]\n  a = 1\n  [profile bar]\n  b = 2\n",
    profiles = { foo = { a = "1" }, bar = { b = "2" } } },
  -- Other SDKs: a malformed sub-property. We: a comment, as boto3.
  { "past a comment that is indented",
    config = "  # note\n[profile foo]\ns3 =\n  # note\n  x = y\n  ; note\n",
    profiles = { foo = { s3 = "\nx = y" } } },
  -- Other SDKs: not the end of a line. We: as boto3.
  { "lines that end in CR", config = "[profile foo]\ra=1\rb=2",
    profiles = { foo = { a = "1", b = "2" } } },
}

-- Each case: a title, the file, the line that is wrong and what is said of it.
local REJECTED = {
  -- boto3: whatever follows the bracket is ignored.
  { "text after a header", "[profile foo] sesame", 1, "Profile definition must end with ']'" },
  { "a header without its end", "[profile foo", 1, "Profile definition must end with ']'" },
  { "a bracket alone", "[", 1, "Profile definition must end with ']'" },
  { "a property before any header", "name = value", 1, "Expected a profile definition" },
  { "a continuation before any header", " -continued", 1, "Expected a profile definition" },
  { "a property without a name", "[profile foo]\n= value", 2, "Property did not have a name" },
  -- boto3: a colon separates as well as an equals sign.
  { "a colon for an equals sign", "[profile foo]\nkey : value", 2,
    "Expected an '=' sign defining a property" },
  { "no equals sign but in a comment", "[profile foo]\nsesame\n# = value", 2,
    "Expected an '=' sign defining a property" },
  { "a continuation of nothing", "[profile foo]\n -continued", 2,
    "Expected a property definition, found continuation" },
  { "an indented property without a name", "[profile foo]\n = value", 2,
    "Property did not have a name" },
  { "an indented line that continues nothing", "[profile foo]\n  a = 1\n sesame", 3,
    "Expected an '=' sign defining a property" },
  { "a continuation of a header", "[profile foo]\nname = value\n[profile foo]\n -continued", 4,
    "Expected a property definition, found continuation" },
  { "a sub-property without an equals sign", "[profile foo]\ns3 =\n invalid", 3,
    "Expected an '=' sign defining a sub-property" },
  { "a sub-property without a name", "[profile foo]\ns3 =\n = value", 3,
    "Sub-property did not have a name" },
  { "a wrong line in a section that is left out", "[nobody]\n\r\n\r\nsesame", 4,
    "Expected an '=' sign defining a property" },
  { "UTF-16", "\255\254[\0d\0]\0\n\0", 1, "The file is in UTF-16: save it as UTF-8" },
}

local function read(case)
  local config, credentials
  if case.config then config = assert(profiles.parse(case.config, "config", "config")) end
  if case.credentials then
    credentials = assert(profiles.parse(case.credentials, "credentials", "credentials"))
  end
  return profiles.merge(config, credentials)
end

local function check(case)
  it("reads " .. case[1], function()
    assert.same({
      profiles = case.profiles,
      sso_sessions = case.sso_sessions or {},
      services = case.services or {},
    }, read(case))
  end)
end

describe("profiles.parse and profiles.merge", function()
  for _, case in ipairs(READ) do check(case) end
end)

describe("profiles, where the AWS tools disagree,", function()
  for _, case in ipairs(DISPUTED) do check(case) end
end)

describe("profiles.parse", function()
  for _, case in ipairs(REJECTED) do
    it("rejects " .. case[1], function()
      local file, message = profiles.parse(case[2], "config", "/home/a%b/config")
      assert.is_nil(file)
      assert.equal("Unable to parse config file: /home/a%b/config, line " .. case[3]
        .. ": " .. case[4], message)
    end)
  end

  it("names no text of the file in any message", function()
    local secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    local forms = { "%s", " %s", "[%s", "[%s] %s", "[a]\n%s", "[a]\n %s", "[a]\n%s : %s",
      "[a]\n= %s", "[a]\nb =\n  %s", "[a]\nb =\n  = %s", "[a]\n%s # %s", "\0[%s]" }
    for _, form in ipairs(forms) do
      for _, kind in ipairs { "config", "credentials" } do
        local file, message = profiles.parse(form:gsub("%%s", secret), kind, "file")
        assert.is_nil(file, form)
        assert.is_nil(message:find("wJalr", 1, true), form)
      end
    end
  end)

  it("raises for a text that is no string and for a kind that is none", function()
    assert.has_error(function() profiles.parse(nil, "config", "x") end,
      "text: string expected")
    assert.has_error(function() profiles.parse("", "ini", "x") end,
      "kind: 'config' or 'credentials' expected")
  end)

  -- Reading these in quadratic time would take minutes.
  it("reads files of a megabyte, whatever fills them", function()
    local size = 1048576
    local blanks, lines = rep(" ", size), rep(" x\n", size / 4)
    local function foo(text)
      return assert(profiles.parse("[foo]\n" .. text, "credentials", "x")).profiles.foo
    end
    assert.equal(blanks:gsub(" ", "y"), (foo("a = " .. blanks:gsub(" ", "y")).a))
    assert.equal("b" .. blanks .. "c", foo("a = b" .. blanks .. "c" .. blanks).a)
    assert.same({ a = "1" }, foo(blanks .. "\na = 1\n" .. blanks))
    assert.equal("1\n" .. lines:gsub(" ", ""):sub(1, -2), foo("a = 1\n" .. lines).a)
    assert.same({ a = "2" }, foo(rep("a = 1\n", size / 8) .. "a = 2"))
    assert.same({}, foo(rep("\r\n", size / 2)))
    assert.is_nil((profiles.parse("[" .. blanks, "config", "x")))
  end)
end)

describe("profiles.merge", function()
  it("leaves the files as they were", function()
    local config = assert(profiles.parse("[profile foo]\na = 1", "config", "x"))
    local credentials = assert(profiles.parse("[foo]\na = 2", "credentials", "x"))
    local merged = profiles.merge(config, credentials)
    merged.profiles.foo.a = "3"
    assert.equal("1", config.profiles.foo.a)
    assert.equal("2", credentials.profiles.foo.a)
  end)
end)

describe("profiles.sub_properties", function()
  it("gives the endpoint of a services section", function()
    local merged = read { config = "[services dev]\nglacier =\n"
      .. "  Endpoint_URL = http://localhost:4566/?a=b#c\n  # note\n  other =\n" }
    assert.same({ endpoint_url = "http://localhost:4566/?a=b#c", other = "" },
      profiles.sub_properties(merged.services.dev.glacier))
  end)

  it("gives none for a plain value, a continued one and nil", function()
    assert.same({}, profiles.sub_properties("a = b"))
    assert.same({}, profiles.sub_properties("a\nb = c"))
    assert.same({}, profiles.sub_properties(""))
    assert.same({}, profiles.sub_properties(nil))
  end)
end)
