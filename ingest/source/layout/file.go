package layout

import (
	"slices"
	"strings"
)

// A Kind is what an object may hold, judged by its name.
type Kind uint8

// The kinds.
const (
	NoCalls Kind = iota // no API calls: digests, insights, other logs, documents, hidden files
	Calls               // API calls, in a format that is supported
	Unread              // API calls, in a format that is not supported
)

// KindOf returns the kind of the object called file. CloudTrail's objects end in
// .json.gz. Firehose's objects have no suffix.
func KindOf(file string) Kind {
	if Hidden(file) || file == "" || file == "-" || // the name of standard input
		bareDocuments[strings.ToLower(file)] || strings.HasSuffix(file, "_$folder$") || isAccessLog(file) ||
		slices.ContainsFunc(noCalls, func(s string) bool { return strings.Contains(file, s) }) {
		return NoCalls
	}
	switch suffix := suffixOf(file); {
	case suffix == "", readSuffixes[suffix]:
		return Calls
	case documents[suffix]:
		return NoCalls
	}
	return Unread
}

// Bare reports whether an object called file has no suffix, as Firehose writes them.
func Bare(file string) bool { return suffixOf(file) == "" }

// Document reports whether a JSON file beside a trail is not a log, judged by its
// name: an inventory of endpoints, a policy, a manifest.
func Document(file string) bool {
	name, ok := strings.CutSuffix(strings.ToLower(file), ".json")
	return ok && (documentNames[name] || slices.ContainsFunc(documentWords, func(word string) bool { return strings.Contains(name, word) }))
}

// Hidden reports whether Athena ignores the name. A folder without a name, as in
// prefix//AWSLogs, is not hidden.
func Hidden(name string) bool { return name != "" && (name[0] == '.' || name[0] == '_') }

var (
	readSuffixes  = map[string]bool{"json": true, "jsonl": true, "ndjson": true, "gz": true, "zst": true}
	documentNames = words("network networks prices snapshot state index report summary")
	documentWords = []string{"endpoints", "inventory", "policy", "manifest", "config", "package", "schema", "template", "settings"}
	noCalls       = []string{"_CloudTrail-Digest_", "_CloudTrail-Insight_", "_CloudTrail-Aggregated_"}
	documents     = words(`md rst html htm css js pdf png jpg jpeg gif svg csv tsv xls xlsx doc docx
		yaml yml toml ini cfg conf tf tfvars tfstate hcl sh py go mod sum sql bat ps1 ipynb
		pem key crt cer pub sig asc sha1 sha256 sha512 md5 checksum metadata lock pid`)
	bareDocuments = words("license licence copying notice authors contributors codeowners readme changelog makefile dockerfile")
)

func words(text string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		set[word] = true
	}
	return set
}

// suffixOf returns the text after a file's last dot, in lower case, if it looks like a
// suffix: up to ten letters and digits, not digits alone. A name such as
// logs.v2-1-2026-11-20 has no suffix.
func suffixOf(file string) string {
	dot := strings.LastIndexByte(file, '.')
	if dot < 0 || dot == len(file)-1 || len(file)-dot > 11 || allDigits(file[dot+1:]) {
		return ""
	}
	suffix := strings.ToLower(file[dot+1:])
	if strings.Trim(suffix, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return ""
	}
	return suffix
}

// isAccessLog reports whether file has the name of an S3 server access log:
// 2026-11-20-10-15-32-0123456789ABCDEF.
func isAccessLog(file string) bool {
	const form = "dddd-dd-dd-dd-dd-dd-XXXXXXXXXXXXXXXX"
	if len(file) != len(form) {
		return false
	}
	for i := range len(form) {
		c, digit := file[i], '0' <= file[i] && file[i] <= '9'
		switch form[i] {
		case 'd':
			if !digit {
				return false
			}
		case 'X':
			if !digit && (c < 'A' || c > 'F') {
				return false
			}
		default:
			if c != form[i] {
				return false
			}
		}
	}
	return true
}

// UnknownFolder reports whether a folder of an account is named like CloudTrail's own
// folders but is not a known one. It may hold calls.
func UnknownFolder(name string) bool {
	_, known := readFolders[name]
	return !known && strings.HasPrefix(strings.ToLower(name), "cloudtrail")
}
