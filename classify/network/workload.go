package network

import (
	"bytes"
	"strings"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/event"
)

// Workloads that have no id that lasts.
const (
	codeBuild  = "codebuild"
	cloudShell = "cloudshell"
)

// WorkloadOf returns what a call came from, as far as a record shows it: the ARN of a
// Lambda function, the id of an instance, or the word codebuild or cloudshell. It is "" if
// nothing shows it. Ids of builds, tasks and pods do not last and are not returned.
func WorkloadOf(id *event.Identity, userAgent []byte) string {
	switch string(id.ScopeType) {
	case "AWS::Lambda::Function":
		return functionARN(string(id.ScopeARN))
	case "AWS::EC2::Instance":
		return string(id.ScopeARN[bytes.LastIndexByte(id.ScopeARN, '/')+1:])
	}
	session := id.ARN[bytes.LastIndexByte(id.ARN, '/')+1:]
	switch {
	case string(id.Type) != "AssumedRole":
	case bytes.HasPrefix(session, []byte("i-")) && endpoints.IsHexID(session[2:]):
		return string(session)
	case bytes.HasPrefix(session, []byte("AWSCodeBuild-")):
		return codeBuild
	}
	if bytes.Contains(userAgent, []byte("exec-env/CloudShell")) {
		return cloudShell
	}
	return ""
}

// functionARN returns the ARN of a function without a version or alias.
func functionARN(arn string) string {
	const parts = 7 // arn:aws:lambda:REGION:ACCOUNT:function:NAME
	fields := strings.Split(arn, ":")
	return strings.Join(fields[:min(len(fields), parts)], ":")
}
