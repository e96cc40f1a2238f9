package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"go/build"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// startVersity starts versitygw, an S3 server in front of a directory, for as long as the test runs. It speaks HTTPS,
// as S3 does: the SDK then sends the checksum of what it uploads behind it.
func startVersity(t *testing.T) *s3Server {
	t.Helper()
	program, address := findVersity(t), freeAddress(t)
	cert, key, client := certificate(t)
	files, attributes := t.TempDir(), t.TempDir() // apart: not every file system keeps attributes
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	cmd := exec.CommandContext(ctx, program, "--quiet", "--keep-alive", "--port", address, "--access", accessKey, "--secret", secretKey,
		"--cert", cert, "--key", key, "posix", "--sidecar", attributes, files)
	var says bytes.Buffer
	cmd.Stdout, cmd.Stderr = &says, &says
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // killed, unless it could not start
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	for !listens(address) {
		select {
		case <-ended:
			t.Fatalf("versitygw ends at once: %s", says.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
	s := &s3Server{url: "https://" + address, ca: cert, http: client}
	s.connect(t)
	return s
}

func listens(address string) bool {
	conn, err := net.Dial("tcp", address)
	return err == nil && conn.Close() == nil
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

// findVersity returns the path of versitygw. Whoever has not installed it runs the other tests alone.
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

// freeAddress returns an address of this machine on which nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return address
}
