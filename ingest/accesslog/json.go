package accesslog

import (
	"bytes"
	"errors"
	"time"

	"github.com/bytedance/sonic"
)

// A jsonLine is a record of the JSON form.
type jsonLine struct {
	Bucket       jsonText `json:"bucket_name"`
	Time         jsonText `json:"request_time"`
	RemoteIP     jsonText `json:"remote_ip"`
	Requester    jsonText `json:"requester"`
	RequestID    jsonText `json:"request_id"`
	Operation    jsonText `json:"operation"`
	Key          jsonText `json:"key_name"`
	Status       jsonText `json:"http_status"`
	ErrorCode    jsonText `json:"error_code"`
	BytesSent    jsonText `json:"bytes_sent_size"`
	HostID       jsonText `json:"host_id"`
	AuthType     jsonText `json:"authentication_type"`
	Host         jsonText `json:"host_header"`
	TLSVersion   jsonText `json:"tls_version"`
	AccessPoint  jsonText `json:"access_point_arn"`
	SourceRegion jsonText `json:"source_region"`
}

// A jsonText is a text, a number or a truth value. null and "-" are none.
type jsonText []byte

var errNoText = errors.New("neither a text nor a number")

// UnmarshalJSON implements json.Unmarshaler.
func (t *jsonText) UnmarshalJSON(text []byte) error {
	switch {
	case len(text) > 0 && text[0] == '"':
		var s string
		if err := sonic.Unmarshal(text, &s); err != nil {
			return err
		}
		*t = value([]byte(s))
	case string(text) == "null":
		*t = nil
	case len(text) > 0 && (text[0] == '{' || text[0] == '['):
		return errNoText
	default:
		*t = bytes.Clone(text)
	}
	return nil
}

// parse reads a record of the JSON form.
func (j *jsonLine) parse(text []byte, l *Line) {
	*j = jsonLine{}
	if err := sonic.Unmarshal(text, j); err != nil {
		l.Problem = Invalid
		return
	}
	at, err := time.Parse(time.RFC3339, string(j.Time))
	sent, isCount := number(j.BytesSent)
	if j.BytesSent == nil {
		sent, isCount = 0, true
	}
	if err != nil || !isCount || len(j.Bucket) == 0 || len(j.Operation) == 0 {
		l.Problem = Invalid
		return
	}
	l.Time = at.UnixMilli()
	l.BytesSent = sent
	l.Bucket, l.RemoteIP, l.Requester, l.RequestID = j.Bucket, j.RemoteIP, j.Requester, j.RequestID
	l.Operation, l.Key, l.Status, l.ErrorCode = j.Operation, j.Key, j.Status, j.ErrorCode
	l.HostID, l.AuthType, l.Host, l.TLSVersion = j.HostID, j.AuthType, j.Host, j.TLSVersion
	l.AccessPoint, l.SourceRegion = j.AccessPoint, j.SourceRegion
}
