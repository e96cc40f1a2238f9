package benchmarks

import (
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/bytedance/sonic"
	"github.com/bytedance/sonic/decoder"

	"vpcetrail/ingest/event"
)

// A record is what the baselines decode into: exactly the fields of event.Event. It is as
// cheap for them as possible: eventTime stays text, numbers are floats, and Raw is the
// library's own type for raw JSON.
type record[Raw ~[]byte] struct {
	ID           string `json:"eventID"`
	SharedID     string `json:"sharedEventID"`
	RequestID    string `json:"requestID"`
	Time         string `json:"eventTime"`
	Source       string `json:"eventSource"`
	Name         string `json:"eventName"`
	Type         string `json:"eventType"`
	Category     string `json:"eventCategory"`
	Region       string `json:"awsRegion"`
	Recipient    string `json:"recipientAccountId"`
	SourceIP     string `json:"sourceIPAddress"`
	UserAgent    string `json:"userAgent"`
	ErrorCode    string `json:"errorCode"`
	ErrorMessage string `json:"errorMessage"`
	ReadOnly     any    `json:"readOnly"` // true, or "true"

	EndpointID      string `json:"vpcEndpointId"`
	EndpointAccount string `json:"vpcEndpointAccountId"`

	Identity struct {
		Type           string `json:"type"`
		PrincipalID    string `json:"principalId"`
		ARN            string `json:"arn"`
		AccountID      string `json:"accountId"`
		UserName       string `json:"userName"`
		InvokedBy      string `json:"invokedBy"`
		SessionContext struct {
			Issuer struct {
				ARN       string `json:"arn"`
				AccountID string `json:"accountId"`
			} `json:"sessionIssuer"`
			RoleDelivery string `json:"ec2RoleDelivery"`
		} `json:"sessionContext"`
		OnBehalfOf struct {
			UserID string `json:"userId"`
		} `json:"onBehalfOf"`
		Scope struct {
			Type string `json:"issuerType"`
			ARN  string `json:"sourceArn"`
		} `json:"inScopeOf"`
	} `json:"userIdentity"`

	Additional struct {
		EndpointID string  `json:"vpcEndpointId"`
		HostID     string  `json:"x-amz-id-2"`
		BytesIn    float64 `json:"bytesTransferredIn"`
		BytesOut   float64 `json:"bytesTransferredOut"`
	} `json:"additionalEventData"`

	TLS struct {
		HostHeader  string `json:"clientProvidedHostHeader"`
		Version     string `json:"tlsVersion"`
		CipherSuite string `json:"cipherSuite"`
	} `json:"tlsDetails"`

	Addendum struct {
		Reason          string `json:"reason"`
		OriginalEventID string `json:"originalEventID"`
	} `json:"addendum"`

	Request   Raw `json:"requestParameters"`
	Response  Raw `json:"responseElements"`
	Resources Raw `json:"resources"`
}

// A log is one object's text, decoded.
type log[Raw ~[]byte] struct{ Records []record[Raw] }

// reset empties l and keeps its memory. Neither library zeroes a record before it decodes
// into it.
func (l *log[Raw]) reset() {
	clear(l.Records[:cap(l.Records)])
	l.Records = l.Records[:0]
}

// event returns what the product should have decoded, except the place of the record.
func (r *record[Raw]) event() event.Event {
	bool3 := map[any]event.Bool{true: event.True, "true": event.True, false: event.False, "false": event.False}
	raw := func(r Raw) []byte {
		if string(r) == "null" {
			return nil
		}
		return r
	}
	ev := event.Event{
		ID: []byte(r.ID), SharedID: []byte(r.SharedID), RequestID: []byte(r.RequestID),
		Source: []byte(r.Source), Name: []byte(r.Name), Type: []byte(r.Type), Category: []byte(r.Category),
		Region: []byte(r.Region), Recipient: []byte(r.Recipient), SourceIP: []byte(r.SourceIP), UserAgent: []byte(r.UserAgent),
		ErrorCode: []byte(r.ErrorCode), ErrorMessage: []byte(r.ErrorMessage), ReadOnly: bool3[r.ReadOnly],
		EndpointID: []byte(r.EndpointID), EndpointAccount: []byte(r.EndpointAccount),
		Identity: event.Identity{
			Type: []byte(r.Identity.Type), PrincipalID: []byte(r.Identity.PrincipalID), ARN: []byte(r.Identity.ARN),
			AccountID: []byte(r.Identity.AccountID), UserName: []byte(r.Identity.UserName), InvokedBy: []byte(r.Identity.InvokedBy),
			IssuerARN: []byte(r.Identity.SessionContext.Issuer.ARN), IssuerAccountID: []byte(r.Identity.SessionContext.Issuer.AccountID),
			RoleDelivery:     []byte(r.Identity.SessionContext.RoleDelivery),
			OnBehalfOfUserID: []byte(r.Identity.OnBehalfOf.UserID),
			ScopeType:        []byte(r.Identity.Scope.Type), ScopeARN: []byte(r.Identity.Scope.ARN),
		},
		Additional: event.Additional{
			EndpointID: []byte(r.Additional.EndpointID), HostID: []byte(r.Additional.HostID),
			BytesIn: max(0, int64(r.Additional.BytesIn)), BytesOut: max(0, int64(r.Additional.BytesOut)),
		},
		HostHeader: []byte(r.TLS.HostHeader), TLSVersion: []byte(r.TLS.Version), CipherSuite: []byte(r.TLS.CipherSuite),
		AddendumReason: []byte(r.Addendum.Reason), OriginalEventID: []byte(r.Addendum.OriginalEventID),
		Request: raw(r.Request), Response: raw(r.Response), Resources: raw(r.Resources),
	}
	if at, err := time.Parse(time.RFC3339, r.Time); err == nil {
		ev.Time, ev.HasTime = at.UnixMilli(), true
	}
	return ev
}

// TestDecodersAgree decodes the trail with all three decoders. A baseline that found less
// would be no baseline. Every field must occur.
func TestDecodersAgree(t *testing.T) {
	met := make([]bool, len(flatten(new(event.Event))))
	// What the generated trail does not have.
	scoped := &object{name: "scoped", text: `{"Records":[{"userIdentity":{"inScopeOf":{` +
		`"issuerType":"AWS::Lambda::Function","sourceArn":"arn:aws:lambda:eu-west-1:111122223333:function:f"}}}]}`}
	for _, o := range append(slices.Clone(loaded(t, "busy").objects), scoped) {
		var bySonic log[sonic.NoCopyRawMessage]
		var byJSON log[json.RawMessage]
		if err := decodeSonic(o.text, &bySonic); err != nil {
			t.Fatal(err)
		}
		if err := decodeJSON([]byte(o.text), &byJSON); err != nil {
			t.Fatal(err)
		}
		i := 0
		err := decode(new(event.Reader), o, func(ev *event.Event) {
			want := flatten(ev)
			for k, v := range want {
				met[k] = met[k] || v != "" && v != int64(0)
			}
			a, b := bySonic.Records[i].event(), byJSON.Records[i].event()
			if got := flatten(&a); !reflect.DeepEqual(got, want) {
				t.Fatalf("%s: record %d by sonic\n%v, want\n%v", o.name, i, got, want)
			}
			if string(ev.Category) == "Aggregated" {
				b.ID = nil // encoding/json reads their eventId as eventID
			}
			if got := flatten(&b); !reflect.DeepEqual(got, want) {
				t.Fatalf("%s: record %d by encoding/json\n%v, want\n%v", o.name, i, got, want)
			}
			i++
		})
		if err != nil {
			t.Fatal(err)
		}
		if i != len(bySonic.Records) || i != len(byJSON.Records) {
			t.Fatalf("%s: %d records by the product, %d by sonic, %d by encoding/json", o.name, i, len(bySonic.Records), len(byJSON.Records))
		}
	}
	for k, ok := range met {
		if !ok {
			t.Errorf("field %d of an event is empty in the whole trail: it was not compared", k)
		}
	}
}

// flatten returns the values of all fields that are decoded from the record, in order.
func flatten(ev *event.Event) (values []any) {
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch {
		case v.Kind() == reflect.Struct:
			for i := range v.NumField() {
				switch v.Type().Field(i).Name {
				case "Offset", "Length", "Problem", "Number": // of the place, not of the record
				case "Named": // of Request and Resources, which are compared; classify.FuzzNamed holds it
				default:
					walk(v.Field(i))
				}
			}
		case v.Kind() == reflect.Slice:
			values = append(values, string(v.Bytes()))
		case v.Kind() == reflect.Bool:
			values = append(values, map[bool]int64{true: 1}[v.Bool()])
		default:
			values = append(values, v.Int())
		}
	}
	walk(reflect.ValueOf(ev).Elem())
	return values
}

// TestSonicIsItself guards the baseline: if sonic does not support the platform or the Go
// version, it silently becomes encoding/json.
func TestSonicIsItself(t *testing.T) {
	if sonic.APIKind != sonic.UseSonicJSON {
		t.Error("sonic falls back to encoding/json: its figures would say nothing")
	}
}

// fastest is sonic's own ConfigFastest with exact keys, because aggregated events have an
// eventId.
var fastest = sonic.Config{NoValidateJSONMarshaler: true, NoValidateJSONSkip: true, CaseSensitive: true}.Froze()

// decodeSonic decodes one object as fast as sonic can. Strings point into text, and
// skipped values are not checked. A value of the wrong type is left out, as in the
// product.
func decodeSonic(text string, into *log[sonic.NoCopyRawMessage]) error {
	into.reset()
	err := fastest.UnmarshalFromString(text, into)
	if mismatch := (*decoder.MismatchTypeError)(nil); errors.As(err, &mismatch) {
		return nil
	}
	return err
}

// decodeJSON decodes one object with encoding/json.
func decodeJSON(text []byte, into *log[json.RawMessage]) error {
	into.reset()
	err := json.Unmarshal(text, into)
	if mismatch := (*json.UnmarshalTypeError)(nil); errors.As(err, &mismatch) {
		return nil
	}
	return err
}

// decode walks one object with the product's reader.
func decode(r *event.Reader, o *object, each func(*event.Event)) error {
	r.Reset(o.reader())
	for {
		ev, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		each(ev)
	}
}
