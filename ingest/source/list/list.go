package list

import (
	"context"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"vpcetrail/ingest/aws"
	"vpcetrail/ingest/source/store"
)

// Options say where the objects of a trail are kept, and how to call the services. The
// zero value works.
type Options struct {
	Stdin io.Reader // the object "-"; nil is empty

	S3         func(ctx context.Context) (*s3.Client, error) // called once if there is an S3 source; nil means aws.NewS3
	CloudTrail func(ctx context.Context, region string) (*cloudtrail.Client, error)

	Calls       store.CallOptions // without Renew: S3 and CloudTrail each load their own credentials
	LookupEvery time.Duration     // between two requests to CloudTrail; 0 means its own limit
	Now         func() time.Time  // nil means time.Now
}

// Bucket returns the calls to S3.
func (o Options) Bucket(ctx context.Context) (*store.Calls, error) {
	newClient := o.S3
	if newClient == nil {
		newClient = aws.NewS3
	}
	client, err := newClient(ctx)
	if err != nil {
		return nil, err
	}
	o.Calls.Renew = aws.CredentialsOf(newClient)
	return store.NewCalls(client, o.Calls), nil
}

// A Listing returns the objects of a trail in canonical order, the byte order of their
// names. It is safe for concurrent use.
type Listing struct {
	*frontier // set by Start
	plan      *plan
	roots     []*node
}

// Open looks up the sources args. Each is s3://bucket/prefix, lookup-events://REGION,
// a directory, a file or "-". It fails if one of them does not exist or may not be
// listed.
func Open(ctx context.Context, args []string, sel Selection, opt Options) (*Listing, error) {
	l := &Listing{plan: newPlan(sel)}
	var err error
	l.roots, err = roots(ctx, args, opt, l.plan)
	return l, err
}

// Start begins the listing with the given number of listers, and starts each by a call
// of run. They end when everything is listed, or when ctx ends and Wake is called.
func (l *Listing) Start(ctx context.Context, listers int, run func(func())) {
	l.frontier = newFrontier(ctx, l.plan, l.roots)
	for range listers {
		run(l.lister)
	}
}

// Accounts returns, sorted, every account that has a folder in the trail or appears in
// the name of an object outside the layout, selected or not. The answer is complete
// once everything is listed.
func (l *Listing) Accounts() []string { return l.plan.seen() }

// PassedOver returns the objects that may hold calls but were skipped. The answer is
// complete once everything is listed.
func (l *Listing) PassedOver() PassedOver { return l.plan.passed.all() }

// A listingError reports a folder that could not be listed.
type listingError struct {
	name string
	err  error
}

func (e *listingError) Error() string { return "list " + e.name + ": " + aws.Cause(e.err) }

func (e *listingError) Unwrap() error { return e.err }
