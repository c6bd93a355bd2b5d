-- An error in XML, as front ends and S3's kin answer, was "403: Forbidden": its
-- code and message were dropped, and nothing could be classified by them.

local operations = require("glacier.model").operations
local parse = require "glacier.call.parse"
local retry = require "glacier.call.retry"

local function error_of(body, headers, status)
  local _, err = parse({ status = status or 403, reason = "Forbidden", headers = headers or {},
    body = body }, operations.initiate_job)
  return err
end

local PLAIN = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code>'
  .. "<Message>Access Denied</Message><RequestId>656c76696e</RequestId><HostId>x=</HostId></Error>"
local WRAPPED = '<ErrorResponse xmlns="http://glacier.amazonaws.com/doc/2012-06-01/">\n  <Error>\n'
  .. "    <Type>Sender</Type>\n    <Code>AccessDenied</Code>\n"
  .. "    <Message>Access Denied</Message>\n  </Error>\n  <RequestId>656c76696e</RequestId>\n"
  .. "</ErrorResponse>\n"
local LISTED = "<Response><Errors><Error><Code>AccessDenied</Code><Message>Access Denied</Message>"
  .. "</Error></Errors><RequestID>656c76696e</RequestID></Response>"

describe("an error in XML", function()
  for name, body in pairs {
    ["alone"] = PLAIN, ["wrapped"] = WRAPPED, ["in a list"] = LISTED,
    ["after blanks"] = "\r\n " .. WRAPPED,
    ["with attributes"] = (PLAIN:gsub("<Error>", '<Error xmlns="urn:x" lang="en">')),
  } do
    it(name .. " has its code, message and request id", function()
      local err = error_of(body)
      assert.equal("AccessDenied", err.code)
      assert.equal("Access Denied", err.message)
      assert.equal("656c76696e", err.request_id)
      assert.equal("An error occurred (AccessDenied) when calling the InitiateJob operation: "
        .. "Access Denied", tostring(err))
    end)
  end

  it("named like its exception", function()
    local err = error_of('<?xml version="1.0"?><AccessDeniedException xmlns="urn:x">\n'
      .. "<Message>Unable to determine service</Message></AccessDeniedException>")
    assert.equal("AccessDeniedException", err.code)
    assert.equal("Unable to determine service", err.message)
    assert.equal("UnknownOperationException", error_of("<UnknownOperationException/>").code)
  end)

  it("is classified by its code", function()
    local err = error_of("<Error><Code>SlowDown</Code><Message>x</Message></Error>", nil, 400)
    assert.is_true(retry.is_throttling(err))
    assert.is_true(retry.is_retryable(err))
  end)

  it("yields to the headers", function()
    local err = error_of(PLAIN, { ["x-amzn-errortype"] = "Other:x", ["x-amzn-requestid"] = "r" })
    assert.equal("Other", err.code)
    assert.equal("Access Denied", err.message)
    assert.equal("r", err.request_id)
  end)

  it("may have references and a marked section", function()
    assert.equal('a<b> & "c" \195\169\226\130\172',
      error_of("<Error><Message>a&lt;b&gt; &amp; &quot;c&quot; &#233;&#x20AC;</Message></Error>")
        .message)
    assert.equal("a<b>",
      error_of("<Error><Code>X</Code><Message> <![CDATA[a<b>]]> </Message></Error>").message)
    assert.equal("a & b &none;",
      error_of("<Error><Code>X</Code><Message>a & b &none;</Message></Error>").message)
    for _, none in ipairs { "&#xD800;", "&#1114112;", "&#99999999999;", "&#xFFFFFFFFFFFFFFFFFF;" } do
      assert.equal(none, error_of("<Error><Message>" .. none .. "</Message></Error>").message)
    end
  end)

  it("may be without one of them", function()
    local err = error_of("<Error><Code>Busy</Code></Error>")
    assert.same({ "Busy", "" }, { err.code, err.message })
    err = error_of("<Error><Message>later</Message></Error>")
    assert.same({ "403", "later" }, { err.code, err.message })
    err = error_of("<Error><Code/><Message/></Error>")
    assert.same({ "403", "" }, { err.code, err.message })
  end)

  it("is bounded and printable", function()
    local err = error_of("<Error><Code>B\27ad</Code><Message>" .. ("\195\169"):rep(5000)
      .. "</Message></Error>")
    assert.equal("B?ad", err.code)
    assert.equal(("\195\169"):rep(1000), err.message)
  end)

  for _, body in ipairs { "<html><head><title>403 Error</title></head></html>", "<Error", "<Error>",
    "<Error><Code>Cut", "<!-- <Error> --><Error></Error>", "<ErrorDocument>x</ErrorDocument>",
    "<a><Message>x</Message></a>", ("<Error>"):rep(9000), ("<Error "):rep(9000), "<" } do
    it("is none in " .. body:sub(1, 40), function()
      local err = error_of(body)
      assert.equal("403", err.code)
      assert.truthy(err.message == "Forbidden" or err.message == "")
    end)
  end

  it("costs time that grows with its length only", function()
    for _, part in ipairs { "<Error>", "<Error ", "<Code>", "&amp;", "<![CDATA[", "<?", " ", "</Error>" } do
      local begun = os.clock()
      error_of("<Error><Code>X</Code><Message>" .. part:rep(1000000))
      error_of("<Error><Code>X</Code><Message>" .. part:rep(6000) .. "</Message></Error>")
      assert.is_true(os.clock() - begun < 5, part)
    end
  end)
end)
