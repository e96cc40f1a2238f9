package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"vpcetrail/fixtures/trail"
)

// generate writes a trail that starts on 2026-11-20, with 20 objects and about 1,000 records a day, and
// returns its directory.
func generate(t testing.TB, seed uint64, days int) string {
	t.Helper()
	dir := t.TempDir()
	cfg := trail.Default()
	cfg.Seed, cfg.Days, cfg.Objects, cfg.Records, cfg.Principals = seed, days, 4, 60, 6
	if _, err := trail.Generate(context.Background(), cfg, dir); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "trail")
}

// tables returns a report's files that do not depend on where the objects are: all but
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
