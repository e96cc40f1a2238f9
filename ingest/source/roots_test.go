package source

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"vpcetrail/ingest/aws"
)

func TestOpenRefusesWrongSources(t *testing.T) {
	server := newS3(t)
	server.put(t, "AWSLogs/x.json", "AWSLogs/xyz/x.json")
	dir := t.TempDir()
	t.Chdir(dir)
	writeTree(t, dir, "trail/a.json")
	for _, tc := range []struct {
		name string
		args []string
		want string
	}{
		{"none", nil, "no source: name s3://bucket/prefix, lookup-events://REGION, a directory, a file or -"},
		{"empty", []string{"trail", ""}, `source "" is empty: name s3://bucket/prefix, lookup-events://REGION, a directory, a file or -`},
		{"no such path", []string{"trail", "trial"}, "trial: no such file or directory: name s3://bucket/prefix, lookup-events://REGION, a directory, a file or -"},
		{"below a file", []string{"trail/a.json/b"}, "trail/a.json/b: open: not a directory"},
		{"another scheme", []string{"gs://logs/AWSLogs"}, "gs://logs/AWSLogs: neither s3:// nor lookup-events:// nor a path: name s3://bucket/prefix, lookup-events://REGION, a directory, a file or -"},
		{"no bucket", []string{"s3:///AWSLogs"}, "s3:///AWSLogs: no bucket: write s3://bucket/prefix"},
		{"no such bucket", []string{"s3://nowhere/AWSLogs"}, "list s3://nowhere/AWSLogs/: no such bucket: check its name"},
		{"no such prefix", []string{"s3://logs/AWSLog"}, "s3://logs/AWSLog: no object of that name or below it: check bucket and prefix"},
		{"part of a name", []string{"s3://logs/AWSLogs/xy"}, "s3://logs/AWSLogs/xy: no object of that name or below it: check bucket and prefix"},
		{"object named as a folder", []string{"s3://logs/AWSLogs/x.json/"}, "s3://logs/AWSLogs/x.json/: no object of that name or below it: check bucket and prefix"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Open(t.Context(), tc.args, allDays, Options{S3: server.open})
			if err == nil || err.Error() != tc.want {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}

func TestOpenRefusesWithoutPermissionToList(t *testing.T) {
	server := newS3(t)
	server.put(t, "AWSLogs/x.json")
	server.before = func(w http.ResponseWriter, r *http.Request) bool {
		return refuse(w, 403, "AccessDenied", "no identity-based policy allows it")
	}
	_, err := Open(t.Context(), []string{"s3://logs/AWSLogs"}, allDays, Options{S3: server.open})
	want := "list s3://logs/AWSLogs/: AccessDenied: no identity-based policy allows it: allow s3:ListBucket on bucket logs for this prefix"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// A listing that is refused midway ends the trail there, after the objects before it.
func TestNextReportsAListingRefusedOnTheWay(t *testing.T) {
	server := newS3(t)
	server.put(t, "a/a.json", "b/b.json", "c/c.json")
	server.before = func(w http.ResponseWriter, r *http.Request) bool {
		return r.URL.Query().Get("prefix") == "b/" && refuse(w, 403, "AccessDenied", "Access Denied")
	}
	for range 5 {
		got, _, err := read(t, []string{"s3://logs"}, allDays, Options{S3: server.open})
		equal(t, "objects", got, []string{"s3://logs/a/a.json"})
		want := "list s3://logs/b/: AccessDenied: Access Denied: allow s3:ListBucket on bucket logs for this prefix"
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestNextRepeatsItsError(t *testing.T) {
	dir := t.TempDir()
	trail, err := Open(t.Context(), []string{dir}, allDays, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	for range 3 {
		if f, err := trail.Next(t.Context()); f != nil || err == nil || err.Error() != "EOF" {
			t.Errorf("empty directory: %v, %v", f, err)
		}
	}
	if n, bytes, done := trail.Found(); n != 0 || bytes != 0 || !done {
		t.Errorf("empty directory: found %d, %d bytes, done %v", n, bytes, done)
	}
}

func TestBucketInAnotherRegionIsFollowed(t *testing.T) {
	server := newS3(t)
	server.put(t, "AWSLogs/x.json")
	tell := true
	server.before = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.Header.Get("Authorization"), "/eu-central-1/s3/") {
			return false
		}
		if tell {
			w.Header().Set("X-Amz-Bucket-Region", "eu-central-1")
		}
		return refuse(w, 301, "PermanentRedirect", "use the specified endpoint")
	}
	equal(t, "objects", names(t, []string{"s3://logs"}, allDays, Options{S3: server.open}), []string{"s3://logs/AWSLogs/x.json"})
	tell = false
	_, err := Open(t.Context(), []string{"s3://logs"}, allDays, Options{S3: server.open})
	if want := "list s3://logs/: the bucket is in another Region: set AWS_REGION to the bucket's"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// awsEnv gives the SDK only what the test sets.
func awsEnv(t testing.TB, env map[string]string) {
	t.Helper()
	none := filepath.Join(t.TempDir(), "none")
	for name, value := range map[string]string{
		"AWS_CONFIG_FILE": none, "AWS_SHARED_CREDENTIALS_FILE": none, "AWS_PROFILE": "", "AWS_REGION": "", "AWS_DEFAULT_REGION": "",
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_S3": "", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "",
		"AWS_WEB_IDENTITY_TOKEN_FILE": "", "AWS_ROLE_ARN": "", "AWS_MAX_ATTEMPTS": "1",
	} {
		t.Setenv(name, value)
	}
	for name, value := range env {
		t.Setenv(name, value)
	}
}

func TestNewS3ReadsTheEnvironment(t *testing.T) {
	server := newS3(t)
	server.put(t, "AWSLogs/x.json")
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"} {
		awsEnv(t, map[string]string{name: server.URL, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"})
		equal(t, name, names(t, []string{"s3://logs"}, allDays, Options{}), []string{"s3://logs/AWSLogs/x.json"})
	}
	awsEnv(t, nil)
	client, err := aws.NewS3(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if o := client.Options(); o.UsePathStyle || o.Region != "us-east-1" {
		t.Errorf("without an endpoint: path style %v, Region %s", o.UsePathStyle, o.Region)
	}
}

func TestOpenSaysWhyS3IsOutOfReach(t *testing.T) {
	dead := httptest.NewServer(nil)
	dead.Close()
	addr := dead.Listener.Addr().String()
	for _, tc := range []struct {
		name string
		env  map[string]string
		want string
	}{
		{"no credentials", map[string]string{"AWS_ENDPOINT_URL": dead.URL},
			"list s3://logs/p/: no AWS credentials: set AWS_PROFILE, or give the machine a role"},
		{"no server", map[string]string{"AWS_ENDPOINT_URL": dead.URL, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"},
			"list s3://logs/p/: dial tcp " + addr + ": connect: connection refused"},
		{"no such profile", map[string]string{"AWS_PROFILE": "absent"},
			"s3://logs/p: AWS configuration: no file has profile \"absent\": see AWS_PROFILE"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			awsEnv(t, tc.env)
			_, err := Open(t.Context(), []string{"s3://logs/p"}, allDays, Options{})
			if err == nil || err.Error() != tc.want {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}
