package doctor

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"
	"golang.org/x/term"

	"vpcetrail/classify/inside"
	"vpcetrail/cmd/vpcetrail/exit"
	netreader "vpcetrail/cmd/vpcetrail/network"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest/aws"
)

const (
	// analysisPrice is what AWS charges for an analysis in us-east-1, in US dollars. AWS has it on its page
	// "Amazon VPC pricing", under Network Analysis (by public texts that quote it, 2026-11).
	analysisPrice = 0.10
	// analysesAtOnce stays below the account's quota of six.
	analysesAtOnce = 3
	// longestAnalysis is how long an analysis may run. Most take less than a minute.
	longestAnalysis = 3 * time.Minute
	// tag is the Name of what an analysis creates, to be found if it could not be removed.
	tag = "vpcetrail-doctor"
	// runTag has a value of its own for each path, to find one that AWS did not name.
	runTag = "vpcetrail-doctor-run"
	// stepsToCreate is how many steps may pass until AWS has created something.
	stepsToCreate = 10
)

// An analysis is what Reachability Analyzer says of the way to an endpoint.
type analysis struct {
	Endpoint string   `json:"vpc_endpoint_id"`
	Found    *bool    `json:"path_found"` // nil: the analysis did not end
	Why      []string `json:"obstacles"`  // why no path was found, in words
	Way      []string `json:"components"` // of the path that was found
	Error    *string  `json:"error"`
	Left     []string `json:"not_removed"` // ids of what could not be removed
	Lost     bool     `json:"path_may_be_left,omitempty"`
}

// sayPrice says what analyses cost.
func sayPrice(out io.Writer, count int) {
	fmt.Fprintf(out, "Reachability Analyzer charges $%.2f for each analysis: %d cost $%.2f. Each creates a path and an analysis, and removes them.\n",
		analysisPrice, count, analysisPrice*float64(count))
}

// errUnpaid is returned where the answer is not yes.
var errUnpaid = errors.New("the answer was not yes")

// askToPay returns an error unless the answer is yes.
func askToPay(ctx context.Context, in io.Reader, out io.Writer) error {
	fmt.Fprint(out, "Go on? [y/N] ")
	answer, err := bufio.NewReader(terminal.Interruptible(ctx, in)).ReadString('\n')
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if word := strings.ToLower(strings.TrimSpace(answer)); err != nil && err != io.EOF || word != "y" && word != "yes" {
		return errUnpaid
	}
	return nil
}

// isSilent reports whether nobody can answer a question.
func isSilent(in io.Reader) bool {
	f, ok := in.(*os.File)
	return ok && !term.IsTerminal(int(f.Fd()))
}

// endpoints returns the endpoints of the services in the VPC, and those that have addresses.
func (e *examination) endpoints() (ids []string) {
	add := func(id string) {
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, s := range e.Services {
		name := cmp.Or(e.subnet.view.ServiceCalled(e.Calls, string(s.Name)), s.Name.EndpointService(e.Calls))
		if found := e.subnet.view.EndpointFor(e.VPC, name); found != nil {
			add(found.ID)
		}
		for _, h := range s.Hosts {
			for _, a := range h.Addresses {
				add(a.Endpoint)
			}
		}
	}
	return ids
}

// analyze has the way to each endpoint analyzed. It removes what it created, also when it is
// interrupted.
func (e *examination) analyze(ctx context.Context, ids []string) error {
	e.Analyses = make([]analysis, len(ids))
	return terminal.Unbroken(ctx, terminal.ErrStopped, func(removing context.Context) error {
		var analyzing errgroup.Group
		analyzing.SetLimit(analysesAtOnce)
		for i, id := range ids {
			e.Analyses[i] = analysis{Endpoint: id, Why: []string{}, Way: []string{}, Left: []string{}}
			analyzing.Go(func() error {
				e.subnet.analyze(ctx, removing, e.Interface, &e.Analyses[i])
				return nil
			})
		}
		_ = analyzing.Wait() // each analysis keeps its own error
		if ctx.Err() == nil {
			return nil
		}
		return exit.New(exit.Interrupted, "interrupted: "+e.leftovers("all that --analyze created is removed"))
	})
}

// analyze makes one analysis. What creates something does not end with ctx: otherwise its id
// may be lost.
func (s *subnet) analyze(ctx, removing context.Context, from string, a *analysis) {
	if ctx.Err() != nil {
		return
	}
	fail := func(err error, call string) { a.Error = orNull(netreader.Refusal(err, call)) }
	creating, stop := context.WithTimeout(removing, stepsToCreate*s.step)
	defer stop()
	token := rand.Text()
	path, err := s.patient.CreateNetworkInsightsPath(creating, &ec2.CreateNetworkInsightsPathInput{
		Source: &from, Destination: &a.Endpoint, Protocol: types.ProtocolTcp, DestinationPort: sdk.Int32(443),
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeNetworkInsightsPath, Tags: []types.Tag{
			{Key: sdk.String("Name"), Value: sdk.String(tag)}, {Key: sdk.String(runTag), Value: &token},
		}}},
	})
	if err != nil {
		fail(err, "ec2:CreateNetworkInsightsPath and ec2:CreateTags")
		if isUnanswered(err) {
			s.removeLost(removing, token, a)
		}
		return
	}
	created := []string{sdk.ToString(path.NetworkInsightsPath.NetworkInsightsPathId)}
	defer func() { a.Left = s.remove(removing, created) }()
	if ctx.Err() != nil {
		return // before it costs anything
	}
	started, err := s.patient.StartNetworkInsightsAnalysis(creating, &ec2.StartNetworkInsightsAnalysisInput{NetworkInsightsPathId: &created[0]})
	if err != nil {
		fail(err, "ec2:StartNetworkInsightsAnalysis")
		return
	}
	created = append([]string{sdk.ToString(started.NetworkInsightsAnalysis.NetworkInsightsAnalysisId)}, created...)
	done, err := s.await(ctx, created[0])
	switch {
	case err != nil:
		fail(err, "ec2:DescribeNetworkInsightsAnalyses")
	case done.Status != types.AnalysisStatusSucceeded:
		a.Error = orNull("the analysis failed: " + sdk.ToString(done.StatusMessage))
	default:
		a.read(done)
	}
}

// await waits for the end of an analysis.
func (s *subnet) await(ctx context.Context, id string) (*types.NetworkInsightsAnalysis, error) {
	ctx, stop := context.WithTimeout(ctx, longestAnalysis)
	defer stop()
	for {
		out, err := s.client.DescribeNetworkInsightsAnalyses(ctx, &ec2.DescribeNetworkInsightsAnalysesInput{NetworkInsightsAnalysisIds: []string{id}})
		if err != nil && (ctx.Err() != nil || !mayPass(err)) {
			return nil, err
		}
		if err == nil && len(out.NetworkInsightsAnalyses) > 0 && out.NetworkInsightsAnalyses[0].Status != types.AnalysisStatusRunning {
			return &out.NetworkInsightsAnalyses[0], nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(s.step / 2):
		}
	}
}

// isThrottled reports whether a call was refused because there were too many.
func isThrottled(err error) bool {
	return retry.ThrottleErrorCode{Codes: retry.DefaultThrottleErrorCodes}.IsErrorThrottle(err) == sdk.TrueTernary
}

// isUnanswered reports whether a call may have been done though it failed. EC2 refuses with
// status 503 where there are too many calls.
func isUnanswered(err error) bool {
	code, status := aws.APIError(err)
	return code == "" || status >= 500 && !isThrottled(err)
}

// mayPass reports whether a call may succeed if it is repeated.
func mayPass(err error) bool { return isUnanswered(err) || isThrottled(err) }

// read notes what an analysis found.
func (a *analysis) read(done *types.NetworkInsightsAnalysis) {
	a.Found = sdk.Bool(sdk.ToBool(done.NetworkPathFound))
	for i := range done.ForwardPathComponents {
		if c := done.ForwardPathComponents[i].Component; c != nil {
			a.Way = append(a.Way, sdk.ToString(c.Id))
		}
	}
	for i := range done.Explanations {
		o := obstacleOf(&done.Explanations[i])
		if text := o.String(); !slices.Contains(a.Why, text) {
			a.Why = append(a.Why, text)
		}
	}
}

func obstacleOf(x *types.Explanation) inside.Obstacle {
	id := func(list ...*types.AnalysisComponent) string {
		for _, c := range list {
			if c != nil {
				return sdk.ToString(c.Id)
			}
		}
		return ""
	}
	o := inside.Obstacle{
		Code: sdk.ToString(x.ExplanationCode), Direction: sdk.ToString(x.Direction), ACL: id(x.Acl), Table: id(x.RouteTable, x.SubnetRouteTable), Vpc: id(x.Vpc),
		Component: id(x.Component, x.NetworkInterface, x.VpcEndpoint, x.Subnet), State: sdk.ToString(x.State), Missing: sdk.ToString(x.MissingComponent),
	}
	for i := range x.SecurityGroups {
		o.Groups = append(o.Groups, sdk.ToString(x.SecurityGroups[i].Id))
	}
	if x.SecurityGroup != nil {
		o.Groups = append(o.Groups, id(x.SecurityGroup))
	}
	return o
}

// writeAnalyses writes what Reachability Analyzer said.
func (e *examination) writeAnalyses(p *page) {
	if len(e.Analyses) == 0 {
		return
	}
	p.WriteString("\n")
	p.paragraph("", "Reachability Analyzer, from "+e.Interface+" to port 443 of the endpoint. It reads the configuration: it sends no packets, and knows no names and no policies.")
	for i := range e.Analyses {
		a := &e.Analyses[i]
		text := "the analysis did not end"
		switch {
		case a.Error != nil:
			text = "not analyzed: " + *a.Error
		case a.Found != nil && *a.Found:
			text = "can be reached, by " + strings.Join(a.Way, ", ")
		case a.Found != nil:
			text = "cannot be reached: " + cmp.Or(strings.Join(a.Why, "; "), "no explanation is given")
		}
		p.paragraph("  "+a.Endpoint+": ", text+".")
	}
	if text := e.leftovers(""); text != "" {
		p.paragraph("  ", text)
	}
}
