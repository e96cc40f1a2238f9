package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/ingest/day"
)

// The event history of a Region is a source like any other. A day that could not be
// read completely is not counted. The account in its events is one of ours.
func TestLookupEvents(t *testing.T) {
	good, bad := day.Of(time.Now())-3, day.Of(time.Now())-2
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			StartTime int64
			NextToken string
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		d := day.OfMillis(in.StartTime * 1000)
		if d == bad && in.NextToken != "" {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		record := fmt.Sprintf(`{"eventVersion": "1.11", "eventTime": "%sT10:00:00Z", "eventID": "%s%s", "eventSource": "sqs.amazonaws.com",
			"recipientAccountId": "111122223333", "sourceIPAddress": "10.0.1.4", "vpcEndpointId": "vpce-0a11b22c33d44e55f",
			"vpcEndpointAccountId": "111122223333"}`, d, d, in.NextToken)
		answer := map[string]any{"Events": []any{map[string]any{"CloudTrailEvent": record}}}
		if in.NextToken == "" {
			answer["NextToken"] = "more"
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	setAWS(t, &s3Server{url: "http://127.0.0.1:1"}) // nobody listens there: CloudTrail has an endpoint of its own
	t.Setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", server.URL)

	out := filepath.Join(t.TempDir(), "report")
	f := mustRun(t, exit.Incomplete, "analyze", "lookup-events://eu-west-1", "--out", out, "--date", fmt.Sprintf("%s..%s", good, bad), "--quiet")
	want := fmt.Sprintf("vpcetrail: lookup-events://eu-west-1/%s: read: HTTP status 500\n", bad) +
		"vpcetrail: the report is published, but incomplete: 1 of 2 objects could not be read whole\n"
	if f.errOut != want {
		t.Errorf("it says\n%swant\n%s", f.errOut, want)
	}
	f = mustRun(t, exit.Incomplete, "explain", "lookup-events://eu-west-1", "--date", fmt.Sprintf("%s..%s", good, bad))
	if n := strings.Count(f.out, "rule 2, endpoint_account."); n != 2 {
		t.Errorf("%d records are explained, want 2:\n%s", n, f.out)
	}
	for _, tc := range []struct {
		table   string
		columns []string
		want    string
	}{
		{"traffic", []string{"account_id", "region", "route", "endpoint_owner", "calls"},
			fmt.Sprintf("dt,account_id,region,route,endpoint_owner,calls\n%s,111122223333,eu-west-1,vpce,own,2\n", good)},
		{"objects", []string{"key", "size", "records", "status"}, fmt.Sprintf("dt,key,size,records,status\n"+
			"%[1]s,lookup-events://eu-west-1/%[1]s,(null),2,ok\n%[1]s,lookup-events://eu-west-1/%[2]s,(null),0,unreadable\n"+
			"%[2]s,lookup-events://eu-west-1/%[2]s,(null),0,unreadable\n", good, bad)},
	} {
		if got, err := tableText(out, tc.table, tc.columns...); err != nil || got != tc.want {
			t.Errorf("%v\n got %s\nwant %s", err, got, tc.want)
		}
	}
}
