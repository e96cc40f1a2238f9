package classify

import (
	"bytes"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/event"
)

// Facts are what one record says of its path. All of it can be told from the record alone; whose
// its endpoint is, only from the whole day: Owners.Resolve makes the verdict of it.
type Facts struct {
	Mention
	// Unowned is the verdict if the endpoint is not ours, or if there is none.
	Unowned Verdict

	publicSource bool // of a call with an endpoint that no service made
}

// Examine reads the facts of ev by the rules in the package comment. ranges tells which public
// addresses are AWS's own.
func Examine(ev *event.Event, ranges *Ranges) Facts {
	m := MentionIn(ev)
	return m.Examine(ev, ranges)
}

// Examine reads the facts of ev, which mentions m.
func (m *Mention) Examine(ev *event.Event, ranges *Ranges) Facts {
	f := Facts{Mention: *m}
	f.Unowned = unowned(ev, &f, ranges)
	return f
}

// unowned applies all rules but the second.
func unowned(ev *event.Event, f *Facts, ranges *Ranges) Verdict {
	switch {
	case bytes.EqualFold(ev.Type, []byte("AwsServiceEvent")): // AWS's pages spell it AWSServiceEvent too
		return Verdict{Evidence: ServiceEvent}
	case string(ev.Identity.Type) == "AWSService":
		return Verdict{Evidence: ServicePrincipal}
	case invokedByService(ev):
		return Verdict{Evidence: InvokedBy}
	}
	addr, kind := ParseSource(ev.SourceIP)
	switch {
	case kind == FromService:
		return Verdict{Evidence: ServiceSource}
	case f.internal:
		return Verdict{Evidence: EndpointInternal}
	case len(f.EndpointID) > 0:
		return withEndpoint(ev, f, addr, kind, ranges)
	}
	switch kind {
	case Public:
		return Verdict{PublicSource, ranges.Origin(addr)}
	case Private:
		return Verdict{Evidence: PrivateSource}
	case Special:
		return Verdict{Evidence: SpecialSource}
	case Missing:
		return Verdict{Evidence: MissingSource}
	}
	return Verdict{Evidence: UnparseableSource}
}

// withEndpoint applies rules 4 and 5.
func withEndpoint(ev *event.Event, f *Facts, addr Address, kind SourceKind, ranges *Ranges) Verdict {
	console := isConsole(ev.UserAgent)
	f.publicSource = kind == Public
	switch {
	case console && kind == Public:
		return Verdict{ConsolePublicSource, ranges.Origin(addr)}
	case console:
		return Verdict{Evidence: ConsolePrivateSource}
	case len(f.EndpointAccount) > 0:
		return Verdict{Evidence: EndpointForeignAccount}
	case kind == Private:
		return Verdict{Evidence: EndpointPrivateSource}
	}
	return Verdict{Evidence: EndpointPublicSource}
}

// invokedByService reports whether a service made the call on the caller's behalf. Older records name the
// console's sign-in there (signin.amazonaws.com): a person acts, and no service.
func invokedByService(ev *event.Event) bool {
	by := ev.Identity.InvokedBy
	if len(by) == 0 {
		return false
	}
	name, _ := endpoints.CutSuffix(by)
	return string(name) != "signin"
}

// isConsole reports whether a user agent is a console's back end.
func isConsole(userAgent []byte) bool {
	return bytes.Contains(userAgent, []byte("aws-internal/")) || bytes.Contains(userAgent, []byte("S3Console/"))
}

// IsEndpointID reports whether s is the id of a VPC endpoint: vpce- and 8 or 17 hexadecimal digits.
func IsEndpointID(s []byte) bool {
	digits, ok := bytes.CutPrefix(s, []byte("vpce-"))
	return ok && isHexID(digits)
}

// isHexID reports whether s is the variable part of an EC2 resource's id, of the short form or the long.
func isHexID(s []byte) bool {
	if len(s) != 8 && len(s) != 17 {
		return false
	}
	for _, c := range s {
		if !isDigit(c) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// IsAccount reports whether s is an account id: 12 digits.
func IsAccount(s []byte) bool {
	if len(s) != 12 {
		return false
	}
	for _, c := range s {
		if !isDigit(c) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// namesAWS reports whether a field that should hold an endpoint or a source names AWS itself:
// AWS Internal, AWS Internal/3, aws.internal, or a service such as s3.amazonaws.com.
func namesAWS(s []byte) bool {
	return len(s) > 0 && s[0]|' ' == 'a' && isInternal(s) || endpoints.IsService(s)
}

// isInternal reports whether s is AWS Internal or aws.internal, in any case, alone or before a slash.
func isInternal(s []byte) bool {
	const size = len("AWS Internal")
	if len(s) < size || len(s) > size && s[size] != '/' {
		return false
	}
	s = s[:size]
	return bytes.EqualFold(s, []byte("AWS Internal")) || bytes.EqualFold(s, []byte("aws.internal"))
}
