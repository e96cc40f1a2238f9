package findings

import "vpcetrail/classify/phrase"

// Severities are the severities of findings, most severe first.
var Severities = []string{"critical", "high", "medium", "low", "info"}

// A Code is one kind of finding.
type Code struct {
	Name     string        // as in column finding
	Severity string        // one of Severities
	Title    phrase.Format // Name as words
	// Means says when calls or an endpoint match, and what that shows. It is also the detail of
	// the row.
	Means phrase.Format
}

// The findings, by index in Codes.
const (
	pastEndpoint = iota
	foreignEndpoint
	foreignPrincipal
	endpointPolicyDenied
	deniedWithoutEndpoint
	restrictedFromInternet
	userCredentialsExternal
	rootCredentialsExternal
	endpointUnused
	awsOwnedEndpoint
	evidenceConflict
	detourCost
	keysElsewhere
	witnessesDisagree
	endpointUnseen
	endpointIdle
	codeCount
)

// Codes are all findings. A code may have two severities.
var Codes = [codeCount]Code{
	pastEndpoint: {"past_endpoint", "medium", "Past endpoint",
		"Calls by the internet to a service that has an endpoint of ours in this account and Region, known from the inventory or the trail or by calls through it that day. Of a service with several endpoints, such as Bedrock, another endpoint may carry these calls."},
	foreignEndpoint: {"foreign_endpoint", "high", "Foreign endpoint",
		"A principal of ours called through an endpoint of an account that is not ours."},
	foreignPrincipal: {"foreign_principal", "high", "Foreign principal",
		"A principal of an account that is not ours called through an endpoint of ours: credentials carried in from outside."},
	endpointPolicyDenied: {"endpoint_policy_denied", "medium", "Endpoint policy denied",
		"An endpoint's policy refused the calls, by their error messages or by the endpoint's network events."},
	deniedWithoutEndpoint: {"denied_without_endpoint", "info", "Denied without endpoint",
		"The resource's own policy refused calls without an endpoint by an explicit deny, while calls through endpoints reached the resource that day: the policy works."},
	restrictedFromInternet: {"restricted_resource_from_internet", "high", "Restricted resource from internet",
		"Calls by the internet were not refused, although the resource's own policy refused others without an endpoint that day, and calls through endpoints reached it: the policy leaves something open."},
	userCredentialsExternal: {"long_term_credentials_external", "high", "Long term credentials external",
		"Keys of an IAM user called from a public address outside of AWS; sign-ins to the console are left out."},
	rootCredentialsExternal: {"long_term_credentials_external", "critical", "Long term credentials external",
		"The root user called from a public address outside of AWS; sign-ins to the console are left out."},
	endpointUnused: {"endpoint_unused", "low", "Endpoint unused",
		"An endpoint of ours, known from the inventory or the trail, was not used that day, though the trail holds calls of its account and Region; most use of S3, DynamoDB, SQS, Kinesis, Keyspaces, CloudWatch, X-Ray and Session Manager shows in data events only, or not at all. Endpoints of which CloudTrail records nothing, such as those for execute-api, are left out."},
	awsOwnedEndpoint: {"aws_owned_endpoint", "info", "Aws owned endpoint",
		"The endpoint is AWS's own: a console's back end, acting for somebody, called through it."},
	evidenceConflict: {"evidence_conflict", "medium", "Evidence conflict",
		"Evidence does not agree: the record names two endpoints, or its host header another one, or an endpoint of ours comes with a public source."},
	detourCost: {"detour_cost", "low", "Detour cost",
		"An estimate of what a NAT gateway charges for bytes between AWS addresses and S3 that took no endpoint; only S3 data events contain bytes, and the bytes may have passed no NAT gateway."},
	keysElsewhere: {"keys_elsewhere", "critical", "Keys elsewhere",
		"Credentials of an instance called from an address that the instance cannot have: not one of its own, nor of a NAT gateway of its VPC, and no other way out of the VPC is known. Only with --network."},
	witnessesDisagree: {"witnesses_disagree", "medium", "Witnesses disagree",
		"The trail and another source, such as S3 access logs or the metrics of endpoints, contradict each other about the same requests or endpoint. The detail names both sides."},
	endpointUnseen: {"endpoint_unseen", "info", "Endpoint unseen",
		"CloudWatch measured traffic at an endpoint of ours, and the trail has no call by it: CloudTrail does not record all calls, so it is not unused. Only with --metrics."},
	endpointIdle: {"endpoint_idle", "low", "Endpoint idle",
		"CloudWatch measured no traffic at an interface endpoint of ours on the whole day, and the trail has no call by it. The estimate is what AWS charges for the day, by --prices. Only with --metrics."},
}

// CodeOf returns the code of a finding, or nil if this version does not know it.
func CodeOf(name, severity string) *Code {
	for i := range Codes {
		if Codes[i].Name == name && Codes[i].Severity == severity {
			return &Codes[i]
		}
	}
	return nil
}
