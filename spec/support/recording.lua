--- Recorded responses: spec/recordings/NAME, one file a response.
--
-- A file holds `# Source: ...` (where the facts are from) and further comment
-- lines, then the response as HTTP writes it: status line, headers, an empty
-- line, body. Lines end in LF; the body is taken byte for byte, except that
-- the file's last LF does not belong to it. There is no Content-Length unless
-- the recording wants a wrong one.

local http = require "spec.support.http"

local recording = {}

local HERE = debug.getinfo(1, "S").source:match("^@(.*)support/recording%.lua$") or "spec/"

---@class Recording
---@field source string where the facts are from
---@field status integer
---@field reason string
---@field headers Header[]
---@field body string

--- Takes the comment lines off the front of a recording.
local function split_comments(text)
  local position, comments = 1, {}
  while true do
    local line, after = text:match("^#[ \t]*([^\n]*)\n()", position)
    if not line then
      return comments, text:sub(position)
    end
    comments[#comments + 1] = line
    position = after
  end
end

--- Parses the text of a recording.
---@param text string
---@return Recording?
---@return string? err
function recording.parse(text)
  local comments, message = split_comments(text)
  local source = table.concat(comments, " "):match("^Source: (.+)$")
  if not source then
    return nil, "no '# Source:' line"
  end
  local blank = message:find("\n\n", 1, true)
  local head = message:sub(1, (blank or #message) - 1)
  local start_line, headers = http.parse_head(head, "\n")
  if not start_line then
    return nil, headers
  end
  local status, reason = start_line:match("^HTTP/1%.1 (%d%d%d) ?([^\r]*)$")
  if not status then
    return nil, "the status line is malformed"
  end
  local body = blank and message:sub(blank + 2) or ""
  return {
    source = source,
    status = tonumber(status),
    reason = reason,
    headers = headers,
    body = (body:gsub("\n$", "")),
  }
end

--- Reads a recording.
---@param name string its path below spec/recordings/, such as "initiate_job/success"
---@return Recording?
---@return string? err
function recording.load(name)
  if not name:find("^[%w_]+/[%w_]+$") then
    return nil, ("%q is no recording's name"):format(name)
  end
  local file, err = io.open(HERE .. "recordings/" .. name, "rb")
  if not file then
    return nil, err
  end
  local text = file:read("*a")
  file:close()
  local result
  result, err = recording.parse(text)
  if not result then
    return nil, name .. ": " .. err
  end
  return result
end

return recording
