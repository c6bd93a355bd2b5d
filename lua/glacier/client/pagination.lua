--- Lists that come in pages, for every operation with a pagination entry in
-- the model. Knows a client by its public methods only.

local errors = require("glacier.errors")
local model = require("glacier.model")
local text = require("glacier.text")

local concat = table.concat
local error, next, tostring, type = error, next, tostring, type
local format, gsub, sub = string.format, string.gsub, string.sub

local pagination = {}

local LONGEST_SHOWN = 200

local function paginated_names()
  local names = {}
  for name, operation in next, model.operations do
    if operation.pagination then
      names[#names + 1] = name
    end
  end
  return concat(text.sort(names), ", ")
end

local function entry_of(name, method)
  local operation = model.operations[name]
  if not operation or not operation.pagination then
    error(format("bad argument #1 to '%s' (%s expected, got %s)", method, paginated_names(),
      tostring(name)), 3)
  end
  return operation.pagination
end

-- A table of our own, to which the marker is added; what is no table is refused
-- by the operation itself.
local function copy_of(params)
  if params ~= nil and type(params) ~= "table" then
    return params
  end
  local copy = {}
  for key, value in next, params or {} do
    copy[key] = value
  end
  return copy
end

local function repeated(operation, marker)
  return errors.new("protocol", "PaginationError",
    "Error during pagination: The same next token was received twice: " ..
    gsub(sub(marker, 1, LONGEST_SHOWN), "[^ -~]", "?"),
    { operation = operation.name, sent = true, in_doubt = false })
end

-- The iterator of pages. A page that could not be had is asked for again when
-- the iterator is called again.
local function pages_of(client, name, entry, params, options)
  local operation = model.operations[name]
  local request, is_last, problem = copy_of(params), false, nil
  local seen = {}
  if type(request) == "table" and type(request[entry.input]) == "string" then
    seen[request[entry.input]] = true
  end
  return function()
    if problem then
      error(problem, 0)
    elseif is_last then
      return nil
    end
    local page, err = client[name](client, request, options)
    if not page then
      error(err, 0)
    end
    local marker = page[entry.output]
    if marker == nil or marker == "" then
      is_last = true
    elseif seen[marker] then
      problem = repeated(operation, marker)
    else
      seen[marker] = true
      request[entry.input] = marker
    end
    return page
  end
end

--- The responses to a paginated operation, page by page:
---
---     for page in client:pages("list_jobs", { vaultName = "v" }) do ... end
---
--- The iterator raises the error object where a page cannot be had, and called
--- again asks for that page again. A marker that comes a second time is an
--- error of kind "protocol", code "PaginationError", raised after its page.
--- Source: the paginators of boto3.
---@param client glacier.Client
---@param name string  the operation's, "list_jobs"
---@param params table?  its parameters, a marker to begin with among them
---@param options table?  those of each of the calls
---@return fun(): table?  the next response; nil after the last
function pagination.pages(client, name, params, options)
  return pages_of(client, name, entry_of(name, "pages"), params, options)
end

--- As pages, item by item: jobs, vaults, uploads, parts.
---@param client glacier.Client
---@param name string  the operation's, "list_jobs"
---@param params table?  its parameters, a marker to begin with among them
---@param options table?  those of each of the calls
---@return fun(): table?  the next item; nil after the last
function pagination.each(client, name, params, options)
  local entry = entry_of(name, "each")
  local next_page = pages_of(client, name, entry, params, options)
  local items, i = {}, 0
  return function()
    i = i + 1
    while items and items[i] == nil do
      local page = next_page()
      items, i = page and (page[entry.items] or {}), 1
    end
    return items and items[i]
  end
end

return pagination
