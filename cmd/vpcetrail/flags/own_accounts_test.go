package flags

import (
	"slices"
	"testing"
)

func TestParseAccounts(t *testing.T) {
	const (
		page = `{"Accounts": [{"Id": "111122223333", "Arn": "arn:aws:organizations::111122223333:account/o-x/111122223333", "Status": "ACTIVE"},
			{"Id": "444455556666", "Status": "SUSPENDED"}], "NextToken": "t"}`
		remedy = ": give the whole output of aws organizations list-accounts, or one id a line"
	)
	both := []string{"111122223333", "444455556666"}
	for _, tc := range []struct {
		name, text string
		want       []string
		wrong      string
	}{
		{"a page, a suspended account in it", page, both, ""},
		{"pages one behind the other", page + "\n" + `{"Accounts": []}{"Accounts": [{"Id": "777788889999"}]}`, append(both, "777788889999"), ""},
		{"one id a line", "111122223333\r\n\n 444455556666 \n", both, ""},
		{"ids in one line, behind a byte order mark", "\ufeff111122223333\t444455556666", both, ""},
		{"nothing", " \n", nil, "it names no account" + remedy},
		{"no accounts", `{"Accounts": []}`, nil, "it names no account" + remedy},
		{"other JSON", page + `{"Roots": []}`, nil, `document 2 has no list "Accounts" with "Id" as text` + remedy},
		{"an array", `["111122223333"]`, nil, `document 1 has no list "Accounts" with "Id" as text` + remedy},
		{"a number", `{"Accounts": [{"Id": 111122223333}]}`, nil, `document 1 has no list "Accounts" with "Id" as text` + remedy},
		{"cut JSON", page[:60], nil, "document 1 ends too early"},
		{"text behind JSON", page + "bye", nil, "document 2 is not JSON, at byte 198: invalid character 'b' looking for beginning of value"},
		{"no id in JSON", page + `{"Accounts": [{"Id": "1"}]}`, nil, `document 2, Accounts[0]: Id "1" is not an account id of 12 digits`},
		{"no id in a line", "111122223333\n1111-2222-3333\n", nil, `line 2: "1111-2222-3333" is not an account id of 12 digits` + remedy},
	} {
		got, err := parseAccounts([]byte(tc.text))
		if text := errText(err); text != tc.wrong || !slices.Equal(got, tc.want) && err == nil {
			t.Errorf("%s: %v, %q\nwant %v, %q", tc.name, got, text, tc.want, tc.wrong)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
