--- What a client can do beyond single calls: the life of a job. All of it goes
-- by a client's public methods.

local job = {
  --- Methods of a client, by name.
  methods = {},
}

return job
