--- Judges whether a program has what is needed of Lua's standard libraries;
-- raises, and names what is missing. What is not listed here may be missing:
-- without `io` no file is read, without os.getenv no variable, and without
-- `debug` no traceback is shown.

local concat, error, ipairs, rawget, type = table and table.concat, error, ipairs, rawget, type
local globals = _G

local NEEDED = {
  { "coroutine", "create", "resume", "running", "status", "yield" },
  { "math", "ceil", "floor", "max", "min" },
  { "os", "date", "time" },
  { "string", "byte", "char", "find", "format", "gmatch", "gsub", "match", "sub" },
  { "table", "concat", "sort" },
}

local missing = {}
for _, library in ipairs(NEEDED) do
  local functions = rawget(globals, library[1])
  for i = 2, #library do
    if type(functions) ~= "table" or functions[library[i]] == nil then
      missing[#missing + 1] = library[1] .. "." .. library[i]
    end
  end
end

if missing[1] then
  error("lua-glacier needs these of Lua's functions, which this program has not: " ..
    (concat and concat(missing, ", ") or missing[1]), 0)
end

return {}
