package policy

// A Truth is an answer. No < Maybe < Yes, so the minimum of two is "and", and the maximum is "or".
type Truth int8

// The answers.
const (
	No Truth = iota
	Maybe
	Yes
)

func truth(b bool) Truth {
	if b {
		return Yes
	}
	return No
}

// A Value is what is known about a key in the context of a request. The zero Value means unknown.
type Value struct {
	State ValueState
	Text  string // the value, if State is Is or Perhaps
}

// A ValueState says what is known about a key.
type ValueState int8

// The states of a key.
const (
	Unknown ValueState = iota // present or absent
	Absent                    // absent
	Present                   // present, with an unknown value
	Is                        // present, with one known value
	Perhaps                   // absent, or present with one known value
)

// NoResource is the resource of a request that is about none, such as one that lists all queues. Only * matches
// it in a policy.
const NoResource = literalStar

// A Request holds what is known about a request, or about a class of requests.
type Request struct {
	Action   string // such as s3:DeleteObject, or a pattern such as s3:*, if it is one of these
	Resource string // a pattern that matches all resources of the request, such as arn:aws:s3:::bucket/*
	// PrincipalARN and PrincipalAccount identify the caller. For an assumed role PrincipalARN is that
	// of the role, and SessionARN that of the session, if it is known. Service is the name of a caller
	// that is a service. If all are empty, the request may come from anyone.
	PrincipalARN, SessionARN, PrincipalAccount, Service string
	// Keys holds the condition context, by key in lower case. A missing key is unknown.
	Keys map[string]Value
}
