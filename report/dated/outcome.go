package dated

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/klauspost/compress/flate"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/store"

	"vpcetrail/report/grid"
)

// Outcome says how reading an object ended that failed with err. Then ends is what ends the run, if
// that is the case, and problem is a line that names the object.
func Outcome(ctx context.Context, obj *store.Object, err error) (status ingest.Status, problem, ends error) {
	var unread *source.Error
	var broken flate.CorruptInputError
	switch {
	case ctx.Err() != nil:
		return "", nil, context.Cause(ctx)
	case err == nil:
		return ingest.OK, nil, nil
	case errors.As(err, &unread) && unread.EndsRun():
		return "", nil, err
	case errors.As(err, &unread):
		return ingest.Status(unread.Status), err, nil
	case errors.As(err, &broken):
		return ingest.Corrupt, fmt.Errorf("%s: inflate: broken deflate stream near compressed byte %d", obj.Name, int64(broken)), nil
	case errors.Is(err, io.ErrUnexpectedEOF):
		return ingest.Truncated, fmt.Errorf("%s: inflate: ends too early", obj.Name), nil
	}
	return ingest.Corrupt, fmt.Errorf("%s: decode: %w", obj.Name, err), nil
}

// Lines counts the lines of an object.
type Lines struct {
	All, Invalid int64
	First        int64 // byte where the first invalid one begins
	stray        int64
	strayDay     day.Day // of the first
}

// AddStray counts a line of a day for which the object MayHold none.
func (n *Lines) AddStray(d day.Day) {
	if n.stray++; n.stray == 1 {
		n.strayDay = d
	}
}

// Check says how an object ended that was read completely, and counts its bad lines. problem is a line
// that names the object and says what its invalid lines are not.
func (o *Objects) Check(obj *store.Object, n *Lines, what string) (status ingest.Status, problem error) {
	var bad []string
	if n.Invalid > 0 {
		first := "the first at"
		if n.Invalid == 1 {
			first = "at"
		}
		bad = append(bad, fmt.Sprintf("%d of %s %s not %s, %s byte %d", n.Invalid, grid.Plural(n.All, "line"), are(n.Invalid), what, first, n.First))
	}
	if o.CountIn(obj, "invalid", n.Invalid); n.stray > 0 {
		o.CountIn(obj, "stray", n.stray)
		bad = append(bad, fmt.Sprintf("%s %s of %s, such as %s", grid.Plural(n.stray, "line"), are(n.stray), o.notOf(obj), n.strayDay))
	}
	if len(bad) == 0 {
		return ingest.OK, nil
	}
	return ingest.InvalidRecords, fmt.Errorf("%s: %s", obj.Name, strings.Join(bad, "; and "))
}

func are(n int64) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// notOf says of which days an object MayHold no lines.
func (o *Objects) notOf(obj *store.Object) string {
	if !obj.Key.HasDay {
		return "an impossible day"
	}
	return fmt.Sprintf("a day that is neither %s, as its name says, nor up to %s before (see --lateness)", obj.Key.Day, grid.Plural(int64(max(o.lateness, 1)), "day"))
}

// MayHold reports whether an object may hold lines of a day. Its name has the day on which it was
// written: AWS delivers these logs within hours, so it holds lines of that day and of as many days
// before as the job reads late objects for, and of one at least. If the name has no day, the line
// must be of a time in which AWS writes such logs. Any other line is forged, or too late to count.
func (o *Objects) MayHold(obj *store.Object, d day.Day) bool {
	if !obj.Key.HasDay {
		return firstLog <= d && d <= lastLog
	}
	return obj.Key.Day-max(o.lateness, 1) <= d && d <= obj.Key.Day
}

// The days of the lines of objects without a day: from the start of S3.
var (
	firstLog = day.Of(time.Date(2006, 3, 14, 0, 0, 0, 0, time.UTC))
	lastLog  = day.Of(time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC))
)
