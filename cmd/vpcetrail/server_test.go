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

// startServer runs a server's program for the duration of the test, and returns once
// it listens at address. If the tests die without a clean-up, the program ends after a
// time limit, so that it does not block other tests.
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

// freeAddress returns an unused address of this machine.
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
