-- Recordings and the verifier of signatures, on which the other specs stand.

local http = require "spec.support.http"
local lfs = require "lfs"
local recording = require "spec.support.recording"
local sigv4 = require "spec.support.sigv4"
local vectors = require "spec.support.vectors"

local function at_date()
  return { now = sigv4.parse_date(vectors.DATE) }
end

--- Calls `use` with the text changed by one in each byte in turn.
local function each_change(text, use)
  for index = 1, #text do
    local byte = (text:byte(index) + 1) % 256
    use(text:sub(1, index - 1) .. string.char(byte) .. text:sub(index + 1), index)
  end
end

describe("recordings", function()
  it("all parse, say their source, and are responses", function()
    local count = 0
    for folder in lfs.dir "spec/recordings" do
      if not folder:find "^%." then
        for name in lfs.dir("spec/recordings/" .. folder) do
          if not name:find "^%." then
            local recorded = assert(recording.load(folder .. "/" .. name))
            assert.is_true(#recorded.source > 10)
            assert.is_true(recorded.status >= 200 and recorded.status <= 599)
            assert.is_true(#recorded.headers > 0)
            count = count + 1
          end
        end
      end
    end
    assert.is_true(count >= 21)
  end)

  it("carry a job id of 92 characters where a job was started", function()
    for _, name in ipairs { "success", "success_select" } do
      local recorded = assert(recording.load("initiate_job/" .. name))
      local id = http.header(recorded.headers, "x-amz-job-id")
      assert.equal(202, recorded.status)
      assert.truthy(id:find "^[%w_-]+$")
      assert.equal(92, #id)
      assert.equal(id, http.header(recorded.headers, "location"):match "[^/]+$")
    end
  end)

  it("keep every byte of a body but the file's last newline", function()
    local bytes = "\0\r\n\255\n\n"
    local text = "# Source: this spec\nHTTP/1.1 200 OK\nA: b\n\n" .. bytes .. "\n"
    local recorded = assert(recording.parse(text))
    assert.equal(bytes, recorded.body)
    assert.same({ { "A", "b" } }, recorded.headers)
  end)

  it("may have no body and no reason", function()
    local recorded = assert(recording.parse "# Source: this spec\nHTTP/1.1 500 \nA: b\n")
    assert.same({ 500, "", "" }, { recorded.status, recorded.reason, recorded.body })
    assert.same({ { "A", "b" } }, recorded.headers)
  end)

  it("are refused without source, with a bad line, or by a bad name", function()
    assert.is_nil(recording.parse "HTTP/1.1 200 OK\n\n")
    assert.is_nil(recording.parse "# Source: x y\nHTTP/2 200 OK\n\n")
    assert.is_nil(recording.parse "# Source: x y\nHTTP/1.1 200 OK\nno colon\n\n")
    assert.is_nil(recording.load "../support/http.lua")
    assert.is_nil(recording.load "initiate_job/none_such")
  end)
end)

describe("the verifier", function()
  for _, vector in ipairs(vectors.list) do
    local credentials = vectors.credentials(vector)

    local function refuses(change)
      local request = vectors.request(vector)
      change(request)
      local ok, reason = sigv4.verify(request, credentials, at_date())
      assert.is_nil(ok)
      assert.is_string(reason)
    end

    it("accepts " .. vector.name, function()
      assert.is_true(sigv4.verify(vectors.request(vector), credentials, at_date()))
    end)

    it("refuses any changed byte of " .. vector.name, function()
      local kept_from, kept_to = 0, -1
      if vector.indifferent then
        kept_from, kept_to = vector.target:find(vector.indifferent, 1, true)
      end
      for _, part in ipairs { "method", "target", "body" } do
        each_change(vectors.request(vector)[part], function(changed, index)
          if part ~= "target" or index < kept_from or index > kept_to then
            refuses(function(request)
              request[part] = changed
            end)
          end
        end)
      end
      for number, header in ipairs(vectors.request(vector).headers) do
        each_change(header[2], function(changed)
          refuses(function(request)
            request.headers[number][2] = changed
          end)
        end)
      end
      each_change(vectors.KEY, function(changed)
        local others = vectors.credentials(vector)
        others.AKIDEXAMPLE.secret_access_key = changed
        assert.is_nil(sigv4.verify(vectors.request(vector), others, at_date()))
      end)
    end)
  end

  local REFUSED = {
    { "Range", "bytes=0-1", "range was sent and is not signed" },
    { "x-amz-extra", "1", "x-amz-extra was sent and is not signed" },
    { "x-amz-content-sha256", ("0"):rep(64), "x-amz-content-sha256 is not the body's hash" },
    { "X-Amz-Security-Token", "T", "x-amz-security-token was sent and is not signed" },
  }
  for _, case in ipairs(REFUSED) do
    it("refuses " .. case[1] .. " added unsigned", function()
      local request = vectors.request(vectors.list[1])
      table.insert(request.headers, { case[1], case[2] })
      local _, reason = sigv4.verify(request, vectors.credentials(vectors.list[1]), at_date())
      assert.equal(case[3], reason)
    end)
  end

  local LISTS = {
    { "host;content-type;x-amz-date;x-amz-glacier-version", "SignedHeaders is not sorted" },
    { "content-type;x-amz-date;x-amz-glacier-version", "host is not signed" },
    { "host;x-amz-date;x-amz-glacier-version", "content-type was sent and is not signed" },
    { "content-type;host;user-agent;x-amz-date;x-amz-glacier-version",
      "user-agent must not be signed" },
    { "amz-sdk-request;content-type;host;x-amz-date;x-amz-glacier-version",
      "amz-sdk-request must not be signed" },
  }
  for _, case in ipairs(LISTS) do
    it("refuses the list " .. case[1], function()
      local request = vectors.request(vectors.list[1])
      local authorization = request.headers[5]
      authorization[2] = authorization[2]:gsub(vectors.SIGNED:gsub("%p", "%%%0"), case[1])
      table.insert(request.headers, { "User-Agent", "spec" })
      table.insert(request.headers, { "amz-sdk-request", "attempt=1" })
      local _, reason = sigv4.verify(request, vectors.credentials(vectors.list[1]), at_date())
      assert.equal(case[2], reason)
    end)
  end

  it("takes a date up to five minutes off, or any if told so", function()
    local vector = vectors.list[1]
    local request, credentials = vectors.request(vector), vectors.credentials(vector)
    local now = sigv4.parse_date(vectors.DATE)
    assert.equal(1337905493, now)
    assert.is_true(sigv4.verify(request, credentials, { now = now + 300 }))
    assert.is_true(sigv4.verify(request, credentials, { now = now - 300 }))
    assert.is_nil(sigv4.verify(request, credentials, { now = now + 301 }))
    assert.is_nil(sigv4.verify(request, credentials))
    assert.is_true(sigv4.verify(request, credentials, { now = false }))
  end)

  it("wants the service and the region it is told", function()
    local vector = vectors.list[1]
    local request, credentials = vectors.request(vector), vectors.credentials(vector)
    assert.is_nil(sigv4.verify(request, credentials, { now = false, service = "sts" }))
    assert.is_nil(sigv4.verify(request, credentials, { now = false, region = "us-west-2" }))
    assert.is_true(sigv4.verify(request, credentials, { now = false, region = "us-east-1" }))
  end)
end)
