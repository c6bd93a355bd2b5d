-- Plain Lua with the package luv.

local expectations = require "spec.support.luv_expectations"
local programs = require "spec.support.programs"

local PROGRAM = programs.ROOT .. "/spec/support/luv_program.lua"
local VARIANTS = {
  { lua = "lua5.1", version = "5.1" },
  { lua = "lua5.2", version = "5.2" },
  { lua = "lua5.3", version = "5.3" },
  { lua = "lua5.4", version = "5.4" },
  { lua = "luajit", version = "5.1" },
  { lua = "lua5.4", version = "5.4", collect = true },
  { lua = "luajit", version = "5.1", collect = true },
}

local function missing(variant)
  local reason = programs.missing(variant.lua, variant.version)
  if not reason and not programs.succeeds(variant.lua .. " -e 'require [[luv]]'") then
    reason = "there is no luv for " .. variant.lua
  end
  assert(not reason or not os.getenv("CI"), reason)
  return reason
end

describe("glacier.host.luv", function()
  for _, variant in ipairs(VARIANTS) do
    local name = variant.lua .. (variant.collect and ", collecting garbage" or "")
    local reason = missing(variant)
    if reason then
      pending(name .. ": " .. reason)
    else
      expectations.define(it, {
        name = "luv, " .. name,
        version = variant.version,
        command = variant.lua .. " " .. PROGRAM,
        environment = variant.collect and { GLACIER_COLLECT = "1" } or nil,
      })
    end
  end
end)
