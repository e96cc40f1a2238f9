package metrics

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/day"
)

// The marks of the file. A format that older versions would misread gets another number.
const (
	format  = "vpcetrail-metrics"
	version = 1
)

const wantFile = "want a file that vpcetrail metrics wrote"

// maxDays is the longest span of an endpoint: CloudWatch keeps as many days.
const maxDays = 455

// maxNumber bounds every number of a file, so that sums of them do not overflow. In bytes
// it is a pebibyte: ten times what an endpoint can carry on a day in ten zones.
const maxNumber = 1 << 50

type file struct {
	Format    string          `json:"format"`
	Version   int             `json:"version"`
	Endpoints json.RawMessage `json:"endpoints"`
}

// A fileEndpoint is an endpoint in the file. Days has the days with traffic alone: the
// others from From to To were measured too, and had none.
type fileEndpoint struct {
	ID      string    `json:"vpc_endpoint_id"`
	Account string    `json:"account_id"`
	Region  string    `json:"region"`
	VPC     string    `json:"vpc_id,omitempty"`
	Service string    `json:"service_name,omitempty"`
	From    string    `json:"from"`
	To      string    `json:"to"`
	Subnets []string  `json:"subnets,omitempty"`
	Days    []fileDay `json:"days,omitempty"`
}

type fileDay struct {
	Day               string           `json:"day"`
	NewConnections    int64            `json:"new_connections"`
	ActiveConnections int64            `json:"active_connections"`
	Bytes             int64            `json:"bytes_processed"`
	PacketsDropped    int64            `json:"packets_dropped"`
	SubnetBytes       map[string]int64 `json:"bytes_by_subnet,omitempty"`
}

// Save returns the endpoints as text for Parse: JSON, one day a line, sorted. The same
// endpoints give the same text.
func (all Endpoints) Save() ([]byte, error) {
	var parts []string
	for _, id := range slices.Sorted(maps.Keys(all)) {
		for _, part := range all[id].parts() {
			days := part.Days
			part.Days = nil
			text, err := json.Marshal(part)
			if err != nil {
				return nil, fmt.Errorf("%s: write: %w", id, err)
			}
			lines := make([]string, len(days))
			for i, d := range days {
				line, err := json.Marshal(d)
				if err != nil {
					return nil, fmt.Errorf("%s: write: %w", id, err)
				}
				lines[i] = "\n" + string(line)
			}
			parts = append(parts, "\n"+string(text[:len(text)-1])+`,"days":[`+strings.Join(lines, ",")+"]}")
		}
	}
	return fmt.Appendf(nil, "{\"format\":%q,\"version\":%d,\"endpoints\":[%s\n]}\n", format, version, strings.Join(parts, ",")), nil
}

// parts returns the endpoint in the form of the file: one part for each span of days in
// which the same subnets were measured.
func (e *Endpoint) parts() (parts []fileEndpoint) {
	var last day.Day
	for _, d := range slices.Sorted(maps.Keys(e.Days)) {
		p := e.Days[d]
		subnets := slices.Sorted(maps.Keys(p.SubnetBytes))
		if n := len(parts); n == 0 || d != last+1 || !slices.Equal(parts[n-1].Subnets, subnets) {
			parts = append(parts, fileEndpoint{ID: e.ID, Account: e.Account, Region: e.Region, VPC: e.VPC, Service: e.Service, From: d.String(), Subnets: subnets})
		}
		part := &parts[len(parts)-1]
		part.To, last = d.String(), d
		bytes := maps.Clone(p.SubnetBytes)
		maps.DeleteFunc(bytes, func(_ string, n int64) bool { return n == 0 })
		if p.IsUsed() || p.PacketsDropped > 0 || len(bytes) > 0 {
			part.Days = append(part.Days, fileDay{d.String(), p.NewConnections, p.ActiveConnections, p.Bytes, p.PacketsDropped, bytes})
		}
	}
	return parts
}

// Parse reads a file that Save wrote. An error is one line with the line number, the field
// and what is expected there.
func Parse(text []byte) (Endpoints, error) {
	var f file
	if err := json.Unmarshal(text, &f); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("line %d: not JSON: %s: %s", lineOf(text, int(syntax.Offset)-1), syntax.Error(), wantFile)
		}
		return nil, fmt.Errorf("line 1: %s", wantFile)
	}
	switch {
	case f.Format != format:
		return nil, fmt.Errorf("line 1: format: %.60q is not %q: %s", f.Format, format, wantFile)
	case f.Version != version:
		return nil, fmt.Errorf("line 1: version: %d is not a version that this vpcetrail reads: want %d", f.Version, version)
	}
	start := bytes.Index(text, f.Endpoints)
	d := json.NewDecoder(bytes.NewReader(f.Endpoints))
	if open, err := d.Token(); err != nil || open != json.Delim('[') {
		return nil, fmt.Errorf("line %d: endpoints: is not a list: %s", lineOf(text, start), wantFile)
	}
	all := Endpoints{}
	for i := 0; d.More(); i++ {
		var element json.RawMessage
		if err := d.Decode(&element); err != nil {
			return nil, err // impossible: the text is JSON
		}
		at := start + int(d.InputOffset()) - len(element)
		e, err := parseEndpoint(element)
		if err == nil {
			err = all.Add(e)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: endpoints[%d]: %w", lineOf(text, at), i, err)
		}
	}
	return all, nil
}

func lineOf(text []byte, at int) int {
	return 1 + bytes.Count(text[:min(max(at, 0), len(text))], []byte("\n"))
}

func parseEndpoint(text json.RawMessage) (*Endpoint, error) {
	var f fileEndpoint
	if err := json.Unmarshal(text, &f); err != nil {
		var mistyped *json.UnmarshalTypeError
		if errors.As(err, &mistyped) {
			return nil, fmt.Errorf("%s: is %s: want what vpcetrail metrics writes", mistyped.Field, mistyped.Value)
		}
		return nil, errors.New(wantFile)
	}
	from, errFrom := day.Parse(f.From)
	to, errTo := day.Parse(f.To)
	switch {
	case !endpoints.IsID([]byte(f.ID)):
		return nil, fmt.Errorf("vpc_endpoint_id: %.60q is no endpoint id such as vpce-0a1b2c3d4e5f60718", f.ID)
	case !endpoints.IsAccount([]byte(f.Account)):
		return nil, fmt.Errorf("account_id: %.60q is no account id of 12 digits", f.Account)
	case f.Region == "":
		return nil, errors.New("region: is missing")
	case errFrom != nil:
		return nil, fmt.Errorf("from: %.60q is no day such as 2026-11-20", f.From)
	case errTo != nil:
		return nil, fmt.Errorf("to: %.60q is no day such as 2026-11-20", f.To)
	case to < from || to-from >= maxDays:
		return nil, fmt.Errorf("to: %s does not end a span of 1 to %d days from %s", f.To, maxDays, f.From)
	}
	e := &Endpoint{f.ID, f.Account, f.Region, f.VPC, f.Service, map[day.Day]Point{}}
	none := Point{SubnetBytes: map[string]int64{}}
	for _, id := range f.Subnets {
		none.SubnetBytes[id] = 0
	}
	for d := from; d <= to; d++ {
		e.Days[d] = none
	}
	seen := map[day.Day]bool{}
	for i := range f.Days {
		if err := f.Days[i].add(e, seen); err != nil {
			return nil, fmt.Errorf("days[%d].%w", i, err)
		}
	}
	return e, nil
}

// add sets what the file says of a day.
func (f *fileDay) add(e *Endpoint, seen map[day.Day]bool) error {
	d, err := day.Parse(f.Day)
	p, measured := e.Days[d]
	switch {
	case err != nil || !measured:
		return fmt.Errorf("day: %.60q is no day from from to to", f.Day)
	case seen[d]:
		return fmt.Errorf("day: %s is there twice", f.Day)
	}
	seen[d] = true
	for _, n := range []struct {
		name  string
		value int64
	}{{"new_connections", f.NewConnections}, {"active_connections", f.ActiveConnections}, {"bytes_processed", f.Bytes}, {"packets_dropped", f.PacketsDropped}} {
		if n.value < 0 || n.value > maxNumber {
			return fmt.Errorf("%s: %d is no number from 0 to 2^50", n.name, n.value)
		}
	}
	if len(f.SubnetBytes) > 0 {
		p.SubnetBytes = maps.Clone(p.SubnetBytes) // days without traffic share one
	}
	for id, bytes := range f.SubnetBytes {
		if _, listed := p.SubnetBytes[id]; !listed || bytes < 0 || bytes > maxNumber {
			return fmt.Errorf("bytes_by_subnet: %.60q: %d: want a subnet that subnets lists, and a number from 0 to 2^50", id, bytes)
		}
		p.SubnetBytes[id] = bytes
	}
	e.Days[d] = Point{f.NewConnections, f.ActiveConnections, f.Bytes, f.PacketsDropped, p.SubnetBytes}
	return nil
}
