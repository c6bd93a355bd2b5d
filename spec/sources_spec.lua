-- What no source may do, read out of the sources: see spec.support.source_rules.

local lfs = require "lfs"
local source_rules = require "spec.support.source_rules"

-- What a file may do that no other does.
local FILES = {
  ["lua/glacier/text.lua"] = { is_helper = true },
  ["lua/glacier/errors.lua"] = { has_templates = true },
  ["lua/glacier/host/choice.lua"] = { loads_list = true },
}

local function files_below(directory, ending, found)
  found = found or {}
  for name in lfs.dir(directory) do
    local path = directory .. "/" .. name
    if name:sub(1, 1) ~= "." then
      if lfs.attributes(path, "mode") == "directory" then
        files_below(path, ending, found)
      elseif path:find(ending) then
        found[#found + 1] = path
      end
    end
  end
  table.sort(found)
  return found
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

describe("the sources depend on no locale, string methods or late files:", function()
  for _, path in ipairs(files_below("lua", "%.lua$")) do
    it(path, function()
      assert.same({}, source_rules.lua(read(path), FILES[path]))
    end)
  end

  for _, path in ipairs(files_below("src", "%.[ch]$")) do
    it(path, function()
      assert.same({}, source_rules.c(read(path)))
    end)
  end

  it("what is excepted is there", function()
    for path in pairs(FILES) do
      assert.is_truthy(lfs.attributes(path), path)
    end
  end)
end)

describe("the reader of Lua sources finds", function()
  local OFFENDERS = {
    { "lower, at the top", "local f, lower = 1, string.lower" },
    { "upper, in a call", "return string.upper(name)" },
    { "a class", 'return find(text, "^%s*$")' },
    { "a class in a set", 'local NAME = "[%w_]"' },
    { "the complement of a class", "return gsub(text, '[^x%C]', '')" },
    { "a class in a long string", "return match(text, [==[^%a]==])" },
    { "a class behind an escaped percent", 'return find(text, "%%%d")' },
    { "a class in an argument of an argument", 'return format("%s", gsub(text, "%c", "?"))' },
    { "a class in a format's other text", 'return find(format("%s", text), "%s")' },
    { "a number with a point", 'return format("%g", delay)' },
    { "another", 'return string.format("a %5.2f", delay)' },
    { "a quoted text", 'return format("%q", text)' },
    { "a month's name", 'return os.date("!%d %b", now)' },
    { "the locale's own date", 'return date("%c")' },
    { "an order of texts", "local sort = table.sort\nsort(names)" },
    { "another, in place", "table.sort(names)" },
    { "a comparison of texts", 'return hours > "23"' },
    { "another", "return '23' <= hours" },
    { "a method", 'return text:match "x"' },
    { "a method of a call's result", "return tostring(x):sub(1, 2)" },
    { "a method of a string", 'return ("x"):rep(3)' },
    { "a method after a line's end", "return name\n  :lower()" },
    { "a late require", 'local function f()\n  return require("x")\nend' },
    { "one without parentheses", 'if x then require "x" end' },
    { "one that is passed on", 'for i = 1, 2 do pcall(require, "x") end' },
    { "one in a function in a table", "return { f = function() return require(x) end }" },
  }
  for _, case in ipairs(OFFENDERS) do
    it(case[1], function()
      assert.equal(1, #source_rules.lua(case[2]), case[2])
      -- Nor does what stands around it hide it.
      local around = ("--[[ %s ]] local a = '\\'' -- '\n%s\nlocal b = [[ ]]"):format("x", case[2])
      assert.equal(1, #source_rules.lua(around), around)
    end)
  end

  local INNOCENT = {
    { "comments", "-- string.lower, ('x'):match\n--[==[ %s\nrequire('x') ]==]\n--- find(x, '%d')" },
    { "code in strings", [[return "string.lower(x)", 'text:match "x"', "require"]] },
    { "formats", 'return format("%s is %d of %d" ..\n  ", %.0f", name, 1, count, size)' },
    { "escaped percents", 'return find(text, "%%s%.%-%b()%f[a]%1")' },
    { "methods of others", "return file:read(1), self.reader:line(2), handle:close()" },
    { "requires at the top", 'local x = require("x")\nlocal y = { require "y", require("z").w }' },
    { "dates in digits", 'return date("!%Y-%m-%dT%H:%M:%SZ", now)' },
    { "an order of its own", "table.sort(found, by_number)" },
    { "the text module's order in place", 'local s = table.sort\ntext.sort(names)' },
    { "the text module's order", 'local sort = require("glacier.text").sort\nsort(names)' },
    { "labels", "::sub::" },
  }
  for _, case in ipairs(INNOCENT) do
    it("nothing in " .. case[1], function()
      assert.same({}, source_rules.lua(case[2]))
    end)
  end

  it("the line of each", function()
    assert.same({ "3: require below the top of the file" },
      source_rules.lua('local s = [[\n]] if s then\nrequire "x" end'))
  end)

  it("what a file may not do although it may something else", function()
    assert.equal(0, #source_rules.lua("return string.lower(x)", { is_helper = true }))
    assert.equal(1, #source_rules.lua("return x:lower()", { is_helper = true }))
    assert.equal(0, #source_rules.lua("T = { 'at %s' }", { has_templates = true }))
    assert.equal(1, #source_rules.lua("T = { 'at %d' }", { has_templates = true }))
    assert.equal(1, #source_rules.lua("return find(x, '%s')", { has_templates = true }))
  end)
end)

describe("the reader of C sources finds", function()
  for _, source in ipairs { "if (isalpha(c))", "x = strtod(text, NULL);", 'printf("%.3g", x);',
    'snprintf(a, b, "/* %f */", x);', "return strcasecmp(a, b);", "setlocale(LC_ALL, \"\");" } do
    it(source, function()
      assert.equal(1, #source_rules.c(source))
    end)
  end

  it("nothing in comments and strings", function()
    assert.same({}, source_rules.c('/* isalpha, "%f" */ // strtod\nf("strtod %s %d %%f %zu");'))
  end)
end)
