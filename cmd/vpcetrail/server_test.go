package main

import (
	"bytes"
	"context"
	"net"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// startServer runs a server's program for as long as the test runs, and returns once it listens at address.
// Its life is limited, should the tests die without a clean-up: no test may wait for others behind it.
func startServer(t *testing.T, address, program string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	cmd := exec.CommandContext(ctx, program, args...)
	var says bytes.Buffer
	cmd.Stdout, cmd.Stderr = &says, &says
	if err := cmd.Start(); err != nil {
		cancel()
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
			t.Fatalf("%s ends at once: %s", filepath.Base(program), says.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func listens(address string) bool {
	conn, err := net.Dial("tcp", address)
	return err == nil && conn.Close() == nil
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
