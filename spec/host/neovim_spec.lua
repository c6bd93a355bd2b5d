-- Neovim, by the name that its loop has and by the one it has in later versions.
-- Runs on one Lua: what it tests runs in programs of its own.

local expectations = require "spec.support.luv_expectations"
local programs = require "spec.support.programs"

local COMMAND = "nvim -u NONE --headless -c 'luafile " .. programs.ROOT
  .. "/spec/support/luv_program.lua'"

describe("glacier.host.luv", function()
  local reason = programs.missing("nvim", "5.1")
  for name, environment in pairs({ ["vim.loop"] = {}, ["vim.uv"] = { GLACIER_UV = "1" } }) do
    if reason then
      pending(name .. ": " .. reason)
    else
      expectations.define(it, {
        name = "Neovim, " .. name,
        version = "5.1",
        command = COMMAND,
        environment = environment,
      })
    end
  end
end)
