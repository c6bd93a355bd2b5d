-- Programs take from Lua what they do not want scripts to have: the methods of
-- strings, debug, io. The module raised, where it loaded or where it called.

local shell = require "spec.support.shell"

local OPTIONS = [[{ region = "us-west-2", endpoint_url = "http://127.0.0.1:1", max_attempts = 2,
  credentials = { access_key_id = "a", secret_access_key = "b" } }]]

local CALL = [[
local client = assert(glacier.client(]] .. OPTIONS .. [[))
local ok, response, err = pcall(client.list_jobs, client, { vaultName = "v" })
assert(ok and response == nil and err.code == "EndpointConnectionError", err or response)
err = select(2, client:initiate_job { vaultName = 5, jobParameters = { typ = "x" } })
assert(err.kind == "validation")
err = select(2, glacier.client { regon = "x", region = "y" })
assert(err.code == "UnknownOptionError")
response, err = glacier.spawn(client.list_jobs, client, { vaultName = "v" }):wait()
assert(response == nil and err.code == "EndpointConnectionError")
print "went on"]]

local function run(script, status_expected)
  local output, status = shell.run(("%sHOME=/nonexistent %s -e %s"):format(
    shell.environment(), shell.interpreter, shell.quote(script)))
  assert.equal(status_expected or 0, status, output)
  return output
end

describe("a program without", function()
  local WITHOUT = {
    { "the methods of strings", 'getmetatable("").__index = nil' },
    { "any method of strings", 'getmetatable("").__index = function() error("no methods") end' },
    { "debug", "debug = nil" },
    { "io", "io = nil" },
    { "os.getenv", "os.getenv = nil" },
    { "garbage collection", "collectgarbage = nil" },
    { "package", "package = nil" },
    { "all of these", 'getmetatable("").__index = nil debug, io, os.getenv, package = nil' },
  }
  for _, case in ipairs(WITHOUT) do
    it(case[1] .. " loads the module, and calls", function()
      local output = run(case[2] .. '\nlocal glacier = require "glacier"\n' .. CALL)
      assert.truthy(output:find "went on", output)
    end)

    it(case[1] .. " after the module was loaded calls", function()
      local output = run('local glacier = require "glacier"\n' .. case[2] .. "\n" .. CALL)
      assert.truthy(output:find "went on", output)
    end)
  end

  for _, missing in ipairs { "os.time", "coroutine.create", "string.gsub", "table.concat" } do
    it(missing .. " is told so", function()
      local output = run(missing .. ' = nil\nlocal ok, err = pcall(require, "glacier")\n'
        .. "assert(not ok)\nio.write(err)")
      assert.truthy(output:find("lua-glacier needs these of Lua's functions", 1, true), output)
      assert.truthy(output:find(missing, 1, true), output)
    end)
  end

  for _, missing in ipairs { "io", "os.remove" } do
    it(missing .. " writes no output to a file, and says so", function()
      local output = run(missing .. ' = nil\nlocal client = require("glacier").client(' .. OPTIONS
        .. ')\nprint(select(2, client:get_job_output({ vaultName = "v", jobId = "j" }, '
        .. '{ path = "out" })))')
      assert.truthy(output:find("cannot write 'out': this program has no io.open", 1, true), output)
    end)
  end

  it("io has no ready logger and no ready progress, and reads no list, and is told so", function()
    local output = run('local write = print\nio = nil\nlocal glacier = require "glacier"\n'
      .. "for _, fn in ipairs { glacier.loggers.stderr, glacier.progress.terminal,\n"
      .. "  glacier.progress.json, function() return glacier.inventory 'list' end } do\n"
      .. "  local ok, problem = pcall(fn, {})\n  write(ok, problem)\nend")
    local _, count = output:gsub("false[^\n]*needs Lua's library 'io'", "")
    assert.equal(3, count, output)
    assert.truthy(output:find("list[^\n]*this program has no io.open"), output)
  end)

  it("io is told which file it cannot read", function()
    local output = run('io = nil\nprint(select(2, require("glacier").client { region = "x" }))\n'
      .. 'os.getenv = function(n) return n == "AWS_CONFIG_FILE" and "/c" or nil end\n'
      .. 'for n in pairs(package.loaded) do if n:find "^glacier" then package.loaded[n] = nil end end\n'
      .. 'print(select(2, require("glacier").client { region = "x" }))')
    assert.truthy(output:find "^\nUnable to read config file: /c: this program has no io.open", output)
  end)
end)

describe("null among the parameters", function()
  local validate = require "glacier.call.validate"
  local model = require "glacier.model"
  local null = require("cjson").null

  local function problem(params)
    local _, problems = validate(params, model.operations.InitiateJob or model.operations.initiate_job,
      "shape")
    return problems[1].message
  end

  it("is called so", function()
    assert.equal("Invalid type for parameter vaultName, value: null, type: null, valid types: string",
      problem { vaultName = null })
    assert.equal("Invalid type for parameter jobParameters, value: null, type: null, "
      .. "valid types: table", problem { vaultName = "v", jobParameters = null })
    assert.equal("Invalid type for parameter jobParameters.Tier, value: null, type: null, "
      .. "valid types: string", problem { vaultName = "v", jobParameters = { Tier = null } })
  end)

  it("is no other userdata's name", function()
    assert.truthy(problem { vaultName = io.stdout }:find "type: userdata")
  end)
end)
