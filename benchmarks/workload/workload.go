// Package workload makes the input of the benchmarks and the SQL checks: generated
// trails, and the product's binary. Its functions may be called concurrently for
// different directories.
package workload

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"

	"vpcetrail/fixtures/trail"
)

// Records is the mean number of records in an object: about 1.7 MB of JSON, as busy
// accounts deliver them.
const Records = 1300

// Config describes a trail of 2 accounts in 2 Regions on 2 days. It has the given number
// of CloudTrail objects, rounded up to the same number in each. Objects of network events
// come on top.
func Config(objects int) trail.Config {
	cfg := trail.Default()
	cells := cfg.Accounts * len(cfg.Regions) * cfg.Days
	cfg.Objects = (objects + cells - 1) / cells
	cfg.Records = Records
	return cfg
}

// Objects returns the paths of the trail's objects that analyze reads, in lexical order.
func Objects(trailDir string) ([]string, error) {
	var paths []string
	err := filepath.WalkDir(trailDir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		slashed := filepath.ToSlash(path)
		read := strings.Contains(slashed, "/CloudTrail/") || strings.Contains(slashed, "/CloudTrail-NetworkActivity/")
		if read && strings.HasSuffix(path, ".json.gz") {
			paths = append(paths, path)
		}
		return nil
	})
	if err == nil && len(paths) == 0 {
		err = fmt.Errorf("%s: holds no CloudTrail object", trailDir)
	}
	return paths, err
}

// Build builds the vpcetrail command into dir, with the product's own go.mod as a user
// would, and returns the binary's path.
func Build(ctx context.Context, dir string) (binary string, err error) {
	root, err := output(exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "vpcetrail"))
	if err != nil {
		return "", err
	}
	binary, err = filepath.Abs(filepath.Join(dir, "vpcetrail"))
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/vpcetrail")
	cmd.Dir = strings.TrimSpace(root)
	_, err = output(cmd)
	return binary, err
}

// output runs cmd and returns its output. An error includes the command's standard error.
func output(cmd *exec.Cmd) (string, error) {
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, errOut.String())
	}
	return out.String(), nil
}
