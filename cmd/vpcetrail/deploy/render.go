package deploy

import (
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"text/template"
	"time"

	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/source/store"
)

//go:embed templates
var templates embed.FS

// A page is what a template prints.
type page struct {
	*flagsGiven
	*plan
	Step step // of a container
}

// With returns the page for one step.
func (p page) With(s step) *page {
	p.Step = s
	return &p
}

// First returns the steps before the last one.
func (p *page) First() []step { return p.Steps[:len(p.Steps)-1] }

// Last returns the last step.
func (p *page) Last() step { return p.Steps[len(p.Steps)-1] }

// Folders returns the folders on disk that the job writes, as arguments. A folder follows the one that holds it.
func (p *plan) Folders() (folders []string) {
	for _, folder := range append([]string{p.Out}, p.kept()...) {
		if list.IsS3(folder) {
			continue
		}
		if folder != p.Out {
			folder = path.Dir(folder)
		}
		if !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
	}
	return folders
}

// Once returns the lines for a shell that come before the first night.
func (p *plan) Once() (lines []string) {
	if folders := p.Folders(); len(folders) > 0 && len(p.Before) > 0 {
		lines = append(lines, shellLine(append([]string{"mkdir", "-p"}, folders...), ""))
	}
	for _, s := range p.Before {
		lines = append(lines, "vpcetrail "+shellLine(s.Args, ""))
	}
	return lines
}

// LocalParts returns the directory of the parts as an argument. It is empty without parts, or if they are in S3.
func (p *page) LocalParts() []string {
	if list.IsS3(p.Out) || p.Shards < 2 {
		return nil
	}
	return []string{below(p.Out, partsFolder)}
}

// Check returns the command that fails if yesterday is missing. It reads the smallest tables.
func (p *page) Check() step {
	return step{Name: "check", Args: []string{"summary", p.Out, "--by", "day", "--date", "yesterday"}}
}

// CheckAt returns the time at which a night is missing: eight hours after the start.
func (p *page) CheckAt() time.Time { return p.Start.Add(8 * time.Hour) }

// Counted returns the tries, one word each.
func (p *page) Counted() string {
	words := ""
	for n := range tries {
		words += fmt.Sprintf(" %d", n+1)
	}
	return words[1:]
}

// MaxCPUs returns how many CPUs all parts have together.
func (p *page) MaxCPUs() int { return p.CPUs * max(p.Shards, p.MergeShards) }

// CPUUnits returns the CPUs as ECS counts them.
func (p *page) CPUUnits() int { return p.CPUs << 10 }

// execute prints a template.
func (f *flagsGiven) execute(out io.Writer, name string, p *plan) error {
	t := template.New(name)
	t.Funcs(template.FuncMap{
		"yaml": asYAML, "policy": policy, "quote": quoteJSON, "shell": shellLine, "unit": unitLine, "add": func(a, b int) int { return a + b },
		"include": func(name string, value any) (string, error) {
			var text strings.Builder
			err := t.ExecuteTemplate(&text, name, value)
			return text.String(), err
		},
		"indent": func(n int, text string) string { // the first line stays, if it has text
			return strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", n))
		},
	})
	if _, err := t.ParseFS(templates, "templates/"+name, "templates/bucket.yaml"); err != nil {
		return fmt.Errorf("template: %w", err)
	}
	return t.Execute(out, &page{flagsGiven: f, plan: p})
}

// quoteJSON returns a value as JSON, which is YAML too.
func quoteJSON(value any) (string, error) {
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	err := e.Encode(value)
	return strings.TrimSpace(text.String()), err
}

// shellLine returns arguments for a POSIX shell. day stands for the day.
func shellLine(args []string, day string) string {
	words := make([]string, len(args))
	for i, arg := range args {
		switch {
		case arg == theDay:
			words[i] = day
		case strings.ContainsFunc(arg, func(r rune) bool { return !strings.ContainsRune(plainRunes, r) }):
			words[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		default:
			words[i] = arg
		}
	}
	return strings.Join(words, " ")
}

const plainRunes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+./:,@"

// unitLine returns arguments for a line of a systemd unit.
func unitLine(args []string) string {
	words := make([]string, len(args))
	for i, arg := range args {
		if arg == theDay {
			words[i] = "${DAY}"
			continue
		}
		words[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%", "$", "$$").Replace(arg) + `"`
	}
	return strings.Join(words, " ")
}

// ForPods returns the arguments of a step in a manifest. A manifest that a shell fills in
// has the day as {day}; another one has yesterday.
func (p *page) ForPods(s step) (string, error) {
	args := append([]string{}, s.Args...)
	for i := range args {
		if args[i] == theDay && p.Shards < 2 {
			args[i] = "yesterday"
		}
		args[i] = strings.ReplaceAll(args[i], "$(", "$$(") // Kubernetes would expand it
	}
	return quoteJSON(args)
}

// Seconds returns how long a run may take: it must end before midnight, even if it starts
// an hour late.
func (f *flagsGiven) Seconds() int {
	return int((23*time.Hour - time.Duration(f.Start.Hour())*time.Hour - time.Duration(f.Start.Minute())*time.Minute - 5*time.Minute).Seconds())
}

// Restates reports whether a night makes up for the nights before it.
func (p *page) Restates() bool {
	return slices.ContainsFunc(p.Steps, func(s step) bool {
		return slices.ContainsFunc(s.Args, func(arg string) bool { return strings.HasPrefix(arg, "--restate=") })
	})
}

// MakesNamespace reports whether the namespace is the job's own.
func (f *flagsGiven) MakesNamespace() bool { return f.Namespace == "vpcetrail" }

// Tries is how often a command runs that ends with status 1.
func (f *flagsGiven) Tries() int { return tries }

// Roles returns the roles of a template.
func (p *page) Roles() []role { return p.roles(p.plan) }

// Trust returns the trust policy.
func (r role) Trust() any { return r.trust() }

// Machine returns the state machine.
func (p *page) Machine() any { return p.machine(p.plan) }

// Bucket returns the name of the report's bucket. It is empty for a directory and for an access point.
func (p *page) Bucket() string {
	if !list.IsS3(p.Out) {
		return ""
	}
	bucket, _ := store.SplitURL(p.Out)
	if strings.HasPrefix(bucket, "arn:") {
		return "" // an access point
	}
	return bucket
}

// PartsPrefix returns the prefix of the parts' keys, "" without parts.
func (p *page) PartsPrefix() string {
	if p.Shards < 2 {
		return ""
	}
	_, prefix := store.SplitURL(below(p.Out, partsFolder))
	return prefix
}
