-- credential_process: real programs, up to what reaches Glacier.

local http = require "glacier.core.http"
local process = require "glacier.credentials.process"
local scene = require "spec.support.scene"
local socket = require "socket"

-- Seconds, far more than anything here takes.
local PATIENCE = 20

describe("credential_process", function()
  local stage = scene.stage { setup = setup, teardown = teardown, after_each = after_each }

  -- A scene with this command; `script` is an executable ~/helper.
  local function set(command, script, more)
    local given = { config = "" }
    for name, value in pairs(more or {}) do
      given[name] = value
    end
    stage.set(given)
    command = command:gsub("HELPER", (stage.current.home.path:gsub("%%", "%%%%")) .. "/helper")
    stage.current.home:write(".aws/config",
      "[profile work]\ncredential_process = " .. command .. "\n")
    if script then
      stage.current.home:write("helper", "#!/bin/sh\n" .. script)
      stage.current.home:run "chmod +x helper"
    end
  end

  local WORK = { profile = "work" }

  -- What a program prints that gives this key.
  local function output(name, expiration)
    local key = scene.KEYS[name]
    return ('{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"%s"%s%s}'):format(
      key.access_key_id, key.secret_access_key,
      key.session_token and ',"SessionToken":"' .. key.session_token .. '"' or "",
      expiration and ',"Expiration":"' .. expiration .. '"' or "")
  end

  local function prints(text)
    return "cat <<'END'\n" .. text .. "\nEND\n"
  end

  it("gives the credentials that a program prints", function()
    set("HELPER", prints(output "role"))
    stage.current:signs_with("role", nil, WORK)
  end)

  it("may give a key without a token, or with null for it", function()
    set("HELPER", prints(output "first"))
    stage.current:signs_with("first", nil, WORK)
    stage.current:close()
    set("HELPER", prints('{"Version":1,"AccessKeyId":"AKIDFIRST","SecretAccessKey":'
      .. '"s3cr3t/first+key","SessionToken":null,"Expiration":null,"More":[1]}'))
    stage.current:signs_with("first", nil, WORK)
  end)

  it("may have arguments in quotes and need not end its output in a line", function()
    set("HELPER 'a b' \"c\"", '[ "$#:$1:$2" = "2:a b:c" ] && printf %s \''
      .. output "first" .. "'\n")
    stage.current:signs_with("first", nil, WORK)
  end)

  it("may end in a comment, and write to standard error", function()
    set("HELPER 2>/dev/null # comment", "echo s3cr3t >&2\n" .. prints(output "first"))
    stage.current:signs_with("first", nil, WORK)
  end)

  it("may leave in the background what keeps its output open", function()
    set("HELPER", "sleep 60 & echo $! >\"$0.left\"\n" .. prints(output "first"))
    stage.current:signs_with("first", nil, WORK)
    stage.current.home:run "kill $(cat helper.left)"
  end)

  it("has nothing to read, and no terminal", function()
    set("HELPER", "[ -z \"$(cat)\" ] && ! (cat </dev/tty) 2>/dev/null || exit 9\n"
      .. prints(output "first"))
    stage.current:signs_with("first", nil, WORK)
  end)

  it("is run once for 200 calls where there is no end", function()
    set("HELPER", "echo run >>\"$0.runs\"\n" .. prints(output "first"))
    local client = stage.current:client(WORK)
    for _ = 1, 200 do
      stage.current:signs_with("first", client)
    end
    local runs = 0
    for _ in io.lines(stage.current.home.path .. "/helper.runs") do runs = runs + 1 end
    assert.equal(1, runs)
  end)

  it("is run again when the end is near", function()
    set("HELPER", "cat \"$0.out\"")
    stage.current.home:write("helper.out", output("role", scene.at(5 * 60)))
    local client = stage.current:client(WORK)
    stage.current:signs_with("role", client)
    stage.current.home:write("helper.out", output("other_role", scene.at(3600)))
    stage.current:signs_with("other_role", client)
    stage.current.home:write("helper.out", "broken")
    stage.current:signs_with("other_role", client)
  end)

  it("is run again when Glacier calls its credentials expired", function()
    set("HELPER", "cat \"$0.out\"; mv \"$0.next\" \"$0.out\" 2>&- || :", { play = {
      { recording = "initiate_job/expired_token", match = { path = "/vaults/" }, times = 1 },
      scene.GLACIER,
    } })
    stage.current.home:write("helper.out", output "role")
    stage.current.home:write("helper.next", output "other_role")
    stage.current:signs_with("other_role", nil, WORK)
  end)

  it("is read from the credentials file too", function()
    set("true", prints(output "first"))
    stage.current.home:write(".aws/credentials", "[work]\ncredential_process = "
      .. stage.current.home.path .. "/helper\n")
    stage.current:signs_with("first", nil, WORK)
  end)

  -- A title, the command, the program and what the error says.
  local CASES = {
    { "that fails", "HELPER", "echo s3cr3t\nexit 3\n", "it ended with status 3" },
    { "that fails though it gave credentials", "HELPER", prints(output "first") .. "exit 1\n",
      "it ended with status 1" },
    { "that ends the shell", "exit 4", nil, "it ended with status 4" },
    { "that is not there", "HELPER 2>/dev/null", nil, "it ended with status 127" },
    { "that no shell understands", "'HELPER s3cr3t 2>/dev/null", nil, "it could not be run" },
    { "that kills the shell", "exec 2>/dev/null; kill -9 $$; HELPER", "sleep 60\n",
      "it could not be run" },
    { "that prints nothing", "true", nil, "its output is no JSON object" },
    { "that prints no JSON", "HELPER", "echo s3cr3t\n", "its output is no JSON object" },
    { "that prints a NUL", "HELPER", "printf '{\\000'; " .. prints(output "first"),
      "its output is no JSON object" },
    { "that prints a list", "HELPER", prints '["s3cr3t"]', "its output is no JSON object" },
    { "that prints half an object", "HELPER", prints '{"Version":1,"AccessKeyId":"s3cr3t',
      "its output is no JSON object" },
    { "without a version", "HELPER", prints '{"AccessKeyId":"s3cr3t","SecretAccessKey":"s3cr3t"}',
      "its output is not of Version 1" },
    { "of another version", "HELPER", prints(output("first"):gsub("1", "2", 1)),
      "its output is not of Version 1" },
    { "of a version in quotes", "HELPER", prints(output("first"):gsub("1", '"1"', 1)),
      "its output is not of Version 1" },
    { "without a key id", "HELPER", prints '{"Version":1,"SecretAccessKey":"s3cr3t"}',
      "its output has no AccessKeyId" },
    { "without a secret key", "HELPER", prints '{"Version":1,"AccessKeyId":"A"}',
      "its output has no SecretAccessKey" },
    { "with null for a secret key", "HELPER",
      prints '{"Version":1,"AccessKeyId":"A","SecretAccessKey":null}',
      "its output has no SecretAccessKey" },
    { "with a number for a token", "HELPER",
      prints '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s3cr3t","SessionToken":5}',
      "session_token is no string" },
    { "with an end that is no time", "HELPER", prints(output("first", "s3cr3t")),
      "expiration is no number of seconds and no ISO 8601 time" },
    { "with an end that has been", "HELPER", prints(output("first", "2020-01-01T00:00:00Z")),
      "the refreshed credentials are still expired" },
    { "that prints without end", "HELPER", "yes s3cr3t 2>&-\n", "its output is larger than 65536 bytes" },
  }
  for _, case in ipairs(CASES) do
    it("is refused " .. case[1], function()
      set(case[2], case[3])
      stage.current:refuses("credential_process", nil, WORK)
      stage.current:refuses(case[4], nil, WORK)
      assert.equal(0, #stage.server:requests())
    end)
  end

  -- Whether the program that wrote its number there is gone.
  local function is_gone(name)
    local pid = assert(io.open(stage.current.home.path .. "/" .. name)):read "*n"
    local file = io.open(("/proc/%d/stat"):format(pid))
    local state = file and file:read("*a"):match "%) (%a)" or "X"
    if file then file:close() end
    return state == "X" or state == "Z"
  end

  local function wait_for(condition)
    local deadline = socket.gettime() + PATIENCE
    repeat
      socket.sleep(0.005)
    until condition() or socket.gettime() > deadline
    return condition()
  end

  it("is ended, and its children, when the time for the call is over", function()
    set("HELPER", "trap '' TERM\nsleep 60 & echo $! >\"$0.pid\"; wait\n" .. prints(output "first"))
    local begun = socket.gettime()
    local result, err = stage.current:call(nil, { profile = "work", timeout = 0.3 })
    assert.is_true(socket.gettime() - begun < PATIENCE)
    assert.is_nil(result)
    assert.equal("timeout", err.kind)
    assert.equal("DeadlineExceededError", err.code)
    assert.equal('credential_process of profile "work": the time for the call is over',
      err.message)
    assert.is_true(wait_for(function() return is_gone "helper.pid" end))
    assert.equal(0, #stage.server:requests())
  end)

  -- A host in which a coroutine waits by giving way to the others.
  local STEPPED = {
    now = http.monotonic,
    sleep = function(seconds)
      coroutine.yield()
      http.sleep(seconds)
    end,
    wait = function(engine, _, transfer)
      coroutine.yield()
      return transfer:done() or engine:wait(0)
    end,
  }

  it("does not hold up other coroutines", function()
    -- It goes on when another coroutine lets it, and gives up in the end.
    set("HELPER", "n=0; until [ -e \"$0.go\" ]; do n=$((n + 1)); [ $n -lt 1000 ] || exit 9; "
      .. "sleep 0.01; done\n" .. prints(output "first"))
    local result, err
    local thread = coroutine.create(function()
      result, err = stage.current:call(nil, { profile = "work", host = STEPPED })
    end)
    for _ = 1, 5 do
      assert(coroutine.resume(thread))
      assert.equal("suspended", coroutine.status(thread))
    end
    stage.current.home:write("helper.go", "")
    while coroutine.status(thread) == "suspended" do
      assert(coroutine.resume(thread))
    end
    assert.is_string(result and result.jobId, tostring(err))
  end)

  it("is ended by the collector where its coroutine is not resumed", function()
    set("HELPER", "echo $$ >\"$0.new\"; mv \"$0.new\" \"$0.pid\"; sleep 60\n")
    local thread = coroutine.create(function()
      stage.current:call(nil, { profile = "work", host = STEPPED })
    end)
    assert.is_true(wait_for(function()
      assert(coroutine.resume(thread))
      local file = io.open(stage.current.home.path .. "/helper.pid")
      return file and file:close()
    end))
    assert.is_false(is_gone "helper.pid")
    thread = nil -- luacheck: ignore 311
    collectgarbage()
    collectgarbage()
    assert.is_true(wait_for(function() return is_gone "helper.pid" end))
  end)

  it("names the profile in its errors", function()
    set("false")
    stage.current:refuses('credential_process of profile "work": it ended with status 1', nil, WORK)
  end)

  it("is not run where the profile has none", function()
    assert.same({}, { process.load { configuration = { profile_name = "x", profile = {} } } })
  end)
end)
