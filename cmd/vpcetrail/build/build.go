// Package build identifies the running program by what the Go toolchain recorded in it.
package build

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"sync"
)

// Version returns the version of the program. Programs with the same version make the same report.
// It is the version of the module, which names a tag or a commit. If the program contains
// anything else, such as changes that were not committed, then the version ends with the build id.
var Version = sync.OnceValues(func() (string, error) {
	version, exact := versionOf(info())
	if exact {
		return version, nil
	}
	sum, err := digest()
	if err != nil {
		return "", err
	}
	return version + sum[:idDigits], nil
})

// idDigits is the length of a build id: the first hexadecimal digits of the SHA-256 of the
// executable.
const idDigits = 16

// Text describes the build in a few lines, for people.
func Text() (string, error) {
	version, err := Version()
	if err != nil {
		return "", err
	}
	sum, err := digest()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("vpcetrail %s\n%sSHA-256 of the executable: %s\n", version, describe(info()), sum), nil
}

// info returns what the toolchain recorded. It is empty if that was stripped.
func info() *debug.BuildInfo {
	if recorded, ok := debug.ReadBuildInfo(); ok {
		return recorded
	}
	return &debug.BuildInfo{}
}

// versionOf returns the version that the toolchain recorded, and whether it determines the program.
// If it does not, then the build id is to be appended.
func versionOf(b *debug.BuildInfo) (version string, exact bool) {
	version, dirty := strings.CutSuffix(b.Main.Version, "+dirty")
	switch {
	case unnamed(version):
		return "devel+", false
	case dirty:
		return version + "+dirty.", false
	}
	for _, dep := range b.Deps {
		if dep.Replace != nil {
			dep = dep.Replace
		}
		if unnamed(dep.Version) { // a directory on the machine of the build
			return version + "+replaced.", false
		}
	}
	return version, true
}

func unnamed(version string) bool { return version == "" || version == "(devel)" }

// describe says from which commit and by which toolchain the program was built.
func describe(b *debug.BuildInfo) string {
	of := map[string]string{}
	for _, s := range b.Settings {
		of[s.Key] = s.Value
	}
	var commit, changed string
	if of["vcs.modified"] == "true" {
		changed = ", with changes that are not committed"
	}
	if of["vcs.revision"] != "" {
		commit = fmt.Sprintf("commit %s of %s%s\n", of["vcs.revision"], of["vcs.time"], changed)
	}
	return fmt.Sprintf("%sbuilt by %s for %s/%s\n", commit, b.GoVersion, of["GOOS"], of["GOARCH"])
}

// digest returns the SHA-256 of the executable in hexadecimal digits.
var digest = sync.OnceValues(func() (string, error) {
	f, err := os.Open("/proc/self/exe") // the running program, even if its file was replaced since
	if err != nil {
		var path string
		if path, err = os.Executable(); err == nil {
			f, err = os.Open(path)
		}
	}
	if err != nil {
		return "", fmt.Errorf("executable: %w: let it be read, so that its build can be identified", err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("executable: read: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
})
