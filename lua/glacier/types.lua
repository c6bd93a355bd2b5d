---@meta _

-- For editors: what is here has no code, and no program loads it.
-- Made by src/types/generate.lua out of the model and src/types/by_hand.lua;
-- `make types` makes it anew.

---@alias glacier.OperationName
---| "abort_multipart_upload"
---| "abort_vault_lock"
---| "add_tags_to_vault"
---| "complete_multipart_upload"
---| "complete_vault_lock"
---| "create_vault"
---| "delete_archive"
---| "delete_vault"
---| "delete_vault_access_policy"
---| "delete_vault_notifications"
---| "describe_job"
---| "describe_vault"
---| "get_data_retrieval_policy"
---| "get_job_output"
---| "get_vault_access_policy"
---| "get_vault_lock"
---| "get_vault_notifications"
---| "initiate_job"
---| "initiate_multipart_upload"
---| "initiate_vault_lock"
---| "list_jobs"
---| "list_multipart_uploads"
---| "list_parts"
---| "list_provisioned_capacity"
---| "list_tags_for_vault"
---| "list_vaults"
---| "purchase_provisioned_capacity"
---| "remove_tags_from_vault"
---| "set_data_retrieval_policy"
---| "set_vault_access_policy"
---| "set_vault_notifications"
---| "upload_archive"
---| "upload_multipart_part"

---@class glacier.DescribeJobInventoryRetrievalParameters
---@field Format? string
---@field StartDate? string
---@field EndDate? string
---@field Limit? string
---@field Marker? string

---@class glacier.SelectParameters
---@field InputSerialization? glacier.InputSerialization
---@field ExpressionType? "SQL"
---@field Expression? string
---@field OutputSerialization? glacier.OutputSerialization

---@class glacier.InputSerialization
---@field csv? glacier.InputSerializationCsv

---@class glacier.InputSerializationCsv
---@field FileHeaderInfo? "USE"|"IGNORE"|"NONE"|"Use"|"Ignore"|"None"
---@field Comments? string
---@field QuoteEscapeCharacter? string
---@field RecordDelimiter? string
---@field FieldDelimiter? string
---@field QuoteCharacter? string

---@class glacier.OutputSerialization
---@field csv? glacier.OutputSerializationCsv

---@class glacier.OutputSerializationCsv
---@field QuoteFields? "ALWAYS"|"ASNEEDED"
---@field QuoteEscapeCharacter? string
---@field RecordDelimiter? string
---@field FieldDelimiter? string
---@field QuoteCharacter? string

---@class glacier.OutputLocation
---@field S3? glacier.S3

---@class glacier.S3
---@field BucketName? string
---@field Prefix? string
---@field Encryption? glacier.Encryption
---@field CannedACL? "private"|"public-read"|"public-read-write"|"aws-exec-read"|"authenticated-read"|"bucket-owner-read"|"bucket-owner-full-control"
---@field AccessControlList? glacier.AccessControl[]
---@field Tagging? table<string, string>
---@field UserMetadata? table<string, string>
---@field StorageClass? "STANDARD"|"REDUCED_REDUNDANCY"|"STANDARD_IA"

---@class glacier.Encryption
---@field EncryptionType? "aws:kms"|"AES256"
---@field KMSKeyId? string
---@field KMSContext? string

---@class glacier.AccessControl
---@field Grantee? glacier.Grantee
---@field Permission? "FULL_CONTROL"|"WRITE"|"WRITE_ACP"|"READ"|"READ_ACP"

---@class glacier.Grantee
---@field Type "AmazonCustomerByEmail"|"CanonicalUser"|"Group"
---@field DisplayName? string
---@field URI? string
---@field ID? string
---@field EmailAddress? string

---@class glacier.GetDataRetrievalPolicyPolicy
---@field Rules? glacier.Rule[]

---@class glacier.Rule
---@field Strategy? string
---@field BytesPerHour? integer

---@class glacier.GetVaultAccessPolicyPolicy
---@field Policy? string

---@class glacier.VaultNotificationConfig
---@field SNSTopic? string
---@field Events? string[]

---@class glacier.JobParameters
---@field Format? "CSV"|"JSON"
---@field Type? "select"|"archive-retrieval"|"inventory-retrieval"
---@field ArchiveId? string  as the service gave it
---@field Description? string  ASCII 0x20 to 0x7E; 0 to 1024 bytes
---@field SNSTopic? string
---@field RetrievalByteRange? string  FIRST-LAST, FIRST divisible by 1048576
---@field Tier? "Expedited"|"Standard"|"Bulk"
---@field InventoryRetrievalParameters? glacier.JobParametersInventoryRetrievalParameters
---@field SelectParameters? glacier.SelectParameters
---@field OutputLocation? glacier.OutputLocation

---@class glacier.JobParametersInventoryRetrievalParameters
---@field StartDate? string  ISO 8601: 2026-01-31 or 2026-01-31T00:00:00Z
---@field EndDate? string  ISO 8601: 2026-01-31 or 2026-01-31T00:00:00Z
---@field Limit? string  a decimal integer, 1 or more, as text
---@field Marker? string

---@class glacier.Job
---@field JobId? string
---@field JobDescription? string
---@field Action? "ArchiveRetrieval"|"InventoryRetrieval"|"Select"|string
---@field ArchiveId? string
---@field VaultARN? string
---@field CreationDate? string
---@field Completed? boolean
---@field StatusCode? "InProgress"|"Succeeded"|"Failed"|string
---@field StatusMessage? string
---@field ArchiveSizeInBytes? integer
---@field InventorySizeInBytes? integer
---@field SNSTopic? string
---@field CompletionDate? string
---@field SHA256TreeHash? string
---@field ArchiveSHA256TreeHash? string
---@field RetrievalByteRange? string
---@field Tier? string
---@field InventoryRetrievalParameters? glacier.DescribeJobInventoryRetrievalParameters
---@field JobOutputPath? string
---@field SelectParameters? glacier.SelectParameters
---@field OutputLocation? glacier.OutputLocation

---@class glacier.Upload
---@field MultipartUploadId? string
---@field VaultARN? string
---@field ArchiveDescription? string
---@field PartSizeInBytes? integer
---@field CreationDate? string

---@class glacier.Part
---@field RangeInBytes? string
---@field SHA256TreeHash? string

---@class glacier.ProvisionedCapacity
---@field CapacityId? string
---@field StartDate? string
---@field ExpirationDate? string

---@class glacier.Vault
---@field VaultARN? string
---@field VaultName? string
---@field CreationDate? string
---@field LastInventoryDate? string
---@field NumberOfArchives? integer
---@field SizeInBytes? integer

---@class glacier.AbortMultipartUploadParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes
---@field uploadId string  not empty

---@class glacier.AbortMultipartUploadResult
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.AbortVaultLockParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes

---@class glacier.AbortVaultLockResult
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.AddTagsToVaultParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes
---@field Tags? table<string, string>

---@class glacier.AddTagsToVaultResult
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.CompleteMultipartUploadParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes
---@field uploadId string  not empty
---@field archiveSize? string
---@field checksum? string  64 hexadecimal digits

---@class glacier.CompleteMultipartUploadResult
---@field location? string
---@field checksum? string
---@field archiveId string
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.CompleteVaultLockParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes
---@field lockId string  not empty

---@class glacier.CompleteVaultLockResult
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.CreateVaultParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes

---@class glacier.CreateVaultResult
---@field location? string
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.DeleteArchiveParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes
---@field archiveId string  not empty

---@class glacier.DeleteArchiveResult
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.DeleteVaultParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes

---@class glacier.DeleteVaultResult
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.DeleteVaultAccessPolicyParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes

---@class glacier.DeleteVaultAccessPolicyResult
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.DeleteVaultNotificationsParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes

---@class glacier.DeleteVaultNotificationsResult
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.DescribeJobParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes
---@field jobId string  not empty

---@class glacier.DescribeJobResult
---@field JobId? string
---@field JobDescription? string
---@field Action? "ArchiveRetrieval"|"InventoryRetrieval"|"Select"|string
---@field ArchiveId? string
---@field VaultARN? string
---@field CreationDate? string
---@field Completed? boolean
---@field StatusCode? "InProgress"|"Succeeded"|"Failed"|string
---@field StatusMessage? string
---@field ArchiveSizeInBytes? integer
---@field InventorySizeInBytes? integer
---@field SNSTopic? string
---@field CompletionDate? string
---@field SHA256TreeHash? string
---@field ArchiveSHA256TreeHash? string
---@field RetrievalByteRange? string
---@field Tier? string
---@field InventoryRetrievalParameters? glacier.DescribeJobInventoryRetrievalParameters
---@field JobOutputPath? string
---@field SelectParameters? glacier.SelectParameters
---@field OutputLocation? glacier.OutputLocation
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.DescribeVaultParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes

---@class glacier.DescribeVaultResult
---@field VaultARN? string
---@field VaultName? string
---@field CreationDate? string
---@field LastInventoryDate? string
---@field NumberOfArchives? integer
---@field SizeInBytes? integer
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.GetDataRetrievalPolicyParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"

---@class glacier.GetDataRetrievalPolicyResult
---@field Policy? glacier.GetDataRetrievalPolicyPolicy
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.GetJobOutputParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes
---@field jobId string  not empty
---@field range? string  bytes=FIRST-LAST

---@class glacier.GetJobOutputResult
---@field body? string
---@field checksum? string
---@field status? integer
---@field contentRange? string
---@field acceptRanges? string
---@field contentType? string
---@field archiveDescription? string
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.GetVaultAccessPolicyParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes

---@class glacier.GetVaultAccessPolicyResult
---@field policy? glacier.GetVaultAccessPolicyPolicy
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.GetVaultLockParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes

---@class glacier.GetVaultLockResult
---@field Policy? string
---@field State? string
---@field ExpirationDate? string
---@field CreationDate? string
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.GetVaultNotificationsParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes

---@class glacier.GetVaultNotificationsResult
---@field vaultNotificationConfig? glacier.VaultNotificationConfig
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.InitiateJobParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes
---@field jobParameters? glacier.JobParameters

---@class glacier.InitiateJobResult
---@field location? string
---@field jobId string
---@field jobOutputPath? string
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.InitiateMultipartUploadParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes
---@field archiveDescription? string  ASCII 0x20 to 0x7E; 0 to 1024 bytes
---@field partSize? string  bytes, as text: 1048576 times a power of two, up to 4294967296

---@class glacier.InitiateMultipartUploadResult
---@field location? string
---@field uploadId string
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.InitiateVaultLockParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes
---@field policy? glacier.GetVaultAccessPolicyPolicy

---@class glacier.InitiateVaultLockResult
---@field lockId string
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.ListJobsParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes
---@field limit? string  a decimal integer, 1 or more, as text
---@field marker? string
---@field statuscode? "InProgress"|"Succeeded"|"Failed"
---@field completed? "true"|"false"

---@class glacier.ListJobsResult
---@field JobList? glacier.Job[]
---@field Marker? string
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.ListMultipartUploadsParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes
---@field marker? string
---@field limit? string  a decimal integer, 1 or more, as text

---@class glacier.ListMultipartUploadsResult
---@field UploadsList? glacier.Upload[]
---@field Marker? string
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.ListPartsParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes
---@field uploadId string  not empty
---@field marker? string
---@field limit? string  a decimal integer, 1 or more, as text

---@class glacier.ListPartsResult
---@field MultipartUploadId? string
---@field VaultARN? string
---@field ArchiveDescription? string
---@field PartSizeInBytes? integer
---@field CreationDate? string
---@field Parts? glacier.Part[]
---@field Marker? string
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.ListProvisionedCapacityParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"

---@class glacier.ListProvisionedCapacityResult
---@field ProvisionedCapacityList? glacier.ProvisionedCapacity[]
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.ListTagsForVaultParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes

---@class glacier.ListTagsForVaultResult
---@field Tags? table<string, string>
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.ListVaultsParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field marker? string
---@field limit? string  a decimal integer, 1 or more, as text

---@class glacier.ListVaultsResult
---@field VaultList? glacier.Vault[]
---@field Marker? string
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.PurchaseProvisionedCapacityParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"

---@class glacier.PurchaseProvisionedCapacityResult
---@field capacityId string
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.RemoveTagsFromVaultParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes
---@field TagKeys? string[]

---@class glacier.RemoveTagsFromVaultResult
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.SetDataRetrievalPolicyParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field Policy? glacier.GetDataRetrievalPolicyPolicy

---@class glacier.SetDataRetrievalPolicyResult
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.SetVaultAccessPolicyParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes
---@field policy? glacier.GetVaultAccessPolicyPolicy

---@class glacier.SetVaultAccessPolicyResult
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.SetVaultNotificationsParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes
---@field vaultNotificationConfig? glacier.VaultNotificationConfig

---@class glacier.SetVaultNotificationsResult
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.UploadArchiveParams
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field archiveDescription? string  ASCII 0x20 to 0x7E; 0 to 1024 bytes
---@field checksum? string  64 hexadecimal digits
---@field body? string

---@class glacier.UploadArchiveResult
---@field location? string
---@field checksum? string
---@field archiveId string
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.UploadMultipartPartParams
---@field accountId? string  12 digits, or "-": the account of the credentials; default "-"
---@field vaultName string  a-z A-Z 0-9 _ . -; 1 to 255 bytes
---@field uploadId string  not empty
---@field checksum? string  64 hexadecimal digits
---@field range? string  bytes FIRST-LAST/*
---@field body? string

---@class glacier.UploadMultipartPartResult
---@field checksum? string
---@field ResponseMetadata glacier.ResponseMetadata

---@class glacier.Client
---AbortMultipartUpload: DELETE /{accountId}/vaults/{vaultName}/multipart-uploads/{uploadId}
---@field abort_multipart_upload fun(self: glacier.Client, params: glacier.AbortMultipartUploadParams, options?: glacier.CallOptions): glacier.AbortMultipartUploadResult?, glacier.Error?
---AbortVaultLock: DELETE /{accountId}/vaults/{vaultName}/lock-policy
---@field abort_vault_lock fun(self: glacier.Client, params: glacier.AbortVaultLockParams, options?: glacier.CallOptions): glacier.AbortVaultLockResult?, glacier.Error?
---AddTagsToVault: POST /{accountId}/vaults/{vaultName}/tags
---@field add_tags_to_vault fun(self: glacier.Client, params: glacier.AddTagsToVaultParams, options?: glacier.CallOptions): glacier.AddTagsToVaultResult?, glacier.Error?
---CompleteMultipartUpload: POST /{accountId}/vaults/{vaultName}/multipart-uploads/{uploadId}
---@field complete_multipart_upload fun(self: glacier.Client, params: glacier.CompleteMultipartUploadParams, options?: glacier.CallOptions): glacier.CompleteMultipartUploadResult?, glacier.Error?
---CompleteVaultLock: POST /{accountId}/vaults/{vaultName}/lock-policy/{lockId}
---@field complete_vault_lock fun(self: glacier.Client, params: glacier.CompleteVaultLockParams, options?: glacier.CallOptions): glacier.CompleteVaultLockResult?, glacier.Error?
---CreateVault: PUT /{accountId}/vaults/{vaultName}
---@field create_vault fun(self: glacier.Client, params: glacier.CreateVaultParams, options?: glacier.CallOptions): glacier.CreateVaultResult?, glacier.Error?
---DeleteArchive: DELETE /{accountId}/vaults/{vaultName}/archives/{archiveId}
---@field delete_archive fun(self: glacier.Client, params: glacier.DeleteArchiveParams, options?: glacier.CallOptions): glacier.DeleteArchiveResult?, glacier.Error?
---DeleteVault: DELETE /{accountId}/vaults/{vaultName}
---@field delete_vault fun(self: glacier.Client, params: glacier.DeleteVaultParams, options?: glacier.CallOptions): glacier.DeleteVaultResult?, glacier.Error?
---DeleteVaultAccessPolicy: DELETE /{accountId}/vaults/{vaultName}/access-policy
---@field delete_vault_access_policy fun(self: glacier.Client, params: glacier.DeleteVaultAccessPolicyParams, options?: glacier.CallOptions): glacier.DeleteVaultAccessPolicyResult?, glacier.Error?
---DeleteVaultNotifications: DELETE /{accountId}/vaults/{vaultName}/notification-configuration
---@field delete_vault_notifications fun(self: glacier.Client, params: glacier.DeleteVaultNotificationsParams, options?: glacier.CallOptions): glacier.DeleteVaultNotificationsResult?, glacier.Error?
---DescribeJob: GET /{accountId}/vaults/{vaultName}/jobs/{jobId}
---@field describe_job fun(self: glacier.Client, params: glacier.DescribeJobParams, options?: glacier.CallOptions): glacier.DescribeJobResult?, glacier.Error?
---DescribeVault: GET /{accountId}/vaults/{vaultName}
---@field describe_vault fun(self: glacier.Client, params: glacier.DescribeVaultParams, options?: glacier.CallOptions): glacier.DescribeVaultResult?, glacier.Error?
---GetDataRetrievalPolicy: GET /{accountId}/policies/data-retrieval
---@field get_data_retrieval_policy fun(self: glacier.Client, params?: glacier.GetDataRetrievalPolicyParams, options?: glacier.CallOptions): glacier.GetDataRetrievalPolicyResult?, glacier.Error?
---GetJobOutput: GET /{accountId}/vaults/{vaultName}/jobs/{jobId}/output
---@field get_job_output fun(self: glacier.Client, params: glacier.GetJobOutputParams, options?: glacier.OutputOptions): glacier.GetJobOutputResult?, glacier.Error?
---GetVaultAccessPolicy: GET /{accountId}/vaults/{vaultName}/access-policy
---@field get_vault_access_policy fun(self: glacier.Client, params: glacier.GetVaultAccessPolicyParams, options?: glacier.CallOptions): glacier.GetVaultAccessPolicyResult?, glacier.Error?
---GetVaultLock: GET /{accountId}/vaults/{vaultName}/lock-policy
---@field get_vault_lock fun(self: glacier.Client, params: glacier.GetVaultLockParams, options?: glacier.CallOptions): glacier.GetVaultLockResult?, glacier.Error?
---GetVaultNotifications: GET /{accountId}/vaults/{vaultName}/notification-configuration
---@field get_vault_notifications fun(self: glacier.Client, params: glacier.GetVaultNotificationsParams, options?: glacier.CallOptions): glacier.GetVaultNotificationsResult?, glacier.Error?
---InitiateJob: POST /{accountId}/vaults/{vaultName}/jobs
---@field initiate_job fun(self: glacier.Client, params: glacier.InitiateJobParams, options?: glacier.CallOptions): glacier.InitiateJobResult?, glacier.Error?
---InitiateMultipartUpload: POST /{accountId}/vaults/{vaultName}/multipart-uploads
---@field initiate_multipart_upload fun(self: glacier.Client, params: glacier.InitiateMultipartUploadParams, options?: glacier.CallOptions): glacier.InitiateMultipartUploadResult?, glacier.Error?
---InitiateVaultLock: POST /{accountId}/vaults/{vaultName}/lock-policy
---@field initiate_vault_lock fun(self: glacier.Client, params: glacier.InitiateVaultLockParams, options?: glacier.CallOptions): glacier.InitiateVaultLockResult?, glacier.Error?
---ListJobs: GET /{accountId}/vaults/{vaultName}/jobs
---@field list_jobs fun(self: glacier.Client, params: glacier.ListJobsParams, options?: glacier.CallOptions): glacier.ListJobsResult?, glacier.Error?
---ListMultipartUploads: GET /{accountId}/vaults/{vaultName}/multipart-uploads
---@field list_multipart_uploads fun(self: glacier.Client, params: glacier.ListMultipartUploadsParams, options?: glacier.CallOptions): glacier.ListMultipartUploadsResult?, glacier.Error?
---ListParts: GET /{accountId}/vaults/{vaultName}/multipart-uploads/{uploadId}
---@field list_parts fun(self: glacier.Client, params: glacier.ListPartsParams, options?: glacier.CallOptions): glacier.ListPartsResult?, glacier.Error?
---ListProvisionedCapacity: GET /{accountId}/provisioned-capacity
---@field list_provisioned_capacity fun(self: glacier.Client, params?: glacier.ListProvisionedCapacityParams, options?: glacier.CallOptions): glacier.ListProvisionedCapacityResult?, glacier.Error?
---ListTagsForVault: GET /{accountId}/vaults/{vaultName}/tags
---@field list_tags_for_vault fun(self: glacier.Client, params: glacier.ListTagsForVaultParams, options?: glacier.CallOptions): glacier.ListTagsForVaultResult?, glacier.Error?
---ListVaults: GET /{accountId}/vaults
---@field list_vaults fun(self: glacier.Client, params?: glacier.ListVaultsParams, options?: glacier.CallOptions): glacier.ListVaultsResult?, glacier.Error?
---PurchaseProvisionedCapacity: POST /{accountId}/provisioned-capacity
---@field purchase_provisioned_capacity fun(self: glacier.Client, params?: glacier.PurchaseProvisionedCapacityParams, options?: glacier.CallOptions): glacier.PurchaseProvisionedCapacityResult?, glacier.Error?
---RemoveTagsFromVault: POST /{accountId}/vaults/{vaultName}/tags
---@field remove_tags_from_vault fun(self: glacier.Client, params: glacier.RemoveTagsFromVaultParams, options?: glacier.CallOptions): glacier.RemoveTagsFromVaultResult?, glacier.Error?
---SetDataRetrievalPolicy: PUT /{accountId}/policies/data-retrieval
---@field set_data_retrieval_policy fun(self: glacier.Client, params?: glacier.SetDataRetrievalPolicyParams, options?: glacier.CallOptions): glacier.SetDataRetrievalPolicyResult?, glacier.Error?
---SetVaultAccessPolicy: PUT /{accountId}/vaults/{vaultName}/access-policy
---@field set_vault_access_policy fun(self: glacier.Client, params: glacier.SetVaultAccessPolicyParams, options?: glacier.CallOptions): glacier.SetVaultAccessPolicyResult?, glacier.Error?
---SetVaultNotifications: PUT /{accountId}/vaults/{vaultName}/notification-configuration
---@field set_vault_notifications fun(self: glacier.Client, params: glacier.SetVaultNotificationsParams, options?: glacier.CallOptions): glacier.SetVaultNotificationsResult?, glacier.Error?
---UploadArchive: POST /{accountId}/vaults/{vaultName}/archives
---@field upload_archive fun(self: glacier.Client, params: glacier.UploadArchiveParams, options?: glacier.CallOptions): glacier.UploadArchiveResult?, glacier.Error?
---UploadMultipartPart: PUT /{accountId}/vaults/{vaultName}/multipart-uploads/{uploadId}
---@field upload_multipart_part fun(self: glacier.Client, params: glacier.UploadMultipartPartParams, options?: glacier.CallOptions): glacier.UploadMultipartPartResult?, glacier.Error?

---@class glacier
---AbortMultipartUpload: DELETE /{accountId}/vaults/{vaultName}/multipart-uploads/{uploadId}
---@field abort_multipart_upload fun(params: glacier.AbortMultipartUploadParams, options?: glacier.CallOptions): glacier.AbortMultipartUploadResult?, glacier.Error?
---AbortVaultLock: DELETE /{accountId}/vaults/{vaultName}/lock-policy
---@field abort_vault_lock fun(params: glacier.AbortVaultLockParams, options?: glacier.CallOptions): glacier.AbortVaultLockResult?, glacier.Error?
---AddTagsToVault: POST /{accountId}/vaults/{vaultName}/tags
---@field add_tags_to_vault fun(params: glacier.AddTagsToVaultParams, options?: glacier.CallOptions): glacier.AddTagsToVaultResult?, glacier.Error?
---CompleteMultipartUpload: POST /{accountId}/vaults/{vaultName}/multipart-uploads/{uploadId}
---@field complete_multipart_upload fun(params: glacier.CompleteMultipartUploadParams, options?: glacier.CallOptions): glacier.CompleteMultipartUploadResult?, glacier.Error?
---CompleteVaultLock: POST /{accountId}/vaults/{vaultName}/lock-policy/{lockId}
---@field complete_vault_lock fun(params: glacier.CompleteVaultLockParams, options?: glacier.CallOptions): glacier.CompleteVaultLockResult?, glacier.Error?
---CreateVault: PUT /{accountId}/vaults/{vaultName}
---@field create_vault fun(params: glacier.CreateVaultParams, options?: glacier.CallOptions): glacier.CreateVaultResult?, glacier.Error?
---DeleteArchive: DELETE /{accountId}/vaults/{vaultName}/archives/{archiveId}
---@field delete_archive fun(params: glacier.DeleteArchiveParams, options?: glacier.CallOptions): glacier.DeleteArchiveResult?, glacier.Error?
---DeleteVault: DELETE /{accountId}/vaults/{vaultName}
---@field delete_vault fun(params: glacier.DeleteVaultParams, options?: glacier.CallOptions): glacier.DeleteVaultResult?, glacier.Error?
---DeleteVaultAccessPolicy: DELETE /{accountId}/vaults/{vaultName}/access-policy
---@field delete_vault_access_policy fun(params: glacier.DeleteVaultAccessPolicyParams, options?: glacier.CallOptions): glacier.DeleteVaultAccessPolicyResult?, glacier.Error?
---DeleteVaultNotifications: DELETE /{accountId}/vaults/{vaultName}/notification-configuration
---@field delete_vault_notifications fun(params: glacier.DeleteVaultNotificationsParams, options?: glacier.CallOptions): glacier.DeleteVaultNotificationsResult?, glacier.Error?
---DescribeJob: GET /{accountId}/vaults/{vaultName}/jobs/{jobId}
---@field describe_job fun(params: glacier.DescribeJobParams, options?: glacier.CallOptions): glacier.DescribeJobResult?, glacier.Error?
---DescribeVault: GET /{accountId}/vaults/{vaultName}
---@field describe_vault fun(params: glacier.DescribeVaultParams, options?: glacier.CallOptions): glacier.DescribeVaultResult?, glacier.Error?
---GetDataRetrievalPolicy: GET /{accountId}/policies/data-retrieval
---@field get_data_retrieval_policy fun(params?: glacier.GetDataRetrievalPolicyParams, options?: glacier.CallOptions): glacier.GetDataRetrievalPolicyResult?, glacier.Error?
---GetJobOutput: GET /{accountId}/vaults/{vaultName}/jobs/{jobId}/output
---@field get_job_output fun(params: glacier.GetJobOutputParams, options?: glacier.OutputOptions): glacier.GetJobOutputResult?, glacier.Error?
---GetVaultAccessPolicy: GET /{accountId}/vaults/{vaultName}/access-policy
---@field get_vault_access_policy fun(params: glacier.GetVaultAccessPolicyParams, options?: glacier.CallOptions): glacier.GetVaultAccessPolicyResult?, glacier.Error?
---GetVaultLock: GET /{accountId}/vaults/{vaultName}/lock-policy
---@field get_vault_lock fun(params: glacier.GetVaultLockParams, options?: glacier.CallOptions): glacier.GetVaultLockResult?, glacier.Error?
---GetVaultNotifications: GET /{accountId}/vaults/{vaultName}/notification-configuration
---@field get_vault_notifications fun(params: glacier.GetVaultNotificationsParams, options?: glacier.CallOptions): glacier.GetVaultNotificationsResult?, glacier.Error?
---InitiateJob: POST /{accountId}/vaults/{vaultName}/jobs
---@field initiate_job fun(params: glacier.InitiateJobParams, options?: glacier.CallOptions): glacier.InitiateJobResult?, glacier.Error?
---InitiateMultipartUpload: POST /{accountId}/vaults/{vaultName}/multipart-uploads
---@field initiate_multipart_upload fun(params: glacier.InitiateMultipartUploadParams, options?: glacier.CallOptions): glacier.InitiateMultipartUploadResult?, glacier.Error?
---InitiateVaultLock: POST /{accountId}/vaults/{vaultName}/lock-policy
---@field initiate_vault_lock fun(params: glacier.InitiateVaultLockParams, options?: glacier.CallOptions): glacier.InitiateVaultLockResult?, glacier.Error?
---ListJobs: GET /{accountId}/vaults/{vaultName}/jobs
---@field list_jobs fun(params: glacier.ListJobsParams, options?: glacier.CallOptions): glacier.ListJobsResult?, glacier.Error?
---ListMultipartUploads: GET /{accountId}/vaults/{vaultName}/multipart-uploads
---@field list_multipart_uploads fun(params: glacier.ListMultipartUploadsParams, options?: glacier.CallOptions): glacier.ListMultipartUploadsResult?, glacier.Error?
---ListParts: GET /{accountId}/vaults/{vaultName}/multipart-uploads/{uploadId}
---@field list_parts fun(params: glacier.ListPartsParams, options?: glacier.CallOptions): glacier.ListPartsResult?, glacier.Error?
---ListProvisionedCapacity: GET /{accountId}/provisioned-capacity
---@field list_provisioned_capacity fun(params?: glacier.ListProvisionedCapacityParams, options?: glacier.CallOptions): glacier.ListProvisionedCapacityResult?, glacier.Error?
---ListTagsForVault: GET /{accountId}/vaults/{vaultName}/tags
---@field list_tags_for_vault fun(params: glacier.ListTagsForVaultParams, options?: glacier.CallOptions): glacier.ListTagsForVaultResult?, glacier.Error?
---ListVaults: GET /{accountId}/vaults
---@field list_vaults fun(params?: glacier.ListVaultsParams, options?: glacier.CallOptions): glacier.ListVaultsResult?, glacier.Error?
---PurchaseProvisionedCapacity: POST /{accountId}/provisioned-capacity
---@field purchase_provisioned_capacity fun(params?: glacier.PurchaseProvisionedCapacityParams, options?: glacier.CallOptions): glacier.PurchaseProvisionedCapacityResult?, glacier.Error?
---RemoveTagsFromVault: POST /{accountId}/vaults/{vaultName}/tags
---@field remove_tags_from_vault fun(params: glacier.RemoveTagsFromVaultParams, options?: glacier.CallOptions): glacier.RemoveTagsFromVaultResult?, glacier.Error?
---SetDataRetrievalPolicy: PUT /{accountId}/policies/data-retrieval
---@field set_data_retrieval_policy fun(params?: glacier.SetDataRetrievalPolicyParams, options?: glacier.CallOptions): glacier.SetDataRetrievalPolicyResult?, glacier.Error?
---SetVaultAccessPolicy: PUT /{accountId}/vaults/{vaultName}/access-policy
---@field set_vault_access_policy fun(params: glacier.SetVaultAccessPolicyParams, options?: glacier.CallOptions): glacier.SetVaultAccessPolicyResult?, glacier.Error?
---SetVaultNotifications: PUT /{accountId}/vaults/{vaultName}/notification-configuration
---@field set_vault_notifications fun(params: glacier.SetVaultNotificationsParams, options?: glacier.CallOptions): glacier.SetVaultNotificationsResult?, glacier.Error?
---UploadArchive: POST /{accountId}/vaults/{vaultName}/archives
---@field upload_archive fun(params: glacier.UploadArchiveParams, options?: glacier.CallOptions): glacier.UploadArchiveResult?, glacier.Error?
---UploadMultipartPart: PUT /{accountId}/vaults/{vaultName}/multipart-uploads/{uploadId}
---@field upload_multipart_part fun(params: glacier.UploadMultipartPartParams, options?: glacier.CallOptions): glacier.UploadMultipartPartResult?, glacier.Error?

---@class glacier.Client
---@field pages fun(self: glacier.Client, name: "list_jobs", params: glacier.ListJobsParams, options?: glacier.CallOptions): (fun(): glacier.ListJobsResult?)
---@field each fun(self: glacier.Client, name: "list_jobs", params: glacier.ListJobsParams, options?: glacier.CallOptions): (fun(): glacier.Job?)
---@field pages fun(self: glacier.Client, name: "list_multipart_uploads", params: glacier.ListMultipartUploadsParams, options?: glacier.CallOptions): (fun(): glacier.ListMultipartUploadsResult?)
---@field each fun(self: glacier.Client, name: "list_multipart_uploads", params: glacier.ListMultipartUploadsParams, options?: glacier.CallOptions): (fun(): glacier.Upload?)
---@field pages fun(self: glacier.Client, name: "list_parts", params: glacier.ListPartsParams, options?: glacier.CallOptions): (fun(): glacier.ListPartsResult?)
---@field each fun(self: glacier.Client, name: "list_parts", params: glacier.ListPartsParams, options?: glacier.CallOptions): (fun(): glacier.Part?)
---@field pages fun(self: glacier.Client, name: "list_vaults", params?: glacier.ListVaultsParams, options?: glacier.CallOptions): (fun(): glacier.ListVaultsResult?)
---@field each fun(self: glacier.Client, name: "list_vaults", params?: glacier.ListVaultsParams, options?: glacier.CallOptions): (fun(): glacier.Vault?)
---@field wait_until fun(self: glacier.Client, name: "vault_exists", params: glacier.DescribeVaultParams, options?: glacier.WaiterOptions): glacier.DescribeVaultResult|true|nil, glacier.Error?
---@field wait_until fun(self: glacier.Client, name: "vault_not_exists", params: glacier.DescribeVaultParams, options?: glacier.WaiterOptions): glacier.DescribeVaultResult|true|nil, glacier.Error?

-- By hand: what is no operation.

---@class glacier.ResponseMetadata
---@field RequestId? string
---@field HTTPStatusCode integer
---@field HTTPHeaders table<string, string>  names in lower case
---@field RetryAttempts integer
---@field Reconciled? boolean  true: the answer was lost and its job found by its list

---@alias glacier.ErrorKind
---| "validation"   the parameters
---| "config"       the options, the files, the host
---| "credentials"  none, or broken ones
---| "network"      no way to the service
---| "timeout"      no answer in time
---| "tls"          a certificate, a protocol
---| "service"      an error that the service answered
---| "protocol"     an answer that is none
---| "cancelled"    the client was closed, a sink ended the call

---What the service says, and what is said here; the service may say others.
---@alias glacier.ErrorCode
---| "AccessDeniedException"
---| "BadRequest"
---| "ExpiredTokenException"
---| "InsufficientCapacityException"
---| "InvalidParameterValueException"
---| "InvalidSignatureException"
---| "LimitExceededException"
---| "MissingAuthenticationTokenException"
---| "MissingParameterValueException"
---| "NoLongerSupportedException"
---| "PolicyEnforcedException"
---| "RequestTimeoutException"
---| "ResourceNotFoundException"
---| "SerializationException"
---| "ServiceUnavailableException"
---| "ThrottlingException"
---| "UnrecognizedClientException"
---| "ParamValidationError"
---| "ConfigParseError"
---| "ConfigReadError"
---| "CryptoError"
---| "InfiniteLoopConfigError"
---| "InvalidConfigError"
---| "InvalidEndpointError"
---| "InvalidRegionError"
---| "NoRegionError"
---| "ProfileNotFound"
---| "UnknownOptionError"
---| "CredentialRetrievalError"
---| "NoCredentialsError"
---| "PartialCredentialsError"
---| "SSOTokenLoadError"
---| "UnauthorizedSSOTokenError"
---| "ConnectTimeoutError"
---| "ConnectionClosedError"
---| "EndpointConnectionError"
---| "HTTPClientError"
---| "ProxyConnectionError"
---| "ReadTimeoutError"
---| "SSLError"
---| "CancelledError"
---| "DeadlineExceededError"
---| "PaginationError"
---| "ResponseParserError"
---| "ResponseTooLargeError"
---| "SinkError"
---| "SourceError"
---| "WaiterError"
---| "FileError"
---| "FileExists"
---| "JobFailed"
---| "JobNotReady"
---| "Locked"
---| "NoCap"
---| "NoPrices"
---| "NotVerifiable"
---| "NothingPlanned"
---| "NotificationError"
---| "OtherPlan"
---| "PartHashMismatch"
---| "StateMismatch"
---| "StoreError"
---| "TreeHashMismatch"
---| "UnsafeName"
---| "BadInventoryRow"
---| "InvalidInventory"
---| "InventoryTruncated"
---| string

---@class glacier.Problem
---@field path string     which parameter: "jobParameters.Tier"
---@field message string  what is wrong with it

---@class glacier.Error
---@field kind glacier.ErrorKind
---@field code glacier.ErrorCode
---@field message string
---@field status? integer      of HTTP, where there was a response
---@field request_id? string
---@field operation? string    "InitiateJob"
---@field retryable boolean    another attempt would be made were any left
---@field exhausted? boolean   it was the last of several
---@field attempts? integer    how often a request was begun to be sent
---@field sent? boolean        something of a request may have reached the service
---@field in_doubt? boolean    the service may have done what was asked
---@field retry_after? integer milliseconds, as the service asks
---@field cause? glacier.Error
---@field problems? glacier.Problem[]  kind "validation"
---@field description? glacier.Job     of waits: the job, where it is known
---@field hashes? {job: string?, caller: string?, bytes: string?}  code "TreeHashMismatch"
---@field line? integer      of an inventory in CSV: where the trouble is
---@field row? integer       of an inventory in JSON
---@field archive? glacier.Archive  code "UnsafeName"
---@field is fun(self: glacier.Error, name: glacier.ErrorKind|glacier.ErrorCode): boolean

---@class glacier.Credentials
---@field access_key_id string
---@field secret_access_key string
---@field session_token? string  of those that expire
---@field expiration? number|string  epoch seconds or milliseconds, or ISO 8601

---@class glacier.CustomHost
---@field wait fun(engine: any, timeout: number?, transfer: any)
---@field sleep fun(seconds: number)
---@field now fun(): number  seconds of a clock that only goes forward
---@field closing? fun(engine: any)

---@class glacier.ClientOptions
---@field region? string  "us-west-2"; AWS_REGION, AWS_DEFAULT_REGION, the profile's
---@field profile? string  of the files of the AWS tools; AWS_PROFILE, "default"
---@field credentials? glacier.Credentials|fun(): glacier.Credentials  or a function that returns them
---@field endpoint_url? string  where to send requests instead
---@field use_fips_endpoint? boolean  AWS_USE_FIPS_ENDPOINT, the profile's
---@field use_dualstack_endpoint? boolean  AWS_USE_DUALSTACK_ENDPOINT, the profile's
---@field connect_timeout? number  seconds; 60
---@field read_timeout? number     seconds without a byte; 60
---@field timeout? number          seconds for a whole call; 0 is none
---@field max_attempts? integer    3
---@field retry_mode? "standard"|"adaptive"  "standard"
---@field reconcile? boolean|"strict"  true
---@field verify? boolean          true
---@field ca_bundle? string        path of a PEM file
---@field proxy? string            URL; "" for none
---@field tcp_keepalive? boolean   true
---@field user_agent_extra? string  added to the User-Agent
---@field app_id? string  added to the User-Agent
---@field validate? "full"|"shape"  "full"
---@field host? "auto"|"blocking"|"openresty"|"openresty-cosocket"|"luv"|"love"|"haproxy"|glacier.CustomHost  how to wait; "auto"
---@field logger? fun(event: table)  told of each event

---@class glacier.CallOptions
---@field timeout? number        seconds for the whole call; 0 is none
---@field max_attempts? integer  in place of the client's
---@field reconcile? boolean|"strict"  in place of the client's
---@field sign_before? number    epoch seconds, after which no attempt is signed

---@class glacier.OutputOptions: glacier.CallOptions
---@field sink? (fun(bytes: string): any, any)|glacier.SinkObject  takes the body
---@field path? string           of the file that the body becomes
---@field overwrite? boolean     whether that may replace another

---@class glacier.SinkObject
---@field head? fun(head: {status: integer, headers: table<string, string>}): any, any
---@field write? fun(bytes: string): any, any
---@field receiver? any

---@class glacier.WaiterOptions: glacier.CallOptions
---@field delay? number          seconds between two calls; 3

---@class glacier.WaitOptions
---@field interval? number       seconds between two looks
---@field timeout? number        seconds for all of it; 0 is none
---@field on_progress? fun(event: glacier.Progress)

---@class glacier.DownloadOptions
---@field path string            of the file
---@field part_size? integer     bytes, a power of two MiB; 32 MiB
---@field concurrency? integer   parts at a time; 4
---@field tree_hash? string      of the output, 64 hexadecimal digits
---@field require? "tree_hash"   refuses what cannot be proved by it
---@field overwrite? boolean    whether another file may be replaced; false
---@field max_rate? number       bytes a second
---@field on_progress? fun(event: glacier.Progress)
---@field on_proved? fun(proved: {size: integer, tree_hash: string, verified: string}): any, any

---@class glacier.RetrieveOptions
---@field path string            of the file
---@field part_size? integer     bytes, a power of two MiB; 32 MiB
---@field concurrency? integer   parts at a time; 4
---@field tree_hash? string      of the output, 64 hexadecimal digits
---@field require? "tree_hash"   refuses what cannot be proved by it
---@field overwrite? boolean    whether another file may be replaced; false
---@field max_rate? number       bytes a second
---@field interval? number       seconds between two looks at the job
---@field timeout? number        seconds for the waiting; 0 is none
---@field on_progress? fun(event: glacier.Progress)
---@field state? string          path of the state; beside the target
---@field renew? "when_gone"|"never"
---@field max_jobs? integer      InitiateJobs for this target in all; 2
---@field reuse? boolean         whether jobs of others may be used; true

---@class glacier.DownloadResult
---@field path string
---@field size integer           bytes
---@field tree_hash string
---@field verified "tree_hash"|"parts"|"size"
---@field parts integer
---@field resumed integer        bytes that were there already

---@class glacier.Progress
---@field phase "waiting"|"checking"|"downloading"|"saving"|"started"|"reused"|string
---@field bytes? number          so far
---@field total? number          bytes
---@field rate? number           bytes a second
---@field eta? number            seconds
---@field expires? number        epoch seconds
---@field late? boolean          it will not be there before that
---@field done? boolean          the last event
---@field err? glacier.Error     of the last event
---@field status? string         phase "waiting": the job's StatusCode
---@field age? number            phase "waiting": of the job, seconds
---@field next_look? number      phase "waiting": seconds
---@field jobs? integer          how many there are
---@field finished? integer      how many of them have ended
---@field max_jobs? integer
---@field job? string            its id

---@class glacier.JobReference
---@field accountId? string
---@field vaultName string
---@field jobId string

---@class glacier.JobReferences
---@field accountId? string
---@field vaultName string
---@field jobIds string[]

---@class glacier.Client
---Waits until a job has ended: the job that has succeeded, or the error.
---@field wait_job fun(self: glacier.Client, params: glacier.JobReference, options?: glacier.WaitOptions): glacier.Job?, glacier.Error?
---Waits until jobs have ended: job id -> the job, or its error.
---@field wait_jobs fun(self: glacier.Client, params: glacier.JobReferences, options?: glacier.WaitOptions): table<string, glacier.Job|glacier.Error>?, glacier.Error?
---Writes the output of a job to a file, in parts, hashed as they arrive.
---@field download_job_output fun(self: glacier.Client, params: glacier.JobReference, options: glacier.DownloadOptions): glacier.DownloadResult?, glacier.Error?
---From the parameters of a job to its output on disk; run again, it goes on.
---@field retrieve fun(self: glacier.Client, params: glacier.InitiateJobParams, options: glacier.RetrieveOptions): glacier.DownloadResult?, glacier.Error?
---Judges parameters as a call does; nothing is sent.
---@field check_params fun(self: glacier.Client, name: glacier.OperationName, params?: table): true?, glacier.Error?
---For hosts with frames, to be called in each.
---@field update fun(self: glacier.Client)
---Waits as a call does.
---@field sleep fun(self: glacier.Client, seconds: number): true?, glacier.Error?
---Waits as sleep does, and where the client is closed, too.
---@field settle fun(self: glacier.Client, seconds: number, is_over: fun(): boolean)
---Has what nobody holds any more be found soon, where much of it was dropped.
---@field find_abandoned fun(self: glacier.Client, kilobytes: number): boolean?
---The time by the service's clock: epoch seconds.
---@field time fun(self: glacier.Client): integer
---Seconds of a clock that only goes forward.
---@field now fun(self: glacier.Client): number
---Closes the connections that are kept for later calls.
---@field release fun(self: glacier.Client)
---Runs functions at the same time until all have ended.
---@field run_together fun(self: glacier.Client, functions: (fun(is_stopped: fun(): boolean))[], tick?: fun())
---Ends what is on its way; calls after that fail.
---@field close fun(self: glacier.Client)

---@class glacier.StubCall
---@field operation glacier.OperationName
---@field params table
---@field options glacier.OutputOptions

---@class glacier.StubError
---@field code glacier.ErrorCode
---@field message? string
---@field status? integer  of HTTP; 400
---@field request_id? string

---@class glacier.Stub
---@field calls glacier.StubCall[]
---@field ANY any  in expected parameters: whatever is there
---@field add_response fun(self: glacier.Stub, operation: glacier.OperationName, response?: table, expected?: table)
---@field add_client_error fun(self: glacier.Stub, operation: glacier.OperationName, given: glacier.StubError, expected?: table)
---@field assert_no_pending_responses fun(self: glacier.Stub)
---@field deactivate fun(self: glacier.Stub)

---@class glacier.Task
---@field done boolean
---@field wait fun(self: glacier.Task): any ...

---@class glacier.TreeHasher
---Takes the next bytes, and returns the hasher.
---@field update fun(self: glacier.TreeHasher, bytes: string): glacier.TreeHasher
---The tree hash of all bytes so far, 64 hexadecimal digits; more of them may follow.
---@field digest fun(self: glacier.TreeHasher): string

---@class glacier.Archive
---@field ArchiveId string
---@field ArchiveDescription string
---@field CreationDate string
---@field Size integer
---@field SHA256TreeHash string

---@class glacier.BadRow
---@field line? integer  of CSV
---@field row? integer   of JSON
---@field text string
---@field reason string

---@class glacier.InventoryOptions
---@field size? integer  bytes of the whole
---@field on_bad? fun(bad: glacier.BadRow)

---@class glacier
---@field version string
---@field loggers {stderr: fun(event: table)}
---@field progress {terminal: (fun(): fun(event: glacier.Progress)), json: (fun(): fun(event: glacier.Progress))}
---A new client.
---@field client fun(options?: glacier.ClientOptions): glacier.Client?, glacier.Error?
---Canned answers in the place of the service, for tests.
---@field stub fun(client: glacier.Client): glacier.Stub
---Runs a function without blocking the host.
---@field spawn fun(run: (fun(...: any): any), ...: any): glacier.Task
---client:update() of the default client.
---@field update fun()
---The job in an SNS message or an SQS body.
---@field job_from_notification fun(message: string): glacier.Job?, glacier.Error?
---@field tree_hash fun(bytes: string): string
---@field tree_hash_file fun(path: string): string?, glacier.Error?
---@field tree_hasher fun(): glacier.TreeHasher
---The archives of an inventory, JSON or CSV.
---@field inventory fun(source: string|fun(): (string?, any), options?: glacier.InventoryOptions): (fun(): glacier.Archive?)
---The file name that a description keeps, and the tool that wrote it.
---@field archive_name fun(description?: string): string?, string?

---@class glacier.RestorePrices
---@field per_1000_requests? number
---@field per_gib? number
---@field egress_per_gib? number

---@class glacier.RestoreRates
---@field starts_per_second? number  10
---@field bytes_per_hour? number

---@class glacier.PlanOptions
---@field vaultName string
---@field accountId? string
---@field inventory string|fun(): (string?, any)  its path, or a function that brings its pieces
---@field into string      the folder
---@field tier? "Expedited"|"Standard"|"Bulk"
---@field filter? fun(archive: glacier.Archive): any  whether it is to be restored
---@field name? fun(archive: glacier.Archive): string?  where, below `into`
---@field on_bad? fun(bad: glacier.BadRow)
---@field cap? {cost: number?, prices: glacier.RestorePrices?}
---@field rates? glacier.RestoreRates

---@class glacier.RestorePlan
---@field archives integer
---@field bytes number
---@field cost number       without prices 0
---@field seconds number    by the rates and the tier, at the least
---@field bad_rows integer  of the inventory, which are left out

---@class glacier.RestoreStatus
---@field vault string
---@field folder string
---@field tier? string
---@field archives integer    in all: the sum of the following seven
---@field waiting integer
---@field in_doubt integer
---@field started integer
---@field ready integer
---@field done integer
---@field failed integer
---@field gone integer
---@field bytes number        of all archives
---@field bytes_done number
---@field reserved number     money that is or may have been spent
---@field cap? number         of money
---@field rate number         bytes a second
---@field eta? number         seconds
---@field workers integer
---@field paused boolean
---@field standstill? string  why nothing is started

---@class glacier.Restore
---@field plan fun(self: glacier.Restore, options: glacier.PlanOptions): glacier.RestorePlan?, glacier.Error?
---@field run fun(self: glacier.Restore, options?: {downloads: integer?, stop: (fun(): boolean)?}): true?, "paused"|"stopped"|glacier.Error|nil
---@field status fun(self: glacier.Restore): glacier.RestoreStatus?, glacier.Error?
---@field problems fun(self: glacier.Restore, most?: integer): {path: string, state: "failed"|"gone", last_error: string?}[]?, glacier.Error?
---@field pause fun(self: glacier.Restore): true?, glacier.Error?
---@field resume fun(self: glacier.Restore): true?, glacier.Error?
---@field limit fun(self: glacier.Restore, options: {cost: number?, starts_per_second: number?, bytes_per_hour: number?}): true?, glacier.Error?
---@field retry fun(self: glacier.Restore, options: {state: "failed"|"gone"}): integer?, glacier.Error?
---@field close fun(self: glacier.Restore)

---What `require "glacier.restore"` gives.
---@class glacier.RestoreModule
---@field open fun(options: {store: string, client: glacier.Client}): glacier.Restore?, glacier.Error?
---@field report fun(status: glacier.RestoreStatus): string
---@field money fun(amount: number): string
