package readiness

import "vpcetrail/report/actions"

// actionOf returns the IAM action of a call, such as s3:DeleteObject, or "" if the service is not
// known. Of a call that needs several actions it is the one that is more likely for the resource:
// CopyObject writes.
func actionOf(eventSource, eventName string) string {
	needed := actions.Of(eventSource, eventName)
	switch {
	case len(needed.Names) == 0:
		return ""
	case !needed.Known:
		return actions.ServiceOf(eventSource) + ":" + eventName
	}
	return needed.Names[0]
}
