package readiness

import (
	"regexp"
	"strings"
)

// CloudTrail names API calls, and policies name actions. Most names are the same. These differ, as
// documented in "Actions, resources, and condition keys" of each service. A call that needs two
// actions has the one that is more likely for the resource: CopyObject writes.
var actionOfEvent = map[string]string{
	"s3:HeadObject": "GetObject", "s3:GetObjectAttributes": "GetObject", "s3:SelectObjectContent": "GetObject", "s3:GetObjectTorrent": "GetObject",
	"s3:CopyObject": "PutObject", "s3:PostObject": "PutObject", "s3:CreateMultipartUpload": "PutObject", "s3:InitiateMultipartUpload": "PutObject",
	"s3:UploadPart": "PutObject", "s3:UploadPartCopy": "PutObject", "s3:CompleteMultipartUpload": "PutObject",
	"s3:DeleteObjects": "DeleteObject", "s3:DeleteMultipleObjects": "DeleteObject", "s3:ListParts": "ListMultipartUploadParts",
	"s3:HeadBucket": "ListBucket", "s3:ListObjects": "ListBucket", "s3:ListObjectsV2": "ListBucket", "s3:ListObjectVersions": "ListBucketVersions",
	"s3:ListMultipartUploads": "ListBucketMultipartUploads", "s3:ListBuckets": "ListAllMyBuckets",
	"s3:GetBucketEncryption": "GetEncryptionConfiguration", "s3:PutBucketEncryption": "PutEncryptionConfiguration", "s3:DeleteBucketEncryption": "PutEncryptionConfiguration",
	"s3:GetBucketLifecycle": "GetLifecycleConfiguration", "s3:GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
	"s3:PutBucketLifecycle": "PutLifecycleConfiguration", "s3:PutBucketLifecycleConfiguration": "PutLifecycleConfiguration", "s3:DeleteBucketLifecycle": "PutLifecycleConfiguration",
	"s3:GetBucketReplication": "GetReplicationConfiguration", "s3:PutBucketReplication": "PutReplicationConfiguration", "s3:DeleteBucketReplication": "PutReplicationConfiguration",
	"s3:GetBucketCors": "GetBucketCORS", "s3:PutBucketCors": "PutBucketCORS", "s3:DeleteBucketCors": "PutBucketCORS", "s3:DeleteBucketTagging": "PutBucketTagging",
	"s3:GetPublicAccessBlock": "GetBucketPublicAccessBlock", "s3:PutPublicAccessBlock": "PutBucketPublicAccessBlock", "s3:DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
	"s3:DeleteBucketPublicAccessBlock": "PutBucketPublicAccessBlock",
	"s3:GetObjectLockConfiguration":    "GetBucketObjectLockConfiguration", "s3:PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
	"s3:GetBucketAccelerateConfiguration": "GetAccelerateConfiguration", "s3:GetBucketInventoryConfiguration": "GetInventoryConfiguration",
	"s3:GetBucketMetricsConfiguration": "GetMetricsConfiguration", "s3:GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",

	"sqs:SendMessageBatch": "SendMessage", "sqs:DeleteMessageBatch": "DeleteMessage", "sqs:ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
	"sns:PublishBatch": "Publish", "kms:ReEncrypt": "ReEncryptFrom", "lambda:Invoke": "InvokeFunction",
	"dynamodb:TransactGetItems": "GetItem", "dynamodb:TransactWriteItems": "PutItem",
}

// dated matches the suffix of Lambda's event names: UpdateFunctionCode20150331v2.
var dated = regexp.MustCompile(`20[0-9]{6}(v[0-9]+)?$`)

// actionOf returns the IAM action of a call, such as s3:DeleteObject, or "" if the service is not
// known.
func actionOf(eventSource, eventName string) string {
	prefix, _, ok := strings.Cut(eventSource, ".")
	if !ok {
		return ""
	}
	switch prefix {
	case "monitoring":
		prefix = "cloudwatch"
	case "lambda":
		eventName = dated.ReplaceAllString(eventName, "")
	}
	if name := actionOfEvent[prefix+":"+eventName]; name != "" {
		eventName = name
	}
	return prefix + ":" + eventName
}
