package actions

// services are the event sources whose first label is not the service's name in actions.
var services = map[string]string{
	"monitoring": "cloudwatch", "appstream2": "appstream", "models.lex": "lex", "runtime.lex": "lex", "models-v2-lex": "lex", "runtime-v2-lex": "lex",
	"mturk-requester": "mechanicalturk", "streams.dynamodb": "dynamodb", "tagging": "tag", "email": "ses",
	"metering-marketplace": "aws-marketplace", "entitlement.marketplace": "aws-marketplace", "iotdata": "iot", "data.iot": "iot",
	"servicecatalog-appregistry": "servicecatalog", "tagging-api": "tag", "s3-control": "s3", "edge.sagemaker": "sagemaker", "runtime.sagemaker": "sagemaker",
	"opensearch": "es", "aoss": "aoss", "controltower": "controltower", "bedrock-runtime": "bedrock", "bedrock-agent": "bedrock", "bedrock-agent-runtime": "bedrock",
}

// exceptions are events that need other actions than the tables say, or that SDKs do not have as methods,
// from "Actions, resources, and condition keys" of each service.
var exceptions = map[string]Needed{
	"s3:CopyObject": {Names: []string{"s3:PutObject", "s3:GetObject"}, All: true, Known: true}, "s3:UploadPartCopy": {Names: []string{"s3:PutObject", "s3:GetObject"}, All: true, Known: true},
	"s3:HeadObject": one("s3:GetObject"), "s3:GetObjectTorrent": one("s3:GetObject"), "s3:PostObject": one("s3:PutObject"),
	"s3:GetObjectAttributes":     {Names: []string{"s3:GetObject", "s3:GetObjectAttributes"}, All: true, Known: true},
	"s3:InitiateMultipartUpload": one("s3:PutObject"), "s3:DeleteObjects": one("s3:DeleteObject"), "s3:DeleteMultipleObjects": one("s3:DeleteObject"),
	"s3:GetBucketCors": one("s3:GetBucketCORS"), "s3:PutBucketCors": one("s3:PutBucketCORS"), "s3:DeleteBucketCors": one("s3:PutBucketCORS"),
	"s3:GetPublicAccessBlock": one("s3:GetBucketPublicAccessBlock"), "s3:PutPublicAccessBlock": one("s3:PutBucketPublicAccessBlock"),
	"s3:DeletePublicAccessBlock": one("s3:PutBucketPublicAccessBlock"), "s3:DeleteBucketPublicAccessBlock": one("s3:PutBucketPublicAccessBlock"),

	"sqs:SendMessageBatch": one("sqs:SendMessage"), "sqs:DeleteMessageBatch": one("sqs:DeleteMessage"), "sqs:ChangeMessageVisibilityBatch": one("sqs:ChangeMessageVisibility"),
	"sns:PublishBatch": one("sns:Publish"), "lambda:Invoke": one("lambda:InvokeFunction"), "lambda:InvokeWithResponseStream": one("lambda:InvokeFunction"),
	"kms:ReEncrypt":             {Names: []string{"kms:ReEncryptFrom", "kms:ReEncryptTo"}, All: true, Known: true},
	"dynamodb:TransactGetItems": one("dynamodb:GetItem"),
	"dynamodb:TransactWriteItems": {
		Names: []string{"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"}, Known: true,
	},
}
