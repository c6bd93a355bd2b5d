--- Locales for specs, made by localedef in a folder of their own: programs that
-- are to see them are started with that folder in LOCPATH.

local shell = require "spec.support.shell"

local locales = {}
locales.__index = locales

--- Whose decimal point is a comma; whose "I" and "i" are not each other's; and
-- both in a character set of single bytes, in which bytes above 127 are letters
-- and control characters, too.
locales.NAMES = { "de_DE.UTF-8", "de_DE.ISO-8859-1", "tr_TR.UTF-8", "tr_TR.ISO-8859-9" }

--- Why no locales can be made here, or nil. In CI they can be.
---@return string?
function locales.missing()
  local reason
  if not shell.has "localedef" then
    reason = "there is no localedef"
  elseif select(2, shell.run "test -d /usr/share/i18n/locales") ~= 0 then
    reason = "the sources of locales are not there (Debian: locales)"
  end
  assert(not reason or not os.getenv "CI", reason)
  return reason
end

--- Makes them; to be removed by `remove`.
function locales.new()
  local self = setmetatable({ folder = shell.folder() }, locales)
  for _, name in ipairs(locales.NAMES) do
    local language, charset = name:match "^([^.]+)%.(.+)$"
    -- localedef warns of what is not in the old character sets, and makes them.
    shell.run(("localedef -c -i %s -f %s --no-archive %s/%s"):format(
      language, charset, self.folder, name))
    shell.check(("test -f %s/%s/LC_CTYPE"):format(self.folder, name))
  end
  return self
end

--- The words before a command that is to see them.
---@return string
function locales:environment()
  return "LOCPATH=" .. shell.quote(self.folder) .. " "
end

function locales:remove()
  shell.remove(self.folder)
end

return locales
