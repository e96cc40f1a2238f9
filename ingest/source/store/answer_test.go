package store

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"vpcetrail/ingest/aws"
)

// scripted is an HTTP client that returns its answers in order, and then repeats the
// last one.
type scripted struct{ answers []string }

func (c *scripted) Do(r *http.Request) (*http.Response, error) {
	answer := c.answers[0]
	if len(c.answers) > 1 {
		c.answers = c.answers[1:]
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{}, ContentLength: int64(len(answer)),
		Body: io.NopCloser(strings.NewReader(answer)), Request: r,
	}, nil
}

// listed lists s3://b/p/ with these answers, without waits between tries.
func listed(t *testing.T, answers ...string) (pages int, names []string, err error) {
	t.Helper()
	client := s3.New(s3.Options{
		Region: "us-east-1", Credentials: sdk.AnonymousCredentials{}, HTTPClient: &scripted{answers}, RetryMaxAttempts: 2,
	})
	soon := retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
	b := &Bucket{Calls: NewCalls(client, CallOptions{CallOptions: aws.CallOptions{Backoff: soon, Stall: -1}}), Name: "b"}
	for pager, more := b.List("s3://b/p/"), true; more; pages++ {
		var page []Entry
		if page, more, err = pager.Next(t.Context()); err != nil {
			return pages, names, err
		}
		if len(page) > PageSize {
			t.Errorf("a page of %d entries", len(page))
		}
		for _, e := range page {
			names = append(names, e.Name)
		}
	}
	return pages, names, nil
}

const lastPage = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"

// FuzzListingAnswer answers a LIST with any text, and later requests with an empty
// last page. The listing ends. Either it fails, or the text is XML with the right root
// and says whether it is complete. Then the names are in byte order, without
// duplicates and one level deep.
func FuzzListingAnswer(f *testing.F) {
	for _, text := range []string{
		"", "{}", "<html/>", lastPage, lastPage[:40],
		"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
		"<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>",
		"<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>p/a</Key><Size>1</Size></Contents><CommonPrefixes><Prefix>p/b/</Prefix></CommonPrefixes></ListBucketResult>",
		"<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated><Contents><Key>p/%01+%2B</Key></Contents></ListBucketResult>",
		"<?xml version=\"1.0\"?><!-- c --><ListBucketResult xmlns=\"x\"><IsTruncated>false</IsTruncated><Contents><Key>q/</Key></Contents></ListBucketResult>",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		pages, names, err := listed(t, text, lastPage)
		if err != nil {
			t.Fatalf("the second try was a listing: %v", err)
		}
		if _, _, err := listed(t, text); err != nil { // as on the first try: the text was none, or has no end
			if line := aws.Cause(err); strings.ContainsAny(line, "\n\x1b\u009b") {
				t.Errorf("an error of more than a line of text: %q", line)
			}
		} else if root, whole := outline(text); root != "ListBucketResult" || !whole {
			t.Errorf("taken for a listing: root %q, says whether it is whole: %v", root, whole)
		}
		if pages > 2 {
			t.Errorf("%d pages of two", pages)
		}
		for i, name := range names {
			if i > 0 && name < names[i-1] || strings.Contains(strings.TrimSuffix(name, "/"), "/") {
				t.Errorf("name %q of %q", name, names)
			}
		}
	})
}

// outline returns the name of an XML document's root, and whether the document says if
// it is truncated.
func outline(text string) (root string, whole bool) {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if err != nil {
			return root, whole
		}
		if start, ok := token.(xml.StartElement); ok {
			if root == "" {
				root = start.Name.Local
			}
			whole = whole || strings.EqualFold(start.Name.Local, "IsTruncated")
		}
	}
}

// FuzzListingKeys lists any keys, encoded as by S3. The listing returns exactly these.
func FuzzListingKeys(f *testing.F) {
	f.Add("a.json", "b/c.json", uint8(0))
	f.Add("\x00\x01", "é +%&<>\ufffe", uint8(1))
	f.Add("", "\xff/", uint8(2))
	f.Fuzz(func(t *testing.T, a, b string, cut uint8) {
		var want []string
		for _, key := range []string{a, b} {
			name, _, below := strings.Cut(key, "/")
			if below {
				name += "/"
			}
			want = append(want, name)
		}
		slices.Sort(want)
		want = slices.Compact(want)
		var answers []string
		at := int(cut) % (len(want) + 1)
		for i, names := range [][]string{want[:at], want[at:]} {
			text := fmt.Sprintf("<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>%v</IsTruncated><NextContinuationToken>t%d</NextContinuationToken>", i == 0, i)
			for _, name := range names {
				if strings.HasSuffix(name, "/") {
					text += "<CommonPrefixes><Prefix>" + url.QueryEscape("p/"+name) + "</Prefix></CommonPrefixes>"
				} else {
					text += "<Contents><Key>" + url.QueryEscape("p/"+name) + "</Key></Contents>"
				}
			}
			answers = append(answers, text+"</ListBucketResult>")
		}
		_, got, err := listed(t, answers...)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	})
}
