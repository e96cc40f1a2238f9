package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"vpcetrail/ingest/aws"
	"vpcetrail/report/grid"
	"vpcetrail/report/table"
)

// A hub is Security Hub in one account and Region.
type hub struct {
	*service
	partition, account string
	report             string
}

// openHub returns the Security Hub of the account that the credentials belong to: no other account
// may send findings to it.
func openHub(ctx context.Context, cfg sdk.Config, report string) (*hub, error) {
	s := newService(ctx, cfg, api{name: "Security Hub", sdkID: "SecurityHub", host: "securityhub"})
	caller, err := sts.NewFromConfig(cfg, func(o *sts.Options) {
		o.Retryer, o.HTTPClient = s.calls.Retryer(), s.client // from the same reserve
	}).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, fmt.Errorf("get the account of the credentials: %s", aws.Cause(err))
	}
	parts := strings.SplitN(sdk.ToString(caller.Arn), ":", 3)
	if len(parts) < 3 || sdk.ToString(caller.Account) == "" {
		return nil, fmt.Errorf("get the account of the credentials: STS names none")
	}
	return &hub{service: s, partition: parts[1], account: *caller.Account, report: report}, nil
}

// arn returns the ARN of the product that an account's own findings belong to.
func (h *hub) arn() string {
	return fmt.Sprintf("arn:%s:securityhub:%s:%s:product/%s/default", h.partition, h.config.Region, h.account, h.account)
}

func (h *hub) keepsFindings() bool { return true }

// limits returns those of BatchImportFindings.
func (h *hub) limits() (news, bytes, bytesOfOne int) { return 100, 6_000_000, 240_000 }

// asff is a finding in the AWS Security Finding Format.
type asff struct {
	SchemaVersion         string
	ID                    string `json:"Id"`
	ProductArn            string
	GeneratorID           string `json:"GeneratorId"`
	AwsAccountID          string `json:"AwsAccountId"`
	CreatedAt             string
	UpdatedAt             string
	FirstObservedAt       string `json:",omitempty"`
	LastObservedAt        string `json:",omitempty"`
	FindingProviderFields providerFields
	Title                 string
	Description           string
	ProductFields         map[string]string
	Resources             []resource
	RecordState           string
}

// providerFields are what only the provider of a finding changes. People may change the severity
// that Security Hub shows, and keep theirs.
type providerFields struct {
	Severity struct{ Label, Original string }
	Types    []string
}

// A resource is what a finding is about.
type resource struct {
	Type      string
	ID        string `json:"Id"`
	Partition string
	Region    string `json:",omitempty"`
}

// The longest texts that Security Hub takes, in characters.
const (
	maxTitle       = 256
	maxDescription = 1024
	maxField       = 2048
	maxResource    = 512
	maxRegion      = 16
)

func (h *hub) message(n *news) any {
	f := asff{
		SchemaVersion: "2018-10-08", ID: "vpcetrail/" + n.finding.ID, ProductArn: h.arn(), GeneratorID: "vpcetrail/" + n.row.Finding, AwsAccountID: h.account,
		CreatedAt: n.finding.Since + "T00:00:00.000Z", UpdatedAt: observed(n.at),
		FirstObservedAt: observed(n.row.FirstSeen), LastObservedAt: observed(n.row.LastSeen),
		Title: clip(titleOf(&n.row), maxTitle), Description: clip(h.description(n), maxDescription),
		ProductFields: h.fields(n), Resources: h.resources(&n.row), RecordState: "ACTIVE",
	}
	if n.state == isGone {
		f.RecordState = "ARCHIVED"
	}
	f.FindingProviderFields.Severity.Original = n.row.Severity
	f.FindingProviderFields.Severity.Label = strings.ToUpper(n.row.Severity)
	if n.row.Severity == "info" {
		f.FindingProviderFields.Severity.Label = "INFORMATIONAL"
	}
	f.FindingProviderFields.Types = []string{typeOf(&n.row)}
	return f
}

func observed(ms int64) string {
	if ms < 0 {
		return ""
	}
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
}

// typeOf returns the type of a finding in Security Hub's taxonomy.
func typeOf(row *table.FindingRow) string {
	switch row.Severity {
	case "critical", "high":
		return "Unusual Behaviors/User"
	}
	return "Software and Configuration Checks/AWS Security Best Practices/Network Reachability"
}

func (h *hub) description(n *news) string {
	text := n.row.Detail
	if n.state == isGone {
		return grid.Clean("Not found on " + n.date + " any more. " + text)
	}
	if n.row.Calls > 0 {
		text = fmt.Sprintf("%s on %s. %s", grid.Plural(n.row.Calls, "call"), n.date, text)
	}
	return grid.Clean(text)
}

// fields returns the columns of the finding.
func (h *hub) fields(n *news) map[string]string {
	fields := map[string]string{}
	for name, value := range map[string]string{
		"report": h.report, "day": n.date, "since": n.finding.Since, "account_id": n.row.AccountID, "region": n.row.Region,
		"principal": n.row.Principal, "principal_account_id": n.row.PrincipalAccountID, "service": n.row.Service, "resource": n.row.Resource,
		"vpc_endpoint_id": n.row.EndpointID, "calls": fmt.Sprint(n.row.Calls), "sample_event_ids": n.row.SampleEventIDs,
	} {
		if value != "" {
			fields["vpcetrail/"+name] = clip(grid.Clean(value), maxField)
		}
	}
	return fields
}

// resources returns what a finding is about. The first one is the account of the trail, which
// need not be that of Security Hub.
func (h *hub) resources(row *table.FindingRow) []resource {
	account, region := row.AccountID, row.Region
	if account == "" {
		account = h.account
	}
	if len(region) > maxRegion {
		region = ""
	}
	list := []resource{{"AwsAccount", "AWS::::Account:" + account, h.partition, grid.Clean(region)}}
	for _, name := range []string{row.Principal, row.Resource, row.EndpointID} {
		if name != "" {
			list = append(list, resource{resourceType(name), clip(grid.Clean(name), maxResource), h.partition, grid.Clean(region)})
		}
	}
	return list
}

// resourceType returns Security Hub's type for what an ARN names.
func resourceType(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return "Other"
	}
	kind, _, _ := strings.Cut(parts[5], "/")
	switch parts[2] + " " + kind {
	case "iam role", "sts assumed-role":
		return "AwsIamRole"
	case "iam user":
		return "AwsIamUser"
	case "dynamodb table":
		return "AwsDynamoDbTable"
	case "kms key":
		return "AwsKmsKey"
	}
	switch parts[2] {
	case "s3":
		return "AwsS3Bucket"
	case "sqs":
		return "AwsSqsQueue"
	case "sns":
		return "AwsSnsTopic"
	case "lambda":
		return "AwsLambdaFunction"
	case "secretsmanager":
		return "AwsSecretsManagerSecret"
	}
	return "Other"
}

func (h *hub) send(ctx context.Context, batch []*news) ([]error, error) {
	in := struct{ Findings []json.RawMessage }{}
	at := map[string]int{}
	for i, n := range batch {
		in.Findings = append(in.Findings, n.body)
		at["vpcetrail/"+n.finding.ID] = i
	}
	var out struct {
		SuccessCount   int
		FailedFindings []struct {
			ID                      string `json:"Id"`
			ErrorCode, ErrorMessage string
		}
	}
	if err := h.post(ctx, "/findings/import", "", in, &out); err != nil {
		return nil, h.explain(err, "securityhub:BatchImportFindings")
	}
	refused := make([]error, len(batch))
	for _, f := range out.FailedFindings {
		if i, ok := at[f.ID]; ok {
			refused[i] = &smithy.GenericAPIError{Code: f.ErrorCode, Message: f.ErrorMessage}
			delete(at, f.ID)
		}
	}
	if failed := len(batch) - len(at); out.SuccessCount+failed != len(batch) { // it does not say which
		for i := range refused {
			if refused[i] == nil {
				refused[i] = fmt.Errorf("%s took %d of %d findings, and does not name the others", h.name, out.SuccessCount, len(batch))
			}
		}
	}
	return refused, nil
}
