//go:build linux

package doctor

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/inspect"
)

// A recorder stands in for STS, S3 and CloudTrail. It records the calls to the first two as
// CloudTrail does, and returns the records as events.
type recorder struct {
	mu      sync.Mutex
	records []string
	agents  []string
	ids     map[string]string // by service; "": none
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, in *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	body, _ := io.ReadAll(in.Body)
	note := func(service, name, outcome string) {
		agent := in.Header.Get("User-Agent")
		r.agents = append(r.agents, agent)
		r.records = append(r.records, fmt.Sprintf(`{"eventTime":%q,"eventID":"event-%s","requestID":%q,"eventSource":"%s.amazonaws.com","eventName":"%s",
			"awsRegion":"eu-west-1","userAgent":%q,"sourceIPAddress":"10.0.1.4","vpcEndpointId":"vpce-0a1b2c3d4e5f60718","vpcEndpointAccountId":"111122223333","recipientAccountId":"111122223333"%s}`,
			time.Now().UTC().Format(time.RFC3339), service, r.ids[service], service, name, agent, outcome))
	}
	switch {
	case strings.Contains(in.Header.Get("X-Amz-Target"), "LookupEvents"):
		events := []any{}
		for _, record := range r.records {
			events = append(events, map[string]any{"CloudTrailEvent": record})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"Events": events})
	case strings.Contains(string(body), "Action=GetCallerIdentity"):
		note("sts", "GetCallerIdentity", "")
		w.Header().Set("X-Amzn-Requestid", r.ids["sts"])
		_, _ = w.Write([]byte(`<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`))
	case in.Method == http.MethodGet && in.URL.Path == "/" && in.URL.Query().Get("max-buckets") == "1":
		note("s3", "ListBuckets", `,"errorCode":"AccessDenied"`)
		w.Header().Set("X-Amz-Request-Id", r.ids["s3"])
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`))
	default:
		http.Error(w, "unexpected", http.StatusTeapot)
	}
}

func withRecorder(t *testing.T, ids map[string]string) *recorder {
	t.Helper()
	r := &recorder{ids: ids}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_STS": server.URL, "AWS_ENDPOINT_URL_S3": server.URL, "AWS_ENDPOINT_URL_EC2": server.URL, "AWS_ENDPOINT_URL_CLOUDTRAIL": server.URL,
		"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
	} {
		t.Setenv(name, value)
	}
	return r
}

// One call each is made, with the marker, and the printed command finds both records and
// their route: that of the denied call, too.
func TestSignedCalls(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	s.dns.set(map[string]record{hostSQS: at(endpointA)})
	r := withRecorder(t, map[string]string{"sts": "01234567-89ab-cdef-0123-456789abcdef", "s3": "ABCDEFGHIJKLMNOP"})
	f := run(t, "--services", "sqs", "--region", "eu-west-1", "--sign")
	if f.code != 0 || len(r.agents) != 2 {
		t.Fatalf("status %d, %d calls\n%s%s", f.code, len(r.agents), f.out, f.err)
	}
	_, mark, _ := strings.Cut(f.out, "Signed calls, with ")
	mark, _, _ = strings.Cut(mark, " ")
	for _, agent := range r.agents {
		if !strings.Contains(agent, mark) || !strings.HasPrefix(mark, marker+"/") {
			t.Errorf("the user agent %q lacks the marker %q", agent, mark)
		}
	}
	_, command, found := strings.Cut(f.out, "\nvpcetrail explain ")
	command, _, _ = strings.Cut(command, "\n\n")
	if !found {
		t.Fatalf("no command is printed:\n%s", f.out)
	}
	args := strings.Fields(strings.ReplaceAll(command, "\\\n", " "))
	out, err := explained(t, args)
	if err != nil || strings.Count(out, "rule 2, endpoint_account.") != 2 {
		t.Errorf("%v: %v\n%s", args, err, out)
	}
	args[len(args)-1] += ",NOTTHEREATALL"
	if _, err := explained(t, args); err == nil || !strings.HasSuffix(err.Error(), "no record with requestID NOTTHEREATALL: CloudTrail may take 15 minutes") {
		t.Errorf("%v", err)
	}
}

func explained(t *testing.T, args []string) (string, error) {
	t.Helper()
	var out strings.Builder
	cmd := inspect.NewExplain()
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SetErr(io.Discard)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	root := &cobra.Command{Use: "vpcetrail"}
	root.AddCommand(cmd)
	root.SetArgs(append([]string{"explain"}, args...))
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

// A request id that is no plain word is not printed as part of a command.
func TestHostileRequestID(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	s.dns.set(map[string]record{hostSQS: at(endpointA)})
	withRecorder(t, map[string]string{"sts": "$(touch /tmp/owned)", "s3": "x;reboot"})
	f := run(t, "--services", "sqs", "--region", "eu-west-1", "--sign")
	if strings.Contains(f.out, "touch") || strings.Contains(f.out, "reboot") || strings.Contains(f.out, "vpcetrail explain") || f.code != exit.Incomplete {
		t.Errorf("status %d\n%s", f.code, f.out)
	}
	const want = "the answer to the signed call to sts has no request id; the answer to the signed call to s3 has no request id"
	if f.err != want || !strings.Contains(f.out, "sts GetCallerIdentity: answered, without a request id\n") {
		t.Errorf("%s\n%s", f.err, f.out)
	}
}

// A call that gets no answer is said to get none.
func TestSignWithoutAnswer(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	s.dns.set(map[string]record{hostSQS: at(endpointA)})
	withRecorder(t, nil)
	t.Setenv("AWS_ENDPOINT_URL_STS", "https://"+closed)
	f := run(t, "--services", "sqs", "--region", "eu-west-1", "--sign")
	if !strings.HasPrefix(f.err, "the signed call to sts was not answered; ") {
		t.Errorf("%s\n%s", f.err, f.out)
	}
}

// Without credentials, no call is made, and the status says that it is missing.
func TestSignWithoutCredentials(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	s.dns.set(map[string]record{hostSQS: at(endpointA)})
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	f := run(t, "--services", "sqs", "--region", "eu-west-1", "--sign")
	if f.code != exit.Incomplete || f.err != "the signed call to sts was not made; the signed call to s3 was not made" || !strings.Contains(f.out, "sts GetCallerIdentity: no AWS credentials") {
		t.Errorf("status %d: %s\n%s", f.code, f.err, f.out)
	}
}

// A web identity gets its credentials in the Region that is called: that of --region, else that of
// the machine.
func TestRegionOfWebIdentity(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	s.metadata.machine("vpc-0a1b2c3d", "subnet-0a1b2c3d", "10.0.0.0/16")
	const address = "10.0.1.20"
	s.ip("addr add " + address + "/32 dev lo")
	s.dns.set(map[string]record{"sts.eu-west-1.amazonaws.com": at(address), "sts.eu-west-3.amazonaws.com": at(address)})
	asked := make(chan string, 9)
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Host
		w.WriteHeader(http.StatusForbidden)
	})}
	l := tls.NewListener(s.listen(address+":443"), &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) { return s.issuer.issue(hello.ServerName) }})
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", s.bundle())
	t.Setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/x")
	for flag, region := range map[string]string{"": "eu-west-1", "eu-west-3": "eu-west-3"} {
		f := run(t, "--services", "sqs", "--region", flag)
		select {
		case host := <-asked:
			if host != "sts."+region+".amazonaws.com" {
				t.Errorf("--region %q: %s was asked", flag, host)
			}
		default:
			t.Errorf("--region %q: STS was not asked\n%s", flag, f.out)
		}
	}
}
