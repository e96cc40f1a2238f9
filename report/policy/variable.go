package policy

import (
	"strings"
)

// Characters of Unicode's private use area stand for * and ? that are no wildcards.
const (
	literalStar = "\uE000"
	literalMark = "\uE001"
)

// expand replaces the policy variables of a text by their values. It returns a pattern, in which
// characters of values are no wildcards. The truth is Yes if all values are known. It is Maybe if some
// are not: the pattern then has * in their places. It is No if a key is absent and the variable has no
// default, so that the text matches nothing. The defaults are written ${aws:PrincipalTag/team, 'none'}.
func expand(text string, r *Request, variables bool) (pattern string, known Truth) {
	if !variables || !strings.Contains(text, "${") {
		return text, Yes
	}
	var out strings.Builder
	known = Yes
	for {
		before, rest, ok := strings.Cut(text, "${")
		out.WriteString(before)
		if !ok {
			return out.String(), known
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			out.WriteString("${" + rest)
			return out.String(), known
		}
		value, state := variable(name, r)
		if state == Maybe {
			value = "*"
		}
		out.WriteString(value)
		known, text = min(known, state), after
	}
}

// variable returns the value of a variable, with its wildcards made literal.
func variable(name string, r *Request) (string, Truth) {
	switch name {
	case "*", "?":
		return quote(name), Yes
	case "$":
		return "$", Yes
	}
	name, byDefault, hasDefault := strings.Cut(name, ",")
	v := r.Keys[strings.ToLower(strings.TrimSpace(name))]
	switch {
	case v.State == Is:
		return quote(v.Text), Yes
	case v.State == Absent && hasDefault:
		return quote(strings.Trim(strings.TrimSpace(byDefault), "'")), Yes
	case v.State == Absent:
		return "", No
	}
	return "", Maybe
}

func quote(text string) string {
	return strings.NewReplacer("*", literalStar, "?", literalMark).Replace(text)
}

// literal is the text of a pattern in which no character is a wildcard.
func literal(pattern string) string {
	return strings.NewReplacer(literalStar, "*", literalMark, "?").Replace(pattern)
}
