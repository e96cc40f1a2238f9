package deploy

import (
	"slices"
	"strconv"
	"strings"

	"vpcetrail/cmd/vpcetrail/notify"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/source/store"
)

// A right is a statement of a role's policy, and why the role needs it. In resources,
// ${AWS::Partition}, ${AWS::Region} and ${AWS::AccountId} are those of the stack.
type right struct {
	Sid       string
	Why       string
	Actions   []string
	Resources []string
	When      map[string]map[string][]string // operator, key, values
}

// The action lists of rights on S3 and KMS.
var (
	writeReport = []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"}
	everything  = []string{"*"}
)

// rightsFor returns what the plan's commands need.
func rightsFor(f *flagsGiven, g given, p *plan, sources []string) []right {
	r := &rights{}
	for _, s := range sources {
		r.source(s, "SOURCE "+s, folder)
	}
	for _, flag := range sourceFlags {
		for _, s := range g.list(flag) {
			r.source(s, "--"+flag+" "+s, store.SplitURL) // names of logs may start with the last word of the prefix
		}
	}
	kept := p.kept()
	for _, name := range slices.Concat(fileFlags, []string{"own-accounts", "endpoints", "network"}) {
		for _, file := range g.list(name) {
			if !slices.Contains(kept, file) {
				r.file(file, "--"+name, "s3:GetObject")
			}
		}
	}
	for _, file := range kept {
		if !strings.HasPrefix(file, below(p.Out, "")) { // WriteReport has what is below
			r.file(file, "a command that keeps it", "s3:GetObject", "s3:PutObject")
		}
	}
	r.report(g.text("out"))
	r.keys(f, p.Key, g.text("kms-key-id"))
	r.services(f, g)
	return r.all
}

// kept returns the files that steps write beside the report.
func (p *plan) kept() (files []string) {
	for _, s := range p.Steps {
		for _, arg := range s.Args {
			if file, ok := strings.CutPrefix(arg, "-o="); ok {
				files = append(files, file)
			}
		}
	}
	return files
}

type rights struct{ all []right }

func (r *rights) add(sid, why string, actions, resources []string, when map[string]map[string][]string) {
	for i := range r.all { // one statement for what several flags need for the same reason
		if old := &r.all[i]; old.Sid == sid && old.Why == why && slices.Equal(old.Actions, actions) && when == nil && old.When == nil {
			old.Resources = append(old.Resources, resources...)
			return
		}
	}
	n := 0
	for _, old := range r.all {
		if strings.TrimRight(old.Sid, "0123456789") == sid {
			n++
		}
	}
	if n > 0 {
		sid += strconv.Itoa(1 + n)
	}
	r.all = append(r.all, right{sid, why, actions, resources, when})
}

func only(operator, key string, values ...string) map[string]map[string][]string {
	return map[string]map[string][]string{operator: {key: values}}
}

// source adds what reading a SOURCE, or a source beside it, needs.
func (r *rights) source(name, what string, split func(string) (bucket, prefix string)) {
	if region, ok := strings.CutPrefix(name, list.LookupScheme); ok {
		r.add("ReadEventHistory", what, []string{"cloudtrail:LookupEvents"}, everything, only("StringEquals", "aws:RequestedRegion", region))
		return
	}
	if !list.IsS3(name) {
		return
	}
	bucket, prefix := split(name)
	var when map[string]map[string][]string
	if prefix != "" {
		when = only("StringLike", "s3:prefix", prefix+"*")
	}
	r.add("ListTrail", "to find the objects of "+what, []string{"s3:ListBucket"}, []string{bucketARN(bucket)}, when)
	r.add("ReadTrail", "to read the objects of "+what, []string{"s3:GetObject"}, []string{objectARN(bucket, prefix+"*")}, nil)
}

// folder returns the bucket and the prefix that everything in an s3:// folder has.
func folder(name string) (bucket, prefix string) {
	bucket, prefix = store.SplitURL(name)
	if prefix != "" {
		prefix = strings.TrimRight(prefix, "/") + "/"
	}
	return bucket, prefix
}

// file adds what a file of a flag needs, if it is in S3.
func (r *rights) file(name, why string, actions ...string) {
	if !list.IsS3(name) {
		return
	}
	sid := "ReadFile"
	if len(actions) > 1 {
		sid = "KeepFile"
	}
	bucket, key := store.SplitURL(name)
	r.add(sid, "the file of "+why, actions, []string{objectARN(bucket, key)}, nil)
}

// report adds what reading and replacing days of the report needs.
func (r *rights) report(out string) {
	if !list.IsS3(out) {
		return
	}
	bucket, prefix := folder(out)
	r.add("ListReport", "to see which days --out "+out+" has: without it, S3 answers 403 for a day that does not exist, "+
		"and no condition on a prefix holds then", []string{"s3:ListBucket"}, []string{bucketARN(bucket)}, nil)
	r.add("WriteReport", "to compare a day with the published one, replace it, lock it, and remove what a failed run has left in --out "+out, writeReport, []string{objectARN(bucket, prefix+"*")}, nil)
}

// keys adds the use of the KMS keys, through S3 alone.
func (r *rights) keys(f *flagsGiven, ofReport ...string) {
	through := func(more map[string]map[string][]string) map[string]map[string][]string {
		when := only("StringLike", "kms:ViaService", "s3.*.amazonaws.com", "s3.*.${AWS::URLSuffix}")
		for operator, keys := range more {
			when[operator] = keys
		}
		return when
	}
	if len(f.trailKeys) > 0 {
		r.add("DecryptTrail", "to read what --trail-key encrypts", []string{"kms:Decrypt"}, f.trailKeys, through(nil))
	}
	for i, key := range ofReport {
		if key == "" || slices.Contains(ofReport[:i], key) {
			continue
		}
		resource, more := keyARN(key)
		r.add("EncryptReport", "to write and read a report that key "+key+" encrypts", []string{"kms:GenerateDataKey", "kms:Decrypt"}, []string{resource}, through(more))
	}
}

// keyARN returns the resource of a key that an id, an ARN or an alias names.
func keyARN(key string) (resource string, when map[string]map[string][]string) {
	prefix, alias, isAlias := strings.Cut(key, "alias/")
	switch {
	case isAlias && prefix == "":
		prefix = arn + "kms" + here
		fallthrough
	case isAlias:
		return prefix + "key/*", only("ForAnyValue:StringEquals", "kms:ResourceAliases", "alias/"+alias)
	case strings.HasPrefix(key, "arn:"):
		return key, nil
	}
	return arn + "kms" + here + "key/" + key, nil
}

// services adds what the flags ask of services other than S3.
func (r *rights) services(f *flagsGiven, g given) {
	var regions map[string]map[string][]string
	if given := g.list("regions"); len(given) > 0 {
		regions = only("StringEquals", "aws:RequestedRegion", given...)
	}
	asked := func(flag string) bool { return slices.Contains(g.list(flag), live) }
	if (asked("endpoints") || asked("network") || g.text("metrics") != "") && regions == nil {
		r.add("FindRegions", "to find the Regions that the account has enabled: not needed with --regions", []string{"ec2:DescribeRegions"}, everything, nil)
	}
	switch {
	case asked("network"):
		r.add("ReadNetwork", "--network aws", []string{
			"ec2:DescribeDhcpOptions", "ec2:DescribeInstances", "ec2:DescribeNatGateways", "ec2:DescribeNetworkInterfaces", "ec2:DescribeRouteTables", "ec2:DescribeSubnets",
			"ec2:DescribeVpcAttribute", "ec2:DescribeVpcEndpointServices", "ec2:DescribeVpcEndpoints", "ec2:DescribeVpcs", "lambda:ListFunctions",
		}, everything, regions)
	case asked("endpoints"):
		r.add("ReadEndpoints", "--endpoints aws", []string{"ec2:DescribeVpcEndpoints"}, everything, regions)
	}
	if g.text("metrics") != "" {
		r.add("ReadMetrics", "the command metrics, for --metrics", []string{"cloudwatch:GetMetricData", "cloudwatch:ListMetrics"}, everything, regions)
		if !asked("network") && !asked("endpoints") {
			r.add("ReadEndpoints", "the command metrics, for --metrics", []string{"ec2:DescribeVpcEndpoints"}, everything, regions)
		}
	}
	if g.text("verify") != "" && g.text("keys") == "" {
		r.add("ReadKeys", "--verify, to check signatures: not needed with --keys", []string{"cloudtrail:ListPublicKeys"}, everything, nil)
	}
	switch f.notify {
	case notify.ToEventBridge:
		bus := f.bus
		if !strings.HasPrefix(bus, "arn:") {
			bus = arn + "events" + here + "event-bus/" + bus
		}
		r.add("SendEvents", "--notify eventbridge", []string{"events:DescribeEventBus", "events:PutEvents"}, []string{bus}, nil)
	case notify.ToSecurityHub:
		r.add("SendFindings", "--notify securityhub", []string{"securityhub:BatchImportFindings"},
			[]string{arn + "securityhub" + here + "product/${AWS::AccountId}/default"}, nil)
	}
}

// bucketARN returns the ARN of a bucket or access point, as it is named in s3://.
func bucketARN(bucket string) string {
	if strings.HasPrefix(bucket, "arn:") {
		return bucket
	}
	return arn + "s3:::" + bucket
}

func objectARN(bucket, key string) string {
	if strings.HasPrefix(bucket, "arn:") {
		return bucket + "/object/" + key
	}
	return bucketARN(bucket) + "/" + key
}
