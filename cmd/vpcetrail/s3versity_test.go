package main

import (
	"crypto/x509"
	"encoding/pem"
	"go/build"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// startVersity starts versitygw, an S3 server that stores files in a directory, for
// the duration of the test. It uses HTTPS, as S3 does: the SDK then sends the checksum
// of an upload after its body.
func startVersity(t *testing.T) *s3Server {
	t.Helper()
	program, address := findVersity(t), freeAddress(t)
	cert, key, client := certificate(t)
	files, attributes := t.TempDir(), t.TempDir() // separate: not every file system keeps attributes
	startServer(t, address, program, "--quiet", "--keep-alive", "--port", address, "--access", accessKey, "--secret", secretKey,
		"--cert", cert, "--key", key, "posix", "--sidecar", attributes, files)
	s := &s3Server{url: "https://" + address, ca: cert, http: client}
	s.connect(t)
	return s
}

// certificate returns files with a certificate for this machine and its key, and a client that trusts it.
func certificate(t *testing.T) (cert, key string, client *http.Client) {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	secret, err := x509.MarshalPKCS8PrivateKey(server.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	save := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return save("cert.pem", "CERTIFICATE", server.Certificate().Raw), save("key.pem", "PRIVATE KEY", secret), server.Client()
}

// findVersity returns the path of versitygw. Without it, only the other tests run.
func findVersity(t *testing.T) string {
	t.Helper()
	const name = "versitygw"
	for _, path := range []string{name, filepath.Join(os.Getenv("GOBIN"), name), filepath.Join(build.Default.GOPATH, "bin", name)} {
		if path, err := exec.LookPath(path); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("versitygw is neither on PATH nor in GOPATH/bin")
	}
	t.Skip("versitygw is neither on PATH nor in GOPATH/bin: .ci/run installs it")
	return ""
}
