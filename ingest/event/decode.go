package event

// A decoder decodes one record at a time into ev. Its walks follow the rules of scan.go.
type decoder struct {
	ev      Event
	shape   shape  // of the object walked last by frame
	scratch []byte // text of strings with escapes; reused for each record
}

// record decodes the object that starts at b.at(i). Keys match exactly; of a key that comes twice the
// last value counts, whole; a value of the wrong type counts as absent. depth counts the containers
// around what is inside the record.
func (d *decoder) record(b buffer, i, depth int) int {
	d.scratch = d.scratch[:0]
	d.ev = Event{}
	return d.object(b, i, depth, (*decoder).recordField)
}

// object walks the object at b.at(i) and hands each key with the place of its value to field.
// field returns the place behind the value.
func (d *decoder) object(b buffer, i, depth int, field func(d *decoder, key []byte, b buffer, i, depth int) int) int {
	if i = skipSpace(b, i+1); b.at(i) == '}' {
		return i + 1
	}
	for {
		if b.at(i) != '"' {
			return ^i
		}
		start := i + 1
		end, plain := scanString(b, start)
		if end < 0 {
			return end
		}
		key := b.cut(start, end-1)
		if !plain {
			key = d.unescaped(key)
		}
		if i = skipSpace(b, end); b.at(i) != ':' {
			return ^i
		}
		if i = field(d, key, b, skipSpace(b, i+1), depth); i < 0 {
			return i
		}
		i = skipSpace(b, i)
		switch b.at(i) {
		case ',':
			i = skipSpace(b, i+1)
		case '}':
			return i + 1
		default:
			return ^i
		}
	}
}

func (d *decoder) recordField(key []byte, b buffer, i, depth int) int {
	ev := &d.ev
	switch string(key) {
	case "userIdentity":
		ev.Identity = Identity{}
		return d.nested(b, i, depth, (*decoder).identityField)
	case "eventTime":
		var text []byte
		i = d.text(b, i, depth, &text)
		ev.Time, ev.HasTime = parseTime(text)
		return i
	case "eventSource":
		return d.text(b, i, depth, &ev.Source)
	case "eventName":
		return d.text(b, i, depth, &ev.Name)
	case "awsRegion":
		return d.text(b, i, depth, &ev.Region)
	case "sourceIPAddress":
		return d.text(b, i, depth, &ev.SourceIP)
	case "userAgent":
		return d.text(b, i, depth, &ev.UserAgent)
	case "errorCode":
		return d.text(b, i, depth, &ev.ErrorCode)
	case "errorMessage":
		return d.text(b, i, depth, &ev.ErrorMessage)
	case "requestParameters":
		return d.raw(b, i, depth, &ev.Request)
	case "responseElements":
		return d.raw(b, i, depth, &ev.Response)
	case "additionalEventData":
		ev.Additional = Additional{}
		return d.nested(b, i, depth, (*decoder).additionalField)
	case "requestID":
		return d.text(b, i, depth, &ev.RequestID)
	case "eventID":
		return d.text(b, i, depth, &ev.ID)
	case "readOnly":
		return d.truth(b, i, depth, &ev.ReadOnly)
	case "eventType":
		return d.text(b, i, depth, &ev.Type)
	case "eventCategory":
		return d.text(b, i, depth, &ev.Category)
	case "recipientAccountId":
		return d.text(b, i, depth, &ev.Recipient)
	case "sharedEventID":
		return d.text(b, i, depth, &ev.SharedID)
	case "vpcEndpointId":
		return d.text(b, i, depth, &ev.EndpointID)
	case "vpcEndpointAccountId":
		return d.text(b, i, depth, &ev.EndpointAccount)
	case "tlsDetails":
		ev.HostHeader = nil
		return d.nested(b, i, depth, (*decoder).tlsField)
	case "addendum":
		ev.AddendumReason, ev.OriginalEventID = nil, nil
		return d.nested(b, i, depth, (*decoder).addendumField)
	}
	return skipValue(b, i, depth)
}

func (d *decoder) identityField(key []byte, b buffer, i, depth int) int {
	id := &d.ev.Identity
	switch string(key) {
	case "type":
		return d.text(b, i, depth, &id.Type)
	case "principalId":
		return d.text(b, i, depth, &id.PrincipalID)
	case "arn":
		return d.text(b, i, depth, &id.ARN)
	case "accountId":
		return d.text(b, i, depth, &id.AccountID)
	case "userName":
		return d.text(b, i, depth, &id.UserName)
	case "invokedBy":
		return d.text(b, i, depth, &id.InvokedBy)
	case "sessionContext":
		id.IssuerARN, id.IssuerAccountID = nil, nil
		return d.nested(b, i, depth, (*decoder).sessionField)
	case "onBehalfOf":
		id.OnBehalfOfUserID = nil
		return d.nested(b, i, depth, (*decoder).onBehalfOfField)
	}
	return skipValue(b, i, depth)
}

func (d *decoder) sessionField(key []byte, b buffer, i, depth int) int {
	if string(key) == "sessionIssuer" {
		d.ev.Identity.IssuerARN, d.ev.Identity.IssuerAccountID = nil, nil
		return d.nested(b, i, depth, (*decoder).issuerField)
	}
	return skipValue(b, i, depth)
}

func (d *decoder) issuerField(key []byte, b buffer, i, depth int) int {
	switch string(key) {
	case "arn":
		return d.text(b, i, depth, &d.ev.Identity.IssuerARN)
	case "accountId":
		return d.text(b, i, depth, &d.ev.Identity.IssuerAccountID)
	}
	return skipValue(b, i, depth)
}

func (d *decoder) onBehalfOfField(key []byte, b buffer, i, depth int) int {
	if string(key) == "userId" {
		return d.text(b, i, depth, &d.ev.Identity.OnBehalfOfUserID)
	}
	return skipValue(b, i, depth)
}

func (d *decoder) additionalField(key []byte, b buffer, i, depth int) int {
	add := &d.ev.Additional
	switch string(key) {
	case "vpcEndpointId":
		return d.text(b, i, depth, &add.EndpointID)
	case "bytesTransferredIn":
		return d.count(b, i, depth, &add.BytesIn)
	case "bytesTransferredOut":
		return d.count(b, i, depth, &add.BytesOut)
	}
	return skipValue(b, i, depth)
}

func (d *decoder) tlsField(key []byte, b buffer, i, depth int) int {
	if string(key) == "clientProvidedHostHeader" {
		return d.text(b, i, depth, &d.ev.HostHeader)
	}
	return skipValue(b, i, depth)
}

func (d *decoder) addendumField(key []byte, b buffer, i, depth int) int {
	switch string(key) {
	case "reason":
		return d.text(b, i, depth, &d.ev.AddendumReason)
	case "originalEventID":
		return d.text(b, i, depth, &d.ev.OriginalEventID)
	}
	return skipValue(b, i, depth)
}

// nested walks an object with field; any other value is skipped.
func (d *decoder) nested(b buffer, i, depth int, field func(d *decoder, key []byte, b buffer, i, depth int) int) int {
	if b.at(i) != '{' {
		return skipValue(b, i, depth)
	}
	return d.object(b, i, depth+1, field)
}

// text reads a string into dst; any other value is skipped and dst emptied.
func (d *decoder) text(b buffer, i, depth int, dst *[]byte) int {
	if b.at(i) != '"' {
		*dst = nil
		return skipValue(b, i, depth)
	}
	end, plain := scanString(b, i+1)
	if end < 0 {
		return end
	}
	*dst = b.cut(i+1, end-1)
	if !plain {
		*dst = d.unescaped(*dst)
	}
	return end
}

// unescaped returns the text of a string literal, kept in scratch. A scratch that grows moves;
// what was returned before stays where it was.
func (d *decoder) unescaped(lit []byte) []byte {
	start := len(d.scratch)
	d.scratch = appendText(d.scratch, lit)
	return d.scratch[start:len(d.scratch):len(d.scratch)]
}

// truth reads true, false, or either as a string, as some services write it.
func (d *decoder) truth(b buffer, i, depth int, dst *Bool) int {
	var text []byte
	end := d.text(b, i, depth, &text)
	if end > 0 && len(text) == 0 {
		text = b.cut(i, end)
	}
	switch string(text) {
	case "true":
		*dst = True
	case "false":
		*dst = False
	default:
		*dst = Absent
	}
	return end
}

func (d *decoder) count(b buffer, i, depth int, dst *int64) int {
	end := skipValue(b, i, depth)
	*dst = 0
	if end > 0 && (isDigit(b.at(i)) || b.at(i) == '-') {
		*dst = parseCount(b.cut(i, end))
	}
	return end
}

// raw keeps a value as it stands; null empties dst.
func (d *decoder) raw(b buffer, i, depth int, dst *[]byte) int {
	end := skipValue(b, i, depth)
	*dst = nil
	if end > 0 && b.at(i) != 'n' {
		*dst = b.cut(i, end)
	}
	return end
}
