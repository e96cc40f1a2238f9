// Package causes says which change moves calls to an endpoint: as commands of the AWS CLI, as Terraform, or
// as a CloudFormation template. It changes nothing itself.
package causes

import (
	"io"
	"slices"
	"strings"
	"unicode"

	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
	"vpcetrail/report/grid"
)

// Formats are the forms in which a fix is written.
func Formats() []string { return []string{"cli", "terraform", "cloudformation"} }

// A Fix is a change that moves calls to an endpoint.
type Fix struct {
	Moves  string   // what it moves
	Breaks []string // what it may break
	Check  string   // how to see that it worked
	Code   string   // to paste; "" if no command makes the change
	Advice string   // in place of Code
}

// Of returns the change for a cause in one of Formats.
func Of(p network.Plan, format string) Fix {
	f := Fix{Check: "in tomorrow's report these calls have route vpce: vpcetrail explain, or SELECT route, sum(calls) FROM traffic GROUP BY route"}
	switch p.Cause {
	case network.NoEndpoint:
		f.create(&p, format)
	case network.RouteMissing:
		f.associate(&p, format)
	case network.PrivateDNSOff:
		f.resolve(&p, format)
	case network.IPv6:
		f.dualStack(&p, format)
	default:
		f.Check, f.Advice = "", advice(&p)
	}
	return f
}

// ShortName returns what is left of the name of an endpoint service without its prefix and Region: sqs,
// ecr.api.
func ShortName(service string) string {
	if s := endpoints.ServiceOf(service); s.Region != "" {
		_, service, _ = strings.Cut(service, "."+s.Region+".")
		return service
	}
	return service[strings.LastIndexByte(service, '.')+1:]
}

// Title says the change for a cause in a few words, without ids. The answer has those.
func Title(p *network.Plan) string {
	service := ShortName(p.Service)
	switch p.Cause {
	case network.NoEndpoint:
		if p.Gateway {
			return "create a gateway endpoint for " + service + ", which is free"
		}
		return "create an interface endpoint for " + service
	case network.RouteMissing:
		return "add the route table to the gateway endpoint for " + service
	case network.PrivateDNSOff:
		return dnsTitle(p, service)
	case network.NameNotCovered:
		return "use a name that the endpoint for " + service + " has"
	case network.OtherRegionIs:
		return "call the service in the Region of the VPC"
	case network.IPv6:
		return "make the endpoint for " + service + " dual-stack"
	case network.NotInVPC:
		return outsideTitle(p)
	case network.KeysElsewhere:
		return "revoke the sessions of the instance: the keys are elsewhere"
	}
	return "nothing is proven"
}

func dnsTitle(p *network.Plan, service string) string {
	switch p.Reason {
	case network.VPCDNSOff:
		return "switch on the DNS attributes of the VPC"
	case network.InboundOnly:
		return "create a gateway endpoint for " + service + ", which is free"
	case network.OwnDNSServers:
		return "make the DNS servers forward to Amazon's resolver"
	}
	return "switch on private DNS of the endpoint for " + service
}

func outsideTitle(p *network.Plan) string {
	switch p.Reason {
	case network.FunctionWithoutVPC:
		return "move the function into a VPC"
	case network.FromNetwork:
		return "allow the addresses of the network in policies"
	case network.FromService:
		return "move " + p.Detail + " into a VPC"
	}
	return "find out who calls from outside of AWS"
}

// What changes may break.
const (
	breaksSourceIP    = "policies with aws:SourceIp: the service then sees private addresses, so allow them by aws:SourceVpce or aws:SourceVpc first"
	breaksConnections = "open connections to the service in these subnets: they are reset"
	breaksAllClients  = "every client of the VPC moves at once: check port 443 of the security group and the endpoint policy before private DNS is switched on"
	breaksSameName    = "it fails if a private hosted zone or another endpoint in the VPC has the same name"
)

func (f *Fix) create(p *network.Plan, format string) {
	if p.Gateway {
		f.Moves = "all calls from the subnets of these route tables to " + p.Service + " in the same Region; a gateway endpoint costs nothing"
		f.Breaks = []string{breaksSourceIP, breaksConnections}
		f.Code = createGateway(p)[format]
		return
	}
	f.Moves = "all calls from " + p.VPC + " to " + named(p.Names, p.Service) + "; an interface endpoint costs per hour and zone, and per gigabyte"
	f.Breaks = []string{breaksSourceIP, breaksAllClients, breaksSameName}
	if len(p.ZoneSubnets) == 0 || len(p.CIDRs) == 0 {
		f.Advice = "create an interface endpoint for " + p.Service + " in " + p.VPC + ": the snapshot does not show its subnets with their zones"
		return
	}
	f.Code = createInterface(p)[format]
}

func (f *Fix) associate(p *network.Plan, format string) {
	f.Moves = "all calls from the subnets of " + strings.Join(p.Tables, ", ") + " to " + p.Service + " in the same Region"
	f.Breaks = []string{breaksSourceIP, breaksConnections}
	f.Code = associateTables(p)[format]
}

func (f *Fix) resolve(p *network.Plan, format string) {
	f.Moves = "all calls from " + p.VPC + " to " + named(p.Names, p.Service)
	f.Breaks = []string{breaksSourceIP, breaksAllClients, breaksSameName}
	switch p.Reason {
	case network.EndpointDNSOff:
		f.Code = privateDNS(p)[format]
	case network.VPCDNSOff:
		f.Code = vpcDNS(p)[format]
	case network.InboundOnly:
		f.Advice = "create a gateway endpoint for " + p.Service + " in " + p.VPC + ": private DNS of " + p.Endpoint + " is for clients outside of the VPC"
	default:
		f.Advice = "make the DNS servers that the DHCP options of " + p.VPC + " name forward AWS's names to Amazon's resolver (the VPC's base address plus two)"
	}
}

func (f *Fix) dualStack(p *network.Plan, format string) {
	f.Moves = "calls by IPv6 from " + p.VPC + " to " + p.Service
	f.Breaks = []string{breaksSourceIP, "it fails if a subnet of the endpoint has no IPv6 range"}
	if f.Code = ipv6(p)[format]; format != "cli" {
		f.Code, f.Advice = "", "set the endpoint's IP address type to dualstack where your templates define "+p.Endpoint
	}
}

func named(names []string, otherwise string) string {
	if len(names) == 0 {
		return otherwise
	}
	return strings.Join(names, ", ")
}

// advice says what to do where no command makes the change.
func advice(p *network.Plan) string {
	switch p.Cause {
	case network.NameNotCovered:
		text := p.Endpoint + " answers to " + named(p.Names, "its own DNS names only") + ": use such a name"
		if strings.HasSuffix(p.Service, ".sts") {
			return text + ", by AWS_STS_REGIONAL_ENDPOINTS=regional in the SDK's environment"
		}
		if strings.HasSuffix(p.Service, ".dynamodb") {
			return text + ", by an endpoint URL in the SDK, or create a gateway endpoint, which needs no name"
		}
		return text + ", by the SDK's Region or endpoint URL"
	case network.OtherRegionIs:
		return "an endpoint in " + p.Region + " does not carry calls to " + p.Detail + ": call the service in " + p.Region +
			", or create a cross-Region interface endpoint where AWS offers one (S3, IAM, ECR, KMS, ECS, Lambda, Firehose, Route 53)"
	case network.NotInVPC:
		return "no endpoint helps: move the caller into a VPC, or allow its address where a policy demands endpoints"
	case network.KeysElsewhere:
		return "treat the credentials of " + p.Detail + " as stolen: revoke the sessions of its role, find out who has the address, then replace the instance"
	}
	return "nothing is proven: " + p.String()
}

// Write writes the fix for a person: comments, and the code to paste.
func (f *Fix) Write(w io.Writer) error {
	var b strings.Builder
	comment := func(what, text string) {
		if text != "" {
			grid.Paragraph(&b, "# ", "#   ", what+": "+oneLine(text)+".")
		}
	}
	comment("Do", f.Advice)
	comment("Moves", f.Moves)
	for _, text := range f.Breaks {
		comment("May break", text)
	}
	b.WriteString(f.Code)
	if f.Code != "" {
		comment("See that it worked", f.Check)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// oneLine removes control characters: a line break would end a comment.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return -1
		}
		return r
	}, text)
}

// sorted returns the values of lists together, each once, in order.
func sorted(lists ...[]string) []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(lists...))))
}
