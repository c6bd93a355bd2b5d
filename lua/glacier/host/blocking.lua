--- The host for plain scripts: waits in poll(), and the program with it.

local http = require("glacier.core.http")

---@class glacier.Host
---@field name string
---@field wait fun(engine: any, timeout: number?)  lets the engine do what it
--- can; returns after that, or after `timeout` seconds at the most
---@field sleep fun(seconds: number)
---@field now fun(): number  seconds of a clock that only goes forward

---@type glacier.Host
return {
  name = "blocking",
  wait = function(engine, timeout)
    return engine:wait(timeout)
  end,
  sleep = http.sleep,
  now = http.monotonic,
  -- Nobody else can go on meanwhile.
  await = function()
    return nil
  end,
}
