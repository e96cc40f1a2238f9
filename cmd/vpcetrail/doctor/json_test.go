package doctor

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The README lists the fields of the JSON, and the words that some of them have.
func TestReadmeOfJSON(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for of, fields := range fieldsOf(reflect.TypeFor[jsonExamination](), "the document", map[string][]string{}) {
		want = append(want, "| "+of+" | "+strings.Join(fields, ", ")+" |")
	}
	want = append(want, wordsOfVerdicts(t)...)
	got := regexp.MustCompile("(?m)^\\| (the document|`[a-z_]+`) \\| `.*\\|$").FindAllString(string(text), -1)
	for i, row := range got {
		if cells := strings.Split(row, " | "); len(cells) == 3 {
			got[i] = strings.Join(cells[:2], " | ") // without what a word means
		}
	}
	for _, row := range want {
		if !slices.Contains(got, row) {
			t.Errorf("README.md lacks %s", row)
		}
	}
	for _, row := range got {
		if !slices.Contains(want, row) {
			t.Errorf("README.md has %s", row)
		}
	}
}

// fieldsOf adds the fields of a type, and of those in it, to a list by the field that has them.
func fieldsOf(of reflect.Type, name string, into map[string][]string) map[string][]string {
	for i := range of.NumField() {
		field, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		if field == "" {
			continue
		}
		into[name] = append(into[name], "`"+field+"`")
		inner := of.Field(i).Type
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && inner.PkgPath() == of.PkgPath() {
			fieldsOf(inner, "`"+field+"`", into)
		}
	}
	return into
}

// wordsOfVerdicts returns the rows of the words that package inside has, without their meaning.
func wordsOfVerdicts(t *testing.T) (rows []string) {
	t.Helper()
	files, _ := filepath.Glob("../../../classify/inside/*.go")
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			of, _ := spec.Type.(*ast.Ident)
			word, _ := spec.Values[0].(*ast.BasicLit)
			if of != nil && word != nil && slices.Contains([]string{"Path", "Reason", "Lookup", "Connection"}, of.Name) && word.Value != `""` {
				rows = append(rows, "| `"+strings.ToLower(of.Name)+"` | `"+strings.Trim(word.Value, `"`)+"`")
			}
			return true
		})
	}
	return rows
}
