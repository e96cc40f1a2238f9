package policy

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"vpcetrail/report/wildcard"
)

// holds returns whether the condition holds for a request.
//
// If the key is absent, a positive operator does not hold. A negated operator (StringNotEquals,
// ArnNotLike, NotIpAddress …) holds, and so does any operator with IfExists. ForAllValues holds,
// because the set is empty. ForAnyValue needs a value, with every operator. If the condition has
// several values, a positive operator needs one that matches, and a negated one needs none that
// matches.
func (c *Condition) holds(r *Request, variables bool) Truth {
	v := r.Keys[strings.ToLower(c.Key)]
	if v.State != Perhaps {
		return c.holdsFor(v, r, variables)
	}
	without, with := c.holdsFor(Value{State: Absent}, r, variables), c.holdsFor(Value{Is, v.Text}, r, variables)
	if without != with {
		return Maybe
	}
	return with
}

func (c *Condition) holdsFor(v Value, r *Request, variables bool) Truth {
	negated := operators[c.Operator]
	switch {
	case v.State == Unknown:
		return Maybe
	case c.Operator == "Null":
		return c.null(v)
	case v.State == Absent && c.Set == "ForAnyValue":
		return No
	case v.State == Absent:
		return truth(negated || c.IfExists || c.Set == "ForAllValues")
	case v.State == Present:
		return Maybe
	}
	matches := No
	for _, want := range c.Values {
		matches = max(matches, c.matches(want, v.Text, r, variables))
	}
	if negated {
		return Yes - matches
	}
	return matches
}

// null returns whether "Null": "true" (the key is absent) or "false" (the key is present) holds.
func (c *Condition) null(v Value) Truth {
	holds := No
	for _, want := range c.Values {
		holds = max(holds, truth(strings.EqualFold(want, "true") == (v.State == Absent)))
	}
	return holds
}

// matches returns whether one value of the condition matches that of the key, by the positive form
// of the operator.
func (c *Condition) matches(want, got string, r *Request, variables bool) Truth {
	pattern, known := expand(want, r, variables)
	operator := strings.Replace(c.Operator, "Not", "", 1)
	switch {
	case known == No:
		return No
	case known == Maybe && (strings.HasPrefix(operator, "String") || strings.HasPrefix(operator, "Arn")):
		// The unknown part is a * in the pattern. What does not match even so never matches.
		return min(Maybe, truth(like(strings.ToLower(pattern), strings.ToLower(got))))
	case known == Maybe:
		return Maybe
	case operator == "StringLike":
		return truth(like(pattern, got))
	case operator == "ArnEquals" || operator == "ArnLike":
		return arnLike(pattern, got)
	}
	want = literal(pattern)
	switch {
	case operator == "StringEquals" || operator == "BinaryEquals":
		return truth(want == got)
	case operator == "StringEqualsIgnoreCase" || operator == "Bool":
		return truth(strings.EqualFold(want, got))
	case operator == "IpAddress":
		return inRange(want, got)
	case strings.HasPrefix(operator, "Numeric"):
		return compare(strings.TrimPrefix(operator, "Numeric"), want, got, number)
	case strings.HasPrefix(operator, "Date"):
		return compare(strings.TrimPrefix(operator, "Date"), want, got, instant)
	}
	return Maybe
}

// arnLike compares each of the six parts of two ARNs, so that * does not match a colon between parts. The
// sixth part is the rest. It is Maybe if one of the two is no ARN: what AWS does then is not documented.
func arnLike(pattern, arn string) Truth {
	patterns, parts := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(patterns) < 6 || len(parts) < 6 {
		return Maybe
	}
	all := true
	for i := range patterns {
		all = all && like(patterns[i], parts[i])
	}
	return truth(all)
}

// like is wildcard.Match for a pattern that expand made.
func like(pattern, text string) bool {
	if strings.ContainsAny(pattern, literalStar+literalMark) {
		text = strings.NewReplacer("*", literalStar, "?", literalMark).Replace(text)
	}
	return wildcard.Match(pattern, text)
}

// inRange returns whether an address is in a range such as 203.0.113.0/24, or is the address itself. It is
// Maybe for a value that is no address.
func inRange(want, got string) Truth {
	address, err := netip.ParseAddr(got)
	if err != nil {
		return Maybe
	}
	network, ok := parseRange(want)
	return truth(ok && network.Contains(address.Unmap()))
}

func parseRange(text string) (netip.Prefix, bool) {
	if network, err := netip.ParsePrefix(text); err == nil {
		return network.Masked(), true
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen()), true
}

// compare compares two values as numbers. It is Maybe for a value of the key that is no number.
func compare(how, want, got string, parse func(string) (float64, bool)) Truth {
	w, isNumber := parse(want)
	g, alsoNumber := parse(got)
	if !isNumber || !alsoNumber {
		return min(Maybe, truth(isNumber))
	}
	switch how {
	case "LessThan":
		return truth(g < w)
	case "LessThanEquals":
		return truth(g <= w)
	case "GreaterThan":
		return truth(g > w)
	case "GreaterThanEquals":
		return truth(g >= w)
	}
	return truth(g == w)
}

func number(text string) (float64, bool) {
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

// dates are the forms of dates that policies take, besides seconds since the epoch.
var dates = []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02"}

// instant returns a date in milliseconds since the epoch.
func instant(text string) (float64, bool) {
	for _, form := range dates {
		if t, err := time.Parse(form, text); err == nil {
			return float64(t.UnixMilli()), true
		}
	}
	seconds, ok := number(text)
	return seconds * 1000, ok
}
