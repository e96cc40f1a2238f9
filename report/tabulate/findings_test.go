package tabulate

import (
	"fmt"
	"strings"
	"testing"
)

// foundIn returns the findings of a report of one day: name, severity, service, endpoint, calls.
func foundIn(t *testing.T, records ...record) string {
	t.Helper()
	var lines []string
	for _, f := range readRows(t, reportOf(t, records).Days[0].Findings) {
		lines = append(lines, strings.Join(strings.Fields(fmt.Sprint(f.Finding, " ", f.Severity, " ", f.Service, " ", f.EndpointID, " ", f.Calls)), " "))
	}
	return strings.Join(lines, "\n")
}

// byRole returns a call of a role to a service.
func byRole(service string) record {
	return call(record{
		"eventSource":  service,
		"userIdentity": record{"type": "AssumedRole", "accountId": "111122223333", "arn": "arn:aws:sts::111122223333:assumed-role/app/app"},
	})
}

// Endpoints that the trail's own events made are found by the sources of what they carry, as those of the inventory are.
func TestFindingsOfEndpointsThatTheTrailMade(t *testing.T) {
	made := func(id, service string) record {
		r := byRole("ec2.amazonaws.com")
		r["eventName"] = "CreateVpcEndpoint"
		r["responseElements"] = record{"CreateVpcEndpointResponse": record{"vpcEndpoint": record{
			"vpcEndpointId": id, "vpcEndpointType": "Interface", "serviceName": service, "ownerId": "111122223333",
		}}}
		return r
	}
	got := foundIn(t,
		made("vpce-00000001", "com.amazonaws.us-east-1.email"), made("vpce-00000002", "com.amazonaws.iam"),
		made("vpce-00000003", "com.amazonaws.us-east-1.execute-api"),
		byRole("ses.amazonaws.com"), byRole("iam.amazonaws.com"), byRole("email.amazonaws.com"),
	)
	want := `endpoint_unused low iam.amazonaws.com vpce-00000002 0
endpoint_unused low ses.amazonaws.com vpce-00000001 0
past_endpoint medium iam.amazonaws.com 1
past_endpoint medium ses.amazonaws.com 1`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The console's sign-in as invokedBy hides nobody: the root user from outside is found.
func TestFindingsOfRootInTheConsole(t *testing.T) {
	root := func(invokedBy string) record {
		return call(record{"eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey", "userIdentity": record{
			"type": "Root", "accountId": "111122223333", "arn": "arn:aws:iam::111122223333:root", "invokedBy": invokedBy,
		}})
	}
	for invokedBy, want := range map[string]string{
		"signin.amazonaws.com":         "long_term_credentials_external critical 1",
		"signin.amazonaws.com.cn":      "long_term_credentials_external critical 1",
		"cloudformation.amazonaws.com": "",
		"signin.example.com":           "",
	} {
		if got := foundIn(t, root(invokedBy)); got != want {
			t.Errorf("%s: got %q, want %q", invokedBy, got, want)
		}
	}
}
