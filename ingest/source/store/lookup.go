package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"vpcetrail/ingest/aws"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source/layout"
)

const (
	// lookupPage is the largest number of events in an answer: the service's own
	// limit.
	lookupPage = 50
	// lookupEvery is the time between two requests. The service accepts two a second
	// for each account and Region, retries included.
	lookupEvery = time.Second / 2
	// lookupRetries is the reserve of a Lookup. At two requests a second, ten days
	// fail within minutes.
	lookupRetries = 100
)

// A Lookup is CloudTrail's event history of one Region, read with LookupEvents. Its
// objects are days, by the events' times, named lookup-events://REGION/2026-11-20. It
// is safe for concurrent use.
type Lookup struct {
	client *cloudtrail.Client
	calls  *aws.Calls
	region string
	pace   aws.Spacing
}

// NewLookup returns the event history of the client's Region. Two requests are at
// least every apart; 0 means half a second, CloudTrail's own limit. 0 retries means
// 100.
func NewLookup(client *cloudtrail.Client, opt aws.CallOptions, every time.Duration) *Lookup {
	if opt.Retries == 0 {
		opt.Retries = lookupRetries
	}
	if every == 0 {
		every = lookupEvery
	}
	o := client.Options()
	calls := aws.NewCalls("CloudTrail", o.RetryMode, o.RetryMaxAttempts, o.Credentials, opt)
	return &Lookup{client: client, calls: calls, region: o.Region, pace: aws.Spacing{Every: every}}
}

// Day returns the object that holds the events of d.
func (l *Lookup) Day(d day.Day) Object {
	return Object{Name: l.name() + "/" + d.String(), Key: layout.Key{Region: l.region, Day: d, HasDay: true}, Size: -1}
}

func (l *Lookup) name() string { return "lookup-events://" + l.region }

// Check requests one event of d, to find out early whether the history may be read.
func (l *Lookup) Check(ctx context.Context, d day.Day) error {
	in := request(d)
	in.MaxResults = sdk.Int32(1)
	_, err := l.ask(ctx, in)
	return err
}

// Open returns the events of the object's day, as aws cloudtrail lookup-events prints
// them. They are requested as they are read, a page at a time.
func (l *Lookup) Open(ctx context.Context, obj Object) (io.ReadCloser, Object, error) {
	return io.NopCloser(&looked{ctx: ctx, lookup: l, in: request(obj.Key.Day), text: []byte(`{"Events":[`)}), obj, nil
}

// List panics: the days of a Region are known without a request.
func (*Lookup) List(string) Pager { panic("BUG: event history listed") }

// request returns the request for a day. Both ends belong to it, and the service uses
// whole seconds.
func request(d day.Day) *cloudtrail.LookupEventsInput {
	start := d.Time()
	return &cloudtrail.LookupEventsInput{
		StartTime: sdk.Time(start), EndTime: sdk.Time(start.Add(24*time.Hour - time.Second)), MaxResults: sdk.Int32(lookupPage),
	}
}

// ask makes one request, with its retries. Errors include the remedy for a refusal.
func (l *Lookup) ask(ctx context.Context, in *cloudtrail.LookupEventsInput) (*cloudtrail.LookupEventsOutput, error) {
	out, err := l.client.LookupEvents(ctx, in, func(o *cloudtrail.Options) {
		o.Retryer, o.HTTPClient = l.calls.Spaced(&l.pace), l.calls.Patient(inMemory{o.HTTPClient})
		l.calls.Sign(&o.Credentials, &o.APIOptions)
	})
	if err != nil {
		return nil, l.explain(err)
	}
	l.calls.Succeeded()
	return out, nil
}

// inMemory is an HTTP client that sends a request's small body from memory, in one
// piece with its headers. With the SDK's own reader, net/http drops the connection if
// the answer arrives before net/http has seen the body's end. A server on the same
// machine is that fast.
type inMemory struct{ client cloudtrail.HTTPClient }

func (c inMemory) Do(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	req = req.Clone(req.Context())
	req.Body = io.NopCloser(bytes.NewReader(body))
	return c.client.Do(req)
}

// explain says in one line why a request failed, with the remedy if it was refused.
func (l *Lookup) explain(err error) error {
	var noHost *net.DNSError
	remedy := ""
	switch code, _ := aws.APIError(err); {
	case aws.Denied(code):
		remedy = ": allow cloudtrail:LookupEvents in " + l.region
	case code == "UnrecognizedClientException" || code == "InvalidClientTokenId":
		remedy = ": see that the credentials are valid and the account has " + l.region + " enabled"
	case errors.As(err, &noHost) && noHost.IsNotFound:
		remedy = ": see that there is a Region " + l.region
	}
	return aws.Explain(aws.Cause(err)+remedy, err)
}

// looked is the text of a day's events.
type looked struct {
	ctx    context.Context
	lookup *Lookup
	in     *cloudtrail.LookupEventsInput // for the next page
	text   []byte                        // not yet read
	begun  bool                          // an event was written
	err    error                         // returned after text
}

func (b *looked) Read(p []byte) (int, error) {
	for len(b.text) == 0 && b.err == nil {
		b.err = b.page()
	}
	if len(b.text) == 0 {
		return 0, b.err
	}
	n := copy(p, b.text)
	b.text = b.text[n:]
	return n, nil
}

// page fills text with the next page. It returns io.EOF with the last one.
func (b *looked) page() error {
	out, err := b.lookup.ask(b.ctx, b.in)
	if err != nil {
		return err
	}
	for i := range out.Events {
		if err := b.write(&out.Events[i]); err != nil {
			return err
		}
	}
	switch token := sdk.ToString(out.NextToken); {
	case token == "":
		b.text = append(b.text, "]}\n"...)
		return io.EOF
	case token == sdk.ToString(b.in.NextToken):
		return errors.New("the server returns the same page again")
	}
	b.in.NextToken = out.NextToken
	return nil
}

// write appends the part of an event that is needed: its record, a string of JSON.
func (b *looked) write(ev *types.Event) error {
	text, err := json.Marshal(struct {
		EventID         *string `json:"EventId"`
		CloudTrailEvent *string
	}{ev.EventId, ev.CloudTrailEvent})
	if err != nil {
		return err
	}
	if b.begun {
		b.text = append(b.text, ',')
	}
	b.begun = true
	b.text = append(append(b.text, '\n'), text...)
	return nil
}
