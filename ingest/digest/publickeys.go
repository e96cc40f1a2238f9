package digest

import (
	"context"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"vpcetrail/ingest/aws"
	"vpcetrail/ingest/day"
)

// PublicKeys lists the public keys that CloudTrail used in a Region, by ListPublicKeys.
func PublicKeys(ctx context.Context, region string, from, to time.Time) (keys []Key, err error) {
	client, err := aws.NewCloudTrail(ctx, region)
	if err != nil {
		return nil, err
	}
	o := client.Options()
	calls := aws.NewCalls("CloudTrail", o.RetryMode, o.RetryMaxAttempts, o.Credentials, aws.CallOptions{Retries: keyRetries})
	in := &cloudtrail.ListPublicKeysInput{StartTime: &from, EndTime: &to}
	for {
		out, err := client.ListPublicKeys(ctx, in, func(o *cloudtrail.Options) {
			o.Retryer, o.HTTPClient = calls.Retryer(), calls.Patient(o.HTTPClient)
			calls.Sign(&o.Credentials, &o.APIOptions)
		})
		if err != nil {
			return nil, explainKeys(err, region)
		}
		for _, k := range out.PublicKeyList {
			keys = append(keys, Key{
				Region: region, Fingerprint: sdk.ToString(k.Fingerprint), Value: k.Value,
				From: sdk.ToTime(k.ValidityStartTime), To: sdk.ToTime(k.ValidityEndTime),
			})
		}
		if sdk.ToString(out.NextToken) == "" || sdk.ToString(out.NextToken) == sdk.ToString(in.NextToken) {
			return keys, nil
		}
		in.NextToken = out.NextToken
	}
}

// ListKeys returns Keys that asks CloudTrail for those of some days, and of the days around
// them.
func ListKeys(w day.Window) *Keys {
	var from, to time.Time
	if !w.IsAll() {
		from, to = (w.From - 1).Time(), (w.To + 3).Time()
	}
	return ListedKeys(PublicKeys, from, to)
}

// keyRetries is the reserve of retries for the keys of a Region.
const keyRetries = 20

// explainKeys says in one line why the keys could not be listed, with the remedy.
func explainKeys(err error, region string) error {
	text := aws.Cause(err)
	if code, _ := aws.APIError(err); aws.Denied(code) {
		text += ": allow cloudtrail:ListPublicKeys in " + region
	}
	return aws.Explain(text+", or give --keys with a file that vpcetrail verify --save-keys wrote", err)
}
