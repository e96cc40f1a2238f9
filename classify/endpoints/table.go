package endpoints

import "strings"

// prefixes are the beginnings of the names of AWS's own services. Partitions other than
// aws and aws-us-gov use their own prefix for some services and com.amazonaws for the
// others.
var prefixes = []string{
	"com.amazonaws.", "aws.api.", "api.aws.", "aws.sagemaker.",
	"cn.com.amazonaws.", "eu.amazonaws.", "gov.ic.c2s.", "gov.sgov.sc2s.", "uk.adc-e.cloud.", "gov.ic.hci.csp.",
}

// sourceSuffix is the end of an eventSource. It is the same in every partition with known
// records.
const sourceSuffix = ".amazonaws.com"

// multiRegion is the endpoint for S3 Multi-Region Access Points. It has no Region and
// carries no other calls to S3.
const multiRegion = "s3-global.accesspoint"

// carried lists the eventSources of endpoints that have another name than their service.
// All other endpoints have the service's name: sqs is for sqs.amazonaws.com. A name with
// a dot that is not listed here is not guessed.
var carried = byEndpoint([]struct{ sources, endpoints string }{
	{"airflow", "airflow.ops"},
	{"amazonmq", "mq"},
	{"api.pricing", "pricing.api"},
	{"appconfig", "appconfigdata"},
	{"appmesh", "appmesh-envoy-management"},
	{"aps", "aps-workspaces"},
	{"bedrock", "bedrock-agent bedrock-agent-runtime bedrock-data-automation bedrock-data-automation-runtime bedrock-runtime"},
	{"bedrock-agentcore", "bedrock-agentcore-control bedrock-agentcore.gateway"},
	{"cloudhsm", "cloudhsmv2"},
	{"codeartifact", "codeartifact.repositories"},
	{"codecommit", "git-codecommit"},
	{"codedeploy", "codedeploy-commands-secure"},
	{"discovery", "arsenal-discovery"},
	{"ds", "ds-data"},
	{"dynamodb", "dynamodb-streams"},
	{"ecr", "ecr.dkr"},
	{"ecs", "ecs-agent ecs-telemetry"},
	{"firehose", "kinesis-firehose"},
	{"forecast", "forecastquery"},
	{"geo", "geo.geofencing geo.maps geo.metadata geo.places geo.routes geo.tracking"},
	{"iot", "iot.credentials"},
	{"iotsecuredtunneling", "iot.tunneling.api"},
	{"iotsitewise", "iotsitewise.data"},
	{"iottwinmaker", "iottwinmaker.data"},
	{"kendra", "kendra-ranking"},
	{"kinesis", "kinesis-streams"},
	{"lex", "models-v2-lex runtime-v2-lex"},
	{"medical-imaging", "dicom-medical-imaging runtime-medical-imaging"},
	{"memorydb", "memory-db"},
	{"mobiletargeting", "pinpoint"},
	{"neptune-graph", "neptune-graph-data"},
	{"omics", "analytics-omics control-storage-omics storage-omics tags-omics workflows-omics"},
	{"payment-cryptography", "payment-cryptography.controlplane payment-cryptography.dataplane"},
	{"personalize", "personalize-events personalize-runtime"},
	{"quicksight", "quicksight-website"},
	{"rdsdata rdsdataapi", "rds-data"},
	{"rekognition", "streaming-rekognition"},
	{"s3", multiRegion},
	{"sagemaker", "sagemaker.featurestore-runtime sagemaker.metrics sagemaker.runtime"},
	{"servicediscovery", "data-servicediscovery"},
	{"ses", "email mail-manager"},
	{"sms-voice", "pinpoint-sms-voice-v2"},
	{"states", "sync-states"},
	{"transfer", "transfer.server"},
	{"user-subscriptions", "service.user-subscriptions"},

	// These are not names of services, and no list says which source their calls have.
	{"", "agreement-marketplace appsync-api awsconnector cassandra-streams discovery-marketplace eks-proxy" +
		" elasticbeanstalk-health emr-dashboard emr-service-cell01 finspace-api highlander iot.data pipes-data rum-dataplane" +
		" sagemaker-data-science-assistant"},
})

// cells are the names of endpoints that a service has once for each of its cells:
// timestream.query-cell2.
var cells = []string{"timestream.ingest-", "timestream.query-"}

// unrecorded are the endpoints of data planes that CloudTrail does not record.
var unrecorded = map[string]bool{
	"airflow.env": true, "console": true, "email-smtp": true, "execute-api": true, "grafana-workspace": true, "guardduty-data": true,
	"mail-manager-smtp.auth": true, "mail-manager-smtp.open": true,
}

func byEndpoint(rows []struct{ sources, endpoints string }) map[string][]string {
	table := map[string][]string{}
	for _, row := range rows {
		var sources []string
		for source := range strings.FieldsSeq(row.sources) {
			sources = append(sources, source+sourceSuffix)
		}
		for endpoint := range strings.FieldsSeq(row.endpoints) {
			table[endpoint] = sources
		}
	}
	return table
}
