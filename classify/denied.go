package classify

import (
	"bytes"

	"vpcetrail/ingest/event"
)

// Failed reports whether the call ended in an error of any kind.
func Failed(ev *event.Event) bool { return len(ev.ErrorCode) > 0 || len(ev.ErrorMessage) > 0 }

// Denied reports whether the call was refused for want of permission. S3 answers so for a missing
// object too, where the caller may not list the bucket.
func Denied(ev *event.Event) bool {
	switch string(ev.ErrorCode) {
	case "AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation", "UnauthorizedOperation",
		"Client.OperationNotPermitted", "VpceAccessDenied":
		return true
	}
	return len(ev.ErrorMessage) > 0 &&
		(DeniedByEndpointPolicy(ev) || bytes.Contains(ev.ErrorMessage, []byte("is not authorized to perform")))
}

// DeniedByEndpointPolicy reports whether the record says that an endpoint's policy refused the call.
func DeniedByEndpointPolicy(ev *event.Event) bool {
	return string(ev.ErrorCode) == "VpceAccessDenied" ||
		bytes.Contains(ev.ErrorMessage, []byte("because no VPC endpoint policy allows")) ||
		bytes.Contains(ev.ErrorMessage, []byte("with an explicit deny in a VPC endpoint policy"))
}
