-- A token's file that is a symbolic link, as people who keep their dotfiles
-- elsewhere have it, became a file: the one that it stood for stayed as it was.

local file = require "glacier.core.file"
local home = require "spec.support.home"
local lfs = require "lfs"

local function read(path)
  local opened = assert(io.open(path, "rb"))
  local text = opened:read "*a"
  opened:close()
  return text
end

describe("a file is replaced behind", function()
  local place

  before_each(function()
    place = home.new()
    place:run "mkdir -p a/b kept"
  end)

  after_each(function()
    place:remove()
  end)

  local function replaces(link, target)
    local path = place.path .. "/" .. link
    assert.is_true(file.replace(path, "new"))
    assert.equal("link", lfs.symlinkattributes(path, "mode"))
    assert.equal("new", read(place.path .. "/" .. target))
    assert.equal("rw-------", lfs.attributes(path, "permissions"))
  end

  it("a link beside it", function()
    place:write("kept/token", "old")
    place:run "ln -s token kept/link"
    replaces("kept/link", "kept/token")
  end)

  it("a relative link into another folder", function()
    place:write("kept/token", "old")
    place:run "ln -s ../../kept/token a/b/link"
    replaces("a/b/link", "kept/token")
  end)

  it("an absolute link", function()
    place:write("kept/token", "old")
    place:run('ln -s "$PWD/kept/token" a/link')
    replaces("a/link", "kept/token")
  end)

  it("a link of a link, in a folder that is one", function()
    place:write("kept/token", "old")
    place:run "ln -s ../kept/token a/first; ln -s ../first a/b/second; ln -s a/b folder"
    replaces("folder/second", "kept/token")
  end)

  it("a link to nothing yet", function()
    place:run "ln -s ../kept/none a/link"
    replaces("a/link", "kept/none")
  end)

  it("no link that leads back to itself", function()
    place:run "ln -s second a/first; ln -s first a/second"
    local ok, failure = file.replace(place.path .. "/a/first", "new")
    assert.is_nil(ok)
    assert.truthy(failure.message:find("symbolic links", 1, true), failure.message)
    assert.equal("link", lfs.symlinkattributes(place.path .. "/a/first", "mode"))
  end)
end)
