package causes

import (
	"strings"

	"vpcetrail/classify/network"

	"vpcetrail/report/table"
)

// SetAnswer sets the columns of k that an answer decides.
func SetAnswer(k *table.CauseKey, a *network.Answer) {
	k.Cause, k.Reason, k.ReasonDetail = string(a.Cause), string(a.Reason), a.Detail
	k.VPCID, k.VPCRegion, k.VPCAccountID = a.VPC, a.Region, a.Owner
	k.SubnetIDs, k.RouteTableIDs = strings.Join(a.Subnets, " "), strings.Join(a.Tables, " ")
	k.EndpointID, k.ServiceName = a.Endpoint, a.Service
}

// AnswerOf returns the answer that SetAnswer was given. A network.View of the day has the plan
// of a change for it.
func AnswerOf(k *table.CauseKey) network.Answer {
	return network.Answer{
		Cause: network.Cause(k.Cause), Reason: network.Reason(k.Reason), Detail: k.ReasonDetail,
		VPC: k.VPCID, Region: k.VPCRegion, Owner: k.VPCAccountID,
		Subnets: strings.Fields(k.SubnetIDs), Tables: strings.Fields(k.RouteTableIDs),
		Endpoint: k.EndpointID, Service: k.ServiceName,
	}
}
