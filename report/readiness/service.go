package readiness

import (
	"slices"
	"strings"

	"vpcetrail/classify/phrase"
)

// A service describes the resource policies of one service.
type service struct {
	name   string        // first part of the service's principal name and of its actions, such as s3
	policy phrase.Format // the name of this kind of policy; empty if the service has no resource policy that can deny
	// actions are the actions in a statement. Policies of some services accept no wildcard for
	// all actions.
	actions []string
	// resources returns the resources in a statement. It is nil if the policy names none.
	resources func(arn string) []string
	// known are the actions on the content of the resource, or on the access to it. They are
	// checked against an existing policy even if no call used them.
	known []string
	// exempt are roles that a statement must not stop, in addition to service-linked roles.
	exempt []string
}

func itself(arn string) []string { return []string{arn} }
func everything(string) []string { return []string{"*"} } // in a policy on the resource: the resource

// services lists the services with resource policies that can deny, from the documentation of each
// service.
var services = []service{
	{
		name: "s3", policy: "bucket policy", actions: []string{"s3:*"},
		resources: func(arn string) []string { return []string{arn, arn + "/*"} }, // the bucket, and its objects
		known: []string{
			"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket",
			"s3:ListBucketVersions", "s3:PutBucketPolicy", "s3:PutObject", "s3:PutObjectAcl", "s3:PutReplicationConfiguration", "s3:RestoreObject",
		},
	},
	{
		name: "s3express", policy: "bucket policy", actions: []string{"s3express:*"}, resources: itself,
		known: []string{"s3express:CreateSession"},
	},
	{
		name: "sqs", policy: "queue policy", actions: []string{"sqs:*"}, resources: itself,
		known: []string{
			"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:PurgeQueue", "sqs:ReceiveMessage", "sqs:SendMessage", "sqs:SetQueueAttributes",
		},
	},
	{
		// A topic policy accepts only these actions. It refuses sns:* as "out of service scope".
		name: "sns", policy: "topic policy", resources: itself,
		actions: []string{
			"sns:AddPermission", "sns:DeleteTopic", "sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic",
			"sns:Publish", "sns:RemovePermission", "sns:SetTopicAttributes", "sns:Subscribe",
		},
		known: []string{"sns:Publish", "sns:SetTopicAttributes", "sns:Subscribe"},
	},
	{
		// Not kms:*: an administrator past the endpoints could never change the key policy again.
		name: "kms", policy: "key policy", resources: everything,
		actions: []string{
			"kms:Decrypt", "kms:DeriveSharedSecret", "kms:Encrypt", "kms:GenerateDataKey*", "kms:GenerateMac",
			"kms:ReEncrypt*", "kms:Sign", "kms:Verify", "kms:VerifyMac",
		},
		known: []string{
			"kms:CreateGrant", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:Sign",
		},
		// Amazon EC2 calls KMS with this role to decrypt the volumes of an instance.
		exempt: []string{"arn:aws:iam::*:role/aws:ec2-infrastructure"},
	},
	{
		name: "dynamodb", policy: "table policy", actions: []string{"dynamodb:*"},
		resources: func(arn string) []string { return []string{arn, arn + "/index/*"} },
		known: []string{
			"dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:GetItem",
			"dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem",
		},
	},
	{
		name: "secretsmanager", policy: "secret's resource policy", actions: []string{"secretsmanager:*"}, resources: everything,
		known: []string{"secretsmanager:DeleteSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecret"},
	},
	{
		name: "ecr", policy: "repository policy", actions: []string{"ecr:*"}, // a repository policy has no Resource
		known: []string{"ecr:BatchDeleteImage", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:PutImage"},
	},
}

// serviceOf returns the service of a resource's ARN. A service that is not in services has only a
// name.
func serviceOf(arn string) service {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return service{}
	}
	i := slices.IndexFunc(services, func(s service) bool { return s.name == parts[2] })
	if i < 0 {
		return service{
			name: parts[2], actions: []string{parts[2] + ":*"},
			// The resource itself and what is in it: log streams, versions of a function.
			resources: func(arn string) []string { return []string{arn, arn + ":*"} },
		}
	}
	return services[i]
}

// Scope returns what a statement on a resource has: its actions, its resources, and the roles that it must
// not stop. resources is nil if policies of that kind name none.
func Scope(arn string) (actions, resources, exempt []string) {
	s := serviceOf(arn)
	if s.resources != nil {
		resources = s.resources(arn)
	}
	partition := partitionOf(arn)
	exempt = []string{"arn:" + partition + ":iam::*:role/aws-service-role/*"}
	for _, role := range s.exempt {
		exempt = append(exempt, withPartition(role, partition))
	}
	return s.actions, resources, exempt
}

// partitionOf returns the partition of an ARN, such as aws or aws-cn.
func partitionOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 3); len(parts) == 3 && parts[1] != "" {
		return parts[1]
	}
	return "aws"
}

// regionOf returns the Region of an ARN. It is empty if the ARN has none, such as that of a bucket.
func regionOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 5); len(parts) == 5 {
		return parts[3]
	}
	return ""
}

// target returns a pattern that matches everything that an action on the resource may affect.
func (s *service) target(arn, action string) string {
	if s.name == "s3" && onObjects(strings.TrimPrefix(action, "s3:")) {
		return arn + "/*"
	}
	return arn
}

// onObjects reports whether an S3 action applies to objects, and not to their bucket.
func onObjects(name string) bool {
	switch {
	case strings.Contains(name, "BucketObjectLock"):
		return false
	case name == "AbortMultipartUpload" || name == "ListMultipartUploadParts" || name == "BypassGovernanceRetention":
		return true
	}
	return strings.Contains(name, "Object") || name == "ReplicateDelete" || name == "ReplicateTags"
}
