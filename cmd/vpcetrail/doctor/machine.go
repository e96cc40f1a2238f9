package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"

	"vpcetrail/classify/inside"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/ingest/aws"
)

// longestAnswer bounds every HTTP answer that doctor reads. The longest are lists of EC2.
const longestAnswer = 16 << 20

// longestFact bounds an answer of the metadata service.
const longestFact = 16 << 10

// A cappedClient cuts the bodies of answers at longestAnswer. Otherwise a server that never
// stops sending fills the memory.
type cappedClient struct{ *awshttp.BuildableClient }

func (c cappedClient) Do(r *http.Request) (*http.Response, error) {
	answer, err := c.BuildableClient.Do(r)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, longestAnswer), answer.Body}
	}
	return answer, err
}

// facts are what the metadata service says of the instance and of its primary interface, by
// their paths.
var (
	instanceFacts  = []string{"instance-id", "placement/region", "placement/availability-zone"}
	interfaceFacts = []string{"interface-id", "vpc-id", "subnet-id", "owner-id", "public-ipv4s", "vpc-ipv4-cidr-blocks", "vpc-ipv6-cidr-blocks"}
)

// readMachine asks the instance metadata service, version 2, where the machine is. It returns
// what could not be found out, too.
func readMachine(ctx context.Context, cfg sdk.Config) (m inside.Machine, notes []string) {
	service := "169.254.169.254"
	client := imds.NewFromConfig(cfg, func(o *imds.Options) {
		o.EnableFallback, o.Retryer = sdk.FalseTernary, retry.NewStandard(retryNoDial)
		if u, err := url.Parse(o.Endpoint); err == nil && o.Endpoint != "" {
			service = u.Hostname()
		} else if o.EndpointMode == imds.EndpointModeStateIPv6 {
			service = "fd00:ec2::254"
		}
	})
	mac, err := readFact(ctx, client, "mac")
	if err != nil {
		return m, []string{"no instance metadata: " + service + " " + silence(ctx, err)}
	}
	facts, missing, unknown := readFacts(ctx, client, mac)
	m, invalid := inside.ParseMachine(facts)
	for _, fault := range []struct {
		text  string
		names []string
	}{{"service did not answer for ", missing}, {"has no ", unknown}, {"has no valid ", invalid}} {
		if slices.Sort(fault.names); len(fault.names) > 0 {
			notes = append(notes, "the instance metadata "+fault.text+strings.Join(fault.names, ", "))
		}
	}
	return m, notes
}

// readFacts returns what the metadata service says, the facts for which it did not answer, and
// those that it does not have and should.
func readFacts(ctx context.Context, client *imds.Client, mac string) (facts map[string]string, missing, unknown []string) {
	facts = map[string]string{}
	var mu sync.Mutex
	var asking sync.WaitGroup
	ask := func(name, path string) {
		asking.Go(func() {
			text, err := readFact(ctx, client, path)
			mu.Lock()
			defer mu.Unlock()
			switch absent := statusOf(err) == http.StatusNotFound || err == nil && text == ""; {
			case absent && name != "public-ipv4s" && name != "vpc-ipv6-cidr-blocks": // not every machine has these
				unknown = append(unknown, name)
			case absent, err == nil:
				facts[name] = text
			default:
				missing = append(missing, name)
			}
		})
	}
	for _, name := range instanceFacts {
		ask(name, name)
	}
	for _, name := range interfaceFacts {
		ask(name, "network/interfaces/macs/"+mac+"/"+name)
	}
	asking.Wait()
	return facts, missing, unknown
}

// retryNoDial keeps the SDK from trying again to connect where nothing can be connected to: the
// time would be up, and the reason lost.
func retryNoDial(o *retry.StandardOptions) {
	o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(func(err error) sdk.Ternary {
		if isNoDial(err) {
			return sdk.FalseTernary
		}
		return sdk.UnknownTernary
	})}, o.Retryables...)
}

func isNoDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial" && !op.Timeout()
}

// statusOf returns the HTTP status that an error is of, or 0.
func statusOf(err error) int {
	var answer interface{ HTTPStatusCode() int }
	if errors.As(err, &answer) {
		return answer.HTTPStatusCode()
	}
	return 0
}

// silence says why the metadata service gave nothing.
func silence(ctx context.Context, err error) string {
	status := statusOf(err)
	switch {
	case ctx.Err() != nil:
		return "does not answer in time; in a container, set the hop limit of the instance's metadata options to 2"
	case status != 0:
		return fmt.Sprintf("answers with HTTP status %d", status)
	case strings.Contains(err.Error(), "AWS_EC2_METADATA_DISABLED"):
		return "is not asked, since AWS_EC2_METADATA_DISABLED is set"
	}
	return "refuses, or cannot be reached"
}

// refusal says in one line why a call failed.
func refusal(ctx context.Context, err error) string {
	var late net.Error // the client's own limit may end before that of ctx
	if ctx.Err() != nil || errors.As(err, &late) && late.Timeout() {
		return "no answer in time"
	}
	return aws.Cause(err)
}

func readFact(ctx context.Context, client *imds.Client, path string) (string, error) {
	out, err := client.GetMetadata(ctx, &imds.GetMetadataInput{Path: path})
	if err != nil {
		return "", err
	}
	defer out.Content.Close()
	text, err := io.ReadAll(io.LimitReader(out.Content, longestFact))
	return strings.TrimSpace(string(text)), err
}

// place completes the machine by the flag and the SDK's settings. Without a Region no name is
// known.
func (e *examination) place(flag string, set *settings) error {
	m := &e.Machine
	region, by := set.region()
	m.Calls = cmp.Or(flag, region, m.Region)
	m.Region = cmp.Or(m.Region, m.Calls)
	m.Near = ownRanges()
	e.callsBy = "--region"
	if flag == "" {
		e.callsBy = by
	}
	switch {
	case m.Calls == "":
		return exit.Usagef("the Region is not known: give --region, or set AWS_REGION")
	case !inside.IsPlain(m.Calls):
		return exit.Usagef("Region %q: want one such as eu-west-1", m.Calls)
	}
	return nil
}

// ownRanges returns the widest ranges that a VPC with the addresses of this machine can have,
// for addresses that look public.
func ownRanges() (ranges []netip.Prefix) {
	local, _ := interfaces()
	for i := range local {
		addresses, _ := local[i].Addrs()
		for _, a := range addresses {
			p, err := netip.ParsePrefix(a.String())
			if ip := p.Addr().Unmap(); err == nil && local[i].Flags&net.FlagLoopback == 0 && ip.IsGlobalUnicast() && !ip.IsPrivate() {
				ranges = append(ranges, netip.PrefixFrom(ip, map[bool]int{true: 16, false: 44}[ip.Is4()]).Masked())
			}
		}
	}
	return ranges
}

// directMetadata keeps calls to the metadata service away from a proxy of the environment.
func directMetadata(t *http.Transport) {
	t.Proxy = func(r *http.Request) (*url.URL, error) {
		if ip, err := netip.ParseAddr(r.URL.Hostname()); err == nil && (ip.IsLinkLocalUnicast() || ip.IsPrivate()) {
			return nil, nil
		}
		return http.ProxyFromEnvironment(r)
	}
}
