// Package athenaapi runs statements through Athena's API, and lists what its data catalog keeps.
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

// Options say how a Client's statements are run.
type Options struct {
	WorkGroup string
	Results   string // s3:// folder for what Athena writes of a statement; "" leaves it to the work group
	// Polls bounds how often a statement's state is asked for; the zero value asks after 100 ms, and ever more
	// seldom, down to every 5 s.
	First, Most time.Duration
}

// A Client is a report/athena.Service over Athena's API. Use it from one goroutine.
type Client struct {
	api *athena.Client
	opt Options
}

// catalog is the one in which Athena makes tables: Glue's, of the account.
const catalog = "AwsDataCatalog"

// New returns a Client with the SDK's own configuration: environment, profile, instance role. Calls that Athena throttles, or
// fails to answer, are made again, up to 10 times each, ever later.
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
			r.RateLimiter = unlimited{} // statements come one at a time: there is no storm to keep from
			r.MaxBackoff = opt.Most
		})
	})
	return &Client{api, opt}, nil
}

// unlimited lets every retry pass.
type unlimited struct{}

func (unlimited) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (unlimited) AddTokens(uint) error { return nil }

// runs is how often a statement is run that Athena itself says is worth another try.
const runs = 3

// Run runs a statement and waits for its end. A statement that fails gives an error with Athena's reason. When ctx
// ends the statement is stopped.
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

// runOnce runs a statement, and reports whether it is worth another try where it fails.
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
		told, err := c.api.GetQueryExecution(ctx, &athena.GetQueryExecutionInput{QueryExecutionId: started.QueryExecutionId})
		if err != nil {
			c.stop(ctx, started.QueryExecutionId)
			return false, said(err)
		}
		status := told.QueryExecution.Status
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

// said is an error of the SDK's in the API's own words, in one line.
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

// stop stops a statement that nobody waits for any more. It is a courtesy: a statement that goes on does no harm.
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
