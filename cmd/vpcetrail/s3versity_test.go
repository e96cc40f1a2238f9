package main

import (
	"bytes"
	"context"
	"go/build"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// startVersity starts versitygw, an S3 server in front of a directory, for as long as the test runs.
func startVersity(t *testing.T) *s3Server {
	t.Helper()
	program, address := findVersity(t), freeAddress(t)
	files, attributes := t.TempDir(), t.TempDir() // apart: not every file system keeps attributes
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	cmd := exec.CommandContext(ctx, program, "--quiet", "--keep-alive", "--port", address, "--access", accessKey, "--secret", secretKey,
		"posix", "--sidecar", attributes, files)
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
	s := &s3Server{url: "http://" + address}
	s.connect(t)
	return s
}

func listens(address string) bool {
	conn, err := net.Dial("tcp", address)
	return err == nil && conn.Close() == nil
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
