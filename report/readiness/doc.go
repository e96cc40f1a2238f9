// Package readiness tells whom a policy would stop that lets a resource be reached through VPC endpoints only.
//
// It reads a report's tables resources and endpoints, and judges every use of the resource (who, by which action, by
// which route) against each of four conditions: aws:SourceVpce, aws:SourceVpc, aws:VpceAccount and aws:VpceOrgID. It
// writes the policy statement to paste, and says which actions an existing policy still leaves open.
//
// What is held in memory are the uses of the one resource and the endpoints of the report.
package readiness
