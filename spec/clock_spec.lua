local clock_of = require "glacier.clock"
local clients = require "spec.support.clients"

local function http_date(epoch)
  return os.date("!%a, %d %b %Y %H:%M:%S GMT", epoch)
end

-- A clock of a machine that is so many seconds behind the service's, after it has
-- been told so by an answer that took some seconds.
local function followed(behind, took)
  local clock = clock_of.new()
  local now = os.time()
  clock:follow(http_date(now + behind), now - (took or 0), 0)
  return clock
end

describe("the clock", function()
  it("agrees with ours at first", function()
    assert.is_true(math.abs(clock_of.new():now() - os.time()) <= 1)
  end)

  for _, behind in ipairs({ 240, 60, 3, -3, -60, -240 }) do
    it("follows the Date of a response: " .. behind, function()
      assert.is_true(math.abs(followed(behind).offset - behind) <= 2)
    end)
  end

  it("keeps what a Date does not contradict: it tells no part of a second, and may be old", function()
    assert.equal(0, followed(0).offset)
    assert.equal(0, followed(-1).offset)
    assert.equal(0, followed(-50, 60).offset)
    assert.is_true(math.abs(followed(-100, 60).offset + 39) <= 2)
  end)

  it("does not believe one that is far from ours, nor one that is none", function()
    for _, behind in ipairs({ 400, -400, 1e6, -1e8 }) do
      assert.equal(0, followed(behind).offset)
    end
    local clock = clock_of.new()
    for _, date in ipairs({ "", "yesterday", "2026-01-02T03:04:05Z" }) do
      clock:follow(date, os.time(), 0)
    end
    clock:follow(nil, os.time(), 0)
    assert.equal(0, clock.offset)
  end)

  it("is moved once by answers to requests that were under way together", function()
    local clock, now = clock_of.new(), os.time()
    clock:follow(http_date(now - 240), now, 0)
    clock:follow(http_date(now - 239), now, 0)
    assert.is_true(math.abs(clock.offset + 240) <= 2)
  end)

  it("signs by the Date of the last response, whatever that was", function()
    local client = clients.new({ url = "http://127.0.0.1:1" }, { max_attempts = 1 })
    local transport, signed = client.transport, {}
    clients.replace_transport(client, {
      host = transport.host,
      close = function() end,
      send = function(_, request)
        for i = 1, #request.headers, 2 do
          if request.headers[i] == "X-Amz-Date" then
            signed[#signed + 1] = request.headers[i + 1]
          end
        end
        return { status = #signed == 1 and 404 or 200, reason = "", body = "{}",
          headers = { date = http_date(os.time() - 240) } }
      end,
    })
    client:describe_job({ vaultName = "v", jobId = "J" })
    client:describe_job({ vaultName = "v", jobId = "J" })
    transport:close()
    local function seconds(text)
      local hour, minute, second = text:match("T(%d%d)(%d%d)(%d%d)Z")
      return hour * 3600 + minute * 60 + second
    end
    local back = (seconds(signed[1]) - seconds(signed[2])) % 86400
    assert.is_true(math.abs(back - 240) <= 5, signed[1] .. " " .. signed[2])
  end)
end)
