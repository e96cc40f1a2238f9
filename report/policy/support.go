package policy

import (
	"slices"
	"strings"
)

// SupportAsOf is the age of what Supports knows.
const SupportAsOf = "AWS's page of condition keys of March 2026"

// services that set aws:SourceVpcArn, and in addition those that set the keys about the owner of an endpoint.
// AWS adds services from time to time.
var (
	withVpcArn = strings.Fields(`acm-pca applicationinsights apprunner athena cloudformation comprehendmedical compute-optimizer datasync
		discovery ebs ecr ecs firehose healthlake iam iotfleetwise iotwireless kinesisanalytics kms lambda medical-imaging omics
		payment-cryptography polly rbin rekognition route53 s3 scheduler servicediscovery servicequotas ssm-contacts storagegateway textract
		transcribe transfer`)
	withAccount = append(strings.Fields("dynamodb gamelift shield"), withVpcArn...)
	withOrgID   = append(strings.Fields(`b2bi cassandra cognito-identity dms ds-data identitystore iottwinmaker network-firewall pricing ses
		sms-voice sqs workmail`), withAccount...)
	withKey = map[string][]string{
		"aws:sourcevpcarn": withVpcArn, "aws:vpceaccount": withAccount, "aws:vpceorgpaths": withAccount, "aws:vpceorgid": withOrgID,
	}
)

// Supports reports whether requests to a service, named as in actions, can have a condition key. It is true
// for keys that all services have. Without support a request never has the key, whatever its route: a Deny
// with StringNotEquals then stops every call.
func Supports(key, service string) bool {
	list, limited := withKey[strings.ToLower(key)]
	return !limited || slices.Contains(list, service)
}

// rcpServices are the services that resource control policies have an effect on, from "Resource control
// policies (RCPs)" of the AWS Organizations User Guide, 2026.
var rcpServices = strings.Fields(`aoss appconfig appstream autoscaling autoscaling-plans budgets clouddirectory cloudfront cloudsearch
	cloudtrail-data codeartifact codebuild codecommit codepipeline cognito-identity cognito-idp comprehend comprehendmedical
	compute-optimizer cost-optimization-hub dax dsql dynamodb ecr ecr-public events firehose fis fms gamelift health inspector-scan kendra
	kinesisvideo kms logs memorydb networkmonitor notifications opensearch pca-connector-ad personalize polly pricing resource-groups
	rolesanywhere s3 secretsmanager servicediscovery signin sqs sts support swf textract timestream-influxdb transcribe transfer translate
	wafv2 workspaces xray`)

// HasResourceControl reports whether resource control policies have an effect on a service, named as in actions.
func HasResourceControl(service string) bool { return slices.Contains(rcpServices, service) }
