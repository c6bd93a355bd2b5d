--- Turns Lua files into the form that this very Lua reads fastest: no text is
-- left to be parsed by a program that starts. Without what a traceback needs.
--
--   lua precompile.lua VERSION FROM TO FILE...    files relative to FROM and to
--   TO, whose folders are there; VERSION is the Lua that they are for, "5.4"

local version, from, to = arg[1], arg[2], arg[3]

assert(_VERSION == "Lua " .. version, "this is " .. _VERSION .. ", and not " .. version)
for i = 4, #arg do
  local chunk = assert(loadfile(from .. "/" .. arg[i]))
  local file = assert(io.open(to .. "/" .. arg[i], "wb"))
  assert(file:write(string.dump(chunk, true)))
  assert(file:close())
end
