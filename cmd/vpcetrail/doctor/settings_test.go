package doctor

import (
	"testing"

	"vpcetrail/classify/inside"
)

// TestEndpointURL holds the variables of services against the service ids of the SDKs' models.
func TestEndpointURL(t *testing.T) {
	for service, id := range map[inside.Service]string{
		"sqs": "SQS", "ecr.api": "ECR", "bedrock-runtime": "BEDROCK_RUNTIME", "sagemaker.runtime": "SAGEMAKER_RUNTIME", // by the rule
		"config": "CONFIG_SERVICE", "elasticmapreduce": "EMR", "logs": "CLOUDWATCH_LOGS", "states": "SFN", "airflow.api": "MWAA",
	} {
		t.Run(id, func(t *testing.T) {
			t.Setenv("AWS_ENDPOINT_URL_"+id, "https://own.example")
			if variable, text := endpointURL(service); variable != "AWS_ENDPOINT_URL_"+id || text != "https://own.example" {
				t.Errorf("%s: got %q, %q", service, variable, text)
			}
		})
	}
}
