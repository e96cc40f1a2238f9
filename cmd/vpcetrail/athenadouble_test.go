package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// An athenaDouble simulates Athena's API over HTTP. It keeps the tables that
// vpcetrail's CREATE and ALTER statements declare. Every fourth statement is QUEUED
// and RUNNING before it ends. The first call of each kind is throttled.
type athenaDouble struct {
	mu       sync.Mutex
	tables   map[string]*doubleTable
	order    []string // tables, as made
	ran      []string // statements
	groups   []string // of them
	results  []string // of them
	polls    map[string]int
	throttle map[string]int // calls to refuse, by kind
	stopped  []string
	// fail says how the n-th run of a statement ends; nil means without error.
	fail func(sql string, run int) (reason string, retryable bool)
	hang bool // statements never end
}

type doubleTable struct {
	Name, TableType        string
	Columns, PartitionKeys []doubleColumn
	Parameters             map[string]string
}

type doubleColumn struct{ Name, Type, Comment string }

// newAthenaDouble starts a double, and sets the environment so that the SDK uses it.
func newAthenaDouble(t *testing.T) *athenaDouble {
	t.Helper()
	d := &athenaDouble{tables: map[string]*doubleTable{}, polls: map[string]int{},
		throttle: map[string]int{"StartQueryExecution": 1, "GetQueryExecution": 1, "ListTableMetadata": 1}}
	setAWS(t, &s3Server{url: "http://127.0.0.1:1"}) // nobody listens there: Athena has an endpoint of its own
	t.Setenv("AWS_ENDPOINT_URL_ATHENA", serve(t, d))
	t.Setenv("AWS_MAX_ATTEMPTS", "")
	if err := os.Unsetenv("AWS_MAX_ATTEMPTS"); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *athenaDouble) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	kind := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AmazonAthena.")
	var in struct {
		QueryString, WorkGroup, NextToken string
		ID                                string `json:"QueryExecutionId"`
		ResultConfiguration               struct{ OutputLocation string }
	}
	answer := any(map[string]any{})
	err := json.NewDecoder(r.Body).Decode(&in)
	switch {
	case err != nil:
		w.WriteHeader(http.StatusBadRequest)
	case d.throttle[kind] > 0:
		d.throttle[kind]--
		w.WriteHeader(http.StatusBadRequest)
		answer = map[string]any{"__type": "TooManyRequestsException", "Message": "Rate exceeded"}
	case kind == "StartQueryExecution":
		d.ran, d.groups, d.results = append(d.ran, in.QueryString), append(d.groups, in.WorkGroup), append(d.results, in.ResultConfiguration.OutputLocation)
		answer = map[string]any{"QueryExecutionId": fmt.Sprint(len(d.ran) - 1)}
	case kind == "GetQueryExecution":
		answer = map[string]any{"QueryExecution": map[string]any{"Status": d.status(in.ID)}}
	case kind == "StopQueryExecution":
		d.stopped = append(d.stopped, in.ID)
	case kind == "ListTableMetadata":
		answer = d.page(in.NextToken)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(answer)
}

// status returns the state of a statement, and executes it when it ends.
func (d *athenaDouble) status(id string) map[string]any {
	var n int
	_, _ = fmt.Sscan(id, &n)
	d.polls[id]++
	switch {
	case d.polls[id] == 1 && n%4 == 0:
		return map[string]any{"State": "QUEUED"}
	case d.polls[id] == 2 && n%4 == 0 || d.hang:
		return map[string]any{"State": "RUNNING"}
	}
	run := 0
	for _, sql := range d.ran[:n+1] {
		if sql == d.ran[n] {
			run++
		}
	}
	if d.fail != nil {
		if reason, again := d.fail(d.ran[n], run); reason != "" {
			return map[string]any{"State": "FAILED", "StateChangeReason": reason, "AthenaError": map[string]any{"Retryable": again}}
		}
	}
	d.carryOut(d.ran[n])
	return map[string]any{"State": "SUCCEEDED"}
}

var (
	sqlName     = regexp.MustCompile("`vpcetrail`\\.`(\\w+)`|VIEW vpcetrail\\.(\\w+)")
	sqlColumn   = regexp.MustCompile("(?m)^  `(\\w+)` (\\w+)(?: COMMENT '((?:[^'\\\\]|\\\\.)*)')?,?$")
	sqlChange   = regexp.MustCompile("CHANGE COLUMN `(\\w+)` `\\w+` \\w+ COMMENT '((?:[^'\\\\]|\\\\.)*)'")
	sqlProperty = regexp.MustCompile("(?m)^  '(.+)' = '(.+)',?$")
	sqlDay      = regexp.MustCompile("PARTITIONED BY \\(`(\\w+)` (\\w+)")
)

// carryOut executes a statement of vpcetrail's.
func (d *athenaDouble) carryOut(sql string) {
	found := sqlName.FindStringSubmatch(sql)
	if found == nil {
		return
	}
	name := found[1] + found[2]
	t := d.tables[name]
	switch {
	case strings.HasPrefix(sql, "DROP"):
		delete(d.tables, name)
		return
	case t == nil:
		t = &doubleTable{Name: name, TableType: "EXTERNAL_TABLE", Parameters: map[string]string{"EXTERNAL": "TRUE"}}
		d.tables[name] = t
		d.order = append(d.order, name)
	case strings.HasPrefix(sql, "CREATE"):
		return
	}
	if strings.HasPrefix(sql, "CREATE OR REPLACE VIEW") {
		t.TableType = "VIRTUAL_VIEW"
	}
	plain := strings.NewReplacer(`\'`, `'`, `\\`, `\`)
	for _, c := range sqlColumn.FindAllStringSubmatch(sql, -1) {
		t.Columns = append(t.Columns, doubleColumn{c[1], c[2], plain.Replace(c[3])})
	}
	for _, c := range sqlChange.FindAllStringSubmatch(sql, -1) {
		for i := range t.Columns {
			if t.Columns[i].Name == c[1] {
				t.Columns[i].Comment = plain.Replace(c[2])
			}
		}
	}
	for _, p := range sqlProperty.FindAllStringSubmatch(sql, -1) {
		t.Parameters[p[1]] = p[2]
	}
	if day := sqlDay.FindStringSubmatch(sql); day != nil {
		t.PartitionKeys = []doubleColumn{{Name: day[1], Type: day[2]}}
	}
}

// page returns three tables. The token is the number of tables on the pages before.
func (d *athenaDouble) page(token string) map[string]any {
	var from int
	_, _ = fmt.Sscan(token, &from)
	var list []*doubleTable
	for _, name := range d.order[from:min(from+3, len(d.order))] {
		if t := d.tables[name]; t != nil {
			list = append(list, t)
		}
	}
	answer := map[string]any{"TableMetadataList": list}
	if from+3 < len(d.order) {
		answer["NextToken"] = fmt.Sprint(from + 3)
	}
	return answer
}
