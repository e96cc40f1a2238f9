package doctor

import (
	"net/url"
	"os"
	"slices"
	"strings"

	"vpcetrail/classify/inside"
	"vpcetrail/classify/network"
)

// sdkIDs are the ends of the variables AWS_ENDPOINT_URL_ID that do not follow from the names of endpoints: the
// service ids of the SDKs' models, as in "Identifiers for service-specific endpoints" of the AWS SDKs and Tools
// Reference Guide. Of services with several ids it has the one of the newest API.
var sdkIDs = map[inside.Service]string{
	"access-analyzer": "ACCESSANALYZER", "airflow.api": "MWAA", "application-autoscaling": "APPLICATION_AUTO_SCALING", "autoscaling": "AUTO_SCALING",
	"cassandra": "KEYSPACES", "cloudcontrolapi": "CLOUDCONTROL", "cloudhsmv2": "CLOUDHSM_V2", "config": "CONFIG_SERVICE",
	"dms": "DATABASE_MIGRATION_SERVICE", "ds": "DIRECTORY_SERVICE", "elasticbeanstalk": "ELASTIC_BEANSTALK", "elasticfilesystem": "EFS",
	"elasticloadbalancing": "ELASTIC_LOAD_BALANCING_V2", "elasticmapreduce": "EMR", "email": "SESV2", "events": "EVENTBRIDGE",
	"kinesis-firehose": "FIREHOSE", "kinesis-streams": "KINESIS", "logs": "CLOUDWATCH_LOGS", "monitoring": "CLOUDWATCH", "route53": "ROUTE_53",
	"secretsmanager": "SECRETS_MANAGER", "servicecatalog": "SERVICE_CATALOG", "states": "SFN", "storagegateway": "STORAGE_GATEWAY",
	"tagging": "RESOURCE_GROUPS_TAGGING_API",
}

// checksOf returns the names of a service to check, first the one that SDKs use by the
// settings of the environment.
func (e *examination) checksOf(s inside.Service) *service {
	names, known := s.NamesFor(e.Calls, e.Account, isOn("AWS_USE_FIPS_ENDPOINT"), isOn("AWS_USE_DUALSTACK_ENDPOINT"))
	checked := &service{Name: s}
	elsewhere := ""
	if !known {
		elsewhere = "AWS_USE_FIPS_ENDPOINT or AWS_USE_DUALSTACK_ENDPOINT is set, which SDKs use another name for"
	}
	if variable, text := endpointURL(s); text != "" {
		host := hostOf(text)
		if elsewhere = ""; host == "" {
			elsewhere = variable + " is " + redacted(text)
		} else {
			names = slices.DeleteFunc(names, func(n inside.Name) bool { return n.Host == host })
			names = append([]inside.Name{{Host: host, Class: network.ClassOf(network.ShapeOf([]byte(host)), e.Calls)}}, names...)
			e.note("%s is set: SDKs call %s for %s", variable, host, s)
		}
	}
	for _, name := range names {
		checked.Hosts = append(checked.Hosts, &inside.Host{Name: name})
	}
	checked.Hosts[0].Elsewhere = elsewhere
	return checked
}

// noteSettings notes the settings that choose the names of all services.
func (e *examination) noteSettings() {
	for _, variable := range []string{"AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"} {
		if isOn(variable) {
			e.note("%s is set: it decides which names SDKs use", variable)
		}
	}
}

func isOn(variable string) bool { return strings.EqualFold(os.Getenv(variable), "true") }

// endpointURL returns the URL to which the environment has SDKs send the calls to a service,
// and the variable that says so.
func endpointURL(s inside.Service) (variable, text string) {
	if isOn("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") || s == "ecr.dkr" { // which no SDK calls
		return "", ""
	}
	id := sdkIDs[s]
	if id == "" {
		id = strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(strings.TrimSuffix(string(s), ".api")))
	}
	for _, variable = range []string{"AWS_ENDPOINT_URL_" + id, "AWS_ENDPOINT_URL"} {
		if text = os.Getenv(variable); text != "" {
			return variable, text
		}
	}
	return "", ""
}

// hostOf returns the host of a URL that is called by HTTPS on port 443, or "".
func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Port() != "" && u.Port() != port || len(u.Hostname()) > 253 || !hostName.MatchString(u.Hostname()) {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// redacted returns a URL without its password.
func redacted(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "no URL"
	}
	return u.Redacted()
}
