-- A default file that cannot be read stopped every client, whoever needed it:
-- container tools put a directory where ~/.aws/credentials is to be mounted.

local config = require "glacier.config"
local endpoint = require "spec.support.endpoint"
local files = require "glacier.config.files"
local home = require "spec.support.home"
local scene = require "spec.support.scene"

local KEYS = {
  AWS_ACCESS_KEY_ID = "AKIDFIRST", AWS_SECRET_ACCESS_KEY = "s3cr3t/first+key",
}

describe("a default file that cannot be read", function()
  local server, current

  setup(function() server = endpoint.start() end)
  teardown(function() server:stop() end)
  after_each(function() current:close() end)

  for title, command in pairs {
    ["a directory"] = "mkdir .aws/credentials .aws/config",
    ["a link to itself"] = "ln -s config .aws/config && ln -s credentials .aws/credentials",
    ["a link to a directory"] = "ln -s / .aws/config",
    ["a device without end"] = "ln -s /dev/zero .aws/credentials",
    ["a pipe that nobody writes to"] = "mkfifo .aws/credentials .aws/config",
  } do
    it("is not missed where keys are in the environment: " .. title, function()
      current = scene.new(server, { environment = KEYS })
      current.home:run(command)
      local events = {}
      current:signs_with("first", nil, { logger = function(event)
        events[#events + 1] = event.event == "warning" and event.message or nil
      end })
      assert.truthy(events[1]:find("was not read: " .. current.home.path .. "/.aws/", 1, true))
    end)
  end

  it("leaves the other one", function()
    current = scene.new(server, { credentials = "[default]\naws_access_key_id = AKIDFIRST\n" ..
      "aws_secret_access_key = s3cr3t/first+key\n" })
    current.home:run "mkdir .aws/config"
    current:signs_with "first"
  end)

  it("is told of where a profile is missed", function()
    current = scene.new(server, { config = "[profile a]\n" })
    current.home:run "mkdir .aws/credentials"
    local _, err = config.load(current.home.environment, "b")
    assert.are.equal("ProfileNotFound", err.code)
    local path = current.home.path .. "/.aws/credentials"
    assert.truthy(err.message:find(path .. ": a; not read: " .. path .. ": ", 1, true), err.message)
  end)

  -- Nothing is closed to the superuser, so the system's answer is made up.
  it("may be closed to us", function()
    current = scene.new(server)
    local read = files.read
    files.read = function(path)
      return nil, path .. ": Permission denied", nil
    end
    local loaded, err = config.load(current.home.environment)
    local environment = { HOME = "/h", AWS_CONFIG_FILE = "~/named" }
    local _, refused = config.load(environment)
    files.read = read
    assert.is_nil(err)
    assert.are.equal(2, #loaded.unread)
    assert.are.equal("Unable to read config file: /h/named: Permission denied (AWS_CONFIG_FILE)",
      refused.message)
  end)
end)

-- A text as UTF-16 or UTF-32: each byte of ASCII between NULs.
local function widen(text, before, after)
  return (text:gsub(".", function(mark)
    return ("\0"):rep(before) .. mark .. ("\0"):rep(after)
  end))
end

describe("a file in another encoding", function()
  local TEXT = "[default]\r\nregion = eu-west-1\r\n"

  local function refused(name, text)
    local folder = home.new { [name] = text }
    local loaded, err = config.load(folder.environment)
    folder:remove()
    assert.is_nil(loaded)
    assert.are.equal("ConfigParseError", err.code)
    return err.message
  end

  for title, text in pairs {
    ["UTF-16 with a mark, as Windows writes it"] = "\255\254" .. widen(TEXT, 0, 1),
    ["UTF-16 with a mark, the other way round"] = "\254\255" .. widen(TEXT, 1, 0),
    ["UTF-16 without a mark"] = widen(TEXT, 0, 1),
    ["UTF-16 without a mark, the other way round"] = widen(TEXT, 1, 0),
    ["UTF-32 with a mark"] = "\255\254\0\0" .. widen(TEXT, 0, 3),
  } do
    it("is told by it: " .. title, function()
      local encoding = title:match "^%S+"
      for _, name in ipairs { "config", "credentials" } do
        local message = refused(name, text)
        assert.truthy(message:find("/.aws/" .. name .. ", line 1: The file is in " .. encoding, 1,
          true), message)
      end
    end)
  end

  it("is none with the mark of UTF-8", function()
    local folder = home.new { config = "\239\187\191" .. TEXT,
      credentials = "\239\187\191# mine\n[default]\na = Ren\195\169\n" }
    local loaded = assert(config.load(folder.environment))
    folder:remove()
    assert.are.same({ region = "eu-west-1", a = "Ren\195\169" }, loaded.profile)
  end)
end)
