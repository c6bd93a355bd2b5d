--- What the other side says where it does not do what was asked: the code and
-- the message of an answer, in JSON, in XML or in plain words.

local json = require("glacier.json")
local text = require("glacier.text")
local xml = require("glacier.xml")

local find, gsub, match, sub = string.find, string.gsub, string.match, string.sub
local type = type

local error_body = {}

local LONGEST_CODE = 2000
local LONGEST_LINE = 1000

-- Far more than an error takes.
local MAX_XML_BYTES = 64 * 1024

local function text_of(value)
  return type(value) == "string" and value ~= "" and value or nil
end

-- "com.amazonaws.glacier#ResourceNotFoundException:http://..." is
-- ResourceNotFoundException. Of a header that came twice, the first counts.
local function bare_code(code)
  code = match(text.cut(code, LONGEST_CODE), "^([^:,]*)")
  return text_of(match(code, "^.*#(.*)$") or code)
end

---@class glacier.SaidError
---@field code? string
---@field message? string     nil where the answer has no words of its own
---@field request_id? string  of an XML body
---@field is_plain? boolean   the message is the body, of which nothing is known

--- What a JSON object says. The last names are those of OAuth, which SSO OIDC
--- speaks (RFC 6749, 5.2).
---@param object table
---@return glacier.SaidError
function error_body.of_object(object)
  return {
    code = text_of(object.code) or text_of(object.Code) or text_of(object.__type)
      or text_of(object.error),
    message = text_of(object.message) or text_of(object.Message)
      or text_of(object.error_description) or "",
  }
end

-- The text of a message, which may stand in a marked section; as it stands
-- where it cannot be decoded.
local function message_of(element)
  local content = xml.element(element, "Message") or xml.element(element, "message")
  if not content then
    return ""
  end
  content = match(content, "^[ \t\r\n]*<!%[CDATA%[(.*)%]%]>[ \t\r\n]*$") or
    xml.decode(content) or content
  return text.trim(content)
end

-- <Error> or what wraps it; or an element that is named like an exception.
local function of_xml(body)
  local document = sub(body, 1, MAX_XML_BYTES)
  local element = xml.element(document, "Error")
  local code = xml.field(element or document, "Code")
  if not element and not code then
    code = match(gsub(document, "^[ \t\r\n]*<%?[^>]*>", ""),
      "^[ \t\r\n]*<([A-Za-z]+Exception)%f[ \t\r\n/>]")
  end
  if not element and not code then
    return nil
  end
  return {
    code = text_of(code),
    message = message_of(element or document),
    request_id = text_of(xml.field(document, "RequestId"))
      or text_of(xml.field(document, "RequestID")),
  }
end

-- HTML, nothing and what is compressed say no more than the status.
local function of_text(response)
  local body = response.body
  local encoding = response.headers["content-encoding"] or "identity"
  if encoding ~= "identity" or find(body, "^[ \t-\r]*<") or find(body, "^[ \t-\r]*$") then
    return {}
  end
  return { message = body, is_plain = true }
end

--- Reads an unsuccessful response. What it gives is foreign: neither bounded
--- nor printable.
---@param response {headers: table<string, string>, body: string}
---@return glacier.SaidError
function error_body.read(response)
  local body = response.body
  local object = json.decode_object(body)
  local said = object and error_body.of_object(object)
    or find(body, "^[ \t-\r]*<") and of_xml(body)
    or of_text(response)
  local code = text_of(response.headers["x-amzn-errortype"]) or said.code
  said.code = code and bare_code(code)
  return said
end

--- Code and message on one line, fit to be shown.
---@param said glacier.SaidError
---@return string? words  of bounded length; nil where there are none
function error_body.line(said)
  local words = said.message or ""
  if said.code then
    words = words == "" and said.code or said.code .. ": " .. words
  end
  return text_of(text.line(words, LONGEST_LINE))
end

--- The words of an unsuccessful response of those that are asked for secrets. A
--- body that looks like data may be what was asked for: only a code and a
--- message are taken from it.
---@param response {headers: table<string, string>, body: string}
---@return string? words  on one line, of bounded length; nil where there are none
function error_body.words(response)
  local said = error_body.read(response)
  if said.is_plain and find(said.message, '^[ \t-\r]*[%[{"]') then
    said.message = nil
  end
  return error_body.line(said)
end

return error_body
