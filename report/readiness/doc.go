// Package readiness finds the callers that a policy would stop if it allowed access to a resource
// only through VPC endpoints.
//
// It reads tables resources and endpoints of a report. It judges every use of the resource
// (principal, action, route) against each of six conditions: aws:SourceVpce, aws:SourceVpc,
// aws:SourceVpcArn, aws:VpceAccount, aws:VpceOrgID and aws:VpceOrgPaths. A condition on a key that the
// service does not support is not judged. It writes the policy statement to paste, and lists the
// actions that an existing policy leaves open.
//
// It holds the uses of one resource and the endpoints of the report in memory.
package readiness
