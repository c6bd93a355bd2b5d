--- What downloads in the programs of other hosts are held against.

local assert = require "luassert"
local hosted_downloads = require "spec.support.hosted_downloads"
local programs = require "spec.support.programs"
local vault = require "spec.support.vault"

local download_programs = {}

-- Seconds that a loop may be held up while bytes arrive and are hashed, without
-- what other programs have of the machine: more than the 10 ms of a write or a
-- rehash, for a machine that stops all of it now and then.
-- A sanitizer makes everything take several times as long.
local LONGEST = os.getenv "SANITIZE" and 0.6 or 0.06

--- A vault server that has the jobs, and a folder for what is fetched.
---@return table scene
function download_programs.scene()
  local scene = { server = vault.start { archives = {
    big = { size = hosted_downloads.BIG.size }, small = { size = hosted_downloads.SMALL.size },
  } } }
  scene.server:add_job { archive = "big", id = hosted_downloads.BIG.id }
  scene.server:add_job { archive = "small", id = hosted_downloads.SMALL.id }
  local pipe = assert(io.popen "mktemp -d")
  scene.folder = pipe:read "*l"
  pipe:close()
  scene.environment = { GLACIER_VAULT = scene.server.url, GLACIER_FOLDER = scene.folder }
  return scene
end

function download_programs.stop(scene)
  scene.server:stop()
  os.execute("rm -rf " .. scene.folder)
end

--- Holds a file against the archive.
function download_programs.check_file(scene, name, archive)
  local path = scene.folder .. "/" .. name
  assert.is_true(scene.server.archives[archive or "big"].content:check_file(path), name)
end

--- Holds a report of hosted_downloads.run against what is right.
function download_programs.check(scene, report)
  for name, outcome in pairs {
    parts = "tree_hash 33", first = "tree_hash 5", second = "tree_hash 5", limited = "tree_hash 4",
    contest = "config Locked, tree_hash 4", closed = "cancelled CancelledError",
    resumed = "tree_hash 17", hashed = scene.server.archives.big.tree_hash,
  } do
    assert.are.equal(outcome, report[name], name)
  end
  assert.is_true(report.resumed_bytes > 2 ^ 20, "resumed: " .. report.resumed_bytes)
  assert.is_true(report.limited_seconds > 0.5, report.limited_seconds)
  for _, name in ipairs { "parts", "first", "second", "closed" } do
    download_programs.check_file(scene, name)
  end
  for _, name in ipairs { "contest", "limited" } do
    download_programs.check_file(scene, name, "small")
  end
  for _, name in ipairs { "parts", "hashed", "two", "closed", "resumed", "limited" } do
    assert.is_true(report[name .. "_held"] < LONGEST,
      ("%s: %.1f ms"):format(name, report[name .. "_held"] * 1000))
  end
end

--- Runs a measurement again where the machine may have been at fault.
---@param run fun(): table  a report
---@return table report
function download_programs.measure(host, run)
  local _, report = programs.measure_gap(function()
    local found = run()
    local worst = 0
    for _, name in ipairs { "parts", "hashed", "two", "resumed" } do
      worst = math.max(worst, found[name .. "_held"] or 0)
    end
    return worst, found
  end)
  programs.print_figures(host, "longest gap while 64 MiB arrive %.1f ms (held up %.1f ms), two " ..
    "of them %.1f (%.1f), hashed %.1f (%.1f), idle %.1f (%.1f)", report.parts_gap * 1000,
    report.parts_held * 1000, report.two_gap * 1000, report.two_held * 1000,
    report.hashed_gap * 1000, report.hashed_held * 1000, report.idle_gap * 1000,
    report.idle_held * 1000)
  return report
end

return download_programs
