package build

import (
	"crypto/sha256"
	"fmt"
	"os"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersionOf(t *testing.T) {
	const commit = "v0.0.0-20261129033012-7b4411d1b2c3"
	named, local := &debug.Module{Path: "x", Version: "v1.0.0"}, &debug.Module{Path: "../x"}
	for _, tc := range []struct {
		name, version string
		deps          []*debug.Module
		want          string
		exact         bool
	}{
		{"a tag", "v1.2.3", []*debug.Module{named}, "v1.2.3", true},
		{"a commit without a tag", commit, nil, commit, true},
		{"a dependency replaced by a version", "v1.2.3", []*debug.Module{{Path: "y", Version: "v1.0.0", Replace: named}}, "v1.2.3", true},
		{"changes after a tag", "v1.2.3+dirty", nil, "v1.2.3+dirty.", false},
		{"changes after a commit", commit + "+dirty", nil, commit + "+dirty.", false},
		{"no commit known", "(devel)", nil, "devel+", false},
		{"no build information", "", nil, "devel+", false},
		{"a dependency replaced by a directory", "v1.2.3", []*debug.Module{named, {Path: "y", Version: "v1.0.0", Replace: local}}, "v1.2.3+replaced.", false},
		{"a dependency of a workspace", "v1.2.3", []*debug.Module{{Path: "y", Version: "(devel)"}}, "v1.2.3+replaced.", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, exact := versionOf(&debug.BuildInfo{Main: debug.Module{Version: tc.version}, Deps: tc.deps})
			if got != tc.want || exact != tc.exact {
				t.Errorf("got %s, %v, want %s, %v", got, exact, tc.want, tc.exact)
			}
		})
	}
}

func TestDescribe(t *testing.T) {
	b := &debug.BuildInfo{GoVersion: "go1.26.8", Settings: []debug.BuildSetting{
		{Key: "GOOS", Value: "linux"}, {Key: "GOARCH", Value: "arm64"}, {Key: "vcs.revision", Value: "7b4411d1"},
		{Key: "vcs.time", Value: "2026-11-29T03:30:12Z"}, {Key: "vcs.modified", Value: "true"},
	}}
	const want = "commit 7b4411d1 of 2026-11-29T03:30:12Z, with changes that are not committed\nbuilt by go1.26.8 for linux/arm64\n"
	if got := describe(b); got != want {
		t.Errorf("got %s", got)
	}
}

// The build id of a program without a version is the SHA-256 of its executable.
func TestBuildID(t *testing.T) {
	version, err := Version() // tests have no version
	if err != nil {
		t.Fatal(err)
	}
	text, err := Text()
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^devel\+[0-9a-f]{16}$`).MatchString(version) {
		t.Errorf("the version is %q", version)
	}
	sum := text[strings.LastIndex(text, " ")+1:]
	if !strings.HasPrefix(sum, strings.TrimPrefix(version, "devel+")) || !strings.HasPrefix(text, "vpcetrail "+version+"\n") {
		t.Errorf("version %s, and text %s", version, text)
	}
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(executable)
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%x\n", sha256.Sum256(content)); sum != want {
		t.Errorf("SHA-256 %s, want %s", sum, want)
	}
}
