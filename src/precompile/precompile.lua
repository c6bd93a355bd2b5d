--- Turns Lua files into the form that this very Lua reads fastest: no text is
-- left to be parsed by a program that starts. Without what a traceback needs.
--
--   lua precompile.lua VERSION FROM TO SUFFIX FILE...    files relative to FROM
--   and to TO, whose folders are there; VERSION is the Lua that they are for,
--   "5.4"; SUFFIX ends the name of a file that is not whole yet, and is nobody
--   else's

local version, from, to, suffix = arg[1], arg[2], arg[3], arg[4]

assert(_VERSION == "Lua " .. version, "this is " .. _VERSION .. ", and not " .. version)
for i = 5, #arg do
  local chunk = assert(loadfile(from .. "/" .. arg[i]))
  local path = to .. "/" .. arg[i]
  local file = assert(io.open(path .. suffix, "wb"))
  assert(file:write(string.dump(chunk, true)))
  assert(file:close())
  assert(os.rename(path .. suffix, path))
end
