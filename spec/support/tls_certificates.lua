--- Certificates for specs, made when they are needed, by the openssl program,
-- in a folder of their own. Nothing here outlives `remove`.

local tls_certificates = {}
tls_certificates.__index = tls_certificates

local function run(folder, command, ...)
  local line = ("cd '%s' && { %s; } 2>>log >>log"):format(folder, command:format(...))
  local status = os.execute(line)
  if status ~= true and status ~= 0 then
    error("openssl failed, see " .. folder .. "/log: " .. line, 3)
  end
end

local NEW_KEY = "openssl ecparam -name prime256v1 -genkey -noout -out %s.key"

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

--- A folder with an authority: its certificate is at `path "authority.pem"`.
function tls_certificates.new()
  local pipe = assert(io.popen "mktemp -d")
  local self = setmetatable({ folder = assert(pipe:read "*l") }, tls_certificates)
  pipe:close()
  run(self.folder, NEW_KEY, "authority")
  run(self.folder, "openssl req -x509 -new -key authority.key -days 1 -out authority.pem "
    .. "-subj '/CN=Authority of the specs'")
  return self
end

--- The path of a file in the folder.
function tls_certificates:path(name)
  return self.folder .. "/" .. name
end

--- Writes a file into the folder.
---@return string path
function tls_certificates:write(name, text)
  write(self:path(name), text)
  return self:path(name)
end

--- Makes a server's certificate, and returns what faults.start wants.
---@param name string of its files
---@param options { subject: string?, days: integer?, self_signed: boolean? }?
--- whom it names (as a subjectAltName: "IP:127.0.0.1" unless given); for how
--- many days from now (1; below 0: it is over); by whom it is signed
---@return { certificate: string, key: string }
function tls_certificates:issue(name, options)
  options = options or {}
  local signer = options.self_signed and ("-signkey %s.key"):format(name)
    or "-CA authority.pem -CAkey authority.key -CAcreateserial"
  self:write(name .. ".cnf", "subjectAltName = " .. (options.subject or "IP:127.0.0.1") .. "\n")
  run(self.folder, NEW_KEY, name)
  run(self.folder, "openssl req -new -key %s.key -subj '/CN=%s' -out %s.csr", name, name, name)
  run(self.folder, "openssl x509 -req -in %s.csr %s -days %d -extfile %s.cnf -out %s.pem",
    name, signer, options.days or 1, name, name)
  return { certificate = self:path(name .. ".pem"), key = self:path(name .. ".key") }
end

--- Removes the folder.
function tls_certificates:remove()
  os.execute(("rm -rf '%s'"):format(self.folder))
end

return tls_certificates
