-- What `make test` makes of runs that pass, fail and die: spec/support/run.sh,
-- with a busted that plays what each spec file says.
-- Runs on one Lua: what it tests runs in programs of its own.

local home = require "spec.support.home"
local lfs = require "lfs"
local shell = require "spec.support.shell"

local BUSTED = [[#!/bin/sh
for argument; do
  case $argument in
    --lua=*) echo "by $argument" ;;
    *_spec.lua) . "./$argument" ;;
  esac
done
exit 0
]]

local PASSES = "echo '2 successes / 0 failures / 0 errors / 0 pending : 0.1 seconds'"

describe("the suite's runner", function()
  local place

  before_each(function()
    place = home.new()
    place:run "mkdir -p bin spec/support spec/call spec/host"
    place:write("bin/busted", BUSTED)
    place:run "chmod +x bin/busted"
    place:run("cp '" .. lfs.currentdir() .. "/spec/support/run.sh' spec/support")
  end)

  after_each(function()
    place:remove()
  end)

  local function run(variables)
    local output, status = shell.run(
      ("cd %s; unset SPECS LUA_VERSIONS JOBS; PATH=$PWD/bin:$PATH %s sh spec/support/run.sh"):format(
      shell.quote(place.path), variables or ""))
    return status, output
  end

  local function last_line(output)
    return output:match "([^\n]*)\n*$"
  end

  it("counts what all runs have passed, on each Lua, and shows it in order", function()
    place:write("spec/call/a_spec.lua", "sleep 1; " .. PASSES)
    place:write("spec/host/b_spec.lua", PASSES)
    place:write("spec/c_spec.lua", PASSES)
    for _, jobs in ipairs { 1, 2, 9 } do
      local status, output = run("LUA_VERSIONS='5.4 5.1 jit' JOBS=" .. jobs)
      assert.equal(0, status, output)
      assert.equal("18 passed, 0 failed", last_line(output))
      local order = {}
      for what in output:gmatch "specs on ([^\n]*)" do
        order[#order + 1] = what
      end
      assert.same({
        "lua5.4, spec/call", "lua5.4, spec/host", "lua5.4, spec/spec",
        "lua5.1, spec/call", "lua5.1, spec/host", "lua5.1, spec/spec",
        "luajit, spec/call", "luajit, spec/host", "luajit, spec/spec",
      }, order)
    end
  end)

  it("begins early what says so, each on its own, and shows it with its folder", function()
    local notes = ("echo $argument >>'%s/begun'; "):format(place.path)
    place:write("spec/call/a_spec.lua", notes .. PASSES)
    place:write("spec/call/b_spec.lua", ": '\n-- Begins early: so it says.\n'\necho b; " .. notes .. PASSES)
    place:write("spec/call/c_spec.lua", notes .. "echo c; " .. PASSES)
    place:run "mkdir -p build/sanitized"
    place:write("build/sanitized/d_test", notes:gsub("$argument", "d") .. "echo 'd: 5 passed, 0 failed'\n")
    place:run "chmod +x build/sanitized/d_test"
    local status, output = run "LUA_VERSIONS='5.4 5.1' JOBS=1"
    assert.equal(0, status, output)
    assert.equal("13 passed, 0 failed", last_line(output))
    local begun = assert(io.open(place.path .. "/begun"))
    assert.same("spec/call/b_spec.lua spec/call/b_spec.lua d spec/call/a_spec.lua "
      .. "spec/call/c_spec.lua spec/call/a_spec.lua spec/call/c_spec.lua ",
      (begun:read "*a":gsub("\n", " ")))
    begun:close()
    assert.truthy(output:find "^d: 5 passed.*specs on lua5.4, spec/call\n.*c\n.*b\n.*lua5.1", output)
  end)

  it("counts a C test that fails, and one that dies", function()
    place:run "mkdir -p build/sanitized"
    place:write("build/sanitized/fails_test", "#!/bin/sh\necho 'x.c:3: no'\necho '4 passed, 1 failed'; exit 1\n")
    place:write("build/sanitized/dies_test", "#!/bin/sh\nkill -9 $$\n")
    place:run "chmod +x build/sanitized/*_test"
    place:write("spec/call/a_spec.lua", PASSES)
    local status, output = run()
    assert.equal(1, status)
    assert.equal("6 passed, 2 failed", last_line(output))
    assert.truthy(output:find("\nfails_test: x.c:3: no\n", 1, true), output)
    assert.truthy(output:find("dies_test ended with status 137", 1, true), output)
  end)

  it("tells failures again in front of the last line", function()
    place:write("spec/call/a_spec.lua", [[cat <<'END'
1 success / 2 failures / 1 error / 0 pending : 0.1 seconds

Failure -> spec/call/a_spec.lua @ 7
what it is about
spec/call/a_spec.lua:8: no

END
exit 4]])
    place:write("spec/host/b_spec.lua", PASSES)
    local status, output = run()
    assert.equal(1, status)
    assert.equal("3 passed, 3 failed", last_line(output))
    assert.truthy(output:find("\nlua5.4: spec/call/a_spec.lua:7: what it is about | "
      .. "spec/call/a_spec.lua:8: no\n3 passed, 3 failed\n", 1, true), output)
  end)

  it("counts a run that died as a failure, whatever it said before", function()
    for _, death in ipairs { "exit 3", "kill -9 $$", PASSES .. "; kill -SEGV $$",
      -- With all that is of its lane.
      "kill -9 $PPID $$" } do
      place:write("spec/call/a_spec.lua", death)
      place:write("spec/host/b_spec.lua", PASSES)
      local status, output = run "JOBS=2"
      assert.equal(1, status, output)
      assert.truthy(last_line(output):find "^[24] passed, 1 failed$", output)
    end
  end)

  it("fails where nothing was run", function()
    assert.equal(1, (run()))
  end)

  it("runs once what does not depend on the Lua, and only what it is told", function()
    place:write("spec/call/a_spec.lua", "# Not marked\n" .. PASSES)
    place:write("spec/host/b_spec.lua", ": '\n-- Runs on one Lua: so it says.\n'\n" .. PASSES)
    assert.equal("6 passed, 0 failed", last_line(select(2, run "LUA_VERSIONS='5.3 5.1'")))
    assert.equal("2 passed, 0 failed", last_line(select(2, run "SPECS=spec/host/b_spec.lua")))
  end)
end)

-- Their reason to run once is that nothing of ours is loaded into the Lua that
-- runs them.
describe("a spec that runs on one Lua", function()
  local function lines(command)
    local list = {}
    for line in shell.check(command):gmatch "[^\n]+" do
      list[#list + 1] = line
    end
    return list
  end

  -- What this one looks at is what a database makes of a million rows.
  local OTHER_REASONS = { ["spec/restore/size_spec.lua"] = true }

  it("requires nothing of lua/ itself", function()
    local marked = lines "grep -lr --include='*_spec.lua' '^-- Runs on one Lua' spec"
    assert.is_true(#marked > 10)
    for _, path in ipairs(marked) do
      if not OTHER_REASONS[path] then
        assert.same({},
          lines("grep -nE '^local .*require.*\"glacier[.\"]' " .. path .. " || true"), path)
      end
    end
  end)
end)
