package endpoints

import (
	"slices"
	"strings"
)

// A Service is what the name of an endpoint's service says of the calls that the endpoint carries. The zero
// value knows nothing.
type Service struct {
	// Region is the service's; empty where the name has none.
	Region string
	// Global says that the service has no Region: calls of any Region are its own.
	Global bool
	// Sources are the eventSources of its calls, such as ses.amazonaws.com. There are none where no list
	// says which they are: a name alone proves no service.
	Sources []string
	// Unrecorded says that CloudTrail records nothing of what the endpoint carries: an endpoint without
	// calls may be in use.
	Unrecorded bool
}

// Carries reports whether the endpoint is for calls to source in a Region. One endpoint may carry only some
// of the operations of a service that has several, as bedrock and bedrock-runtime do.
func (s *Service) Carries(source, region string) bool {
	return (s.Global || s.Region != "" && s.Region == region) && slices.Contains(s.Sources, source)
}

// ServiceOf reads the name of a service as EC2 has it, such as com.amazonaws.us-east-1.email.
func ServiceOf(name string) Service {
	rest, ok := cutPrefix(name)
	if !ok {
		return Service{}
	}
	first, endpoint, several := strings.Cut(rest, ".")
	switch {
	case several && first == "vpce": // somebody's own: vpce.us-east-1.vpce-svc-0a1b2c3d4e5f60718
		region, _, _ := strings.Cut(endpoint, ".")
		return Service{Region: region, Unrecorded: true}
	case several && isRegion(first):
		s := serviceCalled(endpoint)
		s.Region = first
		return s
	case several && first == "global":
		rest = endpoint
	case isRegion(rest): // a name that was cut off
		return Service{}
	}
	s := serviceCalled(rest)
	s.Global = len(s.Sources) > 0 && rest != multiRegion
	return s
}

// isRegion reports whether s is the name of a Region, such as us-gov-west-1: words, and a number at the end.
func isRegion(s string) bool {
	dashes, first, last := 0, byte('a'), byte('z')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '-' && i > 0 && s[i-1] != '-' && first == 'a' && i+1 < len(s):
			dashes++
			if isDigit(s[i+1]) {
				first, last = '0', '9'
			}
		case c < first || c > last:
			return false
		}
	}
	return dashes >= 2 && first == '0'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// serviceCalled looks an endpoint's own name up, the part after the Region.
func serviceCalled(name string) Service {
	name = withoutFIPS(name)
	if sources, listed := carried[name]; listed {
		return Service{Sources: sources}
	}
	if unrecorded[name] {
		return Service{Unrecorded: true}
	}
	for _, prefix := range cells {
		if strings.HasPrefix(name, prefix) {
			family, _, _ := strings.Cut(prefix, ".")
			return Service{Sources: []string{family + sourceSuffix}}
		}
	}
	name = strings.TrimSuffix(name, ".api") // the API of a service that has other endpoints too
	if name == "" || strings.Contains(name, ".") {
		return Service{}
	}
	return Service{Sources: []string{name + sourceSuffix}}
}

// withoutFIPS takes -fips off, which may end any part of a name: kms-fips, iot-fips.api. It may be a part of
// its own too: mail-manager-smtp.auth.fips.
func withoutFIPS(name string) string {
	name = strings.TrimSuffix(name, ".fips")
	return strings.TrimSuffix(strings.ReplaceAll(name, "-fips.", "."), "-fips")
}

// cutPrefix takes off what names of AWS's services begin with.
func cutPrefix(name string) (rest string, ok bool) {
	for _, prefix := range prefixes {
		if rest, ok = strings.CutPrefix(name, prefix); !ok {
			continue
		}
		switch prefix {
		case "cn.com.amazonaws.":
			rest = strings.TrimSuffix(rest, ".cn") // transcribe has it at both ends
		case "aws.sagemaker.":
			if rest, _, ok = strings.Cut(rest, "."); !ok {
				return "", false
			}
			rest += ".sagemaker.api" // its notebooks, Studio, experiments: one source for all
		}
		return rest, rest != ""
	}
	return "", false
}
