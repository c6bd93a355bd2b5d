-- What is done while allocations fail, module by module: each scenario is made
-- ready once, run again and again in one state, and tells whether what came of
-- it is right. What was given instead is `nil, failure`, or an error is raised.

local open = rawget(_G, "open")

local ID, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "TOKEN/abcdefgh=="

local CSV = "ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash\n" ..
  ("id,text,2013-12-19T08:33:01Z,7," .. ("0123456789abcdef"):rep(4) .. "\nbad\n"):rep(3)
local JSON = '{"VaultARN":"a","InventoryDate":"b","ArchiveList":[{"ArchiveId":"id",'
  .. '"ArchiveDescription":"te\\u0078t\\n","CreationDate":"2013-12-19T08:33:01Z","Size":7,"SHA256TreeHash":"'
  .. ("0123456789abcdef"):rep(4) .. '"}]}'

local core = {}
for name in ("digest sigv4 http file file_hash folder inventory process signals download"):gmatch "%S+" do
  core[name] = open("glacier_core_" .. name)
end

local folder = os.getenv "FOLDER"
local url = os.getenv "AWS_ENDPOINT_URL"

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

local BYTES = ("lua-glacier "):rep(200000)
local SHA256 = core.digest.sha256(BYTES)
local TREE_HASH = core.digest.tree_hash(BYTES)
write(folder .. "/bytes", BYTES)

-- Waits for a task; a failure to ask is one of the task.
local function result_of(task)
  while not task:done() do
    core.http.sleep(0.0002)
  end
  return task:result()
end

local scenarios = {}

local function add(name, run, check)
  scenarios[#scenarios + 1] = { name = name, run = run, check = check }
end

add("digest", function()
  local tree, failure = core.digest.tree_hasher()
  local ok = tree
  if tree then
    ok, failure = tree:update(BYTES)
  end
  if not ok then
    return nil, failure
  end
  return core.digest.sha256(BYTES), core.digest.tree_hash(BYTES), core.digest.hmac_sha256("key", "data"),
    core.digest.sha1 "abc"
end, function(sha256, tree_hash, mac, sha1)
  return sha256 == SHA256 and tree_hash == TREE_HASH and #mac == 64
    and sha1 == "a9993e364706816aba3e25717850c26c9cd0d89d"
end)

add("sigv4", function()
  local credentials, failure = core.sigv4.credentials(ID, SECRET, TOKEN)
  if not credentials then
    return nil, failure
  end
  local signer
  signer, failure = core.sigv4.signer()
  if not signer then
    return nil, failure
  end
  return signer:sign {
    method = "POST", path = "/-/vaults/v/jobs", query = "a=b&c=d", body = "{}",
    headers = { "Host", "glacier.us-east-1.amazonaws.com", "x-amz-glacier-version", "2012-06-01" },
    region = "us-east-1", service = "glacier", time = 1337905493, credentials = credentials,
  }
end, function(headers)
  return headers[4] == TOKEN and headers[#headers]:match "Signature=(%x+)$" ~= nil
end)

add("http", function()
  local engine, failure = core.http.engine()
  if not engine then
    return nil, failure
  end
  local transfer
  transfer, failure = engine:start { method = "GET", url = url, headers = { "X-Name", "value" }, timeout = 20 }
  while transfer and not transfer:done() do
    local ok
    ok, failure = engine:wait(1)
    transfer = ok and transfer
  end
  local response
  if transfer then
    response, failure = transfer:response()
  end
  engine:close()
  if not response then
    return nil, failure
  end
  return response
end, function(response)
  return type(response.status) == "number" and type(response.body) == "string"
end)

add("file", function()
  local path = folder .. "/replaced"
  local ok, failure = core.file.replace(path, "text")
  if not ok then
    return nil, failure
  end
  return core.file.exists(path)
end, function(exists)
  return exists == true
end)

add("file_hash", function()
  local task, failure = core.file_hash.start(folder .. "/bytes")
  if not task then
    return nil, failure
  end
  return result_of(task)
end, function(hash)
  return hash == TREE_HASH
end)

add("folder", function()
  return core.folder.make_below(folder, "a/b/c")
end, function(made)
  return made == true
end)

for name, text in pairs { csv = CSV, json = JSON } do
  add("inventory of " .. name, function()
    local reader, failure = core.inventory.open(#text)
    if not reader then
      return nil, failure
    end
    local rows = {}
    local fed = false
    while true do
      local event, detail = reader:next()
      if event == nil then
        return nil, detail
      elseif event == "end" then
        return rows
      elseif event ~= "more" then
        rows[#rows + 1] = event
      elseif fed then
        reader:finish()
      else
        local ok
        fed = true
        ok, failure = reader:feed(text)
        if not ok then
          return nil, failure
        end
      end
    end
  end, function(rows)
    return #rows == (name == "csv" and 6 or 1) and rows[1].Size == 7
  end)
end

add("process", function()
  local handle, failure = core.process.start "printf text; exit 3"
  if not handle then
    return nil, failure
  end
  local output, status
  repeat
    core.http.sleep(0.001)
    output, status = handle:read()
  until output or status
  handle:close()
  return output, status
end, function(output, status)
  return output == "text" and status == 3
end)

add("signals", function()
  local handle, failure = core.signals.hold()
  if not handle then
    return nil, failure
  end
  local taken = handle:take()
  handle:close()
  return taken == nil
end, function(none)
  return none == true
end)

-- Where something fails what is left is the collector's, but for the lock.
add("download", function()
  collectgarbage()
  os.remove(folder .. "/part")
  os.remove(folder .. "/journal")
  local journal, file, range, task, ok, hash, failure
  journal, failure = core.download.journal(folder .. "/journal")
  if journal then
    file, failure = core.download.file(folder .. "/part")
  end
  if file then
    task, failure = file:allocate(#BYTES)
  end
  if task then
    ok, failure = result_of(task)
  end
  if ok then
    range, failure = file:range(0, #BYTES)
  end
  if range then
    ok, failure = range:write(BYTES)
  end
  if range and ok then
    hash, failure = range:tree_hash()
  end
  if hash then
    ok, failure = journal:append "line"
  end
  for _, object in pairs { range or nil, file or nil, journal or nil } do
    object:close()
  end
  return ok and hash or nil, failure
end, function(hash)
  return hash == TREE_HASH
end)

-- A call as a user makes it, on a client that has made one.
local glacier = open "glacier"
local PARAMS = { vaultName = "examplevault", jobParameters = { Type = "inventory-retrieval" } }
local client = assert(glacier.client { max_attempts = 1 })

add("call", function()
  return client:initiate_job(PARAMS)
end, function(response)
  return type(response.jobId) == "string" and #response.jobId > 10
end)

-- A client, its first call, and its end.
add("client", function()
  local own, failure = glacier.client { max_attempts = 1 }
  if not own then
    return nil, failure
  end
  local response
  response, failure = own:initiate_job(PARAMS)
  own:close()
  return response, failure
end, function(response)
  return #response.jobId > 10
end)

return scenarios
