package classify

import (
	"bytes"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/event"
)

// Facts are what one record shows of a call's path. The record alone gives all of them.
// Whether the endpoint is ours needs the whole day: Verdict.Resolve turns the facts into
// the verdict.
type Facts struct {
	Mention
	// Unowned is the verdict if the endpoint is not ours, or if there is none.
	Unowned Verdict
}

// Examine reads the facts of ev by the rules in the package comment. ranges says which
// public addresses are AWS's own.
func Examine(ev *event.Event, ranges *Ranges) Facts {
	m := MentionIn(ev)
	return m.Examine(ev, ranges)
}

// Examine reads the facts of ev. m must be its Mention.
func (m *Mention) Examine(ev *event.Event, ranges *Ranges) Facts {
	f := Facts{Mention: *m}
	switch served := ServedBy(&ev.Identity); {
	case IsServiceEvent(ev.Type):
		f.Unowned.Evidence = ServiceEvent
	case served != NoEvidence:
		f.Unowned.Evidence = served
	default:
		f.Unowned, _ = m.Decide(SourceOf(ev.SourceIP, ranges), ev.UserAgent)
	}
	return f
}

// IsServiceEvent reports whether an eventType is the type of a service event. AWS's pages
// spell it AwsServiceEvent and AWSServiceEvent.
func IsServiceEvent(eventType []byte) bool {
	return bytes.EqualFold(eventType, []byte("AwsServiceEvent"))
}

// ServedBy returns the evidence in the identity that a service made the call:
// ServicePrincipal, InvokedBy or NoEvidence.
func ServedBy(id *event.Identity) Evidence {
	switch {
	case string(id.Type) == "AWSService":
		return ServicePrincipal
	case invokedByService(id.InvokedBy):
		return InvokedBy
	}
	return NoEvidence
}

// Decide applies rules 3 to 6 to a record with Mention m that no service made by its type
// or identity. public reports whether the record names an endpoint and a public source.
func (m *Mention) Decide(source SourceFacts, userAgent []byte) (v Verdict, public bool) {
	switch {
	case source.Kind == FromService:
		return Verdict{Evidence: ServiceSource}, false
	case m.internal:
		return Verdict{Evidence: EndpointInternal}, false
	case len(m.EndpointID) > 0:
		return m.withEndpoint(source, userAgent), source.Kind == Public
	}
	switch source.Kind {
	case Public:
		return Verdict{PublicSource, source.Origin}, false
	case Private:
		return Verdict{Evidence: PrivateSource}, false
	case Special:
		return Verdict{Evidence: SpecialSource}, false
	case Missing:
		return Verdict{Evidence: MissingSource}, false
	}
	return Verdict{Evidence: UnparseableSource}, false
}

// withEndpoint applies rules 4 and 5.
func (m *Mention) withEndpoint(source SourceFacts, userAgent []byte) Verdict {
	console := isConsole(userAgent)
	switch {
	case console && source.Kind == Public:
		return Verdict{ConsolePublicSource, source.Origin}
	case console:
		return Verdict{Evidence: ConsolePrivateSource}
	case len(m.EndpointAccount) > 0:
		return Verdict{Evidence: EndpointForeignAccount}
	case source.Kind == Private:
		return Verdict{Evidence: EndpointPrivateSource}
	}
	return Verdict{Evidence: EndpointPublicSource}
}

// invokedByService reports whether a service made the call on the caller's behalf. Older
// records name the console's sign-in there (signin.amazonaws.com). Then a person acts,
// not a service.
func invokedByService(by []byte) bool {
	if len(by) == 0 {
		return false
	}
	name, _ := endpoints.CutSuffix(by)
	return string(name) != "signin"
}

// isConsole reports whether a user agent is a console back end.
func isConsole(userAgent []byte) bool {
	return bytes.Contains(userAgent, []byte("aws-internal/")) || bytes.Contains(userAgent, []byte("S3Console/"))
}

// namesAWS reports whether a field that should hold an endpoint or a source names AWS
// itself: AWS Internal, AWS Internal/3, aws.internal, or a service such as
// s3.amazonaws.com.
func namesAWS(s []byte) bool {
	return len(s) > 0 && s[0]|' ' == 'a' && isInternal(s) || endpoints.IsService(s)
}

// isInternal reports whether s is AWS Internal or aws.internal, in any case, alone or
// before a slash.
func isInternal(s []byte) bool {
	const size = len("AWS Internal")
	if len(s) < size || len(s) > size && s[size] != '/' {
		return false
	}
	s = s[:size]
	return bytes.EqualFold(s, []byte("AWS Internal")) || bytes.EqualFold(s, []byte("aws.internal"))
}
