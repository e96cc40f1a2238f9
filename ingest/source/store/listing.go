package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"vpcetrail/ingest/aws"
)

// maxEmpty bounds the number of empty pages in a row. S3 sends some where it skips the
// markers of deleted objects.
const maxEmpty = 1000

// List lists a prefix with the delimiter '/'. Errors include the remedy for a refusal.
func (b *Bucket) List(folder string) Pager { return b.pager(b.key(folder), "/", PageSize) }

// ListAfter is List without the entries up to the name after.
func (b *Bucket) ListAfter(folder, after string) Pager {
	p := b.pager(b.key(folder), "/", PageSize)
	p.last = after
	return p
}

// All lists every object below a prefix, which need not be a folder's name.
func (b *Bucket) All(prefix string) Pager { return b.pager(b.key(prefix), "", PageSize) }

// Stat returns the object called key, if there is one.
func (b *Bucket) Stat(ctx context.Context, key string) (Entry, bool, error) {
	e, ok, err := b.pager(key, "/", 1).first(ctx)
	ok = ok && e.Name == ""
	e.Name = key
	return e, ok, err
}

// First returns the name of the first object below folder, or of the subfolder that
// holds that object, or "" if there is none. Errors include the remedy for a refusal.
func (b *Bucket) First(ctx context.Context, folder string) (name string, err error) {
	prefix := b.key(folder)
	e, ok, err := b.pager(prefix, "", 1).first(ctx)
	if StatusOf(err) == "denied" { // a policy may allow only the listing of folders, by s3:ListBucket's condition key s3:delimiter
		e, ok, err = b.pager(prefix, "/", 1).first(ctx)
	}
	if err != nil || !ok {
		return "", err
	}
	return b.URL(prefix + e.Name), nil
}

// page requests a page. It repeats the request in the bucket's own Region if S3
// answers that the bucket is in another one.
func (b *Bucket) page(ctx context.Context, in *s3.ListObjectsV2Input, after string) (*s3.ListObjectsV2Output, error) {
	in.Bucket, in.RequestPayer, in.ExpectedBucketOwner = &b.Name, b.payer(), b.owner()
	client := b.Calls.client
	asked := b.home(client.Options().Region)
	check := checkListing(in, after)
	out, err := client.ListObjectsV2(ctx, in, b.Options, check)
	if region := aws.BucketRegion(err); region != "" && region != asked && !isARN(b.Name) {
		b.region.Store(&region)
		out, err = client.ListObjectsV2(ctx, in, b.Options, check)
	}
	if err != nil {
		return nil, b.explain(err)
	}
	b.Calls.Succeeded()
	return out, nil
}

// An s3Pager lists all objects below a prefix, or one level if there is a delimiter.
type s3Pager struct {
	bucket            *Bucket
	prefix, delimiter string
	size              int32 // largest number of entries of a page
	token             *string
	last              string // the last name listed
	empty             int    // number of empty pages in a row
}

func (b *Bucket) pager(prefix, delimiter string, size int32) *s3Pager {
	return &s3Pager{bucket: b, prefix: prefix, delimiter: delimiter, size: size}
}

// Next returns the next entries, and whether others follow.
func (p *s3Pager) Next(ctx context.Context) ([]Entry, bool, error) {
	in := &s3.ListObjectsV2Input{
		Prefix: &p.prefix, MaxKeys: &p.size, ContinuationToken: p.token,
		EncodingType: types.EncodingTypeUrl, // XML cannot carry every key
	}
	if p.delimiter != "" {
		in.Delimiter = &p.delimiter
	}
	if p.token == nil && p.last != "" {
		start := p.prefix + p.last
		in.StartAfter = &start
	}
	out, err := p.bucket.page(ctx, in, p.last)
	if err != nil {
		return nil, false, err
	}
	entries := p.entries(out)
	if p.empty++; len(entries) > 0 {
		p.last, p.empty = entries[len(entries)-1].Name, 0
	}
	if p.empty > maxEmpty {
		return nil, false, aws.Explain(fmt.Sprintf("more than %d empty pages follow one another: "+
			"have a lifecycle rule remove the markers of deleted objects", maxEmpty), nil)
	}
	p.token = out.NextContinuationToken
	return entries, sdk.ToBool(out.IsTruncated), nil
}

// entries returns the entries of a page in byte order, without those already listed.
func (p *s3Pager) entries(out *s3.ListObjectsV2Output) []Entry {
	entries := make([]Entry, 0, len(out.Contents)+len(out.CommonPrefixes))
	for _, o := range out.Contents {
		name := strings.TrimPrefix(*o.Key, p.prefix)
		entries = append(entries, Entry{Name: name, Size: sdk.ToInt64(o.Size), ETag: unquote(o.ETag)})
	}
	for _, o := range out.CommonPrefixes {
		entries = append(entries, Entry{Name: strings.TrimPrefix(*o.Prefix, p.prefix)})
	}
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
	entries = slices.CompactFunc(entries, func(a, b Entry) bool { return a.Name == b.Name })
	// Some servers return a common prefix again on the page that starts inside it.
	for len(entries) > 0 && p.last != "" && entries[0].Name == p.last {
		entries = entries[1:]
	}
	return entries
}

// first returns the first entry, if there is one.
func (p *s3Pager) first(ctx context.Context) (e Entry, ok bool, err error) {
	for more := true; more; {
		var page []Entry
		if page, more, err = p.Next(ctx); err != nil {
			return Entry{}, false, err
		}
		if len(page) > 0 {
			return page[0], true, nil
		}
	}
	return Entry{}, false, nil
}
