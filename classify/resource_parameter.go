package classify

import (
	"bytes"
	"slices"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/event"
)

// A parameter is a member of a request or a response that names a resource by name or by
// ARN.
type parameter struct {
	name   string
	prefix string // precedes the name in the ARN: table/
	only   string // prefix of the eventNames in which the parameter has this meaning; "" is all
	how    naming
}

// A naming is the way in which a parameter names its resource.
type naming uint8

const (
	byName  naming = iota // a name or an ARN, or a list of them
	byARN                 // only an ARN
	byURL                 // of a queue: https://sqs.us-east-1.amazonaws.com/111122223333/orders
	inside                // an object with a member arn that names the resource
	byItems               // a list of objects with members tableName that are names or ARNs
	ofOwner               // no resource, but the account that owns the resource
)

// requested are the parameters of requests, by service. answered are the parameters of
// responses, which are read first. Their services have requested parameters too.
var (
	requested = map[string][]parameter{
		"s3": {{name: "bucketName"}},
		"sqs": {
			{name: "queueUrl", how: byURL},
			{name: "queueName"}, {name: "queueOwnerAWSAccountId", how: ofOwner},
		},
		"sns": {
			{name: "topicArn", how: byARN}, {name: "targetArn", how: byARN}, {name: "subscriptionArn", how: byARN},
			{name: "resourceArn", how: byARN}, {name: "name", only: "CreateTopic"},
		},
		"kms": {{name: "keyId", prefix: "key/"}, {name: "targetKeyId", prefix: "key/"}, {name: "aliasName"}},
		"dynamodb": {
			{name: "tableName", prefix: "table/"}, {name: "tableArn", how: byARN}, {name: "resourceArn", how: byARN},
			{name: "requestItems", prefix: "table/", how: byItems}, // for transactions; their own parameter is TransactItems
		},
		"secretsmanager": {
			{name: "secretId", prefix: "secret:"}, {name: "name", prefix: "secret:", only: "CreateSecret"},
		},
		"logs": {
			{name: "logGroupName", prefix: "log-group:"}, {name: "logGroupNames", prefix: "log-group:"},
			{name: "logGroupIdentifier", prefix: "log-group:"}, {name: "logGroupIdentifiers", prefix: "log-group:"},
			{name: "resourceArn", how: byARN},
		},
		"lambda": {{name: "functionName", prefix: "function:"}},
		"ecr": {
			{name: "repositoryName", prefix: "repository/"}, {name: "repositoryNames", prefix: "repository/"},
			{name: "registryId", how: ofOwner},
		},
		"sts": {{name: "roleArn", how: byARN}},
	}
	answered = map[string][]parameter{
		"kms":            {{name: "keyMetadata", how: inside}},
		"secretsmanager": {{name: "arn", how: byARN}, {name: "aRN", how: byARN}},
	}
)

// parametersOf holds the parameters by service, for one look-up per event.
var parametersOf = func() map[string]*parameters {
	all := map[string]*parameters{}
	for service, list := range requested {
		p := &parameters{service: service, requested: list, answered: answered[service]}
		for i := range list {
			number := slices.Index(event.ParameterNames[:], list[i].name)
			if number < 0 {
				panic("BUG: package event does not keep parameter " + list[i].name)
			}
			p.places[number] = uint8(i + 1)
		}
		all[service] = p
	}
	return all
}()

// parameters are the parameters of one service.
type parameters struct {
	service             string
	requested, answered []parameter
	places              [len(event.ParameterNames)]uint8 // index in requested plus one, by event.Parameter.Number
}

// readParameters adds the resources of the response, or else of the request.
func (r *Resources) readParameters() {
	p := parametersOf[string(r.service)]
	if p == nil {
		return
	}
	if p.answered != nil {
		if r.read(p.service, r.ev.Response, p.answered); len(r.ARNs) > 0 {
			return
		}
	}
	if !r.ev.Named.HasParameters {
		r.read(p.service, r.ev.Request, p.requested)
		return
	}
	var values parameterValues
	for i := range r.ev.Named.Parameters {
		member := &r.ev.Named.Parameters[i]
		if place := p.places[member.Number]; place > 0 {
			values[place-1] = member.Value
		}
	}
	r.takeAll(p.service, &values, p.requested)
}

// parameterValues are the values of parameters, by index in a list of parameters.
type parameterValues [8][]byte

// read adds the resources that the members of raw name. If a member comes twice, the last
// one counts.
func (r *Resources) read(service string, raw []byte, list []parameter) {
	var values parameterValues
	members := event.MembersOf(raw)
	for members.Next() {
		for i := range list {
			if list[i].name == string(members.Name) {
				values[i] = members.Value
				break
			}
		}
	}
	r.takeAll(service, &values, list)
}

// takeAll adds the resources that the values of parameters name.
func (r *Resources) takeAll(service string, values *parameterValues, list []parameter) {
	owner := r.ev.Recipient
	for i := range list {
		if list[i].how != ofOwner {
			continue
		}
		if text, _ := event.TextOf(values[i]); endpoints.IsAccount(text) {
			owner = text
		}
	}
	for i := range list {
		if values[i] != nil && bytes.HasPrefix(r.ev.Name, []byte(list[i].only)) {
			r.take(&list[i], service, owner, values[i])
		}
	}
}

// take adds the resources that a parameter names.
func (r *Resources) take(p *parameter, service string, owner, value []byte) {
	text, isText := event.TextOf(value)
	switch {
	case p.how == ofOwner:
	case p.how == byItems:
		r.takeItems(p, service, owner, value)
	case isText && (p.how == byARN || bytes.HasPrefix(text, []byte("arn:"))):
		r.add(text)
	case isText && len(text) < maxResourceARN:
		if p.how == byURL {
			owner, text = queueOf(text)
		}
		r.add(r.named(p, service, owner, text))
	case p.how == byName:
		for names := event.MembersOf(value); len(r.ARNs) < maxResources && names.Next(); {
			if _, ok := event.TextOf(names.Value); ok {
				r.take(p, service, owner, names.Value)
			}
		}
	case p.how == inside:
		for fields := event.MembersOf(value); fields.Next(); {
			if text, ok := event.TextOf(fields.Value); ok && string(fields.Name) == "arn" {
				r.add(text)
			}
		}
	}
}

// takeItems adds the tables in a list of items. TransactWriteItems has such a list, by
// AWS's page "Understanding DynamoDB log file entries". Some members there are called
// TableName.
func (r *Resources) takeItems(p *parameter, service string, owner, value []byte) {
	if !bytes.HasPrefix(value, []byte("[")) {
		return
	}
	name := parameter{prefix: p.prefix}
	for items := event.MembersOf(value); len(r.ARNs) < maxResources && items.Next(); {
		var table []byte
		for fields := event.MembersOf(items.Value); fields.Next(); {
			switch string(fields.Name) {
			case "tableName", "TableName":
				table = fields.Value
			}
		}
		if _, ok := event.TextOf(table); ok {
			r.take(&name, service, owner, table)
		}
	}
}

// named composes the ARN of the resource with that name. It returns nil if the record
// does not contain enough.
func (r *Resources) named(p *parameter, service string, owner, name []byte) []byte {
	prefix, region, start := p.prefix, r.ev.Region, len(r.text)
	if len(name) == 0 {
		return nil
	}
	r.text = append(append(r.text, "arn:"...), PartitionOf(region)...)
	switch service {
	case "s3":
		if !bytes.HasSuffix(name, []byte("--x-s3")) {
			r.text = append(append(r.text, ":s3:::"...), name...)
			return r.composed(start)
		}
		service, prefix = "s3express", "bucket/" // a directory bucket
	case "kms":
		if bytes.HasPrefix(name, []byte("alias/")) {
			prefix = ""
		}
	case "lambda": // an account may precede the name, and a version may follow it
		if account, rest, ok := bytes.Cut(name, []byte(":function:")); ok {
			owner, name = account, rest
		}
	}
	if len(region) == 0 || len(name) == 0 || !endpoints.IsAccount(owner) {
		return nil
	}
	for _, part := range [...][]byte{[]byte(service), region, owner} {
		r.text = append(append(r.text, ':'), part...)
	}
	r.text = append(append(append(r.text, ':'), prefix...), name...)
	return r.composed(start)
}

// queueOf returns the account and the name at the end of a queue's URL.
func queueOf(url []byte) (account, name []byte) {
	end := bytes.LastIndexByte(url, '/')
	if end < 0 {
		return nil, nil
	}
	return url[bytes.LastIndexByte(url[:end], '/')+1 : end], url[end+1:]
}

// PartitionOf returns the partition of a Region.
func PartitionOf(region []byte) string {
	for _, p := range partitions {
		if bytes.HasPrefix(region, []byte(p.regions)) {
			return p.name
		}
	}
	return "aws"
}

// partitions are all partitions except the first, with the prefixes of their Regions.
var partitions = []struct{ regions, name string }{
	{"cn-", "aws-cn"}, {"us-gov-", "aws-us-gov"}, {"us-isob-", "aws-iso-b"}, {"us-isof-", "aws-iso-f"},
	{"us-iso-", "aws-iso"}, {"eu-isoe-", "aws-iso-e"}, {"eusc-", "aws-eusc"},
}
