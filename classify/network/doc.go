// Package network knows what decides the path of a call: VPCs, subnets, route tables, VPC
// endpoints, NAT gateways, network interfaces and functions, as EC2 and Lambda describe
// them. It answers why a call went past the endpoints. Its functions are pure.
//
// A Snapshot holds what was seen over time. It grows: sweeps of several accounts, Regions
// and days, and the change events of a trail, are merged in any order with the same
// result. Save writes it and Parse reads it.
//
// A View is what is known of one day. In each account and Region the earliest sweep at or
// after the end of the day decides. A VPC that changed on the day, or between the day and
// the sweep, is not judged.
//
// A Path is what a record shows of the way of a call: the place of its address, the host
// name that it asked for, and its workload. View.Cause returns why a call on that path
// went past the endpoints, with the proof. What is not proven is Unexplained.
package network
