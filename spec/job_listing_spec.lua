-- How a list of jobs is read to its end.

local job_listing = require "glacier.job_listing"

local PARAMS = { accountId = "-", vaultName = "v" }

-- Reads these answers of ListJobs, each asked for once.
local function read(answers)
  local asked, taken = {}, {}
  local last, err = job_listing.read(function(params)
    asked[#asked + 1] = params.marker or "first"
    assert.equal("50", params.limit)
    assert.equal("v", params.vaultName)
    assert.equal("-", params.accountId)
    return assert(answers[#asked], "there is no further page")
  end, PARAMS, function(page) taken[#taken + 1] = page.name end)
  return { last = last, err = err, asked = table.concat(asked, " "),
    taken = table.concat(taken, " ") }
end

describe("a list of jobs", function()
  it("ends where no marker leads on", function()
    local result = read { { name = "a", Marker = "m" }, { name = "b", Marker = "n" }, { name = "c" } }
    assert.equal("c", result.last.name)
    assert.equal("first m n", result.asked)
    assert.equal("a b c", result.taken)
  end)

  it("ends at a marker of no characters, which would lead to its beginning", function()
    local result = read { { name = "a", Marker = "m" }, { name = "b", Marker = "" }, { name = "a" } }
    assert.equal("b", result.last.name)
    assert.equal("a b", result.taken)
    assert.equal("a", read({ { name = "a", Marker = "" } }).last.name)
  end)

  it("is not known where a page comes again", function()
    local result = read { { name = "a", Marker = "m" }, { name = "b", Marker = "n" },
      { name = "c", Marker = "m" } }
    assert.is_nil(result.last)
    assert.equal("protocol PaginationError", result.err.kind .. " " .. result.err.code)
    assert.is_true(result.err.sent)
    assert.is_false(result.err.in_doubt)
    assert.equal("first m n", result.asked)
  end)

  it("of a million jobs is read, and no longer one", function()
    local pages = 0
    local function list(most)
      pages = 0
      return job_listing.read(function()
        pages = pages + 1
        return { Marker = pages < most and "m" .. pages or nil }
      end, PARAMS, function() end)
    end
    assert.is_table(list(20000))
    local last, err = list(math.huge)
    assert.is_nil(last)
    assert.equal("PaginationError", err.code)
    assert.equal(20000, pages)
  end)

  it("is not known where a page is refused", function()
    local count = 0
    local last, err = job_listing.read(function()
      count = count + 1
      if count == 2 then return nil, { code = "Refused" } end
      return { Marker = "m" }
    end, PARAMS, function() end)
    assert.is_nil(last)
    assert.equal("Refused", err.code)
  end)

  it("that an answer lacks is not an empty one", function()
    assert.is_nil(job_listing.check({ JobList = {} }))
    local err = job_listing.check({})
    assert.equal("protocol ResponseParserError", err.kind .. " " .. err.code)
    assert.is_true(err.sent)
    assert.is_false(err.in_doubt)
  end)
end)
