--- What the output of a job is, out of its description: how many bytes, with
-- which hash, and of what. Pure.

local digest = require("glacier.core.digest")
local errors = require("glacier.errors")
local text = require("glacier.text")

local concat = table.concat
local floor = math.floor
local format, match, sub = string.format, string.match, string.sub
local tonumber = tonumber

local output = {
  --- Of the hash that names the files of a download: hexadecimal digits.
  KEY_LENGTH = 16,
}

---@class glacier.JobOutput
---@field size number         bytes
---@field first number        where it begins in its archive
---@field tree_hash string?   of the output, in hexadecimal digits, as the job says
---@field key string          names what it is, whichever job it comes from
---@field is_archive boolean

local function refuse(message, code)
  return nil, errors.new("protocol", code or "ResponseParserError", message,
    { operation = "DescribeJob", sent = true, in_doubt = false })
end

local function is_hash(value)
  return value ~= nil and #value == 64 and match(value, "^[0-9a-fA-F]+$") ~= nil
end

-- First and last byte of the archive's that the job retrieves. A range that ends
-- behind the archive ends with it.
local function span_of(description)
  local size = description.ArchiveSizeInBytes
  local first, last = match(description.RetrievalByteRange or "", "^([0-9]+)%-([0-9]+)$")
  if not first then
    return size and 0, size and size - 1
  end
  first, last = tonumber(first), tonumber(last)
  return first, size and last >= size and size - 1 or last
end

-- The same for all jobs that retrieve the same bytes. An inventory is another
-- one each time.
local function key_of(description, params, self)
  local parts = {
    text.of(description.VaultARN or params.vaultName), text.of(description.ArchiveId or ""),
    format("%.0f-%.0f", self.first, self.size), text.lower(self.tree_hash or ""),
    self.is_archive and "" or text.of(description.JobId or params.jobId),
  }
  return sub(digest.sha256(concat(parts, "\n")), 1, output.KEY_LENGTH)
end

--- What a job's output is.
---@param description table  of a job that has succeeded, as describe_job's
---@param params {vaultName: string, jobId: string}
---@return glacier.JobOutput?
---@return glacier.Error? err  the description does not tell its size, or the
--- output is none that can be downloaded
function output.of(description, params)
  local self = { first = 0, is_archive = description.Action == "ArchiveRetrieval" }
  if description.Action == "Select" then
    return nil, errors.config("the output of a select job lies in S3" ..
      (description.JobOutputPath and ": " .. text.line(description.JobOutputPath, 500) or ""))
  elseif self.is_archive then
    local first, last = span_of(description)
    if not first or last < first then
      return refuse("the job's description does not say how many bytes its output has")
    end
    local size = description.ArchiveSizeInBytes
    local is_whole = first == 0 and size == last + 1
    self.first, self.size = first, last - first + 1
    self.tree_hash = description.SHA256TreeHash or
      is_whole and description.ArchiveSHA256TreeHash or nil
  else
    self.size = description.InventorySizeInBytes
    if not self.size then
      return refuse("the job's description does not say how many bytes its inventory has")
    end
  end
  if self.tree_hash and not is_hash(self.tree_hash) then
    return refuse("the job's tree hash is none: " .. text.line(self.tree_hash, 100))
  end
  self.tree_hash = self.tree_hash and text.lower(self.tree_hash)
  self.size = floor(self.size)
  self.key = key_of(description, params, self)
  return self
end

return output
