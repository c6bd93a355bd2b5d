--- Quotes a word for the shell.
---@param word string
---@return string
return function(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end
