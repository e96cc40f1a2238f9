package engines

import (
	"database/sql"
	"fmt"
	"math/big"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"
)

// startDuckDB starts DuckDB in this process, over local files.
func startDuckDB(t *testing.T) (*engine, error) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1) // settings belong to the connection
	if _, err := db.Exec("SET TimeZone = 'UTC'"); err != nil {
		return nil, err
	}
	e := &engine{
		name: "DuckDB", word: "duckdb", types: [4]string{"VARCHAR", "BIGINT", "TIMESTAMPTZ", "DOUBLE"},
		location: func(dir string) string { return dir },
		query:    func(text string) (result, error) { return duckQuery(db, text) },
	}
	return e, nil
}

func duckQuery(db *sql.DB, text string) (r result, err error) {
	rows, err := db.Query(text)
	if err != nil {
		return r, err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.ColumnTypes()
	if err != nil {
		return r, err
	}
	values, places := make([]any, len(columns)), make([]any, len(columns))
	for i, c := range columns {
		r.Columns, r.Types = append(r.Columns, c.Name()), append(r.Types, c.DatabaseTypeName())
		places[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return r, err
		}
		row := make([]*string, len(values))
		for i, v := range values {
			row[i] = duckText(v)
		}
		r.Rows = append(r.Rows, row)
	}
	return r, rows.Err()
}

// duckText returns a value as text, or nil for NULL.
func duckText(v any) *string {
	var s string
	switch v := v.(type) {
	case nil:
		return nil
	case time.Time:
		s = v.UTC().Format("2006-01-02T15:04:05.000")
	case float64:
		s = fmt.Sprintf("%.12g", v)
	case *big.Int:
		s = v.String()
	default:
		s = fmt.Sprint(v)
	}
	return &s
}
