-- Pages and items, by a client that is nothing but its public methods.

local errors = require("glacier.errors")
local model = require("glacier.model")
local pagination = require("glacier.client.pagination")

-- A client whose operations answer with what is next in the list: a response,
-- or an error. Notes the parameters and the options it was called with.
local function new_client(answers)
  local client = { calls = {}, pages = pagination.pages, each = pagination.each }
  for name in pairs(model.operations) do
    client[name] = function(self, params, options)
      local copy = {}
      for key, value in pairs(params or {}) do
        copy[key] = value
      end
      self.calls[#self.calls + 1] = { name = name, params = copy, options = options }
      local answer = table.remove(answers, 1)
      if errors.is_error(answer) then
        return nil, answer
      end
      return answer
    end
  end
  return client
end

local function collect(iterator)
  local found = {}
  for item in iterator do
    found[#found + 1] = item
  end
  return found
end

local LOST = errors.new("network", "ConnectionClosedError", "lost")

describe("client:pages", function()
  for name, operation in pairs(model.operations) do
    local entry = operation.pagination

    if entry then
      it(name .. " asks for page after page", function()
        local pages = { { [entry.output] = "m1", [entry.items] = { 1, 2 } },
          { [entry.output] = "m2" }, { [entry.items] = { 3 } } }
        local client = new_client({ pages[1], pages[2], pages[3] })
        local params, options = { vaultName = "v", limit = "2" }, { timeout = 5 }
        assert.same(pages, collect(client:pages(name, params, options)))
        assert.same({ vaultName = "v", limit = "2" }, params)
        for i, marker in ipairs({ "none", "m1", "m2" }) do
          local call = client.calls[i]
          assert.equal(name, call.name)
          assert.equal(options, call.options)
          assert.same({ vaultName = "v", limit = "2", [entry.input] = i > 1 and marker or nil },
            call.params)
        end
      end)

      it(name .. " item by item, empty pages passed over", function()
        local client = new_client({ { [entry.output] = "a", [entry.items] = {} },
          { [entry.output] = "b", [entry.items] = { 1, 2 } }, { [entry.output] = "c" },
          { [entry.output] = "", [entry.items] = { 3 } } })
        assert.same({ 1, 2, 3 }, collect(client:each(name, {})))
      end)
    end
  end

  it("begins where the parameters say", function()
    local client = new_client({ { Marker = "n" }, {} })
    collect(client:pages("list_jobs", { marker = "m" }))
    assert.equal("m", client.calls[1].params.marker)
    assert.equal("n", client.calls[2].params.marker)
  end)

  it("takes no parameters", function()
    assert.same({ {} }, collect(new_client({ {} }):pages("list_vaults")))
  end)

  it("works without a for", function()
    local client = new_client({ { Marker = "a" }, { JobList = {} } })
    local next_page = client:pages("list_jobs")
    assert.same({ Marker = "a" }, next_page())
    assert.same({ JobList = {} }, next_page())
    assert.is_nil(next_page())
    assert.is_nil(next_page())
    assert.equal(2, #client.calls)
  end)

  it("does not mind what becomes of the table of parameters", function()
    local client = new_client({ { Marker = "a" }, {} })
    local params = { vaultName = "v" }
    local next_page = client:pages("list_jobs", params)
    params.vaultName = "w"
    next_page()
    next_page()
    assert.equal("v", client.calls[2].params.vaultName)
  end)

  it("raises the error object, and asks for that page again when called again", function()
    local client = new_client({ { Marker = "a", JobList = { 1 } }, LOST, { JobList = { 2 } } })
    local next_page = client:pages("list_jobs")
    next_page()
    local ok, err = pcall(next_page)
    assert.is_false(ok)
    assert.equal(LOST, err)
    assert.same({ 2 }, next_page().JobList)
    assert.equal("a", client.calls[3].params.marker)
    client = new_client({ { Marker = "a", JobList = { 1 } }, LOST, { JobList = { 2 } } })
    local next_item = client:each("list_jobs")
    assert.equal(1, next_item())
    assert.is_false(pcall(next_item))
    assert.equal(2, next_item())
    assert.is_nil(next_item())
  end)

  describe("ends with an error where a marker comes again:", function()
    local cases = {
      { "the same twice", {}, { "a", "a" }, 2 },
      { "in a circle", {}, { "a", "b", "c", "a" }, 4 },
      { "the one it began with", { marker = "a" }, { "a" }, 1 },
      { "of control characters", {}, { "\0\27", "\0\27" }, 2 },
    }

    for _, case in ipairs(cases) do
      it(case[1], function()
        local answers = {}
        for i, marker in ipairs(case[3]) do
          answers[i] = { Marker = marker }
        end
        local count = 0
        local client = new_client(answers)
        local next_page = client:pages("list_jobs", case[2])
        local ok, err = pcall(function()
          for _ in next_page do
            count = count + 1
          end
        end)
        assert.is_false(ok)
        assert.equal("protocol", err.kind)
        assert.equal("PaginationError", err.code)
        assert.equal("ListJobs", err.operation)
        assert.is_nil(err.message:find("[^ -~]"))
        assert.equal(case[4], count)
        assert.equal(case[4], #client.calls)
        assert.equal(err, select(2, pcall(next_page)))
      end)
    end
  end)

  it("waits in a coroutine, and within a for unless this is plain Lua 5.1", function()
    local function outcome(read)
      local client = new_client({ { Marker = "a" }, {} })
      local list_jobs = client.list_jobs
      client.list_jobs = function(...)
        coroutine.yield()
        return list_jobs(...)
      end
      local thread = coroutine.create(read)
      local ok = coroutine.resume(thread, client)
      while ok and coroutine.status(thread) ~= "dead" do
        ok = coroutine.resume(thread)
      end
      return ok and #client.calls
    end

    assert.equal(2, outcome(function(client)
      local next_page = client:pages("list_jobs")
      while next_page() do end -- luacheck: ignore 542
    end))
    local is_plain_51 = _VERSION == "Lua 5.1" and not rawget(_G, "jit")
    assert.equal(not is_plain_51 and 2, outcome(function(client)
      for _ in client:pages("list_jobs") do end -- luacheck: ignore 542
    end))
  end)

  it("leaves what is wrong with the parameters to the operation", function()
    for _, params in ipairs({ "x", 5, { marker = 5 }, { marker = 0 / 0 } }) do
      local client = new_client({ LOST })
      client.list_jobs = function(_, given)
        assert.equal(type(params), type(given))
        return nil, LOST
      end
      assert.is_false(pcall(client:pages("list_jobs", params)))
    end
  end)

  it("raises for what has no pages, and names what has", function()
    for _, name in ipairs({ "describe_job", "list_tags_for_vault", "ListJobs", "nonsense" }) do
      for _, method in ipairs({ "pages", "each" }) do
        local client = new_client({})
        local ok, message = pcall(client[method], client, name)
        assert.is_false(ok)
        assert.truthy(message:find("bad argument #1 to '" .. method .. "' (list_jobs, " ..
          "list_multipart_uploads, list_parts, list_vaults expected, got " .. name .. ")", 1, true))
      end
    end
    assert.is_false(pcall(pagination.pages, new_client({}), nil))
  end)
end)
