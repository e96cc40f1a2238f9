package network

import (
	"strings"

	"vpcetrail/classify/phrase"
)

// The calls that a sweep makes, as IAM names their actions. Sweep.Unread names those that
// were refused.
const (
	CallVPCs             = "ec2:DescribeVpcs"
	CallSubnets          = "ec2:DescribeSubnets"
	CallRouteTables      = "ec2:DescribeRouteTables"
	CallEndpoints        = "ec2:DescribeVpcEndpoints"
	CallEndpointServices = "ec2:DescribeVpcEndpointServices"
	CallNATGateways      = "ec2:DescribeNatGateways"
	CallInterfaces       = "ec2:DescribeNetworkInterfaces"
	CallInstances        = "ec2:DescribeInstances"
	CallVPCAttribute     = "ec2:DescribeVpcAttribute"
	CallDHCPOptions      = "ec2:DescribeDhcpOptions"
	CallFunctions        = "lambda:ListFunctions"
)

// A Reason says what proves a cause, or what prevents a proof. Reports hold its text.
type Reason string

// The reasons.
const (
	NoneInVPC          Reason = "none_in_vpc"
	NotAssociated      Reason = "table_not_associated"
	EndpointDNSOff     Reason = "endpoint_private_dns_off"
	VPCDNSOff          Reason = "vpc_dns_off"
	InboundOnly        Reason = "private_dns_for_inbound_only"
	OwnDNSServers      Reason = "own_dns_servers"
	HostNotCovered     Reason = "host_not_covered"
	CallElsewhere      Reason = "call_to_other_region"
	EndpointIsIPv4     Reason = "endpoint_is_ipv4"
	FunctionWithoutVPC Reason = "function_without_vpc"
	FromOutside        Reason = "address_outside_aws"
	FromNetwork        Reason = "named_network"
	FromService        Reason = "aws_compute_without_vpc"
	NotItsAddress      Reason = "not_its_address"

	NoSweep          Reason = "no_snapshot_of_the_day"
	NoSweepOfAccount Reason = "no_snapshot_of_the_account"
	NotRead          Reason = "not_read"
	ServicesNotRead  Reason = "endpoint_services_not_read"
	Changed          Reason = "changed_that_day"
	AddressChanged   Reason = "address_changed_that_day"
	AddressUnknown   Reason = "address_of_unknown_owner"
	WorkloadUnknown  Reason = "workload_not_in_snapshot"
	VPCUnknown       Reason = "vpc_not_in_snapshot"
	SubnetUnknown    Reason = "subnet_not_known"
	SharedEgress     Reason = "egress_of_several_vpcs"
	SpokeOfHub       Reason = "hub_may_have_endpoint"
	NotOffered       Reason = "no_endpoint_offered"
	HostUnknown      Reason = "host_not_recorded"
	NamesUnknown     Reason = "endpoint_names_not_known"
	EndpointNamed    Reason = "endpoint_named_but_not_recorded"
	ShouldCarry      Reason = "endpoint_should_carry"
	RouteBeats       Reason = "route_beats_endpoint"
	InstanceNew      Reason = "instance_new_that_day"
	OtherWays        Reason = "other_ways_out"
)

// words say each reason. %[1]s is the VPC, %[2]s the endpoint, %[3]s the detail, %[4]s the
// service, %[5]s the route tables, %[6]s the Region of the VPC.
var words = map[Reason]phrase.Format{
	NoneInVPC:          "%[1]s has no endpoint for %[4]s",
	NotAssociated:      "%[2]s is a gateway endpoint, and route table %[5]s has no route to it",
	EndpointDNSOff:     "private DNS of %[2]s is off, and the call asked for %[3]s",
	VPCDNSOff:          "DNS support or DNS host names of %[1]s are off, so private DNS of %[2]s has no effect",
	InboundOnly:        "private DNS of %[2]s is for Resolver inbound endpoints only, and %[1]s has no gateway endpoint",
	OwnDNSServers:      "the DHCP options of %[1]s name other DNS servers than Amazon's, which do not know private DNS of %[2]s",
	HostNotCovered:     "the call asked for %[3]s, and %[2]s does not answer to this name",
	CallElsewhere:      "%[1]s is in %[6]s, and the call went to %[3]s",
	EndpointIsIPv4:     "the call came by IPv6, and %[2]s has IPv4 only",
	FunctionWithoutVPC: "%[3]s is not in a VPC",
	FromOutside:        "the address is not one of AWS, and not one of a known NAT gateway or interface",
	FromNetwork:        "the address is in the named network %[3]s",
	FromService:        "%[3]s ran outside of any VPC",
	NotItsAddress:      "the credentials are of %[3]s, and the address is neither one of its own nor of a NAT gateway of %[1]s",
	NoSweep:            "no snapshot was taken at or after the end of the day",
	NoSweepOfAccount:   "no snapshot of the account was taken at or after the end of the day",
	NotRead:            "a call that is needed for the proof was refused",
	ServicesNotRead:    "ec2:DescribeVpcEndpointServices was refused",
	Changed:            "changed that day or before the snapshot: %[3]s",
	AddressChanged:     "the address, or what has it, changed that day or before the snapshot",
	AddressUnknown:     "nothing in the snapshot has the address: a function without VPC, a build, CloudShell, or another account",
	WorkloadUnknown:    "%[3]s is not in the snapshot",
	VPCUnknown:         "%[1]s is not in the snapshot, or another account owns it",
	SubnetUnknown:      "the subnet or its route table is not known",
	SharedEgress:       "the NAT gateway may serve other VPCs by %[3]s",
	SpokeOfHub:         "%[1]s leads to other networks by %[3]s, which may have the endpoint",
	NotOffered:         "no endpoint that is known to be for the service is offered in %[6]s",
	HostUnknown:        "the record does not have the name that the call asked for",
	NamesUnknown:       "the Region of %[2]s does not list the names that %[4]s answers to",
	EndpointNamed:      "the call asked for the endpoint's own name %[3]s, and the record names no endpoint",
	ShouldCarry:        "%[2]s should have carried the call",
	RouteBeats:         "route table %[3]s has a more specific route than the one to %[2]s",
	InstanceNew:        "%[3]s was started, or an interface attached, that day",
	OtherWays:          "calls of %[1]s may leave by another way: %[3]s",
}

// detail says what the reason is about: a name, or an event with its time.
func (a *Answer) detail() any {
	if event, at, ok := strings.Cut(a.Detail, " at "); ok && a.Reason == Changed {
		return phrase.Of("%s at %s", event, at)
	}
	return a.Detail
}

// String says the proof of an answer in English.
func (a *Answer) String() string { return a.Proof().String() }

// Proof says what proves the cause, or what prevents a proof.
func (a *Answer) Proof() phrase.Phrase {
	known := func(s string, otherwise phrase.Format) any {
		if s == "" {
			return otherwise
		}
		return s
	}
	text := words[a.Reason]
	if !strings.Contains(string(text), "%") {
		return phrase.Of(text)
	}
	return phrase.Of(text, known(a.VPC, "the VPC"), known(a.Endpoint, "the endpoint"), a.detail(), known(a.Service, "the service"),
		phrase.Join(phrase.Comma, a.Tables), a.Region)
}
