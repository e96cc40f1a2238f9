package classify

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"vpcetrail/ingest/event"
)

func TestResources(t *testing.T) {
	for _, tc := range []struct {
		name, source, eventName, region string // region: us-east-1 if ""
		listed, request, response       string
		want                            string // separated by spaces
	}{
		{name: "the bucket, not the object", source: "s3", eventName: "GetObject",
			listed: `[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::photos/2026/a b.jpg"},{"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::photos"}]`,
			want:   "arn:aws:s3:::photos"},
		{name: "a prefix of objects", source: "s3", eventName: "ListObjects",
			listed: `[{"type":"AWS::S3::Object","ARNPrefix":"arn:aws:s3:::photos/"},{"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::photos"}]`,
			want:   "arn:aws:s3:::photos"},
		{name: "an access point beside its bucket", source: "s3", eventName: "GetObject",
			listed: `[{"type":"AWS::S3::AccessPoint","ARN":"arn:aws:s3:us-east-1:111122223333:accesspoint/finance/object/q3.csv"},{"ARN":"arn:aws:s3:::photos"}]`,
			want:   "arn:aws:s3:::photos arn:aws:s3:us-east-1:111122223333:accesspoint/finance"},
		{name: "a bucket on an outpost", source: "s3-outposts", eventName: "GetObject",
			listed: `[{"ARN":"arn:aws:s3-outposts:us-east-1:111122223333:outpost/op-1/accesspoint/ap/object/q3.csv"}]`,
			want:   "arn:aws:s3-outposts:us-east-1:111122223333:outpost/op-1/accesspoint/ap"},
		{name: "keys in lower case", source: "s3", eventName: "GetBucketAcl",
			listed: `[{"arn":"arn:aws:s3:::photos","accountId":"111122223333"}]`, want: "arn:aws:s3:::photos"},
		{name: "white space", source: "s3", eventName: "GetBucketAcl",
			listed: "[ {\n \"ARN\" : \"arn:aws:s3:::photos\" } ]", want: "arn:aws:s3:::photos"},
		{name: "an object's name that looks like more", source: "s3", eventName: "GetObject",
			listed: `[{"ARN":"arn:aws:s3:::photos/\",\"ARN\":\"arn:aws:s3:::other\"\\"},{"ARN":"arn:aws:s3:::photos"}]`, want: "arn:aws:s3:::photos"},
		{name: "an ARN elsewhere", source: "s3", eventName: "GetObject",
			listed: `[{"note":"arn:aws:s3:::note"},"arn:aws:s3:::alone"]`, want: ""},
		{name: "a bucket in a request", source: "s3", eventName: "CreateBucket",
			request: `{"Host":"x","bucketName":"photos"}`, want: "arn:aws:s3:::photos"},
		{name: "a bucket in China", source: "s3", eventName: "CreateBucket", region: "cn-north-1",
			request: `{"bucketName":"photos"}`, want: "arn:aws-cn:s3:::photos"},
		{name: "a directory bucket", source: "s3express", eventName: "CreateBucket",
			listed: `[{"ARN":"arn:aws:s3express:us-east-1:111122223333:bucket/fast--use1-az4--x-s3/key/of"}]`,
			want:   "arn:aws:s3express:us-east-1:111122223333:bucket/fast--use1-az4--x-s3"},
		{name: "a directory bucket by name", source: "s3", eventName: "CreateBucket",
			request: `{"bucketName":"fast--use1-az4--x-s3"}`,
			want:    "arn:aws:s3express:us-east-1:111122223333:bucket/fast--use1-az4--x-s3"},

		{name: "a queue by URL", source: "sqs", eventName: "GetQueueAttributes",
			request: `{"queueUrl":"https://sqs.us-east-1.amazonaws.com/444455556666/orders"}`, want: "arn:aws:sqs:us-east-1:444455556666:orders"},
		{name: "a queue by an old URL", source: "sqs", eventName: "GetQueueAttributes",
			request: `{"queueUrl":"https://queue.amazonaws.com/111122223333/orders"}`, want: "arn:aws:sqs:us-east-1:111122223333:orders"},
		{name: "a queue that is made", source: "sqs", eventName: "CreateQueue",
			request: `{"queueName":"orders"}`, want: "arn:aws:sqs:us-east-1:111122223333:orders"},
		{name: "another's queue by name", source: "sqs", eventName: "GetQueueUrl",
			request: `{"queueName":"orders","queueOwnerAWSAccountId":"444455556666"}`, want: "arn:aws:sqs:us-east-1:444455556666:orders"},
		{name: "no queue's URL", source: "sqs", eventName: "GetQueueAttributes", request: `{"queueUrl":"orders"}`},

		{name: "a subscription's topic", source: "sns", eventName: "Unsubscribe",
			request: `{"subscriptionArn":"arn:aws:sns:us-east-1:111122223333:news:5be8f5b7"}`, want: "arn:aws:sns:us-east-1:111122223333:news"},
		{name: "a topic that is made", source: "sns", eventName: "CreateTopic", request: `{"name":"news"}`, want: "arn:aws:sns:us-east-1:111122223333:news"},
		{name: "a name that is no topic's", source: "sns", eventName: "CreatePlatformApplication", request: `{"name":"news"}`},

		{name: "the key that the record names, not its alias", source: "kms", eventName: "Encrypt",
			listed:  `[{"accountId":"111122223333","type":"AWS::KMS::Key","ARN":"arn:aws:kms:us-east-1:111122223333:key/1234abcd"}]`,
			request: `{"keyId":"alias/orders"}`, want: "arn:aws:kms:us-east-1:111122223333:key/1234abcd"},
		{name: "an alias", source: "kms", eventName: "DescribeKey", request: `{"keyId":"alias/aws/s3"}`, want: "arn:aws:kms:us-east-1:111122223333:alias/aws/s3"},
		{name: "a key's id", source: "kms", eventName: "DescribeKey", region: "us-gov-west-1",
			request: `{"keyId":"1234abcd"}`, want: "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1234abcd"},
		{name: "a key that is made", source: "kms", eventName: "CreateKey", request: `{"description":"x"}`,
			response: `{"keyMetadata":{"keyId":"1234abcd","arn":"arn:aws:kms:us-east-1:111122223333:key/1234abcd"}}`,
			want:     "arn:aws:kms:us-east-1:111122223333:key/1234abcd"},

		{name: "a table", source: "dynamodb", eventName: "GetItem", request: `{"tableName":"orders"}`, want: "arn:aws:dynamodb:us-east-1:111122223333:table/orders"},
		{name: "another's table by ARN", source: "dynamodb", eventName: "GetItem",
			request: `{"tableName":"arn:aws:dynamodb:us-east-1:444455556666:table/orders"}`, want: "arn:aws:dynamodb:us-east-1:444455556666:table/orders"},
		{name: "the table of an index and of a stream", source: "dynamodb", eventName: "Query",
			listed: `[{"ARN":"arn:aws:dynamodb:us-east-1:111122223333:table/orders/index/by-day"},{"ARN":"arn:aws:dynamodb:us-east-1:111122223333:table/orders/stream/2026"}]`,
			want:   "arn:aws:dynamodb:us-east-1:111122223333:table/orders"},

		{name: "the tables of a transaction", source: "dynamodb", eventName: "TransactWriteItems",
			request: `{"requestItems":[{"operation":"Put","tableName":"orders","key":{"tableName":"x"}},{"operation":"Delete","TableName":"arn:aws:dynamodb:us-east-1:444455556666:table/stock"},` +
				`{"operation":"Update","tableName":"orders"}],"returnConsumedCapacity":"TOTAL"}`,
			want: "arn:aws:dynamodb:us-east-1:111122223333:table/orders arn:aws:dynamodb:us-east-1:444455556666:table/stock"},
		{name: "a transaction with listed tables", source: "dynamodb", eventName: "TransactWriteItems",
			listed:  `[{"accountId":"111122223333","type":"AWS::DynamoDB::Table","ARN":"arn:aws:dynamodb:us-east-1:111122223333:table/orders"}]`,
			request: `{"requestItems":[{"operation":"Put","tableName":"stock"}]}`, want: "arn:aws:dynamodb:us-east-1:111122223333:table/orders"},
		{name: "statements", source: "dynamodb", eventName: "BatchExecuteStatement", request: `{"requestItems":[{"statement":"UPDATE Music"}]}`},
		{name: "items of other types", source: "dynamodb", eventName: "TransactGetItems",
			request: `{"requestItems":["orders",7,null,[{"tableName":"a"}],{"tableName":["b"]},{"tableName":"c","tableName":7},{"tableName":""}]}`},
		{name: "items that are no list", source: "dynamodb", eventName: "BatchGetItem", request: `{"requestItems":{"orders":{"tableName":"keys"}}}`},

		{name: "a secret by ARN", source: "secretsmanager", eventName: "GetSecretValue",
			request: `{"secretId":"arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-aB3xYz"}`, want: "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-aB3xYz"},
		{name: "a secret by name", source: "secretsmanager", eventName: "GetSecretValue",
			request: `{"secretId":"prod/db"}`, want: "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db"},
		{name: "a secret that is made", source: "secretsmanager", eventName: "CreateSecret", request: `{"name":"prod/db"}`,
			response: `{"arn":"arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-aB3xYz"}`, want: "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-aB3xYz"},
		{name: "a secret of an answer", source: "secretsmanager", eventName: "DeleteSecret", request: `{"secretId":"prod/db"}`,
			response: `{"aRN":"arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-aB3xYz"}`, want: "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-aB3xYz"},

		{name: "a log group", source: "logs", eventName: "PutLogEvents",
			request: `{"logGroupName":"/ecs/orders","logStreamName":"a"}`, want: "arn:aws:logs:us-east-1:111122223333:log-group:/ecs/orders"},
		{name: "log groups by name and by ARN", source: "logs", eventName: "StartQuery",
			request: `{"logGroupIdentifiers":["a","arn:aws:logs:us-east-1:444455556666:log-group:b:*"]}`,
			want:    "arn:aws:logs:us-east-1:111122223333:log-group:a arn:aws:logs:us-east-1:444455556666:log-group:b"},
		{name: "the log group of a stream", source: "logs", eventName: "GetLogEvents",
			listed: `[{"ARN":"arn:aws:logs:us-east-1:111122223333:log-group:a:log-stream:b"}]`, want: "arn:aws:logs:us-east-1:111122223333:log-group:a"},

		{name: "a function by name", source: "lambda", eventName: "Invoke", request: `{"functionName":"f:live"}`, want: "arn:aws:lambda:us-east-1:111122223333:function:f"},
		{name: "a function by part of an ARN", source: "lambda", eventName: "Invoke",
			request: `{"functionName":"444455556666:function:f:7"}`, want: "arn:aws:lambda:us-east-1:444455556666:function:f"},
		{name: "a version of a function", source: "lambda", eventName: "Invoke",
			request: `{"functionName":"arn:aws:lambda:us-east-1:111122223333:function:f:7"}`, want: "arn:aws:lambda:us-east-1:111122223333:function:f"},

		{name: "another registry's repository", source: "ecr", eventName: "BatchGetImage",
			request: `{"repositoryName":"team/app","registryId":"444455556666"}`, want: "arn:aws:ecr:us-east-1:444455556666:repository/team/app"},
		{name: "repositories", source: "ecr", eventName: "DescribeRepositories",
			request: `{"repositoryNames":["a","b"]}`, want: "arn:aws:ecr:us-east-1:111122223333:repository/a arn:aws:ecr:us-east-1:111122223333:repository/b"},

		{name: "a role counts once", source: "sts", eventName: "AssumeRole",
			listed:  `[{"accountId":"111122223333","type":"AWS::IAM::Role","ARN":"arn:aws:iam::111122223333:role/deploy"}]`,
			request: `{"roleArn":"arn:aws:iam::111122223333:role/deploy","roleSessionName":"x"}`, want: "arn:aws:iam::111122223333:role/deploy"},
		{name: "the role of a session", source: "sts", eventName: "GetCallerIdentity",
			listed: `[{"ARN":"arn:aws:sts::111122223333:assumed-role/deploy/i-0123"}]`, want: "arn:aws:iam::111122223333:role/deploy"},
		{name: "whatever is listed", source: "ssm", eventName: "UpdateInstanceAssociationStatus",
			listed: `[{"accountId":"111122223333","ARN":"arn:aws:ssm:us-east-1:111122223333:association/56fc"}]`, want: "arn:aws:ssm:us-east-1:111122223333:association/56fc"},

		{name: "the last of two", source: "dynamodb", eventName: "GetItem", request: `{"tableName":"a","tableName":"b"}`, want: "arn:aws:dynamodb:us-east-1:111122223333:table/b"},
		{name: "a parameter inside of another", source: "dynamodb", eventName: "GetItem", request: `{"key":{"tableName":"a"},"x":[{"tableName":"c"}]}`},
		{name: "escapes", source: "dynamodb", eventName: "GetItem", request: `{"table\u004eame":"\u0061\"b"}`, want: `arn:aws:dynamodb:us-east-1:111122223333:table/a"b`},
		{name: "wrong types", source: "dynamodb", eventName: "GetItem", listed: `"arn:aws:s3:::b"`, request: `{"tableName":7}`},
		{name: "a request that is text", source: "dynamodb", eventName: "GetItem", request: `"tableName"`},
		{name: "no ARNs", source: "s3", eventName: "GetObject", listed: `[{"ARN":"arn:aws:s3:::"},{"ARN":"arn:aws"},{"ARN":"arn:aws::::x"},{"ARN":"photos"},{"ARN":7}]`},
		{name: "another service's parameter", source: "ec2", eventName: "GetObject", request: `{"bucketName":"photos"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.region == "" {
				tc.region = "us-east-1"
			}
			ev := event.Event{
				Source: []byte(tc.source + ".amazonaws.com"), Name: []byte(tc.eventName), Region: []byte(tc.region), Recipient: []byte("111122223333"),
				Resources: []byte(tc.listed), Request: []byte(tc.request), Response: []byte(tc.response),
			}
			var r Resources
			r.Read(&event.Event{Source: []byte("sqs.amazonaws.com"), Resources: []byte(`[{"ARN":"arn:aws:sqs:us-east-1:111122223333:before"}]`)})
			r.Read(&ev)
			if got := string(bytes.Join(r.ARNs, []byte(" "))); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestResourcesAreBounded(t *testing.T) {
	var list []string
	for i := range 2 * maxResources {
		list = append(list, fmt.Sprintf(`{"ARN":"arn:aws:s3:::b%03d/key"}`, i))
	}
	long := fmt.Sprintf(`{"ARN":"arn:aws:s3:::%s"}`, strings.Repeat("x", maxResourceARN))
	var r Resources
	r.Read(&event.Event{Source: []byte("s3.amazonaws.com"), Resources: []byte("[" + long + "," + strings.Join(list, ",") + "]")})
	if len(r.ARNs) != maxResources || string(r.ARNs[0]) != "arn:aws:s3:::b000" || !slices.IsSortedFunc(r.ARNs, bytes.Compare) {
		t.Errorf("%d resources, the first %.30s", len(r.ARNs), r.ARNs[0])
	}
}

func TestResourcesTakeNoMemory(t *testing.T) {
	var r Resources
	events := []event.Event{
		{Source: []byte("s3.amazonaws.com"), Resources: []byte(`[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::b/k"},{"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::b"}]`)},
		{Source: []byte("sqs.amazonaws.com"), Region: []byte("us-east-1"), Request: []byte(`{"queueUrl":"https://sqs.us-east-1.amazonaws.com/444455556666/a-queue-with-a-rather-long-name"}`)},
		{Source: []byte("dynamodb.amazonaws.com"), Region: []byte("us-east-1"), Recipient: []byte("111122223333"), Request: []byte(`{"requestItems":[{"operation":"Put","tableName":"orders"}]}`)},
	}
	for i := range events {
		if n := testing.AllocsPerRun(100, func() { r.Read(&events[i]) }); n > 0 || len(r.ARNs) != 1 {
			t.Errorf("%s: %v allocations, %d resources", events[i].Source, n, len(r.ARNs))
		}
	}
}
