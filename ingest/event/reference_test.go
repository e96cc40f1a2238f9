package event

import (
	"encoding/json"
	"io"
	"strings"
	"time"

	"vpcetrail/ingest/event/walk"
)

// seen is an Event without borrowed memory, so that two can be compared.
type seen struct {
	Offset           int64
	Record           string
	Problem          string
	Time             int64
	Kind             Kind
	ReadOnly         Bool
	BytesIn          int64
	BytesOut         int64
	Text             map[string]string
	Request, Respond string
	Resources        string
}

func see(ev *Event, doc []byte) seen {
	s := seen{
		Offset: ev.Offset, Record: string(doc[ev.Offset:][:ev.Length]), Problem: ev.Problem, Time: ev.Time,
		Kind: ev.Kind(), ReadOnly: ev.ReadOnly, BytesIn: ev.Additional.BytesIn, BytesOut: ev.Additional.BytesOut,
		Text: map[string]string{}, Request: string(ev.Request), Respond: string(ev.Response), Resources: string(ev.Resources),
	}
	for path, text := range map[string][]byte{
		"eventID": ev.ID, "sharedEventID": ev.SharedID, "requestID": ev.RequestID,
		"eventSource": ev.Source, "eventName": ev.Name, "eventType": ev.Type, "eventCategory": ev.Category,
		"awsRegion": ev.Region, "recipientAccountId": ev.Recipient, "sourceIPAddress": ev.SourceIP,
		"userAgent": ev.UserAgent, "errorCode": ev.ErrorCode, "errorMessage": ev.ErrorMessage,
		"vpcEndpointId": ev.EndpointID, "vpcEndpointAccountId": ev.EndpointAccount,
		"userIdentity.type": ev.Identity.Type, "userIdentity.principalId": ev.Identity.PrincipalID,
		"userIdentity.arn": ev.Identity.ARN, "userIdentity.accountId": ev.Identity.AccountID,
		"userIdentity.userName": ev.Identity.UserName, "userIdentity.invokedBy": ev.Identity.InvokedBy,
		"userIdentity.sessionContext.sessionIssuer.arn":       ev.Identity.IssuerARN,
		"userIdentity.sessionContext.sessionIssuer.accountId": ev.Identity.IssuerAccountID,
		"userIdentity.sessionContext.ec2RoleDelivery":         ev.Identity.RoleDelivery,
		"userIdentity.onBehalfOf.userId":                      ev.Identity.OnBehalfOfUserID,
		"userIdentity.inScopeOf.issuerType":                   ev.Identity.ScopeType,
		"userIdentity.inScopeOf.sourceArn":                    ev.Identity.ScopeARN,
		"additionalEventData.vpcEndpointId":                   ev.Additional.EndpointID,
		"additionalEventData.x-amz-id-2":                      ev.Additional.HostID,
		"tlsDetails.clientProvidedHostHeader":                 ev.HostHeader,
		"tlsDetails.tlsVersion":                               ev.TLSVersion,
		"tlsDetails.cipherSuite":                              ev.CipherSuite,
		"addendum.reason":                                     ev.AddendumReason,
		"addendum.originalEventID":                            ev.OriginalEventID,
	} {
		if len(text) > 0 {
			s.Text[path] = string(text)
		}
	}
	return s
}

// scanAll reads every record of doc through src.
func scanAll(src io.Reader, doc []byte) (all []seen, err error) {
	return scanThrough(windowSize, src, doc)
}

// scanThrough is scanAll with a window of the given size, so that short texts are
// refilled too.
func scanThrough(window int, src io.Reader, doc []byte) (all []seen, err error) {
	var r Reader
	r.Reset(src)
	r.buf = make([]byte, window+walk.Pad)
	return scanRest(&r, doc)
}

// scanText reads every record of doc in place from text.
func scanText(text Text, doc []byte) (all []seen, err error) {
	var r Reader
	r.ResetText(text)
	return scanRest(&r, doc)
}

func scanRest(r *Reader, doc []byte) (all []seen, err error) {
	for {
		ev, err := r.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, see(ev, doc))
	}
}

// textPaths are the strings that an Event keeps.
var textPaths = []string{
	"eventID", "sharedEventID", "requestID", "eventSource", "eventName", "eventType", "eventCategory",
	"awsRegion", "recipientAccountId", "sourceIPAddress", "userAgent", "errorCode", "errorMessage",
	"vpcEndpointId", "vpcEndpointAccountId", "userIdentity.type", "userIdentity.principalId",
	"userIdentity.arn", "userIdentity.accountId", "userIdentity.userName", "userIdentity.invokedBy",
	"userIdentity.sessionContext.sessionIssuer.arn", "userIdentity.sessionContext.sessionIssuer.accountId",
	"userIdentity.sessionContext.ec2RoleDelivery", "userIdentity.onBehalfOf.userId", "userIdentity.inScopeOf.issuerType",
	"userIdentity.inScopeOf.sourceArn", "additionalEventData.vpcEndpointId",
	"tlsDetails.clientProvidedHostHeader", "tlsDetails.tlsVersion", "tlsDetails.cipherSuite", "addendum.reason", "addendum.originalEventID",
}

func referenceRecord(raw json.RawMessage) seen {
	s := seen{Record: string(raw), Text: map[string]string{}}
	var rec map[string]json.RawMessage
	if json.Unmarshal(raw, &rec) != nil || rec == nil {
		s.Problem = notObject
		return s
	}
	for _, path := range textPaths {
		var text string
		if json.Unmarshal(at(rec, path), &text) == nil && text != "" {
			s.Text[path] = text
		}
	}
	t, err := referenceTime(textOf(rec["eventTime"]))
	if err == nil {
		s.Time = t.UnixMilli()
	}
	switch cat := s.Text["eventCategory"]; {
	case strings.HasPrefix(s.Text["eventType"], "AwsVpceEvent") && len(s.Text["eventType"]) <= len("AwsVpceEvents") &&
		strings.HasPrefix("AwsVpceEvents", s.Text["eventType"]), cat == "NetworkActivity":
		s.Kind = Network
	case cat != "" && cat != "Management" && cat != "Data":
		s.Kind = Other
	case s.Text["addendum.reason"] == "UPDATED_DATA":
		s.Kind = Correction
	}
	switch {
	case strings.Contains(s.Text["eventSource"], ":") && !strings.HasSuffix(s.Text["eventSource"], ".com"):
		s.Problem = notRecord
	case err != nil && s.Kind != Other:
		s.Problem = notTime
	}
	s.ReadOnly = map[string]Bool{"true": True, `"true"`: True, "false": False, `"false"`: False}[plain(rec["readOnly"])]
	s.BytesIn = countOf(at(rec, "additionalEventData.bytesTransferredIn"))
	s.BytesOut = countOf(at(rec, "additionalEventData.bytesTransferredOut"))
	s.Request, s.Respond, s.Resources = rawOf(rec["requestParameters"]), rawOf(rec["responseElements"]), rawOf(rec["resources"])
	return s
}

// referenceTime reads an eventTime in CloudTrail's form or in SQL's.
func referenceTime(text string) (time.Time, error) {
	if len(text) > 10 && text[10] == ' ' {
		return time.Parse("2006-01-02 15:04:05.000", strings.TrimSuffix(text, " UTC"))
	}
	return time.Parse(time.RFC3339, text)
}

// at returns the value at a dotted path of keys, or "null" if there is none.
func at(rec map[string]json.RawMessage, path string) json.RawMessage {
	key, rest, nested := strings.Cut(path, ".")
	value, ok := rec[key]
	if !ok {
		return json.RawMessage("null")
	}
	if !nested {
		return value
	}
	var inner map[string]json.RawMessage
	if json.Unmarshal(value, &inner) != nil {
		return json.RawMessage("null")
	}
	return at(inner, rest)
}

func textOf(raw json.RawMessage) (text string) {
	_ = json.Unmarshal(raw, &text) // a wrong type leaves "", as it should
	return text
}

// plain returns raw with the escapes of a string resolved.
func plain(raw json.RawMessage) string {
	if text := textOf(raw); text != "" {
		out, _ := json.Marshal(text)
		return string(out)
	}
	return string(raw)
}

func countOf(raw json.RawMessage) int64 {
	var f float64
	var n int64
	if json.Unmarshal(raw, &n) == nil && 0 <= n && n <= 1<<56 {
		return n
	}
	if json.Unmarshal(raw, &f) != nil || f < 0 || f > 1<<56 {
		return 0
	}
	return int64(f)
}

func rawOf(raw json.RawMessage) string {
	if string(raw) == "null" {
		return ""
	}
	return string(raw)
}
