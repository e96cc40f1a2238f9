package event

import "vpcetrail/ingest/event/walk"

// Named holds the parts of a record's resources and requestParameters that may name a
// resource. The walk of the record fills it. It supports only the form that CloudTrail
// writes. It holds nothing if the form differs: white space, escapes in names or ARNs,
// other or deeper members in resources, or more entries than there is room for. Then the
// caller must read Resources and Request.
type Named struct {
	// ARNs are the values of ARN in the elements of resources that start with arn:, in
	// order.
	ARNs [][]byte
	// Parameters are the members of requestParameters with names in ParameterNames, in
	// order. If a name comes twice, the last one counts.
	Parameters []Parameter

	HasARNs       bool // ARNs holds everything that resources names
	HasParameters bool // Parameters holds everything that requestParameters names
}

// A Parameter is a member of requestParameters.
type Parameter struct {
	Number uint8  // index in ParameterNames
	Value  []byte // raw JSON
}

// ParameterNames are the names of the request parameters that a Named keeps: those that
// name a resource of some service, or its owner. Each has at least four bytes.
var ParameterNames = [...]string{
	"bucketName", "queueUrl", "queueName", "queueOwnerAWSAccountId", "topicArn", "targetArn", "subscriptionArn",
	"resourceArn", "name", "keyId", "targetKeyId", "aliasName", "tableName", "tableArn", "requestItems", "secretId",
	"logGroupName", "logGroupNames", "logGroupIdentifier", "logGroupIdentifiers", "functionName", "repositoryName",
	"repositoryNames", "registryId", "roleArn",
}

const (
	maxNamedARNs  = 8
	maxParameters = 8
)

// named is the memory for the contents of a Named.
type named struct {
	arns       [maxNamedARNs][]byte
	parameters [maxParameters]Parameter
}

// parameterSlots finds parameter names by their first four bytes. It holds indexes plus
// one.
var parameterSlots = func() (slots [256]uint8) {
	for number, name := range ParameterNames {
		at := parameterSlot(uint64(name[0]) | uint64(name[1])<<8 | uint64(name[2])<<16 | uint64(name[3])<<24)
		for slots[at] != 0 {
			at++
		}
		slots[at] = uint8(number + 1)
	}
	return slots
}()

// parameterSlot returns the first slot for names that start with the four low bytes of w.
func parameterSlot(w uint64) uint8 { return uint8(w & 0xffffffff * 0x9e3779b97f4a7c15 >> 56) }

// The members of an element of resources as CloudTrail writes them: the eight bytes that
// start with the quote.
const (
	keyAccountID = '"' | 'a'<<8 | 'c'<<16 | 'c'<<24 | 'o'<<32 | 'u'<<40 | 'n'<<48 | 't'<<56
	// from the fifth byte on
	keyAccountIDEnd = 'u' | 'n'<<8 | 't'<<16 | 'I'<<24 | 'd'<<32 | '"'<<40 | ':'<<48 | '"'<<56

	keyType    = '"' | 't'<<8 | 'y'<<16 | 'p'<<24 | 'e'<<32 | '"'<<40 | ':'<<48 | '"'<<56
	keyARN     = '"' | 'A'<<8 | 'R'<<16 | 'N'<<24 | '"'<<32 | ':'<<40 | '"'<<48
	keyARNMask = 1<<56 - 1
	textARN    = 'a' | 'r'<<8 | 'n'<<16 | ':'<<24
)

// resources reads the value of resources: an array of objects that contain only strings.
func (d *decoder) resources(b walk.Buffer, i int, dst *[]byte) int {
	n := &d.ev.Named
	n.ARNs, n.HasARNs = d.named.arns[:0], true
	start := i
	switch b.At(i) {
	case '[':
	case '{':
		return d.irregularResources(b, start, dst)
	default:
		return d.raw(b, i, dst) // names nothing
	}
	if b.At(i+1) == ']' {
		*dst = b.Cut(start, i+2)
		return i + 2
	}
	for {
		if b.At(i+1) != '{' {
			return d.irregularResources(b, start, dst)
		}
		if i = d.resource(b, i+2); i < 0 {
			return d.irregularResources(b, start, dst)
		}
		switch b.At(i) {
		case ',':
		case ']':
			*dst = b.Cut(start, i+1)
			return i + 1
		default:
			return d.irregularResources(b, start, dst)
		}
	}
}

// resource walks an element of resources from its first member. It returns the place
// after the element, or -1 if the element is not regular.
func (d *decoder) resource(b walk.Buffer, i int) int {
	for {
		var value int
		isARN := false
		switch w := b.Load(i); {
		case w&keyARNMask == keyARN:
			value, isARN = i+len(`"ARN":"`), true
		case w == keyType:
			value = i + len(`"type":"`)
		case w == keyAccountID && b.Load(i+5) == keyAccountIDEnd:
			value = i + len(`"accountId":"`)
		default:
			return -1
		}
		end := walk.HopASCII(b, value)
		if b.At(end) != '"' {
			return -1
		}
		if isARN && uint32(b.Load(value)) == textARN {
			n := &d.ev.Named
			if len(n.ARNs) == maxNamedARNs {
				return -1
			}
			n.ARNs = append(n.ARNs, b.Cut(value, end))
		}
		switch b.At(end + 1) {
		case ',':
			i = end + 2
		case '}':
			return end + 2
		default:
			return -1
		}
	}
}

func (d *decoder) irregularResources(b walk.Buffer, i int, dst *[]byte) int {
	d.ev.Named.HasARNs = false
	return d.raw(b, i, dst)
}

// request reads the value of requestParameters.
func (d *decoder) request(b walk.Buffer, i int, dst *[]byte) int {
	n := &d.ev.Named
	n.Parameters, n.HasParameters = d.named.parameters[:0], true
	start := i
	if b.At(i) != '{' {
		return d.raw(b, i, dst) // names nothing
	}
	if i++; b.At(i) == '}' {
		*dst = b.Cut(start, i+1)
		return i + 1
	}
	for {
		key := i + 1
		end := walk.Hop(b, key)
		if b.At(i) != '"' || b.At(end) != '"' || b.At(end+1) != ':' {
			return d.irregularRequest(b, start, dst)
		}
		value := end + 2
		if i = d.parameter(b, value); i < 0 {
			return d.irregularRequest(b, start, dst)
		}
		if !d.keepParameter(b, key, end, value, i) {
			return d.irregularRequest(b, start, dst)
		}
		switch b.At(i) {
		case ',':
			i++
		case '}':
			*dst = b.Cut(start, i+1)
			return i + 1
		default:
			return d.irregularRequest(b, start, dst)
		}
	}
}

// parameter walks the value of a member of requestParameters.
func (d *decoder) parameter(b walk.Buffer, i int) int {
	if b.At(i) == '"' {
		if end := walk.Hop(b, i+1); b.At(end) == '"' {
			return end + 1
		}
	}
	return walk.SkipValue(b, i, d.depth+1)
}

// keepParameter keeps the member named b.cut(key, end) if it is wanted. It returns false
// if there is no room.
func (d *decoder) keepParameter(b walk.Buffer, key, end, value, after int) bool {
	for at := parameterSlot(b.Load(key)); parameterSlots[at] != 0; at++ {
		number := parameterSlots[at] - 1
		if name := ParameterNames[number]; len(name) != end-key || name != string(b.Cut(key, end)) {
			continue
		}
		n := &d.ev.Named
		if len(n.Parameters) == maxParameters {
			return false
		}
		n.Parameters = append(n.Parameters, Parameter{number, b.Cut(value, after)})
		return true
	}
	return true
}

func (d *decoder) irregularRequest(b walk.Buffer, i int, dst *[]byte) int {
	d.ev.Named.HasParameters = false
	return d.raw(b, i, dst)
}
