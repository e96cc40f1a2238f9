package replay

import (
	"os"
	"path/filepath"
	"testing"
)

// An endpoint's own record of a call that its policy denied counts once, and only where the ordinary trail does not
// have the call.
func TestDenialsThatOnlyTheEndpointRecorded(t *testing.T) {
	const (
		identity = `"userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/clerk", "accountId": "111122223333", "principalId": "AIDAEXAMPLE"}`
		common   = `"eventVersion": "1.11", "eventTime": "2026-11-20T10:00:00Z", "awsRegion": "us-east-1", "recipientAccountId": "111122223333", "sourceIPAddress": "10.0.0.1",
			"vpcEndpointId": "vpce-0b22c33d44e55f66a", "vpcEndpointAccountId": "111122223333", "eventSource": "s3.amazonaws.com", ` + identity
		network = common + `, "eventType": "AwsVpceEvent", "eventCategory": "NetworkActivity", "errorCode": "VpceAccessDenied", "errorMessage": "denied"`
	)
	dir := t.TempDir()
	log := `{"Records": [
		{` + common + `, "eventID": "1", "requestID": "r1", "eventType": "AwsApiCall", "eventName": "ListBuckets", "errorCode": "AccessDenied", "errorMessage": "because no VPC endpoint policy allows"},
		{` + network + `, "eventID": "2", "requestID": "r1", "eventName": "ListBuckets"},
		{` + network + `, "eventID": "3", "requestID": "r2", "eventName": "CreateBucket"},
		{` + network + `, "eventID": "3", "requestID": "r2", "eventName": "CreateBucket"}]}`
	if err := os.WriteFile(filepath.Join(dir, "log.json"), []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	plan := &Plan{Endpoints: []string{"vpce-0b22c33d44e55f66a"}, Endpoint: parsed(t, `{"Statement": {"Sid": "Read", "Effect": "Allow", "Principal": "*", "Action": "s3:Get*", "Resource": "*"}}`)}
	a := replayed(t, plan, dir, Known{OwnAccounts: []string{"111122223333"}})
	compare(t, "denied today", a.DeniedToday,
		"user/clerk s3:CreateBucket -: denied by no Allow matches", "user/clerk s3:ListAllMyBuckets (ListBuckets) -: denied by no Allow matches")
	if a.DeniedToday[0].Calls != 1 || a.DeniedToday[1].Calls != 1 {
		t.Errorf("%+v", a.DeniedToday)
	}
}
