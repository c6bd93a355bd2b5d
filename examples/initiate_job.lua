-- Starts an inventory-retrieval job for the vault named examplevault.
--
-- Region and credentials come from the environment, as for every AWS tool:
--   AWS_REGION=us-west-2 AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... \
--     lua examples/initiate_job.lua

local glacier = require("glacier")

local function show(value, indent)
  if type(value) ~= "table" then
    return type(value) == "string" and ("%q"):format(value) or tostring(value)
  end
  local names, lines = {}, {}
  for name in pairs(value) do
    names[#names + 1] = name
  end
  table.sort(names)
  for i, name in ipairs(names) do
    lines[i] = ("%s  [%q] = %s,\n"):format(indent, name, show(value[name], indent .. "  "))
  end
  return "{\n" .. table.concat(lines) .. indent .. "}"
end

local response, err = glacier.initiate_job({
  accountId = "-",
  vaultName = "examplevault",
  jobParameters = {
    Description = "My inventory job",
    Format = "CSV",
    SNSTopic = "arn:aws:sns:us-west-2:111111111111:Glacier-InventoryRetrieval-topic-Example",
    Type = "inventory-retrieval",
  },
})

if not response then
  io.stderr:write(tostring(err), "\n")
  os.exit(1)
end

print(show(response, ""))
print("jobId: " .. response.jobId)
