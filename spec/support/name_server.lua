--- A name server for hosts that ask one themselves: `lua name_server.lua
-- [--silent yes]` prints its port and answers "localhost" with 127.0.0.1, other
-- names with "no such name"; silent, it answers nothing. It ends after a minute
-- without a question.

local socket = require "socket"

local IDLE_SECONDS = 60
local HEAD_BYTES = 12

-- RFC 1035 4.1: the flags and counts of an answer.
local FOUND = "\129\128\0\1\0\1\0\0\0\0"
local UNKNOWN = "\129\131\0\1\0\0\0\0\0\0"

-- A pointer to the name asked for, A, IN, 60 seconds, four bytes.
local RECORD = "\192\12\0\1\0\1\0\0\0\60\0\4\127\0\0\1"

local function answer(question)
  local rest = question:sub(HEAD_BYTES + 1)
  local name = rest:match "^(.-)%z"
  local asked = rest:sub(1, #name + 5)
  if name == "\9localhost" and asked:sub(-4) == "\0\1\0\1" then
    return question:sub(1, 2) .. FOUND .. asked .. RECORD
  end
  return question:sub(1, 2) .. UNKNOWN .. asked
end

local server = assert(socket.udp())
assert(server:setsockname("127.0.0.1", 0))
server:settimeout(IDLE_SECONDS)
local _, port = server:getsockname()
print(port)
io.stdout:flush()

local question, address, from = server:receivefrom()
while question do
  if arg[1] ~= "--silent" then
    server:sendto(answer(question), address, from)
  end
  question, address, from = server:receivefrom()
end
