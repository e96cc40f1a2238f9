package recommend

import (
	_ "embed" // the example
	"strconv"

	"go.yaml.in/yaml/v3"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/day"
	"vpcetrail/report/fields"
	"vpcetrail/report/prices"
)

// A Metric is what CloudWatch measured at an interface endpoint over some days.
type Metric struct {
	Days        int
	Since       string           // the start of the first day, as RFC 3339
	To          day.Day          // the last day
	Connections int64            // NewConnections, the sum
	Bytes       int64            // BytesProcessed, the sum of both directions; -1 if it is not known
	SubnetBytes map[string]int64 // the same by subnet
}

// monthly returns the bytes of a month.
func (m *Metric) monthly() int64 {
	return prices.Scale(m.Bytes, prices.HoursPerMonth, int64(hoursPerDay*m.Days))
}

//go:embed metrics.yaml
var exampleMetrics string

// ExampleMetrics returns a commented file of metrics.
func ExampleMetrics() string { return exampleMetrics }

// ParseMetrics reads a YAML or JSON file of metrics, as ExampleMetrics shows it, by endpoint. An
// error is one line with the line number, the field and what is expected there.
func ParseMetrics(data []byte) (map[string]Metric, error) {
	root, err := fields.Document(data, "metrics of endpoints")
	if err != nil {
		return nil, err
	}
	const wantDay = "a day, such as 2026-11-20"
	var from, to day.Day
	var given [2]bool
	metrics := map[string]Metric{}
	read := func(to *day.Day, given *bool) fields.Reader {
		return func(n *yaml.Node, field string) (err error) {
			if *to, err = day.Parse(n.Value); err != nil {
				return fields.Wrong(n, field, "is %s: want %s", fields.Found(n), wantDay)
			}
			*given = true
			return nil
		}
	}
	err = fields.Mapping(root, "", fields.Map{
		"from": read(&from, &given[0]), "to": read(&to, &given[1]),
		"endpoints": func(n *yaml.Node, field string) error { return readMetrics(n, field, metrics) },
	})
	switch {
	case err != nil:
		return nil, err
	case !given[0]:
		return nil, fields.Wrong(root, "from", "is missing: want %s", wantDay)
	case !given[1]:
		return nil, fields.Wrong(root, "to", "is missing: want %s", wantDay)
	case to < from:
		return nil, fields.Wrong(root, "to", "is before from")
	}
	for id, m := range metrics {
		m.Days, m.Since, m.To = int(to-from)+1, from.String()+"T00:00:00Z", to
		metrics[id] = m
	}
	return metrics, nil
}

func readMetrics(n *yaml.Node, field string, to map[string]Metric) error {
	return fields.Each(n, field, "metrics by endpoint", func(key, value *yaml.Node, field string) error {
		if !endpoints.IsID([]byte(key.Value)) {
			return fields.Wrong(key, field, "is no endpoint id such as vpce-0a1b2c3d4e5f60718")
		}
		m := Metric{Connections: -1, Bytes: -1, SubnetBytes: map[string]int64{}}
		err := fields.Mapping(value, field, fields.Map{
			"new_connections": number(&m.Connections), "bytes_processed": number(&m.Bytes),
			"bytes_by_subnet": func(n *yaml.Node, field string) error {
				return fields.Each(n, field, "bytes by subnet", func(key, value *yaml.Node, field string) error {
					var bytes int64
					err := number(&bytes)(value, field)
					m.SubnetBytes[key.Value] = bytes
					return err
				})
			},
		})
		if err == nil && m.Connections < 0 {
			err = fields.Wrong(value, field+".new_connections", "is missing: want a whole number, 0 or more")
		}
		to[key.Value] = m
		return err
	})
}

func number(to *int64) fields.Reader {
	return func(n *yaml.Node, field string) error {
		value, err := strconv.ParseInt(n.Value, 10, 64)
		if n.Kind != yaml.ScalarNode || err != nil || value < 0 {
			return fields.Wrong(n, field, "is %s: want a whole number, 0 or more", fields.Found(n))
		}
		*to = value
		return nil
	}
}
