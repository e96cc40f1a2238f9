package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"vpcetrail/ingest/aws"
	"vpcetrail/report/changes"
	"vpcetrail/report/grid"
)

// An eventBus is an event bus of EventBridge.
type eventBus struct {
	*service
	bus    string // its ARN
	report string
}

var buses = regexp.MustCompile(`^(arn:[a-z-]+:events:[a-z0-9-]+:[0-9]{12}:event-bus/)?[A-Za-z0-9/._-]+$`)

// CheckBus returns an error for a --bus that is neither the name nor the ARN of an event bus, else nil.
func CheckBus(bus string) error {
	if !buses.MatchString(bus) {
		return fmt.Errorf("--bus %q: want the name of an event bus, or an ARN such as arn:aws:events:eu-west-1:111122223333:event-bus/audit", bus)
	}
	return nil
}

// isBusARN reports whether text has the form of an event bus's ARN.
func isBusARN(text string) bool {
	parts := strings.SplitN(text, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && parts[2] == "events" && strings.HasPrefix(parts[5], "event-bus/")
}

// openBus returns the event bus of that name or ARN. It fails if there is none: EventBridge takes
// events for an unknown bus with status 200, and drops them. If offline is set and bus is an ARN,
// openBus makes no call.
func openBus(ctx context.Context, cfg sdk.Config, bus, report string, offline bool) (*eventBus, error) {
	b := &eventBus{service: newService(ctx, cfg, api{name: "EventBridge", sdkID: "EventBridge", host: "events"}), bus: bus, report: report}
	if offline && isBusARN(bus) {
		return b, nil
	}
	var found struct{ Arn string }
	err := b.post(ctx, "/", "AWSEvents.DescribeEventBus", map[string]string{"Name": bus}, &found)
	if code, _ := aws.APIError(err); code == "ResourceNotFoundException" {
		return nil, fmt.Errorf("--bus %s: EventBridge has no such event bus in %s: create it, or see --region", bus, cfg.Region)
	}
	if err != nil {
		return nil, b.explain(err, "events:DescribeEventBus and events:PutEvents on it")
	}
	if !isBusARN(found.Arn) {
		return nil, fmt.Errorf("--bus %s: EventBridge gives no ARN for it", bus)
	}
	b.bus = found.Arn
	return b, nil
}

func (b *eventBus) arn() string { return b.bus }

func (b *eventBus) keepsFindings() bool { return false }

// limits returns those of PutEvents. 256 KB was the limit of a call when this was written for all
// partitions; most now take 1 MB.
func (b *eventBus) limits() (news, bytes, bytesOfOne int) { return 10, 256_000, 256_000 }

// An entry is an entry of PutEvents.
type entry struct {
	Source       string
	DetailType   string
	Detail       string
	EventBusName string
	Resources    []string `json:",omitempty"`
}

// The details of events. Their fields are only ever added.
type (
	head struct {
		Version int    `json:"version"`
		ID      string `json:"id"`
		Report  string `json:"report"`
	}
	findingDetail struct {
		head
		Day   string `json:"day"`   // on which this was found out
		Since string `json:"since"` // the day on which the finding was new
		State state  `json:"state"`
		changes.Finding
	}
	dayDetail struct {
		head
		changes.Document
	}
)

func (b *eventBus) message(n *news) any {
	e := entry{Source: "vpcetrail", EventBusName: b.bus}
	top := head{1, n.id(), b.report}
	var detail any
	if n.event != nil {
		e.DetailType, detail = "vpcetrail day", dayDetail{top, *n.event}
	} else {
		e.DetailType, detail = "vpcetrail finding", findingDetail{top, n.date, n.finding.Since, n.state, changes.FindingOf(&n.row)}
		for _, name := range []string{n.row.Principal, n.row.Resource} {
			if strings.HasPrefix(name, "arn:") && grid.Clean(name) == name {
				e.Resources = append(e.Resources, name)
			}
		}
	}
	text, _ := json.Marshal(detail) // texts and numbers always marshal
	e.Detail = string(grid.JSONText(text))
	return e
}

func (b *eventBus) send(ctx context.Context, batch []*news) ([]error, error) {
	in := struct{ Entries []json.RawMessage }{}
	for _, n := range batch {
		in.Entries = append(in.Entries, n.body)
	}
	var out struct {
		Entries []struct {
			EventID                 string `json:"EventId"`
			ErrorCode, ErrorMessage string
		}
	}
	if err := b.post(ctx, "/", "AWSEvents.PutEvents", in, &out); err != nil {
		return nil, b.explain(err, "events:PutEvents on "+b.bus)
	}
	refused := make([]error, len(batch))
	for i := range batch {
		switch {
		case len(out.Entries) != len(batch):
			refused[i] = fmt.Errorf("EventBridge answers for %d of %d events", len(out.Entries), len(batch))
		case out.Entries[i].ErrorCode != "":
			refused[i] = &smithy.GenericAPIError{Code: out.Entries[i].ErrorCode, Message: out.Entries[i].ErrorMessage}
		case out.Entries[i].EventID == "":
			refused[i] = fmt.Errorf("EventBridge gives no id for it")
		}
	}
	return refused, nil
}
