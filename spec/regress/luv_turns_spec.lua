-- While bytes come faster than they are taken, the loop of a program with luv
-- still gives others their turn: timers of no time must not follow each other.

local downloads = require "spec.support.downloads"
local programs = require "spec.support.programs"
local quote = require "spec.support.quote"

local MIB = downloads.MIB

local PROGRAM = [[
local glacier, uv = require "glacier", require "luv"
local url, job, path, way = arg[1], arg[2], arg[3], arg[4]
local longest, last, outcome = 0, uv.hrtime() / 1e9, nil
local began = last
local function note()
  local now = uv.hrtime() / 1e9
  longest, last = math.max(longest, now - last), now
end
local timer = uv.new_timer()
timer:start(1, 1, note)
local WAYS = {
  path = function(client, params)
    return client:get_job_output(params, { path = path })
  end,
  sink = function(client, params)
    local size = 0
    return client:get_job_output(params, { sink = function(piece)
      size = size + #piece
    end })
  end,
  download = function(client, params)
    return client:download_job_output(params, { path = path, part_size = 4 * 2 ^ 20 })
  end,
}
glacier.spawn(function()
  local client = assert(glacier.client { region = "us-west-2", endpoint_url = url, host = "luv",
    credentials = { access_key_id = "AKIDEXAMPLE", secret_access_key = "x" } })
  local result, err = WAYS[way](client, { vaultName = "examplevault", jobId = job })
  outcome = result and "good" or tostring(err)
  note()
  print(outcome, longest, last - began)
  client:close()
  timer:close()
end)
uv.run()
]]

describe("a loop with luv has its turns", function()
  local scene, job, program

  setup(function()
    scene = downloads.start({ size = 128 * MIB })
    job = scene.server:add_job { archive = "A" }
    program = scene.folder .. "/program.lua"
    downloads.write(program, PROGRAM)
  end)

  teardown(function()
    scene:stop()
  end)

  for _, way in ipairs { "path", "sink", "download" } do
    it("while an output comes to a " .. way, function()
      if programs.missing("lua5.4", "5.4") or not programs.succeeds "lua5.4 -e 'require [[luv]]'" then
        pending "there is no luv"
        return
      end
      os.remove(scene.target)
      local pipe = assert(io.popen(("cd %s && LUA_PATH='lua/?.lua;lua/?/init.lua;;' LUA_CPATH='build/lua5.4/?.so;;' "
        .. "lua5.4 %s %s %s %s %s 2>&1"):format(programs.ROOT, quote(program), quote(scene.server.url),
        quote(job), quote(scene.target), way)))
      local text = pipe:read "*a"
      pipe:close()
      local gap, seconds = text:match "^good%s+([%d.e-]+)%s+([%d.e-]+)"
      assert(gap, text)
      assert.is_true(tonumber(gap) < 0.06 or tonumber(gap) < 0.5 * tonumber(seconds), text)
    end)
  end
end)
