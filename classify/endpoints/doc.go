// Package endpoints knows VPC endpoints. Its functions are pure and may be called
// concurrently.
//
// Over time: an Endpoint describes when an endpoint existed, where, and for which service.
// An Inventory holds such endpoints. It comes from inventory files (ParseInventory) and
// from the trail's own events (FromEvent), and Save writes it. Owners knows which
// endpoints are ours on one day.
//
// By name: ServiceOf returns the service that an endpoint is for, and IsHost recognizes the
// host names that it answers to, in every partition.
//
// The table of services comes from three sources: AWS's list of services that integrate
// with PrivateLink
// (docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html,
// 2026-10), the list of valid event sources of network activity events in the CloudTrail
// User Guide, and the endpoint names in the AWS CDK (aws-ec2/lib/vpc-endpoint.ts). The
// suffixes of partitions come from botocore (partitions.json, 2025-04).
package endpoints
