//go:build linux

package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/terminal"
)

// An analyzer stands in for Reachability Analyzer, with the answers that AWS documents. It
// counts the calls, and knows what exists.
type analyzer struct {
	mu       sync.Mutex
	calls    []string
	paths    map[string]string // destination by id
	made     map[string]string // ids by kind and client token
	tokens   map[string]string // of the run, by path
	analyses map[string]string // path by id
	runs     int               // how often an analysis is still running when it is asked for
	blocked  map[string]string // the explanations, by destination
	refused  string            // a call that is refused
	busy     string            // a call that is refused because there are too many
	stuck    bool              // nothing can be removed
	onStart  func()
	slow     time.Duration            // that removing takes
	late     map[string]time.Duration // that a call takes, which is done first
	lost     string                   // the call that is done, and is not answered
	throttle int                      // how many polls are refused
}

func newAnalyzer() *analyzer {
	return &analyzer{paths: map[string]string{}, analyses: map[string]string{}, tokens: map[string]string{}, made: map[string]string{}, blocked: map[string]string{}}
}

func (a *analyzer) count(call string) (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.calls {
		if c == call {
			n++
		}
	}
	return n
}

// idOf returns the id of what a call creates: that of an earlier call with the same token.
func (a *analyzer) idOf(kind string, r *http.Request) string {
	key := kind + r.PostForm.Get("ClientToken")
	if a.made[key] == "" {
		a.made[key] = fmt.Sprintf("%s%017x", kind, len(a.calls))
	}
	return a.made[key]
}

func (a *analyzer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	a.mu.Lock()
	defer a.mu.Unlock()
	call := r.PostForm.Get("Action")
	a.calls = append(a.calls, call)
	fail := func(code string) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, "<Response><Errors><Error><Code>%s</Code><Message>No.</Message></Error></Errors></Response>", code)
	}
	answer := func(format string, args ...any) {
		fmt.Fprintf(w, "<%sResponse>"+format+"</%[1]sResponse>", append([]any{call}, args...)...)
	}
	if wait := a.late[call]; wait > 0 {
		defer time.Sleep(wait)
	}
	if call == a.lost {
		defer func() { panic(http.ErrAbortHandler) }()
	}
	switch {
	case call == a.busy:
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>No.</Message></Error></Errors></Response>")
	case call == a.refused:
		fail("UnauthorizedOperation")
	case call == "DescribeNetworkInsightsAnalyses" && a.throttle > 0:
		a.throttle--
		fail("RequestLimitExceeded")
	case call == "DescribeNetworkInsightsPaths":
		items := ""
		for id := range a.paths {
			if a.tokens[id] == r.PostForm.Get("Filter.1.Value.1") && r.PostForm.Get("Filter.1.Name") == "tag:"+runTag {
				items += "<item><networkInsightsPathId>" + id + "</networkInsightsPathId></item>"
			}
		}
		answer("<networkInsightsPathSet>%s</networkInsightsPathSet>", items)
	case call == "DescribeNetworkInsightsAnalyses" && r.PostForm.Get("NetworkInsightsPathId") != "":
		items := ""
		for id, path := range a.analyses {
			if path == r.PostForm.Get("NetworkInsightsPathId") {
				items += "<item><networkInsightsAnalysisId>" + id + "</networkInsightsAnalysisId></item>"
			}
		}
		answer("<networkInsightsAnalysisSet>%s</networkInsightsAnalysisSet>", items)
	case call == "CreateNetworkInsightsPath":
		id := a.idOf("nip-", r)
		a.paths[id] = r.PostForm.Get("Destination")
		a.tokens[id] = r.PostForm.Get("TagSpecification.1.Tag.2.Value")
		if r.PostForm.Get("DestinationPort") != "443" || r.PostForm.Get("Protocol") != "tcp" || !strings.HasPrefix(r.PostForm.Get("Source"), "eni-") || r.PostForm.Get("TagSpecification.1.Tag.1.Value") != tag {
			fail("InvalidParameterValue")
			return
		}
		answer("<networkInsightsPath><networkInsightsPathId>%s</networkInsightsPathId></networkInsightsPath>", id)
	case call == "StartNetworkInsightsAnalysis":
		id := a.idOf("nia-", r)
		a.analyses[id] = r.PostForm.Get("NetworkInsightsPathId")
		answer("<networkInsightsAnalysis><networkInsightsAnalysisId>%s</networkInsightsAnalysisId><status>running</status></networkInsightsAnalysis>", id)
		if a.onStart != nil {
			a.onStart()
		}
	case call == "DescribeNetworkInsightsAnalyses":
		id := r.PostForm.Get("NetworkInsightsAnalysisId.1")
		status, found := "succeeded", "<networkPathFound>true</networkPathFound><forwardPathComponentSet><item><component><id>eni-0a1b2c3d4e5f60718</id></component></item><item><component><id>"+a.paths[a.analyses[id]]+"</id></component></item></forwardPathComponentSet>"
		if why := a.blocked[a.paths[a.analyses[id]]]; why != "" {
			found = "<networkPathFound>false</networkPathFound><explanationSet>" + why + "</explanationSet>"
		}
		if a.runs--; a.runs >= 0 {
			status, found = "running", ""
		}
		answer("<networkInsightsAnalysisSet><item><networkInsightsAnalysisId>%s</networkInsightsAnalysisId><status>%s</status>%s</item></networkInsightsAnalysisSet>", id, status, found)
	case a.stuck && strings.HasPrefix(call, "Delete"):
		fail("AnalysisExistsForNetworkInsightsPath")
	case call == "DeleteNetworkInsightsAnalysis":
		time.Sleep(a.slow)
		delete(a.analyses, r.PostForm.Get("NetworkInsightsAnalysisId"))
		answer("")
	case call == "DeleteNetworkInsightsPath":
		for _, path := range a.analyses {
			if path == r.PostForm.Get("NetworkInsightsPathId") {
				fail("AnalysisExistsForNetworkInsightsPath")
				return
			}
		}
		delete(a.paths, r.PostForm.Get("NetworkInsightsPathId"))
		answer("")
	default:
		fail("InvalidAction")
	}
}

// answered runs doctor --analyze with an answer on standard input.
func answered(ctx context.Context, t *testing.T, answer string, args ...string) (f finished, asked string) {
	t.Helper()
	var out, errOut bytes.Buffer
	cmd := New()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(append([]string{"--timeout", "1s", "--analyze", "--services", "s3,sqs"}, args...))
	cmd.SetIn(io.MultiReader(strings.NewReader(answer)))
	cmd.SetOut(&out)
	cmd.SetErr(&errOut)
	err := terminal.UntilInterrupted(ctx, cmd.ExecuteContext)
	f = finished{code: exit.Code(err), out: out.String()}
	if err != nil {
		f.err = err.Error()
	}
	return f, errOut.String()
}

// testAnalyses checks what --analyze asks, pays, says and removes.
func testAnalyses(t *testing.T, s *stage, g *gate, c *cloud) {
	s.metadata.machine(c.vpc, c.subnet, "10.0.0.0/16")
	s.dns.set(map[string]record{hostS3: at(publicS3), hostSQS: at(endpointA)})
	g.refuse("")
	start := func() *analyzer {
		a := newAnalyzer()
		g.mu.Lock()
		defer g.mu.Unlock()
		g.insights = a
		return a
	}
	gone := func(t *testing.T, a *analyzer) {
		t.Helper()
		a.mu.Lock()
		defer a.mu.Unlock()
		if len(a.paths)+len(a.analyses) > 0 {
			t.Errorf("left: %v %v", a.paths, a.analyses)
		}
	}
	t.Run("both endpoints can be reached", func(t *testing.T) {
		a := start()
		a.runs = 2
		f, asked := answered(t.Context(), t, "y\n")
		if f.code != 0 || !strings.Contains(asked, "charges $0.10 for each analysis: 2 cost $0.20.") || a.count("StartNetworkInsightsAnalysis") != 2 || len(a.calls) != 2+2+4+2+2 {
			t.Errorf("status %d, %s; calls %v\n%s%s", f.code, asked, a.calls, f.err, f.out)
		}
		if !strings.Contains(f.out, c.s3Endpoint+": can be reached, by eni-0a1b2c3d4e5f60718,") {
			t.Error(f.out)
		}
		gone(t, a)
	})
	t.Run("one is blocked by a security group", func(t *testing.T) {
		a := start()
		a.blocked[c.sqsEndpoint] = `<item><explanationCode>ENI_SG_RULES_MISMATCH</explanationCode><direction>ingress</direction><networkInterface><id>eni-0123456789abcdef0</id></networkInterface>` +
			`<securityGroupSet><item><id>sg-0123456789abcdef0</id></item></securityGroupSet></item><item><explanationCode>SOMETHING_NEW</explanationCode><component><id>x-1</id></component></item>`
		f, asked := answered(t.Context(), t, "", "--yes", "--format", "json")
		var e jsonExamination
		if err := json.Unmarshal([]byte(f.out), &e); err != nil || !strings.HasSuffix(asked, "2 cost $0.20. Each creates a path and an analysis, and removes them.\n") || f.code != exit.Incomplete || f.err != c.sqsEndpoint+" cannot be reached" {
			t.Fatalf("%v: asked %q, status %d: %s\n%s", err, asked, f.code, f.err, f.out)
		}
		i := slices.IndexFunc(e.Analyses, func(a analysis) bool { return a.Endpoint == c.sqsEndpoint })
		want := []string{"no inbound rule of sg-0123456789abcdef0 lets TCP port 443 through at eni-0123456789abcdef0", "x-1: Reachability Analyzer says SOMETHING_NEW"}
		if got := e.Analyses[i].Why; !slices.Equal(got, want) || *e.Analyses[i].Found {
			t.Errorf("%q, want %q", got, want)
		}
		gone(t, a)
	})
	t.Run("nobody pays", func(t *testing.T) {
		for _, answer := range []string{"n\n", "", "yesterday\n"} {
			a := start()
			if f, _ := answered(t.Context(), t, answer); f.code != exit.Incomplete || f.err != "nothing was analyzed: the answer was not yes" || !strings.Contains(f.out, "interface endpoint") || len(a.calls) != 0 {
				t.Errorf("%q: status %d: %s; calls %v", answer, f.code, f.err, a.calls)
			}
		}
	})
	t.Run("a call is refused", func(t *testing.T) {
		a := start()
		a.refused = "StartNetworkInsightsAnalysis"
		f, _ := answered(t.Context(), t, "", "--yes")
		if f.code != exit.Incomplete || !strings.Contains(strings.Join(strings.Fields(f.out), " "), "not analyzed: UnauthorizedOperation: No.: allow ec2:StartNetworkInsightsAnalysis") {
			t.Errorf("status %d: %s\n%s", f.code, f.err, f.out)
		}
		gone(t, a)
	})
	for _, slow := range []time.Duration{0, 600 * time.Millisecond} { // the second for longer than a command may take to end
		t.Run(fmt.Sprintf("interrupted while it runs, and removing takes %v", slow), func(t *testing.T) {
			a := start()
			ctx, interrupt := context.WithCancel(t.Context())
			a.slow, a.runs, a.onStart = slow, 1000, func() { time.AfterFunc(100*time.Millisecond, interrupt) }
			f, _ := answered(ctx, t, "", "--yes", "--timeout", "2s")
			if f.code != exit.Interrupted || f.err != "interrupted: all that --analyze created is removed" {
				t.Errorf("status %d: %s", f.code, f.err)
			}
			gone(t, a)
		})
	}
	for _, tc := range []struct {
		name string
		set  func(*analyzer)
		code int
		says string
	}{
		{"creating takes longer than a step", func(a *analyzer) {
			a.late = map[string]time.Duration{"CreateNetworkInsightsPath": 1200 * time.Millisecond}
		}, 0, "can be reached"},
		{"starting takes longer than a step", func(a *analyzer) {
			a.late = map[string]time.Duration{"StartNetworkInsightsAnalysis": 1200 * time.Millisecond}
		}, 0, "can be reached"},
		{"polls are throttled", func(a *analyzer) { a.throttle = 5 }, 0, "can be reached"},
		{"creating is not answered", func(a *analyzer) { a.lost = "CreateNetworkInsightsPath" }, exit.Incomplete, "not analyzed"},
		{"starting is not answered", func(a *analyzer) { a.lost = "StartNetworkInsightsAnalysis" }, exit.Incomplete, "not analyzed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := start()
			tc.set(a)
			f, _ := answered(t.Context(), t, "", "--yes")
			if f.code != tc.code || !strings.Contains(f.out, tc.says) {
				t.Errorf("status %d: %s\n%s", f.code, f.err, f.out)
			}
			gone(t, a)
		})
	}
	t.Run("creating is not answered, and what it created cannot be found", func(t *testing.T) {
		a := start()
		a.lost, a.refused = "CreateNetworkInsightsPath", "DescribeNetworkInsightsPaths"
		f, _ := answered(t.Context(), t, "", "--yes", "--timeout", "500ms")
		if text := strings.Join(strings.Fields(f.out), " "); f.code != exit.Incomplete || !strings.Contains(text, "run: aws ec2 describe-network-insights-paths --filters Name=tag:Name,Values=vpcetrail-doctor --region eu-west-1") {
			t.Errorf("status %d: %s\n%s", f.code, f.err, f.out)
		}
	})
	t.Run("creating is throttled", func(t *testing.T) {
		a := start()
		a.busy = "CreateNetworkInsightsPath"
		f, _ := answered(t.Context(), t, "", "--yes")
		text := strings.Join(strings.Fields(f.out), " ")
		if f.code != exit.Incomplete || !strings.Contains(text, "RequestLimitExceeded: No.") || strings.Contains(text, "did not say") || a.count("DescribeNetworkInsightsPaths") > 0 {
			t.Errorf("status %d: %s; calls %v\n%s", f.code, f.err, a.calls, f.out)
		}
	})
	t.Run("the endpoints of another Region are asked for", func(t *testing.T) {
		a := start()
		f, _ := answered(t.Context(), t, "", "--yes", "--region", "us-east-1")
		if !strings.Contains(f.err, c.vpc+" has no endpoint for these services in us-east-1") || len(a.calls) > 0 {
			t.Errorf("status %d: %s; calls %v", f.code, f.err, a.calls)
		}
	})
	t.Run("nothing can be removed", func(t *testing.T) {
		a := start()
		a.stuck = true
		f, _ := answered(t.Context(), t, "", "--yes")
		for id := range a.analyses {
			if f.code != exit.Incomplete || !strings.Contains(f.out, id) || !strings.Contains(f.out, "aws ec2 delete-network-insights-analysis") {
				t.Errorf("status %d: %s\n%s", f.code, f.err, f.out)
			}
		}
	})
	t.Run("EC2 does not answer", func(t *testing.T) {
		a := start()
		g.refuse("DescribeVpcs")
		defer g.refuse("")
		if f, _ := answered(t.Context(), t, "", "--yes"); f.code != exit.Incomplete || !strings.Contains(f.err, "nothing was analyzed: --analyze needs instance metadata and an answer of EC2") || len(a.calls) > 0 {
			t.Errorf("status %d: %s", f.code, f.err)
		}
	})
}

// Nobody is asked where nobody can answer.
func TestAnalyzeWithoutTerminal(t *testing.T) {
	f := run(t, "--analyze", "--region", "eu-west-1")
	if f.code != exit.Usage || f.err != "--analyze costs money, and nobody is there to ask: give --yes" {
		t.Errorf("status %d: %s", f.code, f.err)
	}
}
