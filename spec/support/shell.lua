--- The shell for specs: compilers, interpreters, C programs with Lua inside.

local clients = require "spec.support.clients"
local quote = require "spec.support.quote"

local shell = {
  --- The Lua that runs the specs: "5.1" (LuaJIT's too) to "5.4".
  version = _VERSION:match "[%d.]+$",
}

-- What stands furthest in front of the arguments.
local function first_word()
  local index = 0
  while arg[index - 1] do
    index = index - 1
  end
  return arg[index]
end

--- The program that runs the specs.
shell.interpreter = first_word()

--- Where the C modules for it are.
shell.build = (os.getenv "BUILD" or "build") .. "/lua" .. shell.version

shell.quote = quote

--- Runs a command.
---@param command string
---@return string output  standard output and error
---@return integer status  128 and more where a signal ended it
function shell.run(command)
  local pipe = assert(io.popen("( " .. command .. "\n) 2>&1; printf '\\nstatus %d\\n' $?", "r"))
  local all = pipe:read "*a"
  pipe:close()
  local output, status = all:match "^(.*)\nstatus (%d+)\n$"
  return output, tonumber(status)
end

--- Runs a command that must succeed.
---@return string output
function shell.check(command)
  local output, status = shell.run("set -e; " .. command)
  if status ~= 0 then
    error(("%s\nended with %d:\n%s"):format(command, status, output), 2)
  end
  return output
end

--- Whether there is a program of that name.
function shell.has(name)
  return select(2, shell.run("command -v " .. name)) == 0
end

--- Whether pkg-config knows a package.
function shell.has_package(name)
  return select(2, shell.run("pkg-config --exists " .. name)) == 0
end

--- Runs a target of the Makefile, as from a fresh shell.
function shell.make(target)
  return shell.check("unset MAKEFLAGS MAKELEVEL MFLAGS\nmake -s " .. target)
end

--- A folder for what a spec makes; to be removed by shell.remove.
function shell.folder()
  return (shell.check("mktemp -d"):match "^[^\n]+")
end

function shell.remove(folder)
  shell.check("rm -rf " .. shell.quote(folder))
end

--- The environment of a child that calls a server, as words before a command:
-- the project's modules, region and credentials.
---@param server table?  with `url`
---@param build string?  the folder of the C modules
function shell.environment(server, build)
  local key = clients.CREDENTIALS
  local words = { "env", "-u", "LUA_INIT_5_4", "-u", "LUA_INIT_5_3" }
  if not os.getenv "GLC_COVERAGE" then -- that counts by it what such a child runs
    words[#words + 1] = "-u LUA_INIT"
  end
  local function set(name, value)
    words[#words + 1] = shell.quote(name .. "=" .. value)
  end
  set("LUA_PATH", "./?.lua;lua/?.lua;lua/?/init.lua;;")
  set("LUA_CPATH", (build or shell.build) .. "/?.so;;")
  if server then
    set("AWS_ENDPOINT_URL", server.url)
    set("AWS_REGION", "us-west-2")
    set("AWS_ACCESS_KEY_ID", key.access_key_id)
    set("AWS_SECRET_ACCESS_KEY", key.secret_access_key)
    set("AWS_MAX_ATTEMPTS", "1")
  end
  return table.concat(words, " ") .. " "
end

local WARNINGS = "-Wall -Wextra -Wconversion -Wshadow -Werror"

--- Compiles a C program for a Lua.
---@param source string
---@param target string
---@param options { lua: string?, archive: boolean?, flags: string? }?  lua: a
--- package of pkg-config; archive: with libglacier.a
function shell.compile(source, target, options)
  options = options or {}
  local lua = options.lua or "lua" .. shell.version
  local archive = options.archive and
    ("-I%s %s/libglacier.a"):format(shell.build, shell.build) or ""
  -- Where the modules are for a sanitizer, so is the program.
  local flags = (options.flags or "") .. " " .. (os.getenv "SANITIZE" or "")
  shell.check(("%s -std=c99 %s -g %s $(pkg-config --cflags %s) %s %s $(pkg-config --libs %s) "
    .. "%s -lpthread -lm -ldl -o %s"):format(os.getenv "CC" or "gcc", WARNINGS,
    flags, lua, source, archive, lua, options.archive and "-lcurl -lcrypto" or "",
    shell.quote(target)))
end

return shell
