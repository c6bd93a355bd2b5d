-- The table of doc/operations.md says of each operation what the model does.

local model = require "glacier.model"

local LOST = { [true] = "no: sent again", [false] = "no: not sent again" }

local function names(shape)
  local required, list = {}, {}
  for _, name in ipairs(shape.required or {}) do
    required[name] = true
  end
  for _, member in ipairs(shape.members) do
    if member[1] ~= "accountId" then
      list[#list + 1] = required[member[1]] and "**" .. member[1] .. "**" or member[1]
    end
  end
  return table.concat(list, ", ")
end

local function row_of(name, operation)
  local idempotent = "yes"
  if operation.reconcile then
    idempotent = "no: `" .. operation.reconcile .. "` is asked first"
  elseif operation.resend ~= nil then
    idempotent = LOST[operation.resend]
  end
  local target = operation.uri .. (operation.query and "?" .. operation.query or "")
  local cells = {
    "`" .. name .. "`", "`" .. operation.method .. " " .. target .. "`", names(operation.input),
    names(operation.output), operation.pagination and operation.pagination.items or "",
    idempotent,
  }
  return "| " .. table.concat(cells, " | "):gsub("|  |", "| |"):gsub("|  |", "| |") .. " |"
end

describe("doc/operations.md", function()
  local rows, text = {}, nil

  setup(function()
    local file = assert(io.open("doc/operations.md", "rb"))
    text = file:read("*a")
    file:close()
    for row in text:gmatch("\n(| `[a-z_]+` | `[A-Z]+ /[^\n]*)") do
      rows[#rows + 1] = row
    end
  end)

  it("has a row for each operation, as the model has it, and no other", function()
    local expected = {}
    for name, operation in pairs(model.operations) do
      expected[#expected + 1] = row_of(name, operation)
    end
    table.sort(expected)
    table.sort(rows)
    assert.same(expected, rows)
  end)

  it("names the waiters and their figures", function()
    for name, waiter in pairs(model.waiters) do
      assert.truthy(text:find("`" .. name .. "`", 1, true), name)
      assert.truthy(text:find(("%d seconds"):format(waiter.delay), 1, true))
      assert.truthy(text:find(("%d calls"):format(waiter.max_attempts), 1, true))
    end
  end)

  it("tells the limit of a body in memory", function()
    local limit = model.operations.get_job_output.body_limit
    assert.truthy(text:find(("%d MiB"):format(limit / 1048576), 1, true))
  end)

  it("is linked from the README", function()
    local file = assert(io.open("README.md", "rb"))
    local readme = file:read("*a")
    file:close()
    assert.truthy(readme:find("(doc/operations.md)", 1, true))
  end)
end)
