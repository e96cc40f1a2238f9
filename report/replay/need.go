package replay

import (
	"slices"
	"strings"

	"vpcetrail/report/actions"
	"vpcetrail/report/policy"
)

// An access is an action on a resource. Both may be patterns, if all that is known is what they match.
type access struct{ action, resource string }

// A need is what a call needs: all of some accesses, or one of them that is not known.
type need struct {
	all      bool
	of       []need // parts, or none
	access          // if there are no parts
	question string // what is not known, if it needs one of several
}

// needOf returns what a call needs.
func needOf(c *Call) need {
	needed := actions.Of(c.Source, c.EventName)
	n := need{all: needed.All, question: "Action"}
	for i, action := range needed.Names {
		if c.Version {
			action = versionOf(action)
		}
		if i > 0 && needed.All && (c.EventName == "CopyObject" || c.EventName == "UploadPartCopy") {
			n.of = append(n.of, need{access: access{action, copied(c)}})
			continue
		}
		n.of = append(n.of, onResources(c, action))
	}
	return n
}

// versionOf returns the action on a version of an object, such as s3:GetObjectVersion, where there is one.
func versionOf(action string) string {
	switch action {
	case "s3:GetObject", "s3:DeleteObject":
		return action + "Version"
	case "s3:GetObjectAcl", "s3:PutObjectAcl", "s3:GetObjectTagging", "s3:PutObjectTagging", "s3:DeleteObjectTagging":
		return strings.Replace(action, "Object", "ObjectVersion", 1)
	}
	return action
}

// copied returns the object that a call copies.
func copied(c *Call) string {
	source, _, _ := strings.Cut(strings.TrimPrefix(c.CopySource, "/"), "?")
	if source == "" || strings.HasPrefix(source, "arn:") {
		return "arn:" + partition(c.Region) + ":s3:::*"
	}
	return "arn:" + partition(c.Region) + ":s3:::" + source
}

// onResources returns what an action needs on the resources of a call.
func onResources(c *Call, action string) need {
	service, _, _ := strings.Cut(action, ":")
	scope := actions.ScopeOf(action)
	switch {
	case scope == actions.Nothing:
		return need{access: access{action, policy.NoResource}}
	case strings.HasSuffix(action, ":*"): // not known: any resource, or none
		return need{access: access{action, "*"}}
	}
	n := need{all: true}
	for _, arn := range c.Resources {
		if parts := strings.SplitN(arn, ":", 4); len(parts) == 4 && serves(service, parts[2]) {
			n.of = append(n.of, within(c, action, scope, arn)...)
		}
	}
	if len(n.of) == 0 {
		return need{access: access{action, "arn:" + partition(c.Region) + ":" + service + ":*"}} // a resource that the call does not name
	}
	return n
}

// serves reports whether the actions of a service are on resources of that name.
func serves(service, resource string) bool {
	return service == resource || service == "s3" && strings.HasPrefix(resource, "s3") || service == "es" && resource == "opensearch"
}

// within returns what an action needs of an ARN that a call names, which may be that of the container.
func within(c *Call, action string, scope actions.Scope, arn string) []need {
	either := func(patterns ...string) []need {
		n := need{question: "Resource"}
		for _, p := range patterns {
			n.of = append(n.of, need{access: access{action, p}})
		}
		return []need{n}
	}
	holds := func(separator string) bool { // whether c names something in this container
		return slices.ContainsFunc(c.Resources, func(other string) bool { return strings.HasPrefix(other, arn+separator) })
	}
	isObject := strings.Contains(arn, ":s3:::") && strings.Contains(arn, "/")
	switch {
	case scope == actions.Object && (isObject || strings.Contains(arn, "/object/")):
		return either(arn)
	case scope == actions.Object && holds("/"):
		return nil
	case scope == actions.Object && strings.Contains(arn, ":accesspoint"):
		return either(arn + "/object/*")
	case scope == actions.Object:
		return either(arn + "/*")
	case isObject: // the action is on the bucket
		if bucket, _, _ := strings.Cut(arn, "/"); !slices.Contains(c.Resources, bucket) {
			return either(bucket)
		}
		return nil
	case strings.Contains(arn, ":logs:"):
		return either(logPatterns(action, arn)...)
	case holds(":") || holds("/"):
		return nil // the more exact one counts
	case c.Exact:
		return either(arn)
	case strings.Contains(arn, ":function:"):
		return either(arn, arn+":*")
	case strings.Contains(arn, ":dynamodb:") && (action == "dynamodb:Query" || action == "dynamodb:Scan"):
		return either(arn, arn+"/index/*")
	}
	return either(arn)
}

// logPatterns returns what an action of CloudWatch Logs may be on. Policies name a log group with :* or without.
func logPatterns(action, arn string) []string {
	arn = strings.TrimSuffix(arn, ":*")
	switch action {
	case "logs:PutLogEvents", "logs:GetLogEvents", "logs:CreateLogStream", "logs:DeleteLogStream":
		if strings.Contains(arn, ":log-stream:") {
			return []string{arn}
		}
		return []string{arn + ":*"}
	}
	return []string{arn, arn + ":*"}
}
