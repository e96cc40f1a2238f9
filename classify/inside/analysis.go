package inside

import (
	"cmp"
	"fmt"
	"strings"
)

// An Obstacle is one explanation of Reachability Analyzer for why it found no path. Fields
// that it leaves out are empty.
type Obstacle struct {
	Code      string // such as ENI_SG_RULES_MISMATCH
	Component string // where the path ends
	Direction string // egress or ingress
	Groups    []string
	ACL       string
	Table     string
	Vpc       string
	State     string
	Missing   string // the component that would be needed
}

// obstacles say the codes that can stand between a network interface and a VPC endpoint.
// %[1]s is the component, %[2]s the direction, %[3]s the security groups, %[4]s the network
// ACL, %[5]s the route table, %[6]s the state, %[7]s the missing component.
var obstacles = map[string]string{
	"ENI_SG_RULES_MISMATCH":                          "no %[2]s rule of %[3]s lets TCP port 443 through at %[1]s",
	"SG_HAS_NO_RULES":                                "%[3]s has no %[2]s rules",
	"SUBNET_ACL_RESTRICTION":                         "%[4]s stops the %[2]s traffic at %[1]s",
	"NO_ROUTE_TO_DESTINATION":                        "%[5]s has no route to the endpoint",
	"CANNOT_ROUTE":                                   "the route in %[5]s does not match the address",
	"MORE_SPECIFIC_ROUTE":                            "%[5]s has a more specific route, which leads elsewhere",
	"HIGHER_PRIORITY_ROUTE":                          "%[5]s has a route of higher priority for the same range",
	"VPC_LOCAL_ROUTE_CIDR_RESTRICTION":               "the local route of %[5]s does not have the address",
	"BAD_STATE":                                      "%[1]s does not work: state %[6]s",
	"BAD_STATE_ATTACHMENT":                           "the attachment of %[1]s does not work: state %[6]s",
	"BAD_STATE_ROUTE":                                "a route in %[5]s is dead",
	"ENI_ADDRESS_RESTRICTION":                        "%[1]s lets only its own address through",
	"ENI_SOURCE_DEST_CHECK_RESTRICTION":              "the source and destination check of %[1]s stops the traffic",
	"FIREWALL_RULES_RESTRICTION":                     "a rule of Network Firewall stops the traffic at %[1]s",
	"VPC_BLOCK_PUBLIC_ACCESS_ENABLED":                "VPC Block Public Access stops the traffic",
	"VPCE_GATEWAY_EGRESS_SOURCE_ADDRESS_RESTRICTION": "%[1]s answers only from addresses of its prefix list",
	"VPCE_GATEWAY_PROTOCOL_RESTRICTION":              "%[1]s takes TCP and ping alone",
	"VPCE_INTRA_VPC_TRAFFIC":                         "%[1]s does not begin connections into its own VPC",
	"VPCE_SERVICE_NOT_INSTALLED_IN_AZ":               "the service of %[1]s is not offered in the Availability Zone",
	"SG_REFERENCES_NOT_PRESERVED":                    "%[1]s forwards traffic without its security group, so that rules which name a group do not match",
	"NO_POSSIBLE_DESTINATION":                        "%[1]s has nowhere to send the traffic, or only to another account or Region",
	"UNKNOWN_DESTINATION":                            "too little is known of what comes after %[1]s",
	"UNKNOWN_RESOURCE":                               "%[1]s may not be described with these permissions",
	"UNKNOWN_PEERED_SGS":                             "the security groups of a peered VPC are not known",
	"DISCONNECTED_VPCS":                              "nothing joins the VPCs of the interface and of the endpoint",
	"NO_PATH":                                        "the configuration has no path at all",
	"NO_SOURCE_OR_DESTINATION":                       "the interface or the endpoint does not exist",
	"UNASSOCIATED_COMPONENT":                         "%[1]s is in no VPC of the account, or has no IPv4 address",
	"UNSUPPORTED_COMPONENT":                          "Reachability Analyzer does not know resources such as %[1]s",
}

// String says an obstacle in words. A code that is not known is shown as it is.
func (o *Obstacle) String() string {
	text, known := obstacles[o.Code]
	if !known {
		text = "%[1]s: Reachability Analyzer says " + strings.ReplaceAll(o.Code, "%", "%%")
	}
	return fmt.Sprintf(text+"%.0[1]s%.0[2]s%.0[3]s%.0[4]s%.0[5]s%.0[6]s%.0[7]s",
		cmp.Or(o.Component, o.Missing, o.Vpc, "a component"), cmp.Or(map[string]string{"egress": "outbound", "ingress": "inbound"}[o.Direction], "inbound or outbound"),
		cmp.Or(strings.Join(o.Groups, ", "), "the security group"), cmp.Or(o.ACL, "the network ACL"), cmp.Or(o.Table, "the route table"),
		cmp.Or(o.State, "unknown"), o.Missing)
}
