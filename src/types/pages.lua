--- What LDoc makes its pages of: each public function with its parameters, types,
-- units, errors and source. Types are those of lua/glacier/types.lua; texts are
-- the comments in front of the functions. `make doc` writes it, and fails where
-- one is missing.

local glacier = require("glacier")
local model = require("glacier.model")
local restore = require("glacier.restore")
local reader = dofile("src/types/reader.lua")

local concat, sort = table.concat, table.sort
local find, format, gsub, match = string.find, string.format, string.gsub, string.match
local assert, error, ipairs, pairs, type = assert, error, ipairs, pairs, type

local TYPES = "lua/glacier/types.lua"

local ENTITIES = { ["<"] = "&lt;", [">"] = "&gt;", ["?"] = "&#63;", ["|"] = "&#124;" }

-- LDoc takes a type without blanks, with "?|" in front of what may be nil; a bar
-- divides, wherever it stands. So all others are entities of HTML.
local function shown_type(text, is_optional)
  text = gsub(text, "%s+", "")
  local plain = match(text, "^([%w_.]+)%?$")
  if plain then
    return "?|" .. plain
  elseif find(text, "^[%w_.|]+$") then
    return (is_optional and "?|" or "") .. text
  end
  return (is_optional and "?|" or "") .. gsub(text, "[<>?|]", ENTITIES)
end

-- A line of a comment of LDoc, which takes HTML. What goes for code is none of it.
local function add_text(out, text, mark)
  text = gsub(text, "`([^`]*)`", function(code)
    return "<code>" .. gsub(code, "[<>]", ENTITIES) .. "</code>"
  end)
  out[#out + 1] = "--" .. (mark or "") .. " " .. text
end

-- Members of a structure as a list in a text.
local function members(class)
  local list = {}
  for _, field in ipairs(class.fields) do
    list[#list + 1] = format("`%s` (`%s`%s)%s", field.name, field.type,
      field.is_optional and "" or ", required",
      field.note ~= "" and ": " .. field.note or "")
  end
  return concat(list, "; ")
end

local function add_params(out, params, comment)
  for index, param in ipairs(params) do
    local said = comment.params[index]
    add_text(out, format("@tparam%s %s %s %s", param.is_optional and "[opt]" or "",
      shown_type(param.type), param.name, said and said.text or ""))
  end
end

local function add_returns(out, returns, comment)
  for index, kind in ipairs(returns) do
    local said = comment.returns[index]
    add_text(out, format("@treturn %s %s", shown_type(kind), said and said.text or ""))
  end
end

-- What is missing in the comment of a function.
local function judge(problems, name, params, returns, comment)
  if not comment or comment.text == "" then
    problems[#problems + 1] = name .. " has no docstring"
    return false
  end
  for index, param in ipairs(params) do
    if not comment.params[index] then
      problems[#problems + 1] = format("%s says nothing of its parameter %s", name, param.name)
    end
  end
  for index in ipairs(returns) do
    if not comment.returns[index] then
      problems[#problems + 1] = format("%s says nothing of its result %d", name, index)
    end
  end
  return true
end

-- Where a method has several forms, one an operation, the comment has their sum.
local function take_types(params, returns, comment)
  for index, param in ipairs(params) do
    param.type = comment.params[index] and comment.params[index].type or param.type
  end
  for index in ipairs(returns) do
    returns[index] = comment.returns[index] and comment.returns[index].type or returns[index]
  end
end

local function add_function(page, field, func, shown, comment)
  local params, returns = reader.signature(field.type)
  comment = comment or reader.comment(func, field.name)
  -- A method's own object is told of in some comments.
  if comment and #comment.params > #params then
    table.remove(comment.params, 1)
  end
  if comment and field.has_forms then
    take_types(params, returns, comment)
  end
  if not judge(page.problems, shown, params, returns, comment) then
    return
  end
  add_text(page, comment.text, "-")
  add_text(page, "")
  add_text(page, format("Source: `%s`%s.", comment.path,
    comment.line and ", line " .. comment.line or ""))
  add_text(page, "@function " .. shown)
  add_params(page, params, comment)
  add_returns(page, returns, comment)
  page[#page + 1] = ""
end

-- An operation has its texts in the model.
local function operation_comment(name, classes)
  local operation = model.operations[name]
  return {
    text = format("%s: `%s %s`.", operation.name, operation.method, operation.uri),
    path = "lua/glacier/model", params = {
      { text = members(classes["glacier." .. operation.name .. "Params"]) },
      { text = "options of this one call" },
    },
    returns = {
      { text = members(classes["glacier." .. operation.name .. "Result"]) },
      { text = "where it failed: kind `validation` before anything is sent, `service` for what "
        .. "the service says, and all others of doc/errors.md" },
    },
  }
end

local function sorted_fields(class)
  local list = {}
  for index, field in ipairs(class.fields) do
    field.index = index
    list[index] = field
  end
  sort(list, function(a, b)
    return a.name == b.name and a.index < b.index or a.name < b.name
  end)
  return list
end

-- Methods of objects of C, whose texts are in the annotations.
local function comment_of_c(page, field)
  local params, returns = reader.signature(field.type)
  for _, entry in ipairs(params) do
    entry.text = ""
  end
  for index in ipairs(returns) do
    returns[index] = { text = "" }
  end
  return { text = field.text, path = page.path, params = params, returns = returns }
end

-- The functions of a class, each once: a second line of it is another form.
local function add_functions(page, class, found, prefix, classes)
  local done, fields = {}, sorted_fields(class)
  for index, field in ipairs(fields) do
    local func = found[field.name]
    field.has_forms = fields[index + 1] ~= nil and fields[index + 1].name == field.name
    if find(field.type, "^%(?fun%(") and not done[field.name] then
      done[field.name] = true
      add_function(page, field, func, prefix .. field.name,
        model.operations[field.name] and operation_comment(field.name, classes)
          or func == nil and comment_of_c(page, field) or nil)
    end
  end
  for name, func in pairs(found) do
    if type(func) == "function" and not find(name, "^__") and name ~= "call" and not done[name] then
      page.problems[#page.problems + 1] = format("%s%s is not in %s", prefix, name, TYPES)
    end
  end
end

local function has_functions(class)
  return class.name == "glacier.Client" or class.name == "glacier.Stub"
    or class.name == "glacier.Task" or class.name == "glacier.TreeHasher"
    or class.name == "glacier"
end

local function add_tables(page, classes)
  for _, class in ipairs(classes) do
    -- Those of the operations stand where the operations do.
    if not has_functions(class) and not find(class.name, "Params$")
        and not find(class.name, "Result$") or class.name == "glacier.DownloadResult" then
      add_text(page, format("%s%s.", match(class.name, "([%w]+)$"),
        class.parent and format(", and all of `%s`", class.parent) or ""), "-")
      add_text(page, "@table " .. match(class.name, "([%w]+)$"))
      for _, field in ipairs(class.fields) do
        add_text(page, format("@tfield %s %s %s", shown_type(field.type, field.is_optional),
          field.name, field.note))
      end
      page[#page + 1] = ""
    end
  end
end

local function begin(pages, problems, name, head, text)
  local page = { problems = problems }
  add_text(page, text, "-")
  add_text(page, "@" .. head)
  page[#page + 1] = ""
  pages[#pages + 1] = { name = name, lines = page }
  return page
end

-- The methods of an object of the library's, by an object.
local function methods_of(object)
  return getmetatable(object).__index
end

local function client_methods(client)
  local found = {}
  for name, value in pairs(getmetatable(client)) do
    found[name] = type(value) == "function" and value or nil
  end
  return found
end

local function add_ready_made(page)
  for _, entry in ipairs({ { "loggers", "stderr" }, { "progress", "json" },
      { "progress", "terminal" } }) do
    local func = glacier[entry[1]][entry[2]]
    local kind = entry[1] == "loggers" and "fun(event: table)"
      or "fun(): fun(event: glacier.Progress)"
    add_function(page, { name = entry[2], type = kind }, func,
      format("glacier.%s.%s", entry[1], entry[2]))
  end
end

local function add_module(pages, problems, list, classes)
  local page = begin(pages, problems, "glacier", "module glacier",
    "The module: `local glacier = require \"glacier\"`. Operations are here on a default client; "
      .. "tables are what is given and returned, with types and units.")
  local functions = {}
  for name, value in pairs(glacier) do
    functions[name] = type(value) == "function" and value or nil
  end
  add_functions(page, classes.glacier, functions, "glacier.", classes)
  add_ready_made(page)
  add_tables(page, list)
end

-- The type of a function as its comment has it.
local function type_by_comment(comment)
  local params, returns = {}, {}
  for name in string.gmatch(match(comment.definition, "(%b())%s*$") or "", "[%w_.]+") do
    local said = comment.params[#params + 1]
    params[#params + 1] = format("%s%s: %s", name,
      said and find(said.type, "?", -1, true) and "?" or "", said and said.type or "any")
  end
  for index, said in ipairs(comment.returns) do
    returns[index] = said.type
  end
  return format("fun(%s): %s", concat(params, ", "), concat(returns, ", "))
end

-- Functions of which nothing stands in the annotations but in front of them.
local function add_commented(page, found, prefix)
  local names = {}
  for name, func in pairs(found) do
    if type(func) == "function" and not find(name, "^__") then
      names[#names + 1] = name
    end
  end
  sort(names)
  for _, name in ipairs(names) do
    local comment = reader.comment(found[name], name)
    add_function(page, { name = name, type = comment and type_by_comment(comment) or "fun()" },
      found[name], prefix .. name, comment)
  end
end

-- Opened by nobody here: its methods are what `open` makes an object of.
local function restore_methods()
  for index = 1, 60 do
    local name, value = debug.getupvalue(restore.open, index)
    if name == "Restore" then
      return value
    end
  end
  return {}
end

-- What functions of the module return, by one of each.
local function add_objects(pages, problems, classes)
  local client = assert(glacier.client({ region = "us-west-2" }))
  local page = begin(pages, problems, "client", "classmod glacier.Client",
    "A client, from `glacier.client{...}`. Its methods return a result, or nil and an error.")
  add_functions(page, classes["glacier.Client"], client_methods(client), "client:", classes)

  page = begin(pages, problems, "stub", "classmod glacier.Stub",
    "Canned answers in the place of the service, from `glacier.stub(client)`.")
  add_functions(page, classes["glacier.Stub"], methods_of(glacier.stub(client)), "stub:", classes)
  client:close()

  page = begin(pages, problems, "objects", "module objects",
    "What functions of the module and calls return.")
  local err = select(2, glacier.client({ nothing = 1 }))
  add_function(page, { name = "is", type = "fun(self: glacier.Error, name: string): boolean" },
    err.is, "err:is")
  add_functions(page, classes["glacier.Task"], methods_of(glacier.spawn(function() end)), "task:",
    classes)
  page.path = "src/binding/digest.c"
  add_functions(page, classes["glacier.TreeHasher"], {}, "hasher:", classes)

  page = begin(pages, problems, "restore", "module glacier.restore",
    "A whole vault read back: `local restore = require \"glacier.restore\"`.")
  add_commented(page, restore, "restore.")
  page = begin(pages, problems, "restore_object", "classmod glacier.Restore",
    "A restore, from `restore.open{...}`. Its methods return a result, or nil and an error.")
  add_commented(page, restore_methods(), "r:")
end

local pages_of = {}

--- All pages.
---@param text string?  that of lua/glacier/types.lua
---@return { name: string, text: string }[] pages  Lua files for LDoc
---@return string[] problems  what is public and says nothing of itself
function pages_of.all(text)
  if not text then
    local file = assert(io.open(TYPES, "rb"))
    text = file:read("*a")
    file:close()
  end
  local list, classes = reader.classes(text), {}
  for _, class in ipairs(list) do
    classes[class.name] = class
  end
  local pages, problems = {}, {}
  add_module(pages, problems, list, classes)
  add_objects(pages, problems, classes)
  for _, entry in ipairs(pages) do
    entry.text = concat(entry.lines, "\n") .. "\n"
    entry.lines = nil
  end
  sort(problems)
  return pages, problems
end

--- Writes the pages into a folder, and raises where anything public says nothing
--- of itself.
---@param folder string
function pages_of.write(folder)
  local pages, problems = pages_of.all()
  for _, page in ipairs(pages) do
    local file = assert(io.open(folder .. "/" .. page.name .. ".lua", "wb"))
    assert(file:write(page.text))
    file:close()
  end
  if #problems > 0 then
    error(concat(problems, "\n"), 0)
  end
end

return pages_of
