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
	"vpcetrail/classify/phrase"
	"vpcetrail/report/grid"
)

// Formats are the forms in which a fix is written.
func Formats() []string { return []string{"cli", "terraform", "cloudformation"} }

// A Fix is a change that moves calls to an endpoint.
type Fix struct {
	Moves  phrase.Phrase   // what it moves
	Breaks []phrase.Format // what it may break
	Check  phrase.Phrase   // how to see that it worked
	Code   string          // to paste; "" if no command makes the change
	Advice phrase.Phrase   // in place of Code
}

// Of returns the change for a cause in one of Formats.
func Of(p network.Plan, format string) Fix {
	f := Fix{Check: phrase.Of("in tomorrow's report these calls have route vpce: vpcetrail explain, or SELECT route, sum(calls) FROM traffic GROUP BY route")}
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
		f.Check, f.Advice = phrase.Phrase{}, advice(&p)
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
func Title(p *network.Plan) phrase.Phrase {
	service := ShortName(p.Service)
	switch p.Cause {
	case network.NoEndpoint:
		if p.Gateway {
			return phrase.Of("create a gateway endpoint for %s, which is free", service)
		}
		return phrase.Of("create an interface endpoint for %s", service)
	case network.RouteMissing:
		return phrase.Of("add the route table to the gateway endpoint for %s", service)
	case network.PrivateDNSOff:
		return dnsTitle(p, service)
	case network.NameNotCovered:
		return phrase.Of("use a name that the endpoint for %s has", service)
	case network.OtherRegionIs:
		return phrase.Of("call the service in the Region of the VPC")
	case network.IPv6:
		return phrase.Of("make the endpoint for %s dual-stack", service)
	case network.NotInVPC:
		return outsideTitle(p)
	case network.KeysElsewhere:
		return phrase.Of("revoke the sessions of the instance: the keys are elsewhere")
	}
	return phrase.Of("nothing is proven")
}

func dnsTitle(p *network.Plan, service string) phrase.Phrase {
	switch p.Reason {
	case network.VPCDNSOff:
		return phrase.Of("switch on the DNS attributes of the VPC")
	case network.InboundOnly:
		return phrase.Of("create a gateway endpoint for %s, which is free", service)
	case network.OwnDNSServers:
		return phrase.Of("make the DNS servers forward to Amazon's resolver")
	}
	return phrase.Of("switch on private DNS of the endpoint for %s", service)
}

func outsideTitle(p *network.Plan) phrase.Phrase {
	switch p.Reason {
	case network.FunctionWithoutVPC:
		return phrase.Of("move the function into a VPC")
	case network.FromNetwork:
		return phrase.Of("allow the addresses of the network in policies")
	case network.FromService:
		return phrase.Of("move %s into a VPC", p.Detail)
	}
	return phrase.Of("find out who calls from outside of AWS")
}

// What changes may break.
const (
	breaksSourceIP    phrase.Format = "policies with aws:SourceIp: the service then sees private addresses, so allow them by aws:SourceVpce or aws:SourceVpc first"
	breaksConnections phrase.Format = "open connections to the service in these subnets: they are reset"
	breaksAllClients  phrase.Format = "every client of the VPC moves at once: check port 443 of the security group and the endpoint policy before private DNS is switched on"
	breaksSameName    phrase.Format = "it fails if a private hosted zone or another endpoint in the VPC has the same name"
)

func (f *Fix) create(p *network.Plan, format string) {
	if p.Gateway {
		f.Moves = phrase.Of("all calls from the subnets of these route tables to %s in the same Region; a gateway endpoint costs nothing", p.Service)
		f.Breaks = []phrase.Format{breaksSourceIP, breaksConnections}
		f.Code = createGateway(p)[format]
		return
	}
	f.Moves = phrase.Of("all calls from %s to %s; an interface endpoint costs per hour and zone, and per gigabyte", p.VPC, named(p.Names, p.Service))
	f.Breaks = []phrase.Format{breaksSourceIP, breaksAllClients, breaksSameName}
	if len(p.ZoneSubnets) == 0 || len(p.CIDRs) == 0 {
		f.Advice = phrase.Of("create an interface endpoint for %s in %s: the snapshot does not show its subnets with their zones", p.Service, p.VPC)
		return
	}
	f.Code = createInterface(p)[format]
}

func (f *Fix) associate(p *network.Plan, format string) {
	f.Moves = phrase.Of("all calls from the subnets of %s to %s in the same Region", phrase.Join(phrase.Comma, p.Tables), p.Service)
	f.Breaks = []phrase.Format{breaksSourceIP, breaksConnections}
	f.Code = associateTables(p)[format]
}

func (f *Fix) resolve(p *network.Plan, format string) {
	f.Moves = phrase.Of("all calls from %s to %s", p.VPC, named(p.Names, p.Service))
	f.Breaks = []phrase.Format{breaksSourceIP, breaksAllClients, breaksSameName}
	switch p.Reason {
	case network.EndpointDNSOff:
		f.Code = privateDNS(p)[format]
	case network.VPCDNSOff:
		f.Code = vpcDNS(p)[format]
	case network.InboundOnly:
		f.Advice = phrase.Of("create a gateway endpoint for %s in %s: private DNS of %s is for clients outside of the VPC", p.Service, p.VPC, p.Endpoint)
	default:
		f.Advice = phrase.Of("make the DNS servers that the DHCP options of %s name forward AWS's names to Amazon's resolver (the VPC's base address plus two)", p.VPC)
	}
}

func (f *Fix) dualStack(p *network.Plan, format string) {
	f.Moves = phrase.Of("calls by IPv6 from %s to %s", p.VPC, p.Service)
	f.Breaks = []phrase.Format{breaksSourceIP, "it fails if a subnet of the endpoint has no IPv6 range"}
	if f.Code = ipv6(p)[format]; format != "cli" {
		f.Code, f.Advice = "", phrase.Of("set the endpoint's IP address type to dualstack where your templates define %s", p.Endpoint)
	}
}

func named(names []string, otherwise any) any {
	if len(names) == 0 {
		return otherwise
	}
	return phrase.Join(phrase.Comma, names)
}

// advice says what to do where no command makes the change.
func advice(p *network.Plan) phrase.Phrase {
	switch p.Cause {
	case network.NameNotCovered:
		names := named(p.Names, phrase.Format("its own DNS names only"))
		if strings.HasSuffix(p.Service, ".sts") {
			return phrase.Of("%s answers to %s: use such a name, by AWS_STS_REGIONAL_ENDPOINTS=regional in the SDK's environment", p.Endpoint, names)
		}
		if strings.HasSuffix(p.Service, ".dynamodb") {
			return phrase.Of("%s answers to %s: use such a name, by an endpoint URL in the SDK, or create a gateway endpoint, which needs no name", p.Endpoint, names)
		}
		return phrase.Of("%s answers to %s: use such a name, by the SDK's Region or endpoint URL", p.Endpoint, names)
	case network.OtherRegionIs:
		return phrase.Of("an endpoint in %s does not carry calls to %s: call the service in %s, or create a cross-Region interface endpoint where AWS offers one "+
			"(S3, IAM, ECR, KMS, ECS, Lambda, Firehose, Route 53)", p.Region, p.Detail, p.Region)
	case network.NotInVPC:
		return phrase.Of("no endpoint helps: move the caller into a VPC, or allow its address where a policy demands endpoints")
	case network.KeysElsewhere:
		return phrase.Of("treat the credentials of %s as stolen: revoke the sessions of its role, find out who has the address, then replace the instance", p.Detail)
	}
	return phrase.Of("nothing is proven: %s", p.Proof())
}

// Write writes the fix for a person: comments, and the code to paste.
func (f *Fix) Write(w io.Writer, style grid.Style) error {
	var b strings.Builder
	comment := func(what phrase.Format, text phrase.Phrase) {
		if text.Is() {
			style.Paragraph(&b, "# ", "#   ", oneLine(style.Words.Say("%s: %s.", what, text)))
		}
	}
	comment("Do", f.Advice)
	comment("Moves", f.Moves)
	for _, text := range f.Breaks {
		comment("May break", phrase.Of(text))
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
