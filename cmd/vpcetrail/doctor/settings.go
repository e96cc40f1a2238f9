package doctor

import (
	"cmp"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

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

// settings are what the environment and the profile say of the names that SDKs call, as the
// SDK has read it.
type settings struct {
	env     config.EnvConfig
	profile config.SharedConfig
}

func settingsOf(cfg sdk.Config) (s settings) {
	for _, source := range cfg.ConfigSources {
		switch source := source.(type) {
		case config.EnvConfig:
			s.env = source
		case config.SharedConfig:
			s.profile = source
		}
	}
	return s
}

// of says where the profile has a setting.
func (s *settings) of(key string) string {
	file := cmp.Or(s.env.SharedConfigFile, config.DefaultSharedConfigFilename())
	if other := cmp.Or(s.env.SharedCredentialsFile, config.DefaultSharedCredentialsFilename()); valueIn(other, s.profile.Profile, key) != "" {
		file = other // wins over the config file
	}
	return fmt.Sprintf("%s of profile %s in %s", key, s.profile.Profile, file)
}

// region returns the Region that SDKs call, or "", and what sets it.
func (s *settings) region() (region, by string) {
	switch {
	case os.Getenv("AWS_REGION") != "":
		return s.env.Region, "AWS_REGION"
	case s.env.Region != "":
		return s.env.Region, "AWS_DEFAULT_REGION"
	case s.profile.Region != "":
		return s.profile.Region, s.of("region")
	}
	return "", ""
}

// variants returns what sets SDKs to FIPS and to dual-stack names, or "".
func (s *settings) variants() (fips, dual string) {
	switch {
	case s.env.UseFIPSEndpoint == sdk.FIPSEndpointStateEnabled:
		fips = "AWS_USE_FIPS_ENDPOINT"
	case s.env.UseFIPSEndpoint == sdk.FIPSEndpointStateUnset && s.profile.UseFIPSEndpoint == sdk.FIPSEndpointStateEnabled:
		fips = s.of("use_fips_endpoint")
	}
	switch {
	case s.env.UseDualStackEndpoint == sdk.DualStackEndpointStateEnabled:
		dual = "AWS_USE_DUALSTACK_ENDPOINT"
	case s.env.UseDualStackEndpoint == sdk.DualStackEndpointStateUnset && s.profile.UseDualStackEndpoint == sdk.DualStackEndpointStateEnabled:
		dual = s.of("use_dualstack_endpoint")
	}
	return fips, dual
}

// url returns the URL to which SDKs send the calls to a service, or "", and what sets it.
func (s *settings) url(of inside.Service) (text, by string) {
	ignored := cmp.Or(s.env.IgnoreConfiguredEndpoints, s.profile.IgnoreConfiguredEndpoints)
	if sdk.ToBool(ignored) || of == "ecr.dkr" { // which no SDK calls
		return "", ""
	}
	id := sdkIDs[of]
	if id == "" {
		id = strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(strings.TrimSuffix(string(of), ".api")))
	}
	section := strings.ToLower(id)
	switch own, ofProfile := os.Getenv("AWS_ENDPOINT_URL_"+id), s.profile.Services.ServiceValues[section]["endpoint_url"]; {
	case own != "":
		return own, "AWS_ENDPOINT_URL_" + id
	case s.env.BaseEndpoint != "":
		return s.env.BaseEndpoint, "AWS_ENDPOINT_URL"
	case ofProfile != "":
		return ofProfile, fmt.Sprintf("endpoint_url of %s in %s", section, s.of("services"))
	case s.profile.BaseEndpoint != "":
		return s.profile.BaseEndpoint, s.of("endpoint_url")
	}
	return "", ""
}

// legacy are the settings by which SDKs call the global name of a service in some Regions. Not all
// SDKs know them, the SDK for Go among those that do not. The Regions of STS are botocore's
// LEGACY_GLOBAL_STS_REGIONS.
var legacy = map[inside.Service]struct{ variable, key, regions string }{
	"sts": {"AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints", "ap-northeast-1 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-north-1 " +
		"eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2"},
	"s3": {"AWS_S3_US_EAST_1_REGIONAL_ENDPOINT", "s3_us_east_1_regional_endpoint", "us-east-1"},
}

// global returns what sets SDKs to the global name of a service in a Region, or "".
func (s *settings) global(of inside.Service, region string) string {
	l, known := legacy[of]
	if !known || !slices.Contains(strings.Fields(l.regions), region) {
		return ""
	}
	by, value := l.variable, os.Getenv(l.variable)
	for _, file := range []string{
		cmp.Or(s.env.SharedCredentialsFile, config.DefaultSharedCredentialsFilename()), cmp.Or(s.env.SharedConfigFile, config.DefaultSharedConfigFilename()),
	} {
		if value == "" {
			by, value = s.of(l.key), valueIn(file, s.profile.Profile, l.key)
		}
	}
	if strings.EqualFold(value, "legacy") {
		return by
	}
	return ""
}

// valueIn returns the value of a key in a profile of a file, or "". It is for what the SDK
// does not say: a key that it does not know, and the file that has a key.
func valueIn(file, profile, key string) (value string) {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	within := false
	for line := range strings.Lines(string(text)) {
		if name, isSection := strings.CutPrefix(strings.TrimSpace(line), "["); isSection {
			name, _, _ = strings.Cut(name, "]")
			name = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(name), "profile "))
			within = name == profile
		} else if k, v, ok := strings.Cut(line, "="); ok && within && strings.EqualFold(strings.TrimRight(k, " \t"), key) {
			v, _, _ = strings.Cut(v, " #")
			value = strings.TrimSpace(v)
		}
	}
	return value
}

// checksOf returns the names of a service to check, first the one that SDKs use by their
// settings.
func (e *examination) checksOf(s inside.Service, set *settings) *service {
	fips, dual := set.variants()
	names, known := s.NamesFor(e.Calls, e.Account, fips != "", dual != "")
	first := func(n inside.Name) {
		names = append([]inside.Name{n}, slices.DeleteFunc(names, func(other inside.Name) bool { return other.Host == n.Host })...)
	}
	by, elsewhere := strings.TrimSuffix(strings.TrimPrefix(fips+" and "+dual, " and "), " and "), ""
	if !known {
		by, elsewhere = "", by+" is set, and the name that SDKs use then is not known"
	}
	if text, setter := set.url(s); text != "" {
		host := hostOf(text)
		if by, elsewhere = setter, ""; host == "" {
			by, elsewhere = "", setter+" is "+redacted(text)
		} else {
			first(inside.Name{Host: host, Class: network.ClassOf(network.ShapeOf([]byte(host)), e.Calls)})
		}
	} else if setter := set.global(s, e.Calls); setter != "" && by == "" && elsewhere == "" {
		by = setter
		first(names[slices.IndexFunc(names, func(n inside.Name) bool { return n.Class == network.Global })])
	}
	checked := &service{Name: s}
	for _, name := range names {
		checked.Hosts = append(checked.Hosts, &inside.Host{Name: name})
	}
	checked.Hosts[0].Elsewhere, checked.Hosts[0].Setting = elsewhere, by
	return checked
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
