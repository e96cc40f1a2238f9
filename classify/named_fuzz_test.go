package classify

import (
	"bytes"
	"testing"

	"vpcetrail/ingest/event"
)

// FuzzNamed compares the resources that the decoder's own walk finds with those of a
// second walk over the record's resources and requestParameters.
func FuzzNamed(f *testing.F) {
	for _, seed := range [][3]string{
		{"s3", `[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::b/key"},{"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::b"}]`, `{"bucketName":"b","key":"k"}`},
		{"sqs", `[]`, `{"queueUrl":"https://sqs.us-east-1.amazonaws.com/111122223333/orders"}`},
		{"kms", `[{"ARN":"arn:aws:kms:us-east-1:111122223333:key/1","accountId":"111122223333"}]`, `{"keyId":"alias/a","keyId":"alias/b"}`},
		{"dynamodb", `null`, `{"tableName":"a\"b","requestItems":[{"tableName":"c"}]}`},
		{"logs", `[ {"ARN":"arn:aws:logs:us-east-1:111122223333:log-group:g"} ]`, `{ "logGroupName" : "g" }`},
		{"s3", `[{"ARN":"arn:aws:s3:::ü"},{"x":{"ARN":"arn:aws:s3:::deep"}}]`, `{"bucket\u004eame":"b"}`},
		{"ecr", `[{"ARN":17}]`, `{"repositoryName":"r","registryId":"111122223333","repositoryNames":["a","b"]}`},
		{"sts", `{"ARN":"arn:aws:iam::1:role/r"}`, `{"roleArn":"arn:aws:iam::111122223333:role/r"}`},
		{"s3", `[{"ARNPrefix":"arn:aws:s3:::p/"},{"arn":"arn:aws:s3:::q"}]`, `[]`},
		{"s3", `[{"ARN":"arn:aws:s3:::a"},{"ARN":"arn:aws:s3:::b"},{"ARN":"arn:aws:s3:::c"},{"ARN":"arn:aws:s3:::d"},{"ARN":"arn:aws:s3:::e"},{"ARN":"arn:aws:s3:::f"},{"ARN":"arn:aws:s3:::g"},{"ARN":"arn:aws:s3:::h"},{"ARN":"arn:aws:s3:::i"}]`, `{}`},
	} {
		f.Add(seed[0], []byte(seed[1]), []byte(seed[2]))
	}
	f.Fuzz(func(t *testing.T, service string, resources, request []byte) {
		record := []byte(`{"eventTime":"2026-11-20T10:00:00Z","eventSource":"` + service + `.amazonaws.com","awsRegion":"us-east-1",` +
			`"recipientAccountId":"111122223333","requestParameters":` + string(request) + `,"resources":` + string(resources) + `}`)
		var r event.Reader
		r.ResetBytes([]byte(`{"Records":[` + string(record) + `]}`))
		ev, err := r.Next()
		if err != nil {
			return
		}
		var walked, read Resources
		walked.Read(ev)
		again := *ev
		again.Named = event.Named{}
		read.Read(&again)
		if got, want := bytes.Join(walked.ARNs, []byte(" ")), bytes.Join(read.ARNs, []byte(" ")); !bytes.Equal(got, want) {
			t.Errorf("%s:\nwalked %q\nread   %q", record, got, want)
		}
	})
}
