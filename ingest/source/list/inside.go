package list

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/source/store"
)

// Lists reports whether reading the SOURCE arg, for all days and accounts, would list
// the subfolder sub of folder. folder is a directory or s3://bucket/prefix that need
// not exist. The answer is true if it lies inside arg and the listing enters it. Links
// are followed. A bucket under two names counts as two buckets.
func Lists(arg, folder, sub string) bool {
	var above, below string // the source's place by its name, and the path down from there
	var inside bool
	switch {
	case isLookup(arg), arg == "-", IsS3(arg) != IsS3(folder):
		return false
	case IsS3(arg):
		above, below, inside = insideBucket(arg, folder)
	default:
		above, below, inside = insideDir(arg, folder)
	}
	if !inside {
		return false
	}
	p, at := newPlan(Selection{Window: day.All()}), rootPlace(above)
	for _, name := range append(strings.FieldsFunc(below, func(r rune) bool { return r == '/' }), sub) {
		next, ok, err := p.descends(at, name)
		if err != nil {
			return true // the listing would stop there
		}
		if !ok {
			return false
		}
		at = next
	}
	return !at.Between // the folders dt=… of a table are not entered between AWSLogs and the accounts
}

func insideBucket(arg, folder string) (above, below string, inside bool) {
	bucket, above := store.SplitURL(arg)
	other, prefix := store.SplitURL(folder)
	if above != "" {
		above = strings.TrimRight(above, "/") + "/"
	}
	below, inside = strings.CutPrefix(strings.TrimRight(prefix, "/")+"/", above)
	return above, below, inside && bucket == other
}

func insideDir(arg, folder string) (above, below string, inside bool) {
	info, err := os.Stat(arg)
	if err != nil || !info.IsDir() {
		return "", "", false
	}
	outer, err := store.RealPath(arg)
	inner, err2 := plannedPath(folder)
	abs, err3 := filepath.Abs(arg)
	if errors.Join(err, err2, err3) != nil || !store.Within(inner, outer) {
		return "", "", false
	}
	return strings.TrimSuffix(filepath.ToSlash(abs), "/") + "/", strings.TrimPrefix(inner, outer), true
}

// plannedPath is store.RealPath for a path that may end in names that do not exist
// yet.
func plannedPath(name string) (string, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	for rest := ""; ; abs = filepath.Dir(abs) {
		real, err := store.RealPath(abs)
		if err == nil {
			return path.Join(real, rest), nil
		}
		if !errors.Is(err, fs.ErrNotExist) || abs == filepath.Dir(abs) {
			return "", err
		}
		rest = path.Join(filepath.Base(abs), rest)
	}
}

// rootPlace returns the place of a folder given as SOURCE, by its path dir. A folder
// that a listing would skip is read like any other if it is a SOURCE itself.
func rootPlace(dir string) layout.Place {
	at := layout.PlaceOf(dir)
	if at.Level == layout.AtForeign {
		at = layout.Place{}
	}
	at.Depth, at.Between = 0, false
	return at
}
