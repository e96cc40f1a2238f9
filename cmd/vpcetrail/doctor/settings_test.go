package doctor

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vpcetrail/classify/inside"
	"vpcetrail/ingest/aws"
)

// TestEndpointURL holds the variables of services against the service ids of the SDKs' models.
func TestEndpointURL(t *testing.T) {
	for service, id := range map[inside.Service]string{
		"sqs": "SQS", "ecr.api": "ECR", "bedrock-runtime": "BEDROCK_RUNTIME", "sagemaker.runtime": "SAGEMAKER_RUNTIME", // by the rule
		"apigateway": "API_GATEWAY", "cognito-idp": "COGNITO_IDENTITY_PROVIDER", "email": "SES", "aps-workspaces": "AMP", "s3express": "S3",
		"config": "CONFIG_SERVICE", "elasticmapreduce": "EMR", "logs": "CLOUDWATCH_LOGS", "states": "SFN", "airflow.api": "MWAA",
	} {
		t.Run(id, func(t *testing.T) {
			t.Setenv("AWS_ENDPOINT_URL_"+id, "https://own.example")
			if text, by := new(settings).url(service); by != "AWS_ENDPOINT_URL_"+id || text != "https://own.example" {
				t.Errorf("%s: got %q, %q", service, by, text)
			}
		})
	}
}

// Each name of an endpoint in the SDK's models has the ids that the models have for it.
func TestIDsOfTheModels(t *testing.T) {
	text, err := os.ReadFile("sdkids.txt")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`botocore ([0-9.]+[0-9])`).FindSubmatch(text)[1]
	var models []string // of the botocore that moto_server or the AWS CLI has with it
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		packages, _ := filepath.Glob(filepath.Join(dir, "../lib/python3*/site-packages/botocore-"+string(version)+".dist-info"))
		for _, one := range packages {
			found, _ := filepath.Glob(filepath.Join(one, "../botocore/data/*/*/service-2.json.gz"))
			models = append(models, found...)
		}
	}
	switch {
	case len(models) == 0 && os.Getenv("CI") == "true":
		t.Fatalf("botocore %s is not near PATH", version)
	case len(models) == 0:
		t.Skipf("botocore %s, whose ids these are, is not near PATH: .ci/run installs it", version)
	}
	idOf, prefixOf := regexp.MustCompile(`"serviceId":"([^"]+)"`), regexp.MustCompile(`"endpointPrefix":"([^"]+)"`)
	ids, all := map[inside.Service][]string{}, []string{}
	for _, name := range models {
		head := headOfModel(t, name)
		id, prefix := idOf.FindStringSubmatch(head), prefixOf.FindStringSubmatch(head)
		if id == nil || prefix == nil {
			continue // an old model
		}
		parts := strings.Split(prefix[1], ".")
		slices.Reverse(parts)
		of := inside.Service(strings.Join(parts, "."))
		ids[of] = append(ids[of], strings.ToUpper(strings.NewReplacer(" ", "_", "-", "_").Replace(id[1])))
		all = append(all, ids[of]...)
	}
	if len(ids) < 300 {
		t.Fatalf("%d models, of %d files", len(ids), len(models))
	}
	for of, want := range ids {
		if got := idsOf(of); !slices.ContainsFunc(got, func(id string) bool { return slices.Contains(want, id) }) {
			t.Errorf("%s: has %q, the models %q", of, got, want)
		}
	}
	for of, got := range sdkIDs {
		for _, id := range got {
			if !slices.Contains(all, id) && of != "transcribestreaming" { // which botocore lacks
				t.Errorf("%s: no model has %s", of, id)
			}
		}
	}
}

func headOfModel(t *testing.T, name string) string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 6000)
	n, _ := io.ReadFull(z, head)
	return strings.ReplaceAll(string(head[:n]), `": "`, `":"`)
}

// Settings of the environment and of the profile choose the name, by the precedence that SDKs
// have.
func TestSettings(t *testing.T) {
	const usual = "sqs.eu-west-1.amazonaws.com"
	for _, tc := range []struct {
		name, config, credentials, env string
		service                        inside.Service
		host, by                       string // by: CONFIG and CREDENTIALS are the files
	}{
		{"nothing", "", "", "", "sqs", usual, ""},
		{"FIPS", "use_fips_endpoint = true", "", "", "sqs", "sqs-fips.eu-west-1.amazonaws.com", "use_fips_endpoint of profile own in CONFIG"},
		{"FIPS, and the environment says no", "use_fips_endpoint = true", "", "AWS_USE_FIPS_ENDPOINT=false", "sqs", usual, ""},
		{"FIPS in the credentials file", "", "use_fips_endpoint=true", "", "sqs", "sqs-fips.eu-west-1.amazonaws.com", "use_fips_endpoint of profile own in CREDENTIALS"},
		{"dual-stack", "use_dualstack_endpoint = true", "", "", "sqs", "sqs.eu-west-1.api.aws", "use_dualstack_endpoint of profile own in CONFIG"},
		{"FIPS and dual-stack", "use_dualstack_endpoint = true", "", "AWS_USE_FIPS_ENDPOINT=true", "sqs", "sqs-fips.eu-west-1.api.aws", "AWS_USE_FIPS_ENDPOINT and use_dualstack_endpoint of profile own in CONFIG"},
		{"a URL", "endpoint_url = https://all.example", "", "", "sqs", "all.example", "endpoint_url of profile own in CONFIG"},
		{"a URL of the service", "endpoint_url = https://all.example\nservices = mine", "", "", "sqs", "queue.example", "endpoint_url of sqs in services of profile own in CONFIG"},
		{"a URL of another service", "endpoint_url = https://all.example\nservices = mine", "", "", "kms", "all.example", "endpoint_url of profile own in CONFIG"},
		{"the environment's URL beats the profile's", "services = mine", "", "AWS_ENDPOINT_URL=https://env.example", "sqs", "env.example", "AWS_ENDPOINT_URL"},
		{"URLs that are ignored", "services = mine\nignore_configured_endpoint_urls = true", "", "", "sqs", usual, ""},
		{"URLs that the environment does not ignore", "services = mine\nignore_configured_endpoint_urls = true", "", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false", "sqs", "queue.example",
			"endpoint_url of sqs in services of profile own in CONFIG"},
		{"the global name of STS", "sts_regional_endpoints = legacy # old", "", "", "sts", "sts.amazonaws.com", "sts_regional_endpoints of profile own in CONFIG"},
		{"the regional name of STS", "sts_regional_endpoints = legacy", "", "AWS_STS_REGIONAL_ENDPOINTS=regional", "sts", "sts.eu-west-1.amazonaws.com", ""},
		{"the global name of STS by the environment", "", "", "AWS_STS_REGIONAL_ENDPOINTS=legacy", "sts", "sts.amazonaws.com", "AWS_STS_REGIONAL_ENDPOINTS"},
		{"dual-stack of S3", "s3 =\n  addressing_style = path\n  use_dualstack_endpoint = true", "", "AWS_USE_DUALSTACK_ENDPOINT=false", "s3", "s3.dualstack.eu-west-1.amazonaws.com",
			"s3.use_dualstack_endpoint of profile own in CONFIG"},
		{"dual-stack of S3, and another service", "s3 =\n  use_dualstack_endpoint = true", "", "", "sqs", usual, ""},
		{"another service's lines", "sqs =\n  use_dualstack_endpoint = true", "", "", "s3", "s3.eu-west-1.amazonaws.com", ""},
		{"S3 without acceleration", "s3 =\n  use_accelerate_endpoint = false", "", "", "s3", "s3.eu-west-1.amazonaws.com", ""},
		{"the global name of STS, and a URL", "sts_regional_endpoints = legacy\nendpoint_url = https://all.example", "", "", "sts", "all.example", "endpoint_url of profile own in CONFIG"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set, files := readSettings(t, tc.config, tc.credentials, tc.env)
			e := examination{Machine: inside.Machine{Calls: "eu-west-1"}}
			h := e.checksOf(tc.service, &set).Hosts[0]
			if by := files.Replace(h.Setting); h.Host != tc.host || by != tc.by || h.Elsewhere != "" {
				t.Errorf("%s, by %q %s; want %s, by %q", h.Host, by, h.Elsewhere, tc.host, tc.by)
			}
		})
	}
}

// Acceleration of S3 makes the verdict of S3 alone undecided.
func TestAcceleration(t *testing.T) {
	set, files := readSettings(t, "", "s3 =\n\tuse_accelerate_endpoint = TRUE", "AWS_ENDPOINT_URL=https://all.example")
	e := examination{Machine: inside.Machine{Calls: "eu-west-1"}}
	const want = "s3.use_accelerate_endpoint of profile own in CREDENTIALS is set, and calls that name a bucket go to s3-accelerate.amazonaws.com"
	if got := files.Replace(e.checksOf("s3", &set).Hosts[0].Elsewhere); got != want {
		t.Errorf("S3: %s", got)
	}
	if h := e.checksOf("sqs", &set).Hosts[0]; h.Elsewhere != "" {
		t.Errorf("SQS: %s", h.Elsewhere)
	}
}

// The Region that SDKs call is the one that is set, else that of the machine.
func TestRegionThatIsCalled(t *testing.T) {
	for _, tc := range []struct{ config, env, flag, region, by string }{
		{"", "", "", "eu-west-1", ""},
		{"region = eu-west-3", "", "", "eu-west-3", "region of profile own in CONFIG"},
		{"region = eu-west-3", "AWS_DEFAULT_REGION=us-east-2", "", "us-east-2", "AWS_DEFAULT_REGION"},
		{"region = eu-west-3", "AWS_REGION=us-east-1", "", "us-east-1", "AWS_REGION"},
		{"region = eu-west-3", "", "ca-central-1", "ca-central-1", "--region"},
	} {
		t.Run(tc.by, func(t *testing.T) {
			set, files := readSettings(t, tc.config, "", tc.env)
			e := examination{Machine: inside.Machine{Region: "eu-west-1"}}
			if err := e.place(tc.flag, &set); err != nil || e.Calls != tc.region || files.Replace(e.callsBy) != tc.by || e.Region != "eu-west-1" {
				t.Errorf("%v: %s, by %s", err, e.Calls, e.callsBy)
			}
		})
	}
}

// readSettings returns the settings of profile own, and a replacer that hides where its files
// are.
func readSettings(t *testing.T, config, credentials, env string) (settings, *strings.Replacer) {
	t.Helper()
	names := [2]string{filepath.Join(t.TempDir(), "config"), filepath.Join(t.TempDir(), "credentials")}
	const others = "[default]\nuse_fips_endpoint = true\nsts_regional_endpoints = legacy\n[services mine]\nsqs =\n  endpoint_url = https://queue.example\n"
	for i, text := range []string{others + "[profile own]\n" + config, "[own]\n" + credentials} {
		if err := os.WriteFile(names[i], []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, variable := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"} {
		t.Setenv(variable, "")
		_ = os.Unsetenv(variable)
	}
	t.Setenv("AWS_CONFIG_FILE", names[0])
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", names[1])
	t.Setenv("AWS_PROFILE", "own")
	if variable, value, set := strings.Cut(env, "="); set {
		t.Setenv(variable, value)
	}
	cfg, err := aws.Config(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return settingsOf(cfg), strings.NewReplacer(names[0], "CONFIG", names[1], "CREDENTIALS")
}
