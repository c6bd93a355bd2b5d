-- Which of a vault's jobs is the one of a lost answer, and which may be taken over.

local choose = require "glacier.job.retrieve.choose"

local HOUR = 3600
local NOW = 1795341600
local PARAMS = { Type = "archive-retrieval", ArchiveId = "A" }

local function at(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%S.000Z", NOW + seconds)
end

-- A job that was made so many seconds ago, and is in progress.
local function job(id, age, more)
  local description = { JobId = id, Action = "ArchiveRetrieval", ArchiveId = "A", Tier = "Standard",
    StatusCode = "InProgress", CreationDate = at(-age), ArchiveSizeInBytes = 10,
    RetrievalByteRange = "0-9" }
  for name, value in pairs(more or {}) do
    description[name] = value
  end
  return description
end

local function ended(id, age)
  return job(id, age + 5 * HOUR, { StatusCode = "Succeeded", Completed = true,
    CompletionDate = at(-age) })
end

describe("the job of a lost answer", function()
  local function lost(jobs, intent, known)
    intent.at = NOW - 100
    local found = choose.lost(jobs, intent, PARAMS, known or {})
    return found and found.JobId
  end

  it("is the earliest that was made since", function()
    assert.equal("b", lost({ job("c", 20), job("b", 90), job("a", 95) }, {}, { a = true }))
    assert.equal("a", lost({ job("c", 20), job("b", 90), job("a", 95) }, {}))
    assert.equal("a", lost({ job("a", 95), job("old", 300), job("b", 90) }, {}))
  end)

  it("may be a little older by the service's clock: then it is the latest such", function()
    assert.equal("y", lost({ job("x", 500), job("y", 300), job("z", 900) }, {}))
    assert.equal("y", lost({ job("y", 300), job("x", 500) }, {}))
    assert.is_nil(lost({ job("x", 1001) }, {}))
    assert.is_nil(lost({ job("x", 1000) }, {}))
    assert.equal("x", lost({ job("x", 999) }, {}))
  end)

  it("is told by its description where that is ours alone", function()
    local ours = job("x", 5000, { JobDescription = "token", ArchiveId = "other" })
    assert.equal("x", lost({ job("a", 90), ours }, { token = true, Description = "token" }))
    assert.is_nil(lost({ job("a", 90) }, { token = true, Description = "token" }))
  end)

  it("is none of another tier, topic or description, and none without a date", function()
    assert.is_nil(lost({ job("a", 90) }, { Tier = "Bulk" }))
    assert.is_nil(lost({ job("a", 90) }, { SNSTopic = "arn:t" }))
    assert.is_nil(lost({ job("a", 90, { JobDescription = "x" }) }, {}))
    assert.is_nil(lost({ job("a", 90, { CreationDate = "then" }) }, {}))
  end)
end)

describe("the job that is taken over", function()
  local function living(jobs, gone)
    local found = choose.living(jobs, PARAMS, NOW, gone or {})
    return found and found.JobId
  end

  it("has its output there, before one that is in progress", function()
    assert.equal("b", living { job("a", 9000), ended("b", 60), job("c", 10) })
    assert.equal("b", living { ended("b", 60), job("a", 9000) })
  end)

  it("is of those whose output is there the one that keeps it longest", function()
    assert.equal("c", living { ended("a", 600), ended("c", 60), ended("b", 300) })
    assert.equal("c", living { ended("c", 60), ended("a", 600) })
  end)

  it("is of those in progress the oldest", function()
    assert.equal("b", living { job("a", 60), job("b", 600), job("c", 300) })
    assert.equal("a", living({ job("a", 60), job("b", 600) }, { b = true }))
  end)

  it("is none whose output goes within the hour, has failed, or is another's", function()
    assert.is_nil(living { ended("a", 23 * HOUR) })
    assert.equal("a", living { ended("a", 23 * HOUR - 60) })
    assert.is_nil(living { job("a", 60, { StatusCode = "Failed" }) })
    assert.is_nil(living { job("a", 60, { ArchiveId = "B" }) })
    assert.is_nil(living {})
  end)
end)

describe("the job that a torn state has forgotten", function()
  local function forgotten(jobs, description, gone)
    local params = { Type = "archive-retrieval", ArchiveId = "A", Description = description }
    local found = choose.forgotten(jobs, params, "ours ", NOW, gone or {})
    return found and found.JobId
  end

  it("has a description of ours, or the caller's", function()
    local ours = job("a", 60, { JobDescription = "ours 1" })
    assert.equal("a", forgotten { job("b", 600), ours, job("c", 30, { JobDescription = "our" }) })
    assert.is_nil(forgotten({ ours }, nil, { a = true }))
    assert.equal("d", forgotten({ job("b", 600), job("d", 60, { JobDescription = "mine" }) }, "mine"))
    assert.is_nil(forgotten { job("a", 60, { JobDescription = "ours", StatusCode = "Failed" }) })
  end)
end)
