-- The configurations of doc/hosts/ run in their hosts as they stand there, but for
-- ports, and for places that only root may write.
-- Runs on one Lua: what it tests runs in programs of its own.

local assert = require "luassert"
local cjson = require "cjson"
local clients = require "spec.support.clients"
local ltn12 = require "ltn12"
local pages = require "spec.support.pages"
local programs = require "spec.support.programs"
local shell = require "spec.support.shell"
local socket = require "socket"
local socket_http = require "socket.http"
local vault = require "spec.support.vault"

local SECONDS = 15

-- Replaces a text that must be there.
local function replace(text, part, by)
  local first, last = text:find(part, 1, true)
  assert(first, "the page has no longer " .. part)
  return text:sub(1, first - 1) .. by .. text:sub(last + 1)
end

-- The files that the blocks of a page name.
local function files_of(page)
  local files = {}
  for _, block in ipairs(pages.blocks(pages.read("doc/hosts/" .. page .. ".md"))) do
    if block.file then
      files[block.file] = block.code .. "\n"
    end
  end
  return files
end

describe("the page of", function()
  local server, program

  local function environment()
    return {
      AWS_ENDPOINT_URL = server.url,
      AWS_ACCESS_KEY_ID = clients.CREDENTIALS.access_key_id,
      AWS_SECRET_ACCESS_KEY = clients.CREDENTIALS.secret_access_key,
    }
  end

  before_each(function()
    server = vault.start { verify = true, archives = { letter = { bytes = "Dear all, ..." } } }
  end)

  after_each(function()
    if program then
      program:stop()
      program = nil
    end
    server:stop()
  end)

  local function ask(port, method, target)
    local pieces = {}
    local ok, status = socket_http.request {
      url = "http://127.0.0.1:" .. port .. target, method = method,
      headers = { ["content-length"] = 0 }, sink = ltn12.sink.table(pieces),
    }
    assert(ok, status)
    return { status = status, body = table.concat(pieces) }
  end

  -- Asks until it is answered at all: the program may still be starting.
  local function ask_when_there(port, method, target)
    local deadline = socket.gettime() + SECONDS
    while true do
      local ok, response = pcall(ask, port, method, target)
      if ok then
        return response
      end
      assert(socket.gettime() < deadline, program:output())
      socket.sleep(0.05)
    end
  end

  local function wait_for(is_there)
    local deadline = socket.gettime() + SECONDS
    while not is_there() do
      assert(socket.gettime() < deadline, program:output())
      socket.sleep(0.05)
    end
  end

  local function host_test(name, command, version, test)
    local reason = programs.missing(command, version)
    if reason then
      pending(name .. ": " .. reason)
    else
      it(name, test)
    end
  end

  host_test("nginx: starts a job, tells of it, and streams its output", "nginx", "5.1", function()
    local port = programs.free_port()
    local configuration = files_of("nginx")["nginx.conf"]
    configuration = replace(configuration, "127.0.0.1:8080", "127.0.0.1:" .. port)
    configuration = replace(configuration, "\nhttp {", [[

http {
  access_log off;
  client_body_temp_path FOLDER/body;
  proxy_temp_path FOLDER/proxy;
  fastcgi_temp_path FOLDER/fastcgi;
  uwsgi_temp_path FOLDER/uwsgi;
  scgi_temp_path FOLDER/scgi;]])
    program = programs.start {
      version = "5.1", environment = environment(), files = { ["nginx.conf"] = configuration },
      command = "sh -c 'sed -i \"s,FOLDER,$PWD,\" nginx.conf; exec nginx -e stderr "
        .. "-c \"$PWD/nginx.conf\" -g \"daemon off; pid $PWD/pid;\"'",
    }
    local response = ask_when_there(port, "POST", "/vaults/examplevault/inventory")
    assert.equal(202, response.status, response.body .. program:output())
    local id = cjson.decode(response.body).jobId
    response = ask(port, "GET", "/vaults/examplevault/jobs/" .. id)
    assert.equal(200, response.status, program:output())
    assert.equal("Succeeded", cjson.decode(response.body).StatusCode)
    response = ask(port, "GET", ("/vaults/examplevault/jobs/%s/output"):format(id))
    assert.equal(server.archives.letter.id, cjson.decode(response.body).ArchiveList[1].ArchiveId)
    response = ask(port, "POST", "/vaults/nosuchvault/inventory")
    assert.equal(404, response.status)
    assert.equal("ResourceNotFoundException", cjson.decode(response.body).code)
    response = ask(port, "GET", "/vaults/examplevault/jobs/nosuchjob/output")
    assert.equal(404, response.status)
    assert.equal(403, ask(port, "GET", "/vaults/examplevault/inventory").status)
    assert.equal(2, server:count "InitiateJob")
  end)

  host_test("HAProxy: starts a job", "haproxy", "5.3", function()
    local port = programs.free_port()
    local files = files_of("haproxy")
    local configuration = replace(files["haproxy.cfg"], "127.0.0.1:8080", "127.0.0.1:" .. port)
    configuration = replace(configuration, "/usr/local/lib/lua/5.3", programs.ROOT
      .. "/build/lua5.3")
    configuration = configuration:gsub("/usr/local/share/lua/5%.3", programs.ROOT .. "/lua")
    files["haproxy.cfg"] = configuration
    program = programs.start { version = "5.3", environment = environment(), files = files,
      command = "haproxy -db -f haproxy.cfg" }
    local response = ask_when_there(port, "POST", "/inventory/examplevault")
    assert.equal(202, response.status, program:output())
    assert.truthy(cjson.decode(response.body).jobId)
    assert.equal(1, server:count "InitiateJob")
    response = ask(port, "POST", "/inventory/nosuchvault")
    assert.equal(404, response.status)
    assert.equal("ResourceNotFoundException", cjson.decode(response.body).code)
    assert.equal(404, ask(port, "GET", "/inventory/examplevault").status)
  end)

  host_test("Neovim: its command saves an inventory", "nvim", "5.1", function()
    local plugin = files_of("neovim")["plugin/glacier.lua"]
    program = programs.start {
      version = "5.1", environment = environment(), files = { ["glacier.lua"] = plugin },
      command = "nvim -u NONE --headless -c 'luafile glacier.lua' "
        .. "-c 'GlacierInventory examplevault list.json'",
    }
    wait_for(function()
      return program:output():find("glacier: ", 1, true)
        and program:output():find(" bytes", 1, true)
    end)
    local path = program.folder .. "/list.json"
    local list = cjson.decode(pages.read(path)).ArchiveList
    assert.equal(server.archives.letter.id, list[1].ArchiveId)
    assert.equal(1, server:count "InitiateJob")
  end)

  host_test("LOVE: its game starts a job", "love", "5.1", function()
    -- There is no display here; the game is drawn by nobody.
    local files = { ["main.lua"] = files_of("love")["main.lua"], ["conf.lua"] = [[
function love.conf(t)
  for _, name in ipairs({ "audio", "graphics", "image", "font", "joystick", "keyboard", "mouse",
      "physics", "sound", "touch", "video", "window" }) do
    t.modules[name] = false
  end
end
]] }
    program = programs.start { version = "5.1", environment = environment(), files = files,
      command = "stdbuf -o0 love ." }
    wait_for(function()
      return program:output():find "started job %S+"
    end)
    assert.equal(1, server:count "InitiateJob")
  end)

  it("C programs: the program starts a job", function()
    local folder = shell.folder()
    local source = folder .. "/inventory.c"
    local file = assert(io.open(source, "w"))
    file:write(files_of("c")["inventory.c"])
    file:close()
    -- As the page says, by the compiler's own words.
    shell.make "static LUA_VERSION=5.4"
    shell.check(("cc -Wall -Wextra %s -Ibuild/lua5.4 $(pkg-config --cflags lua5.4) %s "
      .. "build/lua5.4/libglacier.a $(pkg-config --libs lua5.4) -lcurl -lcrypto -lpthread -lm "
      .. "-o %s/inventory"):format(os.getenv "SANITIZE" or "", source, folder))
    local environment_words = shell.environment(server)
    local output = shell.check(environment_words .. folder .. "/inventory examplevault")
    assert.matches("started job %S+", output)
    assert.equal(1, server:count "InitiateJob")
    local refused, status = shell.run(environment_words .. folder .. "/inventory nosuchvault")
    assert.equal(1, status)
    assert.matches("ResourceNotFoundException", refused)
    shell.remove(folder)
  end)
end)
