package deploy

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// explainTo prints the commands of the job, and why each permission is there.
func (f *flagsGiven) explainTo(out io.Writer, p *plan) error {
	var text strings.Builder
	if once := p.Once(); len(once) > 0 {
		as := ""
		if f.To == "systemd" {
			as = ", as the user " + f.Name
		}
		fmt.Fprintf(&text, "Once, before the first night%s:\n  %s\n\n", as, strings.Join(once, "\n  "))
	}
	fmt.Fprintf(&text, "Each night at %s UTC, for the day before:\n", f.At)
	for _, s := range p.Steps {
		parts := ""
		if s.In > 0 {
			parts = fmt.Sprintf("    in %d parts", s.In)
		}
		fmt.Fprintf(&text, "  vpcetrail %s%s\n", shellLine(s.Args, "DAY"), parts)
	}
	roles := []role{{Name: "The job", Rights: p.Rights}}
	if f.target.fargate {
		roles = f.roles(p)
	}
	for _, r := range roles {
		if r.Why != "" {
			fmt.Fprintf(&text, "\n%s, %s, may:\n", r.Name, r.Why)
		} else if len(r.Rights) > 0 {
			fmt.Fprintf(&text, "\n%s may:\n", r.Name)
		}
		for _, right := range r.Rights {
			right.explainTo(&text)
		}
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// explainTo prints one right.
func (r *right) explainTo(out io.Writer) {
	fmt.Fprintf(out, "  %s\n", strings.Join(r.Actions, ", "))
	for _, name := range r.Resources {
		if name != "*" {
			fmt.Fprintf(out, "    on   %s\n", name)
		}
	}
	for _, operator := range slices.Sorted(maps.Keys(r.When)) {
		for _, key := range slices.Sorted(maps.Keys(r.When[operator])) {
			fmt.Fprintf(out, "    if   %s is %s\n", key, strings.Join(r.When[operator][key], " or "))
		}
	}
	fmt.Fprintf(out, "    for  %s\n", r.Why)
}
