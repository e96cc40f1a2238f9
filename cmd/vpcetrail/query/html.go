package query

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/report"
	"vpcetrail/report/page"
	"vpcetrail/report/readiness"
	"vpcetrail/report/table"
)

// htmlFlags are the flags of html, as given.
type htmlFlags struct {
	flags.Days
	out       string
	resources []string
}

// NewHTML returns the command.
func NewHTML() *cobra.Command {
	var f htmlFlags
	cmd := &cobra.Command{
		Use:   "html DEST -o FILE",
		Short: "Write a report as one HTML page that needs nothing else",
		Long: `html writes what a report says as one HTML page: calls by route and day, what went past the endpoints by
service and principal, findings, the endpoints' use, readiness of the resources that are named, and whether
the numbers are complete. The page asks the network for nothing; it can be mailed, kept, and printed to PDF.`,
		Example: `  vpcetrail html out -o report.html
  vpcetrail html s3://audit-reports/vpcetrail --from 2026-11-01 --to 2026-11-30 -o november.html
  vpcetrail html out --resource arn:aws:s3:::amzn-s3-demo-restricted -o report.html`,
		Args: oneDest,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), args[0], cmd.OutOrStdout()) },
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVarP(&f.out, "out", "o", "", "`file` for the page; - is standard output")
	set.StringArrayVar(&f.resources, "resource", nil, "`ARN` of a resource whose readiness for a policy that demands an endpoint to show; may be given again")
	f.Register(cmd)
	return cmd
}

func (f *htmlFlags) run(ctx context.Context, where string, out io.Writer) error {
	if f.out == "" {
		return exit.Usagef("-o is missing: name a file for the page, or - for standard output")
	}
	if err := dest.CheckName(f.out); err != nil {
		return exit.Usagef("-o %w", err)
	}
	for _, resource := range f.resources {
		if !isARN(resource) {
			return exit.With(exit.Usage, noARN(resource))
		}
	}
	window, err := f.Window(time.Now())
	if err != nil {
		return exit.With(exit.Usage, err)
	}
	span, err := openSpan(ctx, where, window)
	if err != nil {
		return err
	}
	text, err := f.page(ctx, span)
	if err != nil {
		return err
	}
	if f.out == "-" {
		_, err = out.Write(text)
		return err
	}
	return dest.WriteFile(f.out, text)
}

func (f *htmlFlags) page(ctx context.Context, span *report.Span) ([]byte, error) {
	p, err := page.Read(ctx, span.Store, span.Days)
	if err != nil {
		return nil, err
	}
	for _, resource := range f.resources {
		r, err := readinessOf(ctx, span, resource)
		if err != nil {
			return nil, err
		}
		p.Readiness = append(p.Readiness, r)
	}
	var text bytes.Buffer
	err = p.Write(&text)
	return text.Bytes(), err
}

// readinessOf returns the readiness of a resource. If the report does not know the
// resource, the page says so, and this is no error: a monthly page names the same
// resources, used or not.
func readinessOf(ctx context.Context, span *report.Span, resource string) (page.Readiness, error) {
	if err := span.Need(table.Resources.Name); err != nil {
		return page.Readiness{Resource: resource, Notes: []string{err.Error()}}, nil
	}
	answer, err := readiness.Read(ctx, span, readiness.Question{Resource: resource})
	var unknown *readiness.UnknownResourceError
	switch {
	case errors.As(err, &unknown):
		return page.Readiness{Resource: resource, Notes: []string{err.Error()}}, nil
	case err != nil:
		return page.Readiness{}, err
	}
	return page.ReadinessOf(answer), nil
}
