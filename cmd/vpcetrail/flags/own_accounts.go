package flags

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"vpcetrail/classify/endpoints"
	"vpcetrail/cmd/vpcetrail/file"
	"vpcetrail/ingest/source/list"
)

// ownAccounts returns the account ids of --own-accounts. Each value is an id, or the
// name of a file with ids.
func ownAccounts(ctx context.Context, values []string) ([]string, error) {
	var ids []string
	for _, value := range values {
		if endpoints.IsAccount([]byte(value)) {
			ids = append(ids, value)
			continue
		}
		if _, err := os.Stat(value); errors.Is(err, fs.ErrNotExist) && !list.IsS3(value) {
			return nil, fmt.Errorf("--own-accounts: %q is not an account id of 12 digits, and no file", value)
		}
		found, err := file.Parse(ctx, "--own-accounts", value, parseAccounts)
		if err != nil {
			return nil, err
		}
		ids = append(ids, found...)
	}
	return ids, nil
}

// remedyAccounts ends the error about a file without accounts.
const remedyAccounts = "give the whole output of aws organizations list-accounts, or one id a line"

// parseAccounts reads the output of `aws organizations list-accounts`, or plain text
// with one id a line. Several outputs may follow each other, such as pages. Suspended
// accounts count too: their endpoints are ours.
func parseAccounts(data []byte) ([]string, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	parse := parseAccountLines
	if text := bytes.TrimSpace(data); len(text) > 0 && (text[0] == '{' || text[0] == '[') {
		parse = parseAccountPages
	}
	ids, err := parse(data)
	if err == nil && len(ids) == 0 {
		err = errors.New("it names no account: " + remedyAccounts)
	}
	return ids, err
}

func parseAccountPages(data []byte) (ids []string, err error) {
	documents := json.NewDecoder(bytes.NewReader(data))
	for n := 1; ; n++ {
		var page struct{ Accounts []struct{ ID string } }
		err := documents.Decode(&page)
		var syntax *json.SyntaxError
		switch {
		case err == io.EOF:
			return ids, nil
		case err == io.ErrUnexpectedEOF:
			return nil, fmt.Errorf("document %d ends too early", n)
		case errors.As(err, &syntax):
			return nil, fmt.Errorf("document %d is not JSON, at byte %d: %w", n, syntax.Offset, err)
		case err != nil || page.Accounts == nil:
			return nil, fmt.Errorf(`document %d has no list "Accounts" with "Id" as text: %s`, n, remedyAccounts)
		}
		for i, account := range page.Accounts {
			if !endpoints.IsAccount([]byte(account.ID)) {
				return nil, fmt.Errorf("document %d, Accounts[%d]: Id %q is not an account id of 12 digits", n, i, account.ID)
			}
			ids = append(ids, account.ID)
		}
	}
}

func parseAccountLines(data []byte) (ids []string, err error) {
	n := 0
	for line := range bytes.Lines(data) {
		n++
		for _, id := range bytes.Fields(line) { // --output text writes all in one line
			if !endpoints.IsAccount(id) {
				return nil, fmt.Errorf("line %d: %.40q is not an account id of 12 digits: %s", n, id, remedyAccounts)
			}
			ids = append(ids, string(id))
		}
	}
	return ids, nil
}
