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
	"vpcetrail/cmd/vpcetrail/file"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/report"
	"vpcetrail/report/page"
	"vpcetrail/report/readiness"
	"vpcetrail/report/table"
	"vpcetrail/report/why"
	"vpcetrail/report/words"
)

// htmlFlags are the flags of html, as given.
type htmlFlags struct {
	flags.Days
	lang      flags.Lang
	out       string
	resources []string
	kept      dest.S3Options
}

// NewHTML returns the command.
func NewHTML() *cobra.Command {
	var f htmlFlags
	cmd := &cobra.Command{
		Use:   "html DEST -o FILE",
		Short: "Write the report as one HTML page that works offline",
		Long: `html writes one HTML page with the calls by route and day, the services and principals with the most
calls past the endpoints, the findings, and the use of the endpoints. The page also shows the
readiness of the resources that you name, and whether the numbers are complete. It loads nothing from
the network. You can mail it, keep it, or print it to PDF.`,
		Example: `  vpcetrail html out -o report.html
  vpcetrail html s3://audit-reports/vpcetrail --from 2026-11-01 --to 2026-11-30 -o november.html
  vpcetrail html out --resource arn:aws:s3:::amzn-s3-demo-restricted -o report.html`,
		Args: oneDest,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), args[0], cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVarP(&f.out, "out", "o", "", "write the page to this `FILE`, - for standard output (required)")
	set.StringArrayVar(&f.resources, "resource", nil, "show whether the resource of this `ARN` is ready for a policy that requires endpoints; may be repeated")
	flags.RegisterKept(cmd, &f.kept)
	f.Register(cmd)
	f.lang.Register(cmd)
	return cmd
}

func (f *htmlFlags) run(ctx context.Context, where string, out, errOut io.Writer) error {
	if f.out == "" {
		return exit.Usagef("-o is missing: name a file for the page, or - for standard output")
	}
	if err := file.Check(f.out); err != nil {
		return exit.Usagef("-o %w", err)
	}
	if err := flags.CheckKept(f.out, f.kept); err != nil {
		return exit.With(exit.Usage, err)
	}
	if err := f.lang.Check(); err != nil {
		return exit.With(exit.Usage, err)
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
	span, err := openPublished(ctx, where, window)
	if err != nil {
		return err
	}
	words := f.lang.Words(nil, nil) // for a browser
	if f.out == "-" {
		words = f.lang.Words(out, errOut)
	}
	text, err := f.page(ctx, span, words)
	if err != nil {
		return err
	}
	if f.out == "-" {
		_, err = out.Write(text)
		return err
	}
	return file.Write(ctx, f.out, text, file.Options{Kept: f.kept})
}

func (f *htmlFlags) page(ctx context.Context, span *report.Span, words *words.Language) ([]byte, error) {
	p, err := page.Read(ctx, span.Store, span.AllDays())
	if err != nil {
		return nil, err
	}
	p.Words = words
	if why.Has(span) {
		if p.Why, err = why.Read(ctx, span, why.Filter{}); err != nil {
			return nil, err
		}
	}
	for _, resource := range f.resources {
		r, err := readinessOf(ctx, span, resource, p.Words)
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
func readinessOf(ctx context.Context, span *report.Span, resource string, words *words.Language) (page.Readiness, error) {
	if err := span.Need(table.Resources.Name); err != nil {
		return page.Readiness{Resource: resource, Notes: []string{err.Error()}}, nil
	}
	answer, err := readiness.Read(ctx, span, readiness.Question{Resource: resource})
	var unknown *readiness.UnknownResourceError
	switch {
	case errors.As(err, &unknown):
		return page.Readiness{Resource: resource, Notes: []string{words.Text(unknown.Phrase())}}, nil
	case err != nil:
		return page.Readiness{}, err
	}
	return page.ReadinessOf(answer, words), nil
}
