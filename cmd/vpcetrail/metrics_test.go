package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"

	"vpcetrail/ingest/day"
	"vpcetrail/report/metrics"
)

// A measuredAccount is a double of STS, EC2 and CloudWatch with one endpoint that is used
// and one that is not, in us-east-1. It speaks their protocols as they were recorded, and
// counts the calls.
type measuredAccount struct {
	day day.Day // of the one data point

	mu    sync.Mutex
	calls map[string]int // by Region and action
}

const (
	usedEndpoint = "vpce-0a0000000000000a1"
	idleEndpoint = "vpce-0a0000000000000b2"
)

// startMeasured starts the double, and points the SDK at it.
func startMeasured(t *testing.T, d day.Day) *measuredAccount {
	t.Helper()
	a := &measuredAccount{day: d, calls: map[string]int{}}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	setSDK(t, server.URL)
	return a
}

var (
	signedFor = regexp.MustCompile(`Credential=[^/]+/\d+/([a-z0-9-]+)/`)
	action    = regexp.MustCompile(`Action=(\w+)`)
)

func (a *measuredAccount) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	region := signedFor.FindStringSubmatch(r.Header.Get("Authorization"))[1]
	_, call, isCBOR := strings.Cut(r.URL.Path, "/operation/")
	if !isCBOR {
		call = action.FindStringSubmatch(string(body))[1]
	}
	a.mu.Lock()
	a.calls[region+" "+call]++
	a.mu.Unlock()
	if !isCBOR {
		_, _ = io.WriteString(w, a.xml(call, region))
		return
	}
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.Header().Set("Content-Type", "application/cbor")
	if region == "eu-west-3" && call == "GetMetricData" {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write(cbor.Encode(cbor.Map{"__type": cbor.String("AccessDenied"), "message": cbor.String("Not there.")}))
		return
	}
	in, err := cbor.Decode(body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	_, _ = w.Write(cbor.Encode(a.answer(call, region, in.(cbor.Map))))
}

// xml answers STS and EC2.
func (a *measuredAccount) xml(call, region string) string {
	endpoint := func(id, service, subnets string) string {
		return `<item><vpcEndpointId>` + id + `</vpcEndpointId><vpcEndpointType>Interface</vpcEndpointType><vpcId>vpc-0a0000000000000a1</vpcId>` +
			`<serviceName>com.amazonaws.` + region + `.` + service + `</serviceName><ownerId>111122223333</ownerId><creationTimestamp>2026-01-10T10:00:00Z</creationTimestamp>` +
			`<subnetIdSet>` + subnets + `</subnetIdSet></item>`
	}
	switch call {
	case "GetCallerIdentity":
		return `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`
	case "DescribeRegions":
		return `<DescribeRegionsResponse><regionInfo><item><regionName>eu-west-3</regionName></item><item><regionName>us-east-1</regionName></item></regionInfo></DescribeRegionsResponse>`
	}
	items := endpoint(usedEndpoint, "sqs", "<item>subnet-1</item><item>subnet-2</item>") + endpoint(idleEndpoint, "kms", "<item>subnet-1</item>")
	if region != "us-east-1" {
		items = endpoint("vpce-0a0000000000000c3", "sts", "")
	}
	return `<DescribeVpcEndpointsResponse><vpcEndpointSet>` + items + `</vpcEndpointSet></DescribeVpcEndpointsResponse>`
}

// answer answers CloudWatch.
func (a *measuredAccount) answer(call, region string, in cbor.Map) cbor.Map {
	if call == "ListMetrics" {
		return cbor.Map{"Metrics": cbor.List{}}
	}
	var results cbor.List
	for _, q := range in["MetricDataQueries"].(cbor.List) {
		query := q.(cbor.Map)
		metric := query["MetricStat"].(cbor.Map)["Metric"].(cbor.Map)
		result := cbor.Map{"Id": query["Id"], "StatusCode": cbor.String("Complete"), "Timestamps": cbor.List{}, "Values": cbor.List{}}
		is := map[string]string{}
		for _, d := range metric["Dimensions"].(cbor.List) {
			is[string(d.(cbor.Map)["Name"].(cbor.String))] = string(d.(cbor.Map)["Value"].(cbor.String))
		}
		if is["VPC Endpoint Id"] == usedEndpoint && is["Subnet Id"] != "subnet-2" && is["Service Name"] == "com.amazonaws."+region+".sqs" {
			result["Timestamps"] = cbor.List{&cbor.Tag{ID: 1, Value: cbor.Float64(a.day.Time().Unix())}}
			result["Values"] = cbor.List{cbor.Float64(len(metric["MetricName"].(cbor.String)))}
		}
		results = append(results, result)
	}
	return cbor.Map{"MetricDataResults": results, "Messages": cbor.List{}}
}

// counted returns the calls since the last time, as words.
func (a *measuredAccount) counted() (calls []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, call := range slices.Sorted(maps.Keys(a.calls)) {
		calls = append(calls, fmt.Sprintf("%s %d", call, a.calls[call]))
	}
	clear(a.calls)
	return calls
}

// Nothing that CloudWatch charges for is asked before the user agrees. What is refused is
// named, and the rest is written.
func TestMetricsAskedOfAWS(t *testing.T) {
	d := day.Of(time.Now()) - 1
	account, file := startMeasured(t, d), filepath.Join(t.TempDir(), "metrics.json")
	const listing = "eu-west-3 DescribeVpcEndpoints 1, eu-west-3 ListMetrics 1, us-east-1 DescribeRegions 1, us-east-1 DescribeVpcEndpoints 1, us-east-1 GetCallerIdentity 1, us-east-1 ListMetrics 1"

	f := mustRun(t, 1, "metrics", "-o", file)
	const cost = "vpcetrail: 15 metrics of 3 endpoints in 2 calls cost about 0.0002 US dollars: nothing is asked: agree by --yes, or by --max-cost 0.0002\n"
	if calls := strings.Join(account.counted(), ", "); f.errOut != cost || calls != listing {
		t.Errorf("got  %s%s\nwant %s%s", f.errOut, calls, cost, listing)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a file is written")
	}

	f = mustRun(t, 3, "metrics", "-o", file, "--max-cost", "0.01")
	const asked = "eu-west-3 DescribeVpcEndpoints 1, eu-west-3 GetMetricData 1, eu-west-3 ListMetrics 1, us-east-1 DescribeRegions 1, us-east-1 DescribeVpcEndpoints 1, us-east-1 GetCallerIdentity 1, us-east-1 GetMetricData 1, us-east-1 ListMetrics 1"
	want := "vpcetrail: 15 metrics of 3 endpoints in 2 calls cost about 0.0002 US dollars\n" +
		"vpcetrail: cloudwatch:GetMetricData in eu-west-3: AccessDenied: Not there.: allow cloudwatch:GetMetricData: what it would have returned is unknown\n" +
		"vpcetrail: " + file + ": 2 endpoints, " + d.String() + "\n" +
		"vpcetrail: the metrics are written, but incomplete: see above\n"
	if calls := strings.Join(account.counted(), ", "); f.errOut != want || calls != asked {
		t.Errorf("got  %s%s\nwant %s%s", f.errOut, calls, want, asked)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all, err := metrics.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	used, idle := all[usedEndpoint].Days[d], all[idleEndpoint].Days[d]
	if used.NewConnections != 14 || used.Bytes != 14 || !maps.Equal(used.SubnetBytes, map[string]int64{"subnet-1": 14, "subnet-2": 0}) || idle.IsUsed() || len(all) != 2 {
		t.Errorf("used %+v, idle %+v, of %d", used, idle, len(all))
	}

	f = mustRun(t, 0, "metrics", "--regions", "us-east-1", "--yes", "--quiet", "--date", fmt.Sprintf("%s..%s", d-1, d))
	if calls := len(account.counted()); f.errOut != "" || calls != 4 || !strings.Contains(f.out, `"from":"`+(d-1).String()+`","to":"`+d.String()+`"`) {
		t.Errorf("%d kinds of calls\n%s%s", calls, f.errOut, f.out)
	}
	mustRun(t, 1, "metrics", "--regions", "eu-west-3", "--yes", "-o", file) // nothing can be read
}
