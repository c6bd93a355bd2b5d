--- What the tests of a block share, from its setup to its teardown.
---@param hooks { setup: function, teardown: function }  busted's, which only
--- spec files see
---@param start fun(): table
---@param stop fun(thing: table)
---@return table thing  what `start` returned, filled in at the setup
return function(hooks, start, stop)
  local thing = {}
  hooks.setup(function()
    local started = start()
    for name, value in pairs(started) do
      thing[name] = value
    end
    setmetatable(thing, getmetatable(started))
  end)
  hooks.teardown(function()
    stop(thing)
  end)
  return thing
end
