package inventory

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/event"
)

// fakeEC2 answers like EC2, Region by Region, from recorded answers.
type fakeEC2 struct {
	answers map[string]string // by "Region Action" or "Region Action token"; a text that starts with a number is a refusal of this status

	mu         sync.Mutex
	asked      []string
	open, most int // requests in flight, and the highest number of them
	wait       time.Duration
}

func (f *fakeEC2) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.open++
	f.most = max(f.most, f.open)
	f.mu.Unlock()
	time.Sleep(f.wait)
	// Credential=KEY/20261120/eu-west-1/ec2/aws4_request
	region := strings.Split(r.Header.Get("Authorization"), "/")[2]
	call := region + " " + r.PostFormValue("Action")
	if token := r.PostFormValue("NextToken"); token != "" {
		call += " " + token
	}
	f.mu.Lock()
	f.open--
	f.asked = append(f.asked, call)
	f.mu.Unlock()
	text, ok := f.answers[call]
	var status int
	if _, err := fmt.Sscanf(text, "%d", &status); err == nil {
		code := strings.TrimSpace(text[3:])
		w.WriteHeader(status)
		fmt.Fprintf(w, "<Response><Errors><Error><Code>%s</Code><Message>You may not.</Message></Error></Errors><RequestID>r</RequestID></Response>", code)
		return
	}
	if !ok {
		text = "<vpcEndpointSet/>"
	}
	name := r.PostFormValue("Action") + "Response"
	fmt.Fprintf(w, `<%s xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>%s</%s>`, name, text, name)
}

// page returns the XML of a page of endpoints.
func page(token string, items ...string) string {
	text := "<vpcEndpointSet>"
	for _, item := range items {
		text += "<item>" + item + "</item>"
	}
	if text += "</vpcEndpointSet>"; token != "" {
		text += "<nextToken>" + token + "</nextToken>"
	}
	return text
}

func item(id, kind string, more ...string) string {
	return "<vpcEndpointId>" + id + "</vpcEndpointId><vpcEndpointType>" + kind + "</vpcEndpointType><state>available</state>" + strings.Join(more, "")
}

func regionSet(names ...string) string {
	text := "<regionInfo>"
	for _, name := range names {
		text += "<item><regionName>" + name + "</regionName></item>"
	}
	return text + "</regionInfo>"
}

const readAt = 1764000000000

// connect returns the EC2 of the SDK's environment: fake.
func connect(t *testing.T, fake http.Handler) *EC2 {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fake.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	setEnvironment(t, server.URL)
	e, err := Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e.Now = func() time.Time { return time.UnixMilli(readAt) }
	return e
}

// setEnvironment points the SDK to url, and hides the configuration of this machine.
func setEnvironment(t *testing.T, url string) {
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": url, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_MAX_ATTEMPTS": "2",
	} {
		t.Setenv(name, value)
	}
}

func TestDescribe(t *testing.T) {
	fake := &fakeEC2{answers: map[string]string{
		"us-east-1 DescribeRegions": regionSet("us-east-1", "ap-south-1", "eu-west-1", "eu-west-3"),
		"us-east-1 DescribeVpcEndpoints": page("second", item("vpce-0a000001", "Interface", "<vpcId>vpc-1</vpcId><serviceName>com.amazonaws.us-east-1.sqs</serviceName>",
			"<ownerId>111122223333</ownerId><privateDnsEnabled>true</privateDnsEnabled><creationTimestamp>2026-11-18T10:00:00.250Z</creationTimestamp>")),
		"us-east-1 DescribeVpcEndpoints second": page("third", item("vpce-0a000002", "Gateway", "<privateDnsEnabled>false</privateDnsEnabled>")),
		"us-east-1 DescribeVpcEndpoints third":  page("", "<vpcEndpointId>vpce-0a000003</vpcEndpointId><vpcEndpointType>GatewayLoadBalancer</vpcEndpointType><state>deleting</state>"),
		"eu-west-1 DescribeVpcEndpoints":        page("", item("vpce-0b000001", "gateway")),
		"eu-west-3 DescribeVpcEndpoints":        "403 UnauthorizedOperation",
	}}
	got, err := connect(t, fake).Describe(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := endpoints.Inventory{
		"vpce-0a000001": {ID: "vpce-0a000001", Type: "interface", VPC: "vpc-1", Service: "com.amazonaws.us-east-1.sqs", Account: "111122223333", Region: "us-east-1",
			PrivateDNS: endpoints.PrivateDNS{Enabled: event.True, At: readAt}, Created: time.Date(2026, 11, 18, 10, 0, 0, 250e6, time.UTC).UnixMilli(), Seen: readAt},
		"vpce-0a000002": {ID: "vpce-0a000002", Type: "gateway", Region: "us-east-1", PrivateDNS: endpoints.PrivateDNS{Enabled: event.False, At: readAt}, Seen: readAt},
		"vpce-0a000003": {ID: "vpce-0a000003", Region: "us-east-1"},
		"vpce-0b000001": {ID: "vpce-0b000001", Type: "gateway", Region: "eu-west-1", Seen: readAt},
	}
	if !reflect.DeepEqual(got.Endpoints, want) {
		t.Errorf("got  %+v\nwant %+v", got.Endpoints, want)
	}
	if want := []string{"ap-south-1", "eu-west-1", "us-east-1"}; !reflect.DeepEqual(got.Read, want) {
		t.Errorf("read %v, want %v", got.Read, want)
	}
	const refused = "--endpoints aws: the endpoints of eu-west-3 are not known: UnauthorizedOperation: You may not.: allow ec2:DescribeVpcEndpoints"
	if len(got.Unread) != 1 || got.Unread[0].String() != refused {
		t.Errorf("unread %v, want %s", got.Unread, refused)
	}
}

// If Regions are named, only these are asked, each once. The list of Regions is not
// requested.
func TestDescribeNamedRegions(t *testing.T) {
	fake := &fakeEC2{}
	got, err := connect(t, fake).Describe(t.Context(), []string{"eu-west-1", "eu-central-1", "eu-west-1"})
	if err != nil || len(got.Endpoints) != 0 || !reflect.DeepEqual(got.Read, []string{"eu-central-1", "eu-west-1"}) || len(fake.asked) != 2 {
		t.Errorf("%+v, %v; asked %v", got, err, fake.asked)
	}
}

func TestDescribeAsksSomeRegionsAtATime(t *testing.T) {
	fake := &fakeEC2{wait: 20 * time.Millisecond}
	var regions []string
	for i := range 3 * atOnce {
		regions = append(regions, fmt.Sprintf("us-north-%d", i))
	}
	if _, err := connect(t, fake).Describe(t.Context(), regions); err != nil || fake.most < 2 || fake.most > atOnce || len(fake.asked) != len(regions) {
		t.Errorf("%v: %d requests at a time, %d in all", err, fake.most, len(fake.asked))
	}
}

func TestDescribeTriesAgain(t *testing.T) {
	fake, refusals := &fakeEC2{answers: map[string]string{"eu-west-1 DescribeVpcEndpoints": page("", item("vpce-0b000001", "Gateway"))}}, 1
	e := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refusals--; refusals >= 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fake.ServeHTTP(w, r)
	}))
	if got, err := e.Describe(t.Context(), []string{"eu-west-1"}); err != nil || len(got.Endpoints) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestDescribeFails(t *testing.T) {
	for name, tc := range map[string]struct {
		answers map[string]string
		regions []string
		home    string
		want    string
	}{
		"no Region may be read": {map[string]string{"eu-west-1 DescribeVpcEndpoints": "403 UnauthorizedOperation", "eu-west-3 DescribeVpcEndpoints": "403 UnauthorizedOperation"},
			[]string{"eu-west-3", "eu-west-1"}, "us-east-1", "no Region could be read: eu-west-1: UnauthorizedOperation: You may not.: allow ec2:DescribeVpcEndpoints"},
		"the Regions may not be listed": {map[string]string{"us-east-1 DescribeRegions": "403 UnauthorizedOperation"}, nil, "us-east-1",
			"the account's Regions are not known: UnauthorizedOperation: You may not.: allow ec2:DescribeRegions, or name Regions by --regions"},
		"no Region to ask": {nil, nil, "", "no Region is configured that could be asked for the others: set AWS_REGION, or name Regions by --regions"},
		"the credentials are no good": {map[string]string{"eu-west-1 DescribeVpcEndpoints": "401 AuthFailure"}, []string{"eu-west-1"}, "us-east-1",
			"no Region could be read: eu-west-1: AuthFailure: You may not.: see that the credentials are valid and the account has the Region enabled"},
		"a page that comes again": {map[string]string{"eu-west-1 DescribeVpcEndpoints": page("x"), "eu-west-1 DescribeVpcEndpoints x": page("x")}, []string{"eu-west-1"}, "us-east-1",
			"no Region could be read: eu-west-1: the server returns the same page again"},
		"an id that is none": {map[string]string{"eu-west-1 DescribeVpcEndpoints": page("", item("vpce-1", "Gateway"))}, []string{"eu-west-1"}, "us-east-1",
			`eu-west-1: "vpce-1" is not an endpoint's id: vpce- and 8 or 17 hexadecimal digits`},
	} {
		t.Run(name, func(t *testing.T) {
			e := connect(t, &fakeEC2{answers: tc.answers})
			e.Home = tc.home
			if _, err := e.Describe(t.Context(), tc.regions); err == nil || err.Error() != tc.want {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}

func TestDescribeEndsWhenToldTo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	e := connect(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // a server sees that its client has gone only after it has read the request
		cancel()
		<-r.Context().Done()
	}))
	if _, err := e.Describe(ctx, []string{"eu-west-1"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
