// Command pack makes the files of a release from the programs that were built: archives, and the
// container image. The same input gives the same bytes on every machine with the same version of Go.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"time"
)

const usage = "usage: pack archive -out FILE -time SECONDS NAME=FILE…\n" +
	"       pack image -out FILE -time SECONDS -version VERSION -commit COMMIT ARCHITECTURE=FILE…"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New(usage)
	}
	set := flag.NewFlagSet("pack", flag.ContinueOnError)
	out := set.String("out", "", "`FILE` to write: .tar.gz or .zip for an archive, .tar for the image")
	seconds := set.Int64("time", 0, "the time of all files, in `SECONDS` since 1970")
	var about release
	set.StringVar(&about.version, "version", "", "`VERSION` of the image")
	set.StringVar(&about.commit, "commit", "", "`COMMIT` of the image")
	if err := set.Parse(args[1:]); err != nil {
		return err
	}
	about.time = time.Unix(*seconds, 0).UTC()
	switch {
	case *out == "" || *seconds <= 0 || set.NArg() == 0:
		return errors.New(usage)
	case args[0] == "archive":
		return archive(*out, about.time, set.Args())
	case args[0] == "image":
		return image(*out, &about, set.Args())
	}
	return errors.New(usage)
}
