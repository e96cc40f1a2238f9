package store

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyxml "github.com/aws/smithy-go/encoding/xml"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"vpcetrail/ingest/aws"
)

// maxListing bounds an answer to a LIST. 1,000 keys of 1,024 bytes, three bytes per
// escaped byte, make 3.5 MiB with everything that S3 says about them.
const maxListing = 8 << 20

// A notListing error reports an answer that is not the requested page of a listing.
// The call is repeated: a proxy between the server and this program may have answered.
type notListing struct {
	why string
	err error // nil, or the error that programs check for
}

func (e *notListing) Error() string { return "the answer is no listing: " + e.why }

func (e *notListing) Unwrap() error { return e.err }

// Brief returns the whole text.
func (e *notListing) Brief() string { return e.Error() }

// RetryableError makes the SDK retry the call.
func (*notListing) RetryableError() bool { return true }

// checkListing makes the SDK reject an answer to in that is not a listing. A listing
// has the right root and says whether it is complete. Its names, which are decoded
// here, match the request and come after the name after. Without this check, the SDK
// takes any text for an empty listing.
func checkListing(in *s3.ListObjectsV2Input, after string) func(*s3.Options) {
	page := middleware.DeserializeMiddlewareFunc("vpcetrail:page", func(
		ctx context.Context, call middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, call)
		if err == nil {
			err = checkPage(in, out.Result.(*s3.ListObjectsV2Output), after)
		} else if broken := new(smithy.DeserializationError); errors.As(err, &broken) && malformed(err) {
			err = &notListing{"its XML cannot be read", err}
		}
		return out, metadata, err
	})
	root := middleware.DeserializeMiddlewareFunc("vpcetrail:root", func(
		ctx context.Context, call middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, call)
		if resp, ok := out.RawResponse.(*smithyhttp.Response); err == nil && ok {
			err = checkRoot(resp)
		}
		return out, metadata, err
	})
	return func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions[:len(o.APIOptions):len(o.APIOptions)], func(stack *middleware.Stack) error {
			return errors.Join(stack.Deserialize.Insert(page, "OperationDeserializer", middleware.Before),
				stack.Deserialize.Add(root, middleware.After))
		})
	}
}

// malformed reports whether an answer was complete but could not be read.
func malformed(err error) bool {
	var syntax *xml.SyntaxError
	var idle interface{ Timeout() bool }
	return errors.As(err, &syntax) ||
		!aws.CutShort(err) && !errors.As(err, &idle) && !errors.Is(err, context.Canceled) && !errors.Is(err, errLong)
}

// checkRoot checks the root of the XML in a 200 answer, and bounds the answer.
func checkRoot(resp *smithyhttp.Response) error {
	body := resp.Body
	limited := &bounded{body, maxListing}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{limited, body}
	if resp.StatusCode < 200 || resp.StatusCode >= 300 {
		return nil // an error, which the SDK reads
	}
	var head bytes.Buffer
	root, err := smithyxml.FetchRootElement(xml.NewDecoder(io.TeeReader(limited, &head)))
	switch {
	case err == io.EOF && strings.TrimSpace(head.String()) == "":
		return &notListing{why: "it is empty"}
	case err == io.EOF, err != nil && malformed(err):
		return &notListing{why: "it is no XML"}
	case err != nil:
		return err
	case root.Name.Local != "ListBucketResult":
		return &notListing{why: fmt.Sprintf("its root is %q", root.Name.Local)}
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(&head, limited), body}
	return nil
}

// errLong reports an answer that is longer than any correct one.
var errLong error = &notListing{why: fmt.Sprintf("it is longer than %d MiB", maxListing>>20)}

// A bounded reader reads at most left bytes. A longer body ends in errLong.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errLong
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left+1)])
	b.left -= int64(n)
	return n, err
}

// checkPage decodes the names of a page and checks that the page can answer in.
func checkPage(in *s3.ListObjectsV2Input, out *s3.ListObjectsV2Output, after string) error {
	token := sdk.ToString(out.NextContinuationToken)
	switch {
	case out.IsTruncated == nil:
		return &notListing{why: "it does not say whether it is whole"}
	case *out.IsTruncated && token == "":
		return &notListing{why: "it is truncated and has no token for what follows"}
	case *out.IsTruncated && token == sdk.ToString(in.ContinuationToken):
		return &notListing{why: "it is truncated and has the token that it was asked with"}
	case len(out.Contents)+len(out.CommonPrefixes) > int(*in.MaxKeys):
		return &notListing{why: fmt.Sprintf("it has more than the %d entries that were asked for", *in.MaxKeys)}
	}
	encoded := out.EncodingType == types.EncodingTypeUrl
	for i := range out.Contents {
		if err := checkName(in, &out.Contents[i].Key, encoded, after, false); err != nil {
			return err
		}
	}
	for i := range out.CommonPrefixes {
		if err := checkName(in, &out.CommonPrefixes[i].Prefix, encoded, after, true); err != nil {
			return err
		}
	}
	return nil
}

// checkName decodes the name of an object or a folder, and checks that it matches the
// request.
func checkName(in *s3.ListObjectsV2Input, name **string, encoded bool, after string, folder bool) error {
	text := sdk.ToString(*name)
	if encoded {
		decoded, err := url.QueryUnescape(text)
		if err != nil {
			return &notListing{why: fmt.Sprintf("the name %q is not encoded as it says", text)}
		}
		text = decoded
	}
	*name = &text
	rest, below := strings.CutPrefix(text, *in.Prefix)
	if in.Delimiter != nil {
		at := strings.Index(rest, *in.Delimiter)
		below = below && (at >= 0 && at == len(rest)-1 || !folder && at < 0) // some servers list a folder's marker as an object
	}
	switch {
	case !below || folder && in.Delimiter == nil:
		return &notListing{why: fmt.Sprintf("it holds %q, and was asked for %q", text, *in.Prefix)}
	case rest < after:
		return &notListing{why: fmt.Sprintf("it is not in byte order: %q comes after %q", text, *in.Prefix+after)}
	}
	return nil
}
