// Package endpoints knows how AWS names VPC endpoints in every partition: the services
// that they are for, and the hosts that they answer to. Its functions are pure and may be
// called concurrently.
//
// The table of services comes from three sources: AWS's list of services that integrate
// with PrivateLink
// (docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html,
// 2026-10), the list of valid event sources of network activity events in the CloudTrail
// User Guide, and the endpoint names in the AWS CDK (aws-ec2/lib/vpc-endpoint.ts). The
// suffixes of partitions come from botocore (partitions.json, 2025-04).
package endpoints
