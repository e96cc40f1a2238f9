// Package digests runs the table of damaged trails in fixtures/signed through
// `aws cloudtrail validate-logs`, which shows that the table is right where the AWS CLI
// can see the damage. S3 and CloudTrail are servers in the test's process.
//
// Script check installs the AWS CLI below ~/.cache.
package digests
