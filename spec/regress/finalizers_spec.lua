-- Finalizers that use, change or close what a C function is using just then:
-- results of another request, freed memory and crashes came of it.

local endpoint = require "spec.support.endpoint"
local shell = require "spec.support.shell"

-- Each is some thousand collections, but on 5.2, which cannot be made so eager.
local ROUNDS = { signer = 300, process = 20, response = 20, strings = 100 }

-- Made first, so that it is finalized last.
local LAST = [[
local function last() rawget(_G, "last")() end
local newproxy = rawget(_G, "newproxy")
if newproxy then
  keep = newproxy(true)
  getmetatable(keep).__gc = last
else
  keep = setmetatable({}, { __gc = last })
end
arg = { [0] = "", "finish" }
dofile "spec/support/finalizers.lua"]]

-- LuaJIT loads what is built for 5.1; then it is the one that runs this.
local is_jit = rawget(_G, "jit") ~= nil
local interpreters = { { is_jit and "luajit" or "lua" .. shell.version } }
if shell.version == "5.1" and not is_jit and shell.has "valgrind" then
  interpreters[2] = { "valgrind -q --error-exitcode=9 lua5.1", valgrind = true }
end

describe("finalizers that run at any time:", function()
  local server

  local function run(interpreter, arguments)
    local output, status = shell.run(("%s timeout 300 %s %s"):format(shell.environment(), interpreter[1],
      arguments))
    assert.equal(0, status, output)
    return output
  end

  local function check(interpreter, case, ...)
    local rounds = ROUNDS[case] or 0
    if interpreter.valgrind then
      rounds = math.ceil(rounds / 20)
    end
    local output = run(interpreter, table.concat({ "spec/support/finalizers.lua", case, rounds, ... }, " "))
    local ran = tonumber(output:match "ok (%d+)\n$")
    assert.is_true(ran ~= nil and ran >= rounds / 10, output)
  end

  setup(function()
    server = endpoint.start()
  end)

  teardown(function()
    server:stop()
  end)

  for _, interpreter in ipairs(interpreters) do
    local name = interpreter[1]

    it("a signer's results are those of its request: " .. name, function()
      check(interpreter, "signer")
    end)

    it("a program's output is its own, though it is closed: " .. name, function()
      check(interpreter, "process")
    end)

    it("a response is whole, though its engine is closed: " .. name, function()
      server:play({ { verify = false, status = 200, body = ("b"):rep(5000),
        headers = { ["X-Text"] = ("h"):rep(500) } } }, { loop = true })
      check(interpreter, "response", server.url .. "/path")
    end)

    it("a request's strings are there until it is sent: " .. name, function()
      check(interpreter, "strings")
    end)

    it("a list may be as long as it says: " .. name, function()
      check(interpreter, "border")
    end)

    it("no finalizer is a method: " .. name, function()
      check(interpreter, "methods")
    end)

    it("two builds in one state do not take each other's objects: " .. name, function()
      local folder = shell.folder()
      finally(function()
        shell.remove(folder)
      end)
      shell.check(("cp -r %s/glacier %s"):format(shell.build, folder))
      check(interpreter, "builds", folder)
    end)

    it("all may be called when the state is closed: " .. name, function()
      local output = run(interpreter, "-e " .. shell.quote(LAST))
      assert.truthy(output:find "ok 0\nfinished\n$", output)
    end)
  end
end)
