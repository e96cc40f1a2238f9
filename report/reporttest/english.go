package reporttest

import (
	"regexp"
	"slices"
	"strings"
)

// notSentences are what may be English in a text of another language: markup, code, names and what
// programs read.
var notSentences = regexp.MustCompile(`(?s)<!doctype html>|<style>.*?</style>|<script>.*?</script>|<pre>.*?</pre>|<svg.*?</svg>|<code>.*?</code>|<meta[^>]*>|\s(class|id|for|role|name|type|href|scope|aria-[a-z]+by|autocomplete|aria-sort|text-anchor)="[^"]*"|` +
	`</?[a-z0-9]+|(?m:^(aws|resource|#   |  ).*(aws ec2|SELECT).*$)|SELECT .*|vpcetrail [a-z]+( [^ぁ-ん一-龠]*)?|https?://\S+|` +
	`AWS Application Migration Service|Elastic Disaster Recovery|AWS Systems Manager|EC2 Image Builder|AWS Elastic Beanstalk|Session Manager|Noto Sans CJK JP`)

// english matches English text: three words, or two in lower case.
var english = regexp.MustCompile(`[A-Za-z][a-z']+( [A-Za-z]?[a-z']+){2,}|\b[a-z']{2,} [a-z']{2,}\b`)

// English returns the pieces of English in text that should be in another language. Known texts,
// such as those of the logs, do not count.
func English(text string, known ...string) []string {
	slices.SortFunc(known, func(a, b string) int { return len(b) - len(a) }) // one may hold another
	for _, k := range known {
		if k != "" {
			text = strings.ReplaceAll(text, k, "")
		}
	}
	return english.FindAllString(notSentences.ReplaceAllString(text, " · "), -1)
}
