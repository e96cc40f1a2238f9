package actions

import (
	"bytes"
	_ "embed"
	"io"
	"regexp"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// Needed are the IAM actions that a call needs.
type Needed struct {
	// Names are the actions, such as s3:GetObject. The action on the resource that the call changes, or
	// is mainly about, comes first. If the action is not known, Names has all actions of the service,
	// such as s3:*. It is empty if the call has no event source.
	Names []string
	// All is true if the call needs all of the actions. Otherwise it needs one of them, and the event
	// does not say which.
	All bool
	// Known is false if no table has the event name.
	Known bool
}

// Of returns what a call with that event source and event name needs.
func Of(eventSource, eventName string) Needed {
	service := ServiceOf(eventSource)
	if service == "" {
		return Needed{}
	}
	t := table()
	for _, name := range []string{eventName, version.ReplaceAllString(eventName, "")} {
		event := service + ":" + name
		if n, ok := exceptions[event]; ok {
			return n
		}
		if a, ok := t.actions[strings.ToLower(event)]; ok {
			return one(a.name)
		}
		if names := t.events[strings.ToLower(event)]; names != nil {
			return Needed{Names: names, Known: true}
		}
	}
	return Needed{Names: []string{service + ":*"}}
}

func one(name string) Needed { return Needed{Names: []string{name}, Known: true} }

// version matches the version at the end of an event name, such as UpdateFunctionCode20150331v2 and
// CreateDistribution2020_05_31.
var version = regexp.MustCompile(`_?20[0-9]{2}_?[0-9]{2}_?[0-9]{2}(v[0-9]+)?$`)

// ServiceOf returns the service as actions name it, such as cloudwatch for monitoring.amazonaws.com. It is
// empty for text that is not a service's host name.
func ServiceOf(eventSource string) string {
	host, _, ok := strings.Cut(eventSource, ".amazonaws.com")
	if !ok {
		if host, _, ok = strings.Cut(eventSource, "."); !ok {
			return ""
		}
	}
	if service := services[host]; service != "" {
		return service
	}
	service, _, _ := strings.Cut(host, ".")
	return service
}

// A Scope says what an action applies to.
type Scope int8

// The scopes.
const (
	Resource Scope = iota // a resource, or the action is not known
	Nothing               // no resource: a policy must have "Resource": "*"
	Object                // objects of an S3 bucket
)

// ScopeOf returns what an action such as sqs:ListQueues applies to.
func ScopeOf(action string) Scope { return table().actions[strings.ToLower(action)].scope }

// Free reports whether a call needs no permission, so that no policy of a principal or an organization
// stops it.
func Free(action string) bool { return action == "sts:GetCallerIdentity" }

//go:embed actions.txt.gz
var packed []byte

type action struct {
	name  string
	scope Scope
}

// A lookup is the table. The keys are in lower case.
type lookup struct {
	actions map[string]action
	events  map[string][]string
}

var table = sync.OnceValue(func() *lookup {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic("BUG: actions: " + err.Error()) // embedded
	}
	text, err := io.ReadAll(z)
	if err != nil {
		panic("BUG: actions: " + err.Error())
	}
	t := &lookup{map[string]action{}, map[string][]string{}}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if event, names, ok := strings.Cut(line, "="); ok {
			t.events[strings.ToLower(event)] = strings.Split(names, ",")
			continue
		}
		name, flag, _ := strings.Cut(line, " ")
		t.actions[strings.ToLower(name)] = action{name, map[string]Scope{"": Resource, "-": Nothing, "/": Object}[flag]}
	}
	return t
})
