package athena

import (
	"fmt"
	"io"
	"strings"

	"vpcetrail/report/grid"
	"vpcetrail/report/table"
)

// A table in Glue, in the form of both its API and CloudFormation.
type (
	glueTable struct {
		Name              string
		Description       string
		TableType         string
		Parameters        map[string]string
		PartitionKeys     []glueColumn
		StorageDescriptor glueStorage
	}
	glueStorage struct {
		Location     string
		InputFormat  string
		OutputFormat string
		SerdeInfo    glueSerde
		Columns      []glueColumn
	}
	glueSerde struct {
		SerializationLibrary string
		Parameters           map[string]string
	}
	glueColumn struct{ Name, Type, Comment string }
)

func (r *Report) glueTable(t *table.Info) glueTable {
	g := glueTable{
		Name: t.Name, Description: plain(t.Doc), TableType: "EXTERNAL_TABLE",
		Parameters:    map[string]string{"EXTERNAL": "TRUE"},
		PartitionKeys: []glueColumn{{"dt", table.Text.String(), dtDoc}},
		StorageDescriptor: glueStorage{
			Location:     r.folder(t.Name),
			InputFormat:  "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
			OutputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
			SerdeInfo: glueSerde{
				SerializationLibrary: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
				Parameters:           map[string]string{"serialization.format": "1"},
			},
		},
	}
	for _, p := range r.properties(t) {
		g.Parameters[p[0]] = p[1]
	}
	for _, c := range t.Columns {
		g.StorageDescriptor.Columns = append(g.StorageDescriptor.Columns, glueColumn{c.Name, c.Type.String(), plain(c.Doc)})
	}
	return g
}

// WriteGlue writes every table as input for Glue's CreateTable, one JSON object per line.
func (r *Report) WriteGlue(out io.Writer) error {
	lines := grid.NewJSON(out)
	for _, t := range table.Tables() {
		if err := lines.Encode(map[string]any{"DatabaseName": r.Database, "TableInput": r.glueTable(&t)}); err != nil {
			return fmt.Errorf("glue: write: %w", err)
		}
	}
	return nil
}

// A resource is a resource in a CloudFormation template.
type resource struct {
	Type       string
	DependsOn  string `json:",omitempty"`
	Properties any
}

// WriteCloudFormation writes a CloudFormation template of the database and its tables. The views'
// statements and the sample queries become named queries of the work group.
func (r *Report) WriteCloudFormation(out io.Writer, workGroup string) error {
	account := map[string]string{"Ref": "AWS::AccountId"}
	resources := map[string]resource{"Database": {
		Type: "AWS::Glue::Database",
		Properties: map[string]any{
			"CatalogId":     account,
			"DatabaseInput": map[string]string{"Name": r.Database, "Description": "The vpcetrail report at " + r.Location},
		},
	}}
	for _, t := range table.Tables() {
		resources["Table"+camel(t.Name)] = resource{
			Type: "AWS::Glue::Table", DependsOn: "Database",
			Properties: map[string]any{"CatalogId": account, "DatabaseName": r.Database, "TableInput": r.glueTable(&t)},
		}
	}
	query := func(kind string, s Statement) {
		resources[kind+camel(s.Name)] = resource{
			Type: "AWS::Athena::NamedQuery", DependsOn: "Database",
			Properties: map[string]string{
				"Database": r.Database, "WorkGroup": workGroup, "Name": s.Name, "Description": s.Title, "QueryString": s.SQL,
			},
		}
	}
	for _, s := range r.Views() {
		query("View", s)
	}
	for _, s := range r.Samples() {
		query("Sample", s)
	}
	page := grid.NewJSON(out)
	page.SetIndent("", "  ")
	return page.Encode(map[string]any{
		"AWSTemplateFormatVersion": "2010-09-09",
		"Description":              "Tables of the vpcetrail report at " + r.Location,
		"Resources":                resources,
	})
}

// camel turns a name with underscores into a CloudFormation name: letters and digits only.
func camel(name string) string {
	var out strings.Builder
	for word := range strings.SplitSeq(name, "_") {
		out.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return out.String()
}
