package classify

import (
	"bytes"

	"vpcetrail/ingest/event"
)

// Denied reports whether the call, which failed, was denied for lack of permission. S3
// gives the same answer for a missing object if the caller may not list the bucket.
func Denied(ev *event.Event) bool {
	code := ev.ErrorCode
	switch {
	case bytes.HasPrefix(code, []byte("AccessDenied")), bytes.HasSuffix(code, []byte("UnauthorizedOperation")):
		return true
	case string(code) == "Client.OperationNotPermitted", string(code) == "VpceAccessDenied":
		return true
	case string(code) == "Client.AuthFailure" && bytes.Contains(bytes.ToLower(ev.ErrorMessage), []byte("not authorized")):
		return true // EC2 also writes this code for invalid credentials
	}
	return len(ev.ErrorMessage) > 0 &&
		(DeniedByEndpointPolicy(ev) || bytes.Contains(ev.ErrorMessage, []byte("is not authorized to perform")))
}

// DeniedByEndpointPolicy reports whether the record says that an endpoint policy denied
// the call.
func DeniedByEndpointPolicy(ev *event.Event) bool {
	return string(ev.ErrorCode) == "VpceAccessDenied" ||
		bytes.Contains(ev.ErrorMessage, []byte("because no VPC endpoint policy allows")) ||
		bytes.Contains(ev.ErrorMessage, []byte("with an explicit deny in a VPC endpoint policy"))
}
