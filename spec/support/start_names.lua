--- Starts a name server for nginx, which does not read /etc/hosts.
return function(arguments)
  local pipe = assert(io.popen(("echo $$; exec env 'LUA_PATH=;;' 'LUA_CPATH=;;' %s "
    .. "spec/support/name_server.lua %s 2>/dev/null")
    :format(os.getenv "GLACIER_SPEC_LUA" or "lua5.4", arguments or ""), "r"))
  local names = { pid = pipe:read "*l", port = pipe:read "*l" }
  function names.stop()
    os.execute("kill " .. names.pid)
    pipe:close()
  end
  return names
end
