package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"vpcetrail/fixtures/trail"
)

// generate writes a trail of two days, 32 objects and about 2,000 records, and returns its directory.
func generate(t testing.TB, seed uint64) string {
	t.Helper()
	dir := t.TempDir()
	cfg := trail.Default()
	cfg.Seed, cfg.Objects, cfg.Records, cfg.Principals = seed, 4, 60, 6
	if _, err := trail.Generate(context.Background(), cfg, dir); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "trail")
}

// tables returns of a report's files those that do not depend on where the objects lie: all but
// objects and the manifests.
func tables(files map[string]string) map[string]string {
	some := map[string]string{}
	for name, text := range files {
		if !strings.HasPrefix(name, "objects/") && !strings.HasPrefix(name, "_runs/") {
			some[name] = text
		}
	}
	return some
}
