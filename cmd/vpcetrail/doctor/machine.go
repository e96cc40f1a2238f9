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

// readMachine asks the instance metadata service, version 2, where the machine is.
func readMachine(ctx context.Context, cfg sdk.Config) (inside.Machine, error) {
	client := imds.NewFromConfig(cfg, func(o *imds.Options) { o.EnableFallback = sdk.FalseTernary })
	mac, err := readFact(ctx, client, "mac")
	if err != nil {
		return inside.Machine{}, fmt.Errorf("no instance metadata: %s", silence(ctx, err))
	}
	facts := map[string]string{}
	var mu sync.Mutex
	var asking sync.WaitGroup
	var missing, unknown []string
	ask := func(name, path string) {
		asking.Go(func() {
			text, err := readFact(ctx, client, path)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				facts[name] = text
			case statusOf(err) != http.StatusNotFound:
				missing = append(missing, name)
			case name != "public-ipv4s" && name != "vpc-ipv6-cidr-blocks": // not every machine has these
				unknown = append(unknown, name)
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
	slices.Sort(missing)
	slices.Sort(unknown)
	switch m := inside.ParseMachine(facts); {
	case len(missing) > 0:
		return m, fmt.Errorf("the instance metadata service did not answer for %s", strings.Join(append(missing, unknown...), ", "))
	case len(unknown) > 0:
		return m, fmt.Errorf("the instance metadata has no %s", strings.Join(unknown, ", "))
	default:
		return m, nil
	}
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
		return "169.254.169.254 does not answer in time; in a container, set the hop limit of the instance's metadata options to 2"
	case status != 0:
		return fmt.Sprintf("169.254.169.254 answers with HTTP status %d", status)
	case strings.Contains(err.Error(), "AWS_EC2_METADATA_DISABLED"):
		return "AWS_EC2_METADATA_DISABLED is set"
	}
	return "169.254.169.254 refuses, or cannot be reached"
}

// refusal says in one line why a call failed.
func refusal(ctx context.Context, err error) string {
	if ctx.Err() != nil {
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
	if len(m.CIDRs) == 0 {
		m.Near = ownRanges()
	}
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
