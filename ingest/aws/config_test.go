package aws

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
)

// What is wrong with the configuration or the credentials is said in one line, which names the
// profile, the variable or the file, and the remedy.
func TestWhyThereAreNoCredentials(t *testing.T) {
	const (
		role    = "role_arn = arn:aws:iam::123456789012:role/x\n"
		session = "sso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://x.example/start\n"
		old     = "sso_account_id = 123456789012\nsso_role_name = r\nsso_region = eu-west-1\nsso_start_url = https://x.example/start\n"
	)
	for _, tc := range []struct{ name, profile, env, want string }{
		{"a source without keys", role + "source_profile = q\n[profile q]\nregion = eu-west-1\n", "",
			"AWS configuration: profile q has no credentials, and is the source_profile of arn:aws:iam::123456789012:role/x"},
		{"no source", role + "source_profile = q\n", "", `AWS configuration: no file has profile "q": see source_profile of profile p`},
		{"no profile", "", "AWS_PROFILE=r", `AWS configuration: no file has profile "r": see AWS_PROFILE`},
		{"half a pair in a profile", "aws_access_key_id = a\n", "", "AWS configuration: profile p has only one of aws_access_key_id and aws_secret_access_key: give it both"},
		{"half a pair in a source", role + "source_profile = q\n[profile q]\naws_secret_access_key = a\n", "",
			"AWS configuration: profile q has only one of aws_access_key_id and aws_secret_access_key: give it both"},
		{"half a pair in the environment", "region = eu-west-1\n", "AWS_ACCESS_KEY_ID=a", "no AWS credentials: AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY"},
		{"the other half", "region = eu-west-1\n", "AWS_SECRET_ACCESS_KEY=a", "no AWS credentials: AWS_SECRET_ACCESS_KEY is set without AWS_ACCESS_KEY_ID"},
		{"no CA bundle", "region = eu-west-1\n", "AWS_CA_BUNDLE=/nonexistent",
			"AWS configuration: CA bundle /nonexistent: no such file or directory: see AWS_CA_BUNDLE, or ca_bundle of the profile"},
		{"no CA bundle of a profile", "ca_bundle = /nonexistent\n", "", "AWS configuration: CA bundle /nonexistent: no such file or directory: see AWS_CA_BUNDLE, or ca_bundle of the profile"},
		{"an empty CA bundle", "region = eu-west-1\n", "AWS_CA_BUNDLE=/dev/null",
			"AWS configuration: failed to load custom CA bundle PEM file: see AWS_CA_BUNDLE, or ca_bundle of the profile"},
		{"no token file", role + "web_identity_token_file = /nonexistent\nregion = eu-west-1\n", "",
			"the credentials that AWS_PROFILE names could not be fetched: open /nonexistent: no such file or directory"},
		{"a token without a Region", role + "web_identity_token_file = /etc/passwd\n", "",
			"the credentials that AWS_PROFILE names could not be fetched: the Region of STS is not known: set AWS_REGION, or region of the profile"},
		{"a token without a role", "region = eu-west-1\n", "AWS_WEB_IDENTITY_TOKEN_FILE=/nonexistent", "AWS configuration: AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN: set both"},
		{"a role with MFA", role + "source_profile = q\nmfa_serial = m\n[profile q]\naws_access_key_id = a\naws_secret_access_key = b\n", "",
			"AWS configuration: the role of the profile wants a code of an MFA device, for which vpcetrail does not ask: use temporary credentials of the role"},
		{"no number", "region = eu-west-1\n", "AWS_MAX_ATTEMPTS=x", "AWS configuration: invalid value AWS_MAX_ATTEMPTS=x"},
		{"a process", "credential_process = false\n", "", "the credentials that AWS_PROFILE names could not be fetched: error in credential_process: exit status 1"},
		{"a role from an empty environment", role + "credential_source = Environment\n", "AWS_REGION=eu-west-1", "the credentials that AWS_PROFILE names could not be fetched: static credentials are empty"},
		{"no SSO session", session, "", "there is no SSO session: run aws sso login --profile p"},
		{"an SSO session that has ended", session, "HOME=ended", "the SSO session has ended: run aws sso login --profile p"},
		{"no SSO session, without a section", old, "", "there is no SSO session: run aws sso login --profile p"},
		{"no name of an SSO session", "sso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n", "", "AWS configuration: failed to find SSO session section, s"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := reasonOf(t, "[profile p]\n"+tc.profile, tc.env); got != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

// reasonOf returns what is said of a configuration without credentials. HOME=ended has an SSO
// session that has ended.
func reasonOf(t *testing.T, file, env string) string {
	t.Helper()
	home := t.TempDir()
	for _, name := range []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_REGION", "AWS_DEFAULT_REGION",
		"AWS_MAX_ATTEMPTS", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_ENDPOINT_URL",
	} {
		t.Setenv(name, "") // restored at the end
		_ = os.Unsetenv(name)
	}
	write := func(name, text string) string {
		name = filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	t.Setenv("AWS_PROFILE", "p")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", write("config", file))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", write("credentials", ""))
	name, value, _ := strings.Cut(env, "=")
	t.Setenv("HOME", home)
	if name == "HOME" {
		cached, err := ssocreds.StandardCachedTokenFilepath("s")
		if err != nil {
			t.Fatal(err)
		}
		rest := strings.TrimPrefix(cached, home)
		write(rest, `{"accessToken": "t", "expiresAt": "`+time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)+`"}`)
	} else if name != "" {
		t.Setenv(name, value)
	}
	cfg, err := Config(t.Context(), config.WithHTTPClient(httpClient()))
	if err != nil {
		return err.Error()
	}
	if _, err = cfg.Credentials.Retrieve(t.Context()); err == nil {
		t.Fatal("there are credentials")
	}
	return NoCredentials(err)
}
