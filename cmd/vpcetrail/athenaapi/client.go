// Package athenaapi runs statements through Athena's API, and lists the tables of its
// data catalog.
package athenaapi

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"

	"vpcetrail/ingest/aws"
	athenasql "vpcetrail/report/athena"
)

// Options configure how a Client runs statements.
type Options struct {
	WorkGroup string
	Results   string // s3:// folder for the results that Athena writes; "" means the work group's
	// First and Most bound the wait between two requests for a statement's state. The
	// zero value starts at 100 ms and grows to 5 s.
	First, Most time.Duration
}

// A Client is a report/athena.Service that uses Athena's API. Use it from one
// goroutine.
type Client struct {
	api *athena.Client
	opt Options
}

// catalog is the one in which Athena creates tables: the account's Glue catalog.
const catalog = "AwsDataCatalog"

// New returns a Client with the SDK's own configuration: environment, profile,
// instance role. A call that Athena throttles or does not answer is retried up to 10
// times, with growing waits.
func New(ctx context.Context, opt Options) (*Client, error) {
	if opt.First == 0 {
		opt.First, opt.Most = 100*time.Millisecond, 5*time.Second
	}
	cfg, err := aws.Config(ctx)
	if err != nil {
		return nil, err
	}
	if cfg.Region == "" {
		return nil, fmt.Errorf("AWS configuration: names no Region: set AWS_REGION")
	}
	api := athena.NewFromConfig(cfg, func(o *athena.Options) {
		if o.RetryMaxAttempts == 0 {
			o.RetryMaxAttempts = 10
		}
		o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
			r.MaxAttempts = o.RetryMaxAttempts
			r.RateLimiter = unlimited{} // statements come one at a time: no storm of retries is possible
			r.MaxBackoff = opt.Most
		})
	})
	return &Client{api, opt}, nil
}

// unlimited allows every retry.
type unlimited struct{}

func (unlimited) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (unlimited) AddTokens(uint) error { return nil }

// runs is how often a statement is run if Athena itself says that it can be retried.
const runs = 3

// Run runs a statement and waits for its end. If the statement fails, the error has
// Athena's reason. When ctx ends, the statement is stopped.
func (c *Client) Run(ctx context.Context, sql string) error {
	for try := 1; ; try++ {
		again, err := c.runOnce(ctx, sql)
		if err == nil || !again || try == runs {
			return err
		}
		if err := c.pause(ctx, c.opt.First<<try); err != nil {
			return err
		}
	}
}

// runOnce runs a statement. If it fails, it also reports whether the statement can be
// retried.
func (c *Client) runOnce(ctx context.Context, sql string) (again bool, err error) {
	in := &athena.StartQueryExecutionInput{QueryString: &sql, WorkGroup: &c.opt.WorkGroup}
	if c.opt.Results != "" {
		in.ResultConfiguration = &types.ResultConfiguration{OutputLocation: &c.opt.Results}
	}
	started, err := c.api.StartQueryExecution(ctx, in)
	if err != nil {
		return false, said(err)
	}
	for wait := c.opt.First; ; wait = min(wait*3/2, c.opt.Most) {
		if err := c.pause(ctx, wait); err != nil {
			c.stop(ctx, started.QueryExecutionId)
			return false, err
		}
		answer, err := c.api.GetQueryExecution(ctx, &athena.GetQueryExecutionInput{QueryExecutionId: started.QueryExecutionId})
		if err != nil {
			c.stop(ctx, started.QueryExecutionId)
			return false, said(err)
		}
		status := answer.QueryExecution.Status
		switch status.State {
		case types.QueryExecutionStateQueued, types.QueryExecutionStateRunning:
			continue
		case types.QueryExecutionStateSucceeded:
			return false, nil
		}
		again := status.AthenaError != nil && status.AthenaError.Retryable
		return again, fmt.Errorf("%s, query %s: %s", strings.ToLower(string(status.State)),
			sdk.ToString(started.QueryExecutionId), reason(status))
	}
}

// said returns the API's own text of an SDK error, in one line.
func said(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return errors.New(aws.Cause(err))
}

// reason returns why a statement has failed, in one line.
func reason(status *types.QueryExecutionStatus) string {
	text := sdk.ToString(status.StateChangeReason)
	if text == "" && status.AthenaError != nil {
		text = sdk.ToString(status.AthenaError.ErrorMessage)
	}
	if text == "" {
		return "Athena gives no reason"
	}
	return strings.Join(strings.Fields(text), " ")
}

// stop stops a statement that nobody waits for. An error is ignored: a statement that
// continues does no harm.
func (c *Client) stop(ctx context.Context, id *string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, _ = c.api.StopQueryExecution(ctx, &athena.StopQueryExecutionInput{QueryExecutionId: id})
}

func (c *Client) pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// Tables returns the tables and views of a database.
func (c *Client) Tables(ctx context.Context, database string) (map[string]athenasql.Existing, error) {
	name := catalog
	tables := map[string]athenasql.Existing{}
	pages := athena.NewListTableMetadataPaginator(c.api, &athena.ListTableMetadataInput{
		CatalogName: &name, DatabaseName: &database, WorkGroup: &c.opt.WorkGroup,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, said(err)
		}
		for _, t := range page.TableMetadataList {
			tables[sdk.ToString(t.Name)] = athenasql.Existing{
				View:    sdk.ToString(t.TableType) == "VIRTUAL_VIEW",
				Columns: columns(t.Columns), Partitions: columns(t.PartitionKeys), Properties: t.Parameters,
			}
		}
	}
	return tables, nil
}

func columns(list []types.Column) (out []athenasql.ExistingColumn) {
	for _, c := range list {
		out = append(out, athenasql.ExistingColumn{Name: sdk.ToString(c.Name), Type: sdk.ToString(c.Type), Comment: sdk.ToString(c.Comment)})
	}
	return out
}
