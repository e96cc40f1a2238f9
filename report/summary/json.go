package summary

import (
	"io"

	"vpcetrail/ingest"
	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/overview"
	"vpcetrail/report/table"
)

// The form of a summary in JSON. Names are those of the report's columns, and never change.
type (
	jsonSummary struct {
		Days             []string                `json:"days"`
		NoTrail          []string                `json:"days_without_trail,omitempty"` // their calls are not known
		Versions         []string                `json:"versions"`                     // of the program, in all runs that made the days
		Complete         bool                    `json:"complete"`
		Lacks            string                  `json:"lacks,omitempty"`  // what could not be counted, in words
		Shards           []string                `json:"shards,omitempty"` // the shards of the trail that were read, if not all
		Unread           map[ingest.Status]int64 `json:"unread"`           // objects, in all runs that made the days
		RecordsRead      int64                   `json:"records_read"`     // in all runs that made the days
		InvalidRecords   int64                   `json:"invalid_records"`  // part of RecordsRead
		Records          report.Kinds            `json:"records"`
		Routes           jsonRoutes              `json:"routes"`
		Services         []jsonRanked            `json:"services"`
		ServicesPast     int                     `json:"services_past_the_endpoint"`
		Principals       []jsonRanked            `json:"principals"`
		PrincipalsPast   int                     `json:"principals_past_the_endpoint"`
		Endpoints        []jsonEndpoint          `json:"endpoints"`
		EndpointsUsed    int                     `json:"endpoints_used"`
		Findings         []jsonFinding           `json:"findings"` // null if the report has no table findings
		DetourCostDollar float64                 `json:"detour_cost_usd"`
		Buckets          []jsonBucket            `json:"s3_access,omitempty"` // only if the report has table s3_access
	}
	jsonRoutes struct {
		Calls            int64    `json:"calls"`
		VPCE             int64    `json:"vpce_calls"`
		Internet         int64    `json:"internet_calls"`
		InternetAWS      int64    `json:"internet_aws_calls"`
		InternetExternal int64    `json:"internet_external_calls"`
		AWSService       int64    `json:"aws_service_calls"`
		Unknown          int64    `json:"unknown_calls"`
		Denied           int64    `json:"denied"`
		Errors           int64    `json:"errors"`
		InternetBytes    any      `json:"internet_bytes"`
		VPCEShare        *float64 `json:"vpce_share"`
	}
	jsonRanked struct {
		Name string `json:"name"`
		jsonRoutes
	}
	jsonEndpoint struct {
		ID            string  `json:"vpc_endpoint_id"`
		Service       string  `json:"service"`
		Type          *string `json:"endpoint_type"`
		Owner         *string `json:"endpoint_owner"`
		VPC           *string `json:"vpc_id"`
		Calls         int64   `json:"calls"`
		Denied        int64   `json:"denied"`
		PolicyDenied  int64   `json:"policy_denied"`
		NetworkEvents int64   `json:"network_events"`
	}
	jsonBucket struct {
		Bucket     string `json:"bucket"`
		Requests   int64  `json:"requests"`
		VPCE       int64  `json:"vpce_requests"`
		Internet   int64  `json:"internet_requests"`
		AWSService int64  `json:"aws_service_requests"`
		Unknown    int64  `json:"unknown_requests"`
		Denied     int64  `json:"denied"`
		Bytes      int64  `json:"bytes"`
		Compared   *int64 `json:"compared"` // null if no day of the bucket was compared with a trail
		Matched    *int64 `json:"matched"`
	}
	jsonFinding struct {
		Severity     string  `json:"severity"`
		Finding      string  `json:"finding"`
		Subjects     int64   `json:"subjects"`
		Calls        int64   `json:"calls"`
		EstimatedUSD float64 `json:"estimated_usd"`
	}
)

// writeJSON writes the summary as one object.
func (s *Summary) writeJSON(w io.Writer, top int) error {
	out := jsonSummary{
		Versions: append([]string{}, s.Runs.Versions...),
		Complete: s.Runs.Complete() && len(s.Parts) == 0, Lacks: s.Runs.Lacks().String(), Shards: s.Parts, Unread: map[ingest.Status]int64{},
		RecordsRead: s.Runs.Balance.Records, InvalidRecords: s.Runs.Balance.Invalid, Records: s.Kinds, Routes: routesOf(&s.Total),
		Services: ranked(&s.Services, top), ServicesPast: s.Services.Seen,
		Principals: ranked(&s.Principals, top), PrincipalsPast: s.Principals.Seen,
		Endpoints: []jsonEndpoint{}, EndpointsUsed: s.Endpoints.Seen, DetourCostDollar: s.Detour(),
	}
	for status, n := range s.Runs.Objects {
		if status != ingest.OK {
			out.Unread[status] = n
		}
	}
	for _, d := range s.Days {
		out.Days = append(out.Days, d.Day.String())
	}
	for _, d := range s.NoTrail {
		out.NoTrail = append(out.NoTrail, d.String())
	}
	for _, e := range s.Endpoints.Rows[:min(s.Endpoints.Seen, top)] {
		out.Endpoints = append(out.Endpoints, jsonEndpoint{
			e.ID, e.Service, given(e.Type), given(e.Owner), given(e.VPC), e.Calls, e.Denied, e.PolicyDenied, e.NetworkEvents,
		})
	}
	if s.DaysWithFindings > 0 {
		out.Findings = []jsonFinding{}
	}
	for i := range s.Codes[:min(len(s.Codes), top)] {
		c := &s.Codes[i]
		usd, _ := c.Cost()
		out.Findings = append(out.Findings, jsonFinding{c.Severity, c.Finding, c.Subjects, c.Calls, usd})
	}
	for i := range s.Buckets.Rows[:min(len(s.Buckets.Rows), top)] {
		u := &s.Buckets.Rows[i]
		b := jsonBucket{u.Name, u.Requests, u.VPCE, u.Internet, u.AWSService, u.Unknown, u.Denied, u.Bytes, nil, nil}
		if u.Compared > 0 {
			b.Compared, b.Matched = &u.Compared, &u.Matched
		}
		out.Buckets = append(out.Buckets, b)
	}
	text := grid.NewJSON(w)
	text.SetIndent("", "  ")
	return text.Encode(out)
}

func ranked(r *overview.Top[overview.Named], top int) []jsonRanked {
	rows := []jsonRanked{}
	for _, row := range r.Rows[:min(len(r.Rows), top)] {
		rows = append(rows, jsonRanked{row.Name, routesOf(&row.Routes)})
	}
	return rows
}

func routesOf(r *table.Routes) jsonRoutes {
	out := jsonRoutes{
		Calls: r.Calls, VPCE: r.VPCE, Internet: r.Internet, InternetAWS: r.InternetAWS, InternetExternal: r.InternetExternal,
		AWSService: r.AWSService, Unknown: r.Unknown, Denied: r.Denied, Errors: r.Errors, InternetBytes: grid.BytesOrNull(r.InternetBytes, r.Bytes()),
	}
	if r.VPCE+r.Internet > 0 {
		out.VPCEShare = &r.VPCEShare
	}
	return out
}

// given returns text, or nil (null in JSON) if text is empty.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
