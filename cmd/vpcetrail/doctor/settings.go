package doctor

import (
	"cmp"
	_ "embed" // for the list of ids
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

//go:embed sdkids.txt
var sdkIDsText string

// sdkIDs are the ends of the variables AWS_ENDPOINT_URL_ID where they do not follow from the names of endpoints.
// The file says where they are from.
var sdkIDs = func() map[inside.Service][]string {
	ids := map[inside.Service][]string{}
	for line := range strings.Lines(sdkIDsText) {
		if fields := strings.Fields(line); fields[0] != "#" {
			ids[inside.Service(fields[0])] = fields[1:]
		}
	}
	return ids
}()

// idsOf returns the ids of the APIs that a service has.
func idsOf(of inside.Service) []string {
	if ids, listed := sdkIDs[of]; listed {
		return ids
	}
	return []string{strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(strings.TrimSuffix(string(of), ".api")))}
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

// files returns the files that profiles are in. The first wins.
func (s *settings) files() []string {
	return []string{
		cmp.Or(s.env.SharedCredentialsFile, config.DefaultSharedCredentialsFilename()), cmp.Or(s.env.SharedConfigFile, config.DefaultSharedConfigFilename()),
	}
}

// value returns the value of a key of the profile, or "", and the file that has it. It is for
// what the SDK does not say: a key that it does not know, and the file.
func (s *settings) value(key string) (value, file string) {
	for _, file = range s.files() {
		if value = valueIn(file, s.profile.Profile, key); value != "" {
			break
		}
	}
	return value, file
}

// of says where the profile has a setting.
func (s *settings) of(key string) string {
	_, file := s.value(key)
	return fmt.Sprintf("%s of profile %s in %s", key, s.profile.Profile, file)
}

// isTrue returns where the profile sets a key to true that the SDK does not know, or "".
func (s *settings) isTrue(key string) string {
	if value, _ := s.value(key); strings.EqualFold(value, "true") {
		return s.of(key)
	}
	return ""
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

// variants returns what sets SDKs to FIPS and to dual-stack names of a service, or "". The
// settings of S3 are those of the AWS CLI and boto3.
func (s *settings) variants(of inside.Service) (fips, dual string) {
	switch {
	case s.env.UseFIPSEndpoint == sdk.FIPSEndpointStateEnabled:
		fips = "AWS_USE_FIPS_ENDPOINT"
	case s.env.UseFIPSEndpoint == sdk.FIPSEndpointStateUnset && s.profile.UseFIPSEndpoint == sdk.FIPSEndpointStateEnabled:
		fips = s.of("use_fips_endpoint")
	}
	switch own := s.isTrue("s3.use_dualstack_endpoint"); {
	case of == "s3" && own != "":
		dual = own
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
	ids := idsOf(of)
	for _, id := range ids {
		if own := os.Getenv("AWS_ENDPOINT_URL_" + id); own != "" {
			return own, "AWS_ENDPOINT_URL_" + id
		}
	}
	if s.env.BaseEndpoint != "" {
		return s.env.BaseEndpoint, "AWS_ENDPOINT_URL"
	}
	for _, id := range ids {
		section := strings.ToLower(id)
		if own := s.profile.Services.ServiceValues[section]["endpoint_url"]; own != "" {
			return own, fmt.Sprintf("endpoint_url of %s in %s", section, s.of("services"))
		}
	}
	if s.profile.BaseEndpoint != "" {
		return s.profile.BaseEndpoint, s.of("endpoint_url")
	}
	return "", ""
}

// legacy are the settings by which SDKs call the global name of a service in some Regions. Not all
// SDKs know them, the SDK for Go among those that do not. The Regions of STS are botocore's
// LEGACY_GLOBAL_STS_REGIONS.
var legacy = map[inside.Service]struct{ variable, keys, regions string }{
	"sts": {"AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints", "ap-northeast-1 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-north-1 " +
		"eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2"},
	"s3": {"AWS_S3_US_EAST_1_REGIONAL_ENDPOINT", "s3_us_east_1_regional_endpoint s3.us_east_1_regional_endpoint", "us-east-1"},
}

// global returns what sets SDKs to the global name of a service in a Region, or "".
func (s *settings) global(of inside.Service, region string) string {
	l, known := legacy[of]
	if !known || !slices.Contains(strings.Fields(l.regions), region) {
		return ""
	}
	by, value := l.variable, os.Getenv(l.variable)
	for key := range strings.FieldsSeq(l.keys) {
		if value == "" {
			by = s.of(key)
			value, _ = s.value(key)
		}
	}
	if strings.EqualFold(value, "legacy") {
		return by
	}
	return ""
}

// valueIn returns the value of a key in a profile of a file, or "". Within the lines of another
// key, such as s3, the key is s3.use_dualstack_endpoint.
func valueIn(file, profile, key string) (value string) {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	within, above := false, ""
	for line := range strings.Lines(string(text)) {
		if name, isSection := strings.CutPrefix(strings.TrimSpace(line), "["); isSection {
			name, _, _ = strings.Cut(name, "]")
			name = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(name), "profile "))
			within = name == profile
			continue
		}
		k, v, ok := strings.Cut(line, "=")
		if k = strings.TrimRight(k, " \t"); k != strings.TrimLeft(k, " \t") {
			k = above + "." + strings.TrimLeft(k, " \t")
		} else if ok {
			above = k
		}
		if ok && within && strings.EqualFold(k, key) {
			v, _, _ = strings.Cut(v, " #")
			value = strings.TrimSpace(v)
		}
	}
	return value
}

// checksOf returns the names of a service to check, first the one that SDKs use by their
// settings.
func (e *examination) checksOf(s inside.Service, set *settings) *service {
	fips, dual := set.variants(s)
	names, known := s.NamesFor(e.Calls, e.Account, fips != "", dual != "")
	first := func(n inside.Name) {
		names = append([]inside.Name{n}, slices.DeleteFunc(names, func(other inside.Name) bool { return other.Host == n.Host })...)
	}
	by, elsewhere := strings.TrimSuffix(strings.TrimPrefix(fips+" and "+dual, " and "), " and "), ""
	if !known {
		by, elsewhere = "", by+" is set, and the name that SDKs use then is not known"
	}
	if setter := set.isTrue("s3.use_accelerate_endpoint"); s == "s3" && setter != "" {
		by, elsewhere = "", setter+" is set, and calls that name a bucket go to s3-accelerate.amazonaws.com"
	} else if text, setter := set.url(s); text != "" {
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
