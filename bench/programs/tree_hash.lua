-- Hashes a file: tree_hash.lua PATH MIB. Prints MiB a second.

local glacier = require "glacier"
local http = require "glacier.core.http"

assert(glacier.tree_hash_file(arg[1]))
local start = http.monotonic()
assert(glacier.tree_hash_file(arg[1]))
print(tonumber(arg[2]) / (http.monotonic() - start))
