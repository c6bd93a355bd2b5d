-- glacier.progress: what stands on a terminal, and in lines of JSON.

local cjson = require("cjson")
local glacier = require("glacier")
local shell = require("spec.support.shell")

local line = glacier.progress.line
local NOW = 1700000000
local MIB, GIB = 2 ^ 20, 2 ^ 30

local DOWNLOAD = {
  phase = "downloading", bytes = 420 * MIB, total = 1000 * MIB, rate = 12.34 * MIB, eta = 125,
  expires = NOW + 20 * 3600,
}

local function with(changes)
  local event = {}
  for name, value in pairs(DOWNLOAD) do
    event[name] = value
  end
  for name, value in pairs(changes) do
    event[name] = value ~= "none" and value or nil
  end
  return event
end

describe("progress.line", function()
  it("shows a bar, percent, time left, rate and amount", function()
    assert.equal("downloading  [====>     ]   42%  eta 2m 05s  12.3 MiB/s  420 MiB of 1000 MiB",
      (line(DOWNLOAD, 79, NOW)))
  end)

  it("fits into every width, and shows what matters most", function()
    for columns = 1, 200 do
      for _, event in ipairs({ DOWNLOAD, with({ expires = NOW + 60 }), { phase = "waiting", age = 5000, eta = 90,
        next_look = 900 }, { phase = ("\195\164"):rep(200) }, with({ err = ("x"):rep(400) }), {} }) do
        assert.is_true(#line(event, columns, NOW) <= columns)
      end
    end
    assert.equal("downloading   42%", line(DOWNLOAD, 20, NOW))
    assert.equal("downloading   42%  eta 2m 05s", line(DOWNLOAD, 30, NOW))
    assert.truthy(line(DOWNLOAD, 200, NOW):find("[" .. ("="):rep(11) .. ">" .. (" "):rep(16) .. "]", 1, true))
  end)

  it("has units that people read", function()
    for bytes, shown in pairs({ [0] = "0 B", [1023] = "1023 B", [1024] = "1.0 KiB", [10 * MIB - 1] = "9.9 MiB",
      [99.96 * MIB] = "99.9 MiB", [100 * MIB] = "100 MiB", [1.5 * GIB] = "1.5 GiB", [40000 * GIB] = "39.0 TiB",
      [2 ^ 60] = "1048576 TiB" }) do
      assert.truthy(line({ phase = "x", bytes = bytes }, 79, NOW):find("  " .. shown, 1, true), shown)
    end
    for seconds, shown in pairs({ [0] = "0s", [59.4] = "59s", [59.6] = "1m 00s", [3599] = "59m 59s",
      [3600] = "1h 00m", [90000] = "25h 00m", [400000] = "4 days" }) do
      assert.truthy(line(with({ eta = seconds, expires = "none" }), 100, NOW):find("eta " .. shown .. "  ", 1, true),
        shown)
    end
  end)

  it("says when the output may be gone before the end", function()
    assert.is_nil(line(DOWNLOAD, 120, NOW):find("expire", 1, true))
    assert.truthy(line(with({ eta = 30 * 3600 }), 120, NOW):find("may expire before, in 20h 00m", 1, true))
    assert.truthy(line(with({ expires = NOW - 5 }), 120, NOW):find("may have expired", 1, true))
    assert.is_nil(line(with({ expires = NOW - 5, done = true }), 120, NOW):find("expired", 1, true))
  end)

  it("shows how a wait goes", function()
    assert.equal("waiting  job is 1h 23m old  eta about 3h 36m  next look in 15m 00s", (line({
      phase = "waiting", status = "InProgress", age = 5000, eta = 13000, next_look = 900 }, 79, NOW)))
    assert.equal("waiting  3 of 50 jobs have ended  next look in 5m 00s",
      (line({ phase = "waiting", jobs = 50, finished = 3, next_look = 300 }, 79, NOW)))
    assert.equal("waiting", (line({ phase = "waiting" }, 79, NOW)))
  end)

  it("shows the end", function()
    local text = line(with({ done = true, bytes = 1000 * MIB, eta = 0 }), 79, NOW)
    assert.truthy(text:find("^downloading done  %[=+%]  100%%  12.3 MiB/s  1000 MiB$"), text)
    assert.equal("downloading failed: disk full", (line(with({ done = true, err = "disk full" }), 79, NOW)))
  end)

  it("takes anything for an event", function()
    for _, odd in ipairs({ 0 / 0, 1 / 0, -1 / 0, -5, 2.5, 1e300, "x", true, {} }) do
      for _, name in ipairs({ "bytes", "total", "rate", "eta", "expires", "phase", "age", "next_look", "jobs",
        "finished" }) do
        local waits = line({ phase = "waiting", jobs = 3, [name] = odd }, 79, NOW)
        assert.is_nil(waits:find("nan", 1, true))
        local text = line(with({ [name] = odd }), 79, NOW)
        assert.is_true(#text <= 79)
        assert.is_nil(text:find("nan", 1, true))
      end
    end
    assert.is_nil(line({ phase = "a\27[2Jb\nc" }, 79, NOW):find("[%c]"))
  end)
end)

-- A program that tells of a download, run by the shell with `before` and `after`.
local function run(kind, before, after)
  local lua = "lua" .. shell.version
  local code = ([[
    package.path, package.cpath = [==[%s]==], [==[%s]==]
    local tell = require("glacier").progress.%s()
    for i = 0, 4 do
      tell({ phase = "downloading", bytes = i * 2^20, total = 2^22, rate = 1.5, eta = 1/0, done = i == 4 or nil })
    end
    tell({ phase = "x", done = true, err = setmetatable({}, { __tostring = function() return 'a "b"\n' end }) })
  ]]):format(package.path, package.cpath, kind)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(code)
  file:close()
  local output, status = shell.run(("%s %s %s %s"):format(before, lua, path, after))
  os.remove(path)
  assert.equal(0, status, output)
  return output
end

describe("progress.terminal", function()
  it("writes nothing where stderr is no terminal", function()
    assert.equal("", run("terminal", "", "2>&1"))
    assert.equal("", run("terminal", "", "2>/dev/null"))
  end)

  it("draws one line again and again, and ends it", function()
    local quoted = run("terminal", "script -qec 'stty cols 60; " , "' /dev/null")
    local lines = {}
    for text in quoted:gsub("\r\n", "\n"):gmatch("[^\n]+") do
      lines[#lines + 1] = text
    end
    assert.equal(2, #lines, quoted)
    local drawn = {}
    for text in lines[1]:gmatch("\r([^\r]+)") do
      drawn[#drawn + 1] = text
    end
    assert.equal(5, #drawn, quoted)
    for _, text in ipairs(drawn) do
      assert.is_true(#text <= 59, text)
    end
    assert.truthy(drawn[3]:find("^downloading  %[=+> +%]   50%%  1 B/s  2.0 MiB of 4.0 MiB"), drawn[3])
    assert.truthy(drawn[5]:find("^downloading done"), drawn[5])
    assert.truthy(lines[2]:find('x failed: a "b"', 1, true))
  end)

  it("takes COLUMNS for the width", function()
    local output = run("terminal", "COLUMNS=30 script -qec 'stty cols 200; ", "' /dev/null")
    for text in output:gmatch("[^\r\n]+") do
      assert.is_true(#text <= 29, text)
    end
  end)
end)

describe("progress.json", function()
  it("writes an object a line", function()
    local events = {}
    for text in run("json", "", "2>&1"):gmatch("[^\n]+") do
      events[#events + 1] = cjson.decode(text)
    end
    assert.equal(6, #events)
    assert.same({ phase = "downloading", bytes = 2 ^ 20, total = 2 ^ 22, rate = 1.5, eta = cjson.null }, events[2])
    assert.is_true(events[5].done)
    assert.equal('a "b"\n', events[6].err)
  end)
end)
