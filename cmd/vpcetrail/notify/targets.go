package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"

	"github.com/aws/smithy-go"

	"vpcetrail/report/grid"
)

// A target is what news are sent to.
type target interface {
	// arn returns the target's ARN, which names its record.
	arn() string
	// keepsFindings reports whether the target keeps each finding until it is archived. Else it is
	// sent what changes, and an event for each day.
	keepsFindings() bool
	// message returns what the target is sent.
	message(n *news) any
	// limits returns how many news, and how many bytes of them, fit into a call.
	limits() (news, bytes, bytesOfOne int)
	// send makes one call. It returns an error for each news that the target refuses. The second
	// error is that of the call: the target took nothing.
	send(ctx context.Context, batch []*news) ([]error, error)
	// wait waits before the nth call for news that the target refused for now.
	wait(ctx context.Context, n int, err error) error
}

// A printer takes all news of its target, and prints what the target would be sent, one JSON object
// a line.
type printer struct {
	target
	out io.Writer
	err error // why it could not be printed
}

func (p *printer) send(_ context.Context, batch []*news) ([]error, error) {
	for _, n := range batch {
		if _, p.err = p.out.Write(append(grid.JSONText(n.body), '\n')); p.err != nil {
			return nil, p.err
		}
	}
	return make([]error, len(batch)), nil
}

// encode writes what the target is sent for each news. News that do not fit fail.
func encode(t target, list []*news) (fit []*news) {
	_, _, most := t.limits()
	for _, n := range list {
		text, err := json.Marshal(t.message(n))
		switch n.body = text; {
		case err != nil:
			n.err = err
		case len(text) > most:
			n.err = fmt.Errorf("it has %s, more than the target takes", grid.Size(int64(len(text))))
		default:
			fit = append(fit, n)
		}
	}
	return fit
}

// cut returns the news of the first call.
func cut(t target, list []*news) int {
	most, bytes, _ := t.limits()
	size := 0
	for i, n := range list {
		if size += len(n.body) + 1; i == most || size > bytes && i > 0 {
			return i
		}
	}
	return len(list)
}

// tries is how often news are sent that the target refuses for now.
const tries = 4

// sendAll sends news, and gives those that are not delivered an error. It stops when a call fails
// as a whole, and returns that error.
func sendAll(ctx context.Context, t target, list []*news) error {
	for list = encode(t, list); len(list) > 0; {
		n := cut(t, list)
		if err := sendBatch(ctx, t, list[:n]); err != nil {
			for _, one := range list[n:] {
				one.err = err
			}
			return err
		}
		for _, one := range list[:n] {
			one.body = nil
		}
		list = list[n:]
	}
	return nil
}

// sendBatch makes a call, and again for the news that the target refuses for now.
func sendBatch(ctx context.Context, t target, batch []*news) error {
	for try := 1; len(batch) > 0; try++ {
		refused, err := t.send(ctx, batch)
		if err != nil {
			for _, n := range batch {
				n.err = err
			}
			return err
		}
		var later []*news
		for i, n := range batch {
			if n.err = refused[i]; n.err != nil && forNow(n.err) {
				later = append(later, n)
			}
		}
		if batch = later; len(batch) == 0 || try == tries {
			return nil
		}
		if err := t.wait(ctx, try, batch[0].err); err != nil {
			return nil // they keep the target's own error
		}
	}
	return nil
}

// forNow reports whether a target may take later what it has refused.
func forNow(err error) bool {
	var refused smithy.APIError
	if !errors.As(err, &refused) {
		return false
	}
	code := refused.ErrorCode()
	return strings.Contains(code, "Throttl") || strings.HasPrefix(code, "Internal") || code == "ServiceUnavailable" || code == "LimitExceededException"
}

// clip shortens text to at most most characters as AWS counts them, in UTF-16.
func clip(text string, most int) string {
	units, end := 0, 0 // text[:end] leaves room for one more
	for i, r := range text {
		if units < most {
			end = i
		}
		if units += utf16.RuneLen(r); units > most {
			return text[:end] + "…"
		}
	}
	return text
}
