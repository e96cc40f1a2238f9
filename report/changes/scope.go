package changes

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"vpcetrail/classify/phrase"
)

// A Scope is what the findings of a day can be about.
type Scope struct {
	Sources         []string `json:"sources,omitempty"` // without the folders of days
	Accounts        []string `json:"accounts,omitempty"`
	ExcludeAccounts []string `json:"exclude_accounts,omitempty"`
	Regions         []string `json:"regions,omitempty"`
	Inputs          []string `json:"inputs,omitempty"` // the flags of optional inputs
	// Networks are the accounts and Regions with a network snapshot that decides on the day.
	// NetworkCalls are calls that were refused when it was taken.
	Networks     []string `json:"networks,omitempty"`
	NetworkCalls []string `json:"network_calls_refused,omitempty"`
}

// Scope returns the scope of the day.
func (s *Side) Scope() Scope {
	run := &s.Manifest.Run
	scope := Scope{
		Accounts: run.Accounts, ExcludeAccounts: run.ExcludeAccounts, Regions: run.Regions,
		Inputs: slices.Sorted(maps.Keys(run.Inputs)),
	}
	for _, source := range run.Sources {
		scope.Sources = append(scope.Sources, nameOf(source))
	}
	for _, sweep := range s.snapshot.Sweeps() {
		place := sweep.Account + " " + sweep.Region
		scope.Networks = append(scope.Networks, place)
		for _, call := range slices.Sorted(maps.Keys(sweep.Unread)) {
			scope.NetworkCalls = append(scope.NetworkCalls, call+" of "+place)
		}
	}
	return scope
}

// folderOfDay is the end of a source that holds one year, month or day.
var folderOfDay = regexp.MustCompile(`/[0-9]{4}(/[0-9]{2}){0,2}$`)

// nameOf returns one name for all ways to write a source, whatever day of it is read.
func nameOf(source string) string {
	if rest, ok := strings.CutPrefix(source, "s3://"); ok {
		source = "s3://" + strings.TrimRight(rest, "/")
	} else {
		source = path.Clean(source)
	}
	return folderOfDay.ReplaceAllString(source, "")
}

// lacks says what of another scope this one does not cover, or nothing.
func (s *Scope) lacks(before *Scope) phrase.Phrase {
	excludes := func(account string) bool { // now, and not before
		return !slices.Contains(before.ExcludeAccounts, account) && covers(before.Accounts, []string{account})
	}
	switch {
	case len(missing(before.Sources, s.Sources, within)) > 0:
		return phrase.Of("it reads other sources")
	case !covers(s.Accounts, before.Accounts), slices.ContainsFunc(s.ExcludeAccounts, excludes), !covers(s.Regions, before.Regions):
		return phrase.Of("it covers other accounts or Regions")
	}
	if flags := missing(before.Inputs, s.Inputs, same); len(flags) > 0 {
		return phrase.Of("it was made without --%s", phrase.Join(" and --", flags))
	}
	if places := missing(before.Networks, s.Networks, same); len(places) > 0 {
		return phrase.Of("no network snapshot of %s was taken at or after the end of the day", phrase.Few(places))
	}
	if calls := missing(s.NetworkCalls, before.NetworkCalls, same); len(calls) > 0 {
		return phrase.Of("the network snapshot lacks %s", phrase.Few(calls))
	}
	return phrase.Phrase{}
}

// covers reports whether a filter of accounts or Regions lets pass all that another does. An empty
// one lets everything pass.
func covers(filter, other []string) bool {
	return len(filter) == 0 || len(other) > 0 && len(missing(other, filter, same)) == 0
}

// missing returns the names that have no match in a list.
func missing(names, list []string, match func(name, one string) bool) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(list, func(one string) bool { return match(name, one) })
	})
}

func same(name, one string) bool { return name == one }

// within reports whether a source is another one, or below it.
func within(source, other string) bool {
	return source == other || strings.HasPrefix(source, strings.TrimRight(other, "/")+"/")
}
