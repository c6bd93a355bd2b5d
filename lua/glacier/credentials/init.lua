--- The credentials that a client signs with. Those that expire are renewed
-- ahead of it: from 15 minutes before the end beside the calls, which go on
-- with the old ones; from 10 minutes before the end all calls wait for it, one
-- loading for all.

local chain = require("glacier.credentials.chain")
local errors = require("glacier.errors")
local refreshes = require("glacier.credentials.refresh")
local scheduler = require("glacier.host").scheduler
local waiting = require("glacier.host").waiting

local collectgarbage, setmetatable = collectgarbage, setmetatable
local huge, min = math.huge, math.min

-- Seconds before the end.
local ADVISORY, MANDATORY = 15 * 60, 10 * 60

-- Seconds that a refresh has: one that nobody needs yet, and one that is.
local AHEAD_SECONDS, NEEDED_SECONDS = 30, 60

-- In a host where nobody can be at it beside the caller he is, for so many
-- seconds, and for no more than this part of the time that his call has left.
local INLINE_SECONDS, INLINE_PART = 5, 0.5

-- After one ahead of time came to nothing, so many seconds without another.
local REST_SECONDS = 30

-- A host may drop what it was to run beside the caller, and tell nobody: for so
-- many seconds its beginning is waited for.
local BEGINNING_SECONDS = 1

-- Between two looks at whether somebody who calls the user's function is gone,
-- longer each time.
local FIRST_LOOK, LONGEST_LOOK, COLLECTED_KILOBYTES = 0.2, 1, 1000

---@class glacier.Credentials
---@field current glacier.LoadedCredentials?
---@field under_way table  its `refresh`, if there is one. It is held by those
--- who wait for it: where all of them were dropped it is let go
local Credentials = {}
Credentials.__index = Credentials

local credentials = {}

-- How badly new credentials are needed: nil, "advisory" or "mandatory".
local function need(self)
  local current = self.current
  if not current or current.is_refused then
    return "mandatory"
  elseif current.expiration then
    local left = current.expiration - self.offered.now()
    return left < MANDATORY and "mandatory" or left < ADVISORY and "advisory" or nil
  end
end

-- What will never be loaded again is let go: no secret stays in a table.
local function forget(self)
  self.offered.options.credentials = nil
  self.offered = nil
end

-- Tells the logger what came of loading credentials that can be loaded again.
local function tell(log, refresh, urgency)
  local loaded, err = refresh.loaded, refresh.err
  if log and not (loaded and loaded.provider.fixed) then
    log({
      event = "refresh", ok = loaded ~= nil, urgency = urgency,
      source = loaded and loaded.provider.name, expiration = loaded and loaded.expiration,
      reason = err and err.message,
    })
  end
end

-- One that comes late does not undo a newer one.
local function settle(self, refresh, urgency)
  local log = self.log
  local loaded = refresh.loaded
  if self.under_way.refresh == refresh then
    self.under_way.refresh = nil
    self.current = loaded or self.current
    if loaded and loaded.provider.fixed then
      forget(self)
    elseif not loaded and urgency == "advisory" then
      self.rests_until = self.host.now() + REST_SECONDS
    end
  end
  tell(log, refresh, urgency)
end

local function begin(self, urgency)
  local offered, current = self.offered, self.current
  local refresh = refreshes.new(self.surroundings,
    urgency == "advisory" and AHEAD_SECONDS or NEEDED_SECONDS,
    function(refresh)
      return chain.load(offered, current, refresh)
    end,
    function(refresh)
      settle(self, refresh, urgency)
    end)
  self.under_way.refresh = refresh
  return refresh
end

local function put_into_background(self, refresh)
  if not refresh.in_background and self.host.background then
    refresh.in_background = self.host.background(function()
      refresh:drive()
    end, function(err)
      refresh:fail(err)
    end)
  end
  return refresh.in_background
end

-- Ends one that nobody is at.
local function expire(self, refresh)
  refresh:expire()
  if self.under_way.refresh == refresh then
    self.under_way.refresh = nil
  end
end

-- Renews while the old ones are still good. Nobody waits for it but, where
-- none can be at it beside him, the caller who began it, for a little while.
local function renew_ahead(self, call)
  local host = self.host
  local now = host.now()
  local refresh = self.under_way.refresh
  if refresh and now > refresh.deadline and
      not (refresh.in_background and refresh:has_begun()) then
    expire(self, refresh)
  elseif not refresh and now >= self.rests_until then
    refresh = begin(self, "advisory")
    if not put_into_background(self, refresh) then
      local left = call.deadline and INLINE_PART * (call.deadline - now) or huge
      if refresh:drive(now + min(INLINE_SECONDS, left)) == "late" then
        expire(self, refresh)
      end
    end
  end
  return self.current.identity
end

-- A coroutine that was dropped is known once it was collected; that is looked
-- after by one of all that wait.
local function collect(self, now)
  if collectgarbage and now >= self.collects_at then
    self.collects_at = now + FIRST_LOOK
    collectgarbage("step", COLLECTED_KILOBYTES)
  end
end

-- Waits while somebody else is at what he alone can end; false where the
-- deadline is over before, nil where nobody can go on meanwhile.
local function await_other(self, refresh, deadline)
  local operation, pause = refresh.operation, FIRST_LOOK
  local moved
  local function has_moved()
    return refresh.done or refresh.operation ~= operation or refresh:is_abandoned()
  end
  repeat
    local now = self.host.now()
    if now >= deadline then
      return false
    end
    collect(self, now)
    moved = waiting.await(self.host, has_moved, min(deadline, now + pause))
    pause = min(2 * pause, LONGEST_LOOK)
  until moved ~= false
  return moved
end

-- Nil, too, where it does not begin.
local function await_background(self, refresh, deadline)
  local host = self.host
  local function has_begun()
    return refresh:has_begun()
  end
  if not has_begun() and
      not waiting.await(host, has_begun, min(deadline, host.now() + BEGINNING_SECONDS)) then
    return nil
  end
  return waiting.await(host, function()
    return refresh.done or refresh:is_abandoned()
  end, deadline)
end

-- Does what is to be done until it has ended, or the deadline has passed, or
-- nobody can go on.
local function drive(self, refresh, deadline)
  local how = refresh:drive(deadline < huge and deadline or nil)
  while how == "busy" and await_other(self, refresh, deadline) and
      not (refresh.is_direct and refresh:is_abandoned()) do
    how = refresh:drive(deadline < huge and deadline or nil)
  end
  return how
end

-- Sees to it that a refresh comes to its end, or to the call's.
---@return string how  "done", "late", "recursive", or "stuck": whoever is at
--- it will not end, or cannot while this call waits
local function attend(self, refresh, call)
  local call_deadline = call.deadline or huge
  local deadline = min(call_deadline, refresh.last_deadline)
  local moved, how
  if refresh:is_recursive() then
    return "recursive"
  elseif scheduler.can_yield() and put_into_background(self, refresh) then
    moved = await_background(self, refresh, deadline)
  end
  if moved == nil then
    how = drive(self, refresh, deadline)
  end
  if refresh.done then
    return "done"
  elseif how == "recursive" or refresh:is_below() then
    return "recursive"
  end
  return self.host.now() >= call_deadline and "late" or "stuck"
end

-- The result of a refresh that has ended; nothing where it ended only because
-- its time was over, and this call still has some.
local function share(refresh, has_time)
  local err = refresh.err
  if err and err.code == "DeadlineExceededError" and has_time then
    return nil
  end
  -- A copy, because a call writes into its error.
  return refresh.loaded and refresh.loaded.identity,
    err and errors.new(err.kind, err.code, err.message)
end

local function out_of_time(refresh)
  return errors.out_of_time("the time for the call is over while credentials are loaded" ..
    (refresh.source and ": " .. refresh.source or ""))
end

-- Waits for new credentials. Nothing where another try may get them.
local function renew_now(self, call)
  local refresh = self.under_way.refresh or begin(self, "mandatory")
  refresh:join(call.deadline)
  local how = attend(self, refresh, call)
  refresh:leave()
  if how == "recursive" then
    return nil, refreshes.recursion()
  elseif how == "stuck" then
    if self.under_way.refresh == refresh then
      self.under_way.refresh = nil
    end
    return nil
  elseif how == "late" then
    if refresh.waiters == 0 and not refresh.in_background then
      expire(self, refresh)
    end
    if not refresh.done then
      return nil, out_of_time(refresh)
    end
  end
  return share(refresh, not call.deadline or self.host.now() < call.deadline)
end

--- The credentials to sign with now. May wait.
---@param call {deadline: number?}  the one that needs them; by the host's clock
---@return userdata? identity  as signer:sign takes it
---@return glacier.Error? err  kind "credentials", or "timeout"
function Credentials:get(call)
  local identity, err
  repeat
    local urgency = need(self)
    if urgency == "mandatory" then
      identity, err = renew_now(self, call)
    else
      identity = urgency and renew_ahead(self, call) or self.current.identity
    end
  until identity or err
  return identity, err
end

--- Tells that the service calls these credentials expired.
---@param identity userdata  what the request was signed with
---@return boolean again  whether another attempt would be made with others
function Credentials:invalidate(identity)
  local current = self.current
  if not current or current.identity ~= identity then
    return true
  end
  current.is_refused = not current.provider.fixed
  return current.is_refused
end

---@class glacier.CredentialOffer  what the providers may use of a client
---@field options table
---@field environment table<string, string>
---@field configuration glacier.Configuration
---@field region string
---@field signer userdata
---@field random fun(): number
---@field read_file fun(path: string): string?, string?
---@field user_agent string
---@field now fun(): number  epoch seconds
---@field prepare? fun(request: table): table  sets how servers are reached
---@field log? fun(event: table)

--- The credentials of a client; nothing is loaded yet.
---@param offered glacier.CredentialOffer
---@param surroundings glacier.RefreshSurroundings
---@return glacier.Credentials
function credentials.new(offered, surroundings)
  return setmetatable({
    offered = offered, surroundings = surroundings, host = surroundings.host,
    under_way = setmetatable({}, { __mode = "v" }), log = offered.log,
    rests_until = -huge, collects_at = -huge,
  }, Credentials)
end

return credentials
