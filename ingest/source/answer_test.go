package source

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"vpcetrail/ingest/source/store"
)

// page is an answer to a LIST with these elements.
func page(elements string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
		elements + `</ListBucketResult>`
}

// objectXML is an object of a listing.
func objectXML(key string) string {
	return fmt.Sprintf(`<Contents><Key>%s</Key><Size>%d</Size><ETag>"e"</ETag></Contents>`, key, len(key))
}

// answers are answers to a LIST of p/d/ that are not a page of that listing.
var answers = []struct {
	name, body, why string
}{
	{"html", "<!DOCTYPE html><html><body>Sign in</body></html>", `its root is "html"`},
	{"html with an element of a listing", "<html><IsTruncated>false</IsTruncated></html>", `its root is "html"`},
	{"nothing", "", "it is empty"},
	{"white space", " \n", "it is empty"},
	{"json", `{"Contents":[]}`, "it is no XML"},
	{"text", "service unavailable", "it is no XML"},
	{"gzip", "\x1f\x8b\x08\x00\x00\x00", "it is no XML"},
	{"another answer of S3's", "<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>", `its root is "ListAllMyBucketsResult"`},
	{"an error with status 200", "<Error><Code>InternalError</Code></Error>", `its root is "Error"`},
	{"a name with a terminal's commands", page("<IsTruncated>false</IsTruncated>" + objectXML("q&#x9b;2J")), `it holds "q\u009b2J", and was asked for "p/d/"`},
	{"whether it is whole is missing", page(objectXML("p/d/a.json")), "it does not say whether it is whole"},
	{"whether it is whole is no word", page("<IsTruncated>perhaps</IsTruncated>"), "its XML cannot be read"},
	{"a size that is none", page("<IsTruncated>false</IsTruncated><Contents><Key>p/d/a</Key><Size>x</Size></Contents>"), "its XML cannot be read"},
	{"cut", page("<IsTruncated>false</IsTruncated>")[:120], "its XML cannot be read"},
	{"truncated without a token", page("<IsTruncated>true</IsTruncated>" + objectXML("p/d/a.json")),
		"it is truncated and has no token for what follows"},
	{"another folder's", page("<IsTruncated>false</IsTruncated>" + objectXML("p/e/a.json")), `it holds "p/e/a.json", and was asked for "p/d/"`},
	{"an object below a folder", page("<IsTruncated>false</IsTruncated>" + objectXML("p/d/e/a.json")), `it holds "p/d/e/a.json", and was asked for "p/d/"`},
	{"a folder of another place", page("<IsTruncated>false</IsTruncated><CommonPrefixes><Prefix>q/</Prefix></CommonPrefixes>"), `it holds "q/", and was asked for "p/d/"`},
	{"a folder that is none", page("<IsTruncated>false</IsTruncated><CommonPrefixes><Prefix>p/d/e</Prefix></CommonPrefixes>"), `it holds "p/d/e", and was asked for "p/d/"`},
	{"a name that is not encoded", page("<IsTruncated>false</IsTruncated><EncodingType>url</EncodingType>" + objectXML("p/d/%zz.json")),
		`the name "p/d/%zz.json" is not encoded as it says`},
	{"too many", page("<IsTruncated>false</IsTruncated>" + strings.Repeat(objectXML("p/d/a.json"), 1001)), "it has more than the 1000 entries that were asked for"},
}

// answering makes answer handle LISTs of p/d/ until it returns false.
func (s *s3Server) answering(answer func(w http.ResponseWriter, r *http.Request) bool) *gauge {
	asked := &gauge{}
	s.before = func(w http.ResponseWriter, r *http.Request) bool {
		q := r.URL.Query()
		if q.Get("list-type") != "2" || q.Get("prefix") != "p/d/" {
			return false
		}
		asked.add(1)
		return answer(w, r)
	}
	return asked
}

// If an answer is not a listing, the request is repeated.
func TestAnswerThatIsNoListingOnce(t *testing.T) {
	for _, tc := range answers {
		t.Run(tc.name, func(t *testing.T) {
			server := newS3(t)
			server.put(t, "p/a.json", "p/d/a.json", "p/d/b.json", "p/e.json")
			opt := server.patient()
			n := 0
			server.answering(func(w http.ResponseWriter, _ *http.Request) bool {
				if n++; n > 2 {
					return false
				}
				_, _ = io.WriteString(w, tc.body)
				return true
			})
			want := []string{"s3://logs/p/a.json", "s3://logs/p/d/a.json", "s3://logs/p/d/b.json", "s3://logs/p/e.json"}
			equal(t, "objects", names(t, []string{"s3://logs/p"}, allDays, opt), want)
		})
	}
}

// If no answer is ever a listing, the run ends. It does not take the folder for empty.
func TestAnswerThatIsNeverAListing(t *testing.T) {
	for _, tc := range answers {
		t.Run(tc.name, func(t *testing.T) {
			server := newS3(t)
			server.put(t, "p/a.json", "p/d/a.json", "p/e.json")
			opt := server.patient()
			asked := server.answering(func(w http.ResponseWriter, _ *http.Request) bool {
				_, _ = io.WriteString(w, tc.body)
				return true
			})
			_, _, err := read(t, []string{"s3://logs/p"}, allDays, opt)
			want := "list s3://logs/p/d/: the answer is no listing: " + tc.why + ", tried 10 times: check AWS_ENDPOINT_URL and any proxy on the way"
			if err == nil || err.Error() != want {
				t.Errorf("got %v\nwant %s", err, want)
			}
			if n := asked.add(0); n != 10 {
				t.Errorf("it was asked for %d times", n)
			}
		})
	}
}

// A listing that repeats itself, or never ends, is stopped.
func TestAnswerWithoutEnd(t *testing.T) {
	for _, tc := range []struct {
		name   string
		answer func(n int, token string) string
		want   string
		most   int64 // LISTs
	}{
		{"the same token again", func(int, string) string {
			return "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
		}, "the answer is no listing: it is truncated and has the token that it was asked with, tried 10 times: check AWS_ENDPOINT_URL and any proxy on the way", 11},
		{"two tokens by turns", func(_ int, token string) string {
			next := map[string]string{"": "0", "0": "1", "1": "0"}[token]
			return fmt.Sprintf("<IsTruncated>true</IsTruncated><NextContinuationToken>%s</NextContinuationToken>", next) + objectXML("p/d/"+next+".json")
		}, `the answer is no listing: it is not in byte order: "p/d/0.json" comes after "p/d/1.json", tried 10 times: check AWS_ENDPOINT_URL and any proxy on the way`, 100},
		{"folders again and again", func(n int, _ string) string {
			return fmt.Sprintf("<IsTruncated>true</IsTruncated><NextContinuationToken>%d</NextContinuationToken><CommonPrefixes><Prefix>p/d/e/</Prefix></CommonPrefixes>", n)
		}, "more than 1000 empty pages follow one another: have a lifecycle rule remove the markers of deleted objects", 1010},
		{"empty pages", func(n int, _ string) string {
			return fmt.Sprintf("<IsTruncated>true</IsTruncated><NextContinuationToken>%d</NextContinuationToken>", n)
		}, "more than 1000 empty pages follow one another: have a lifecycle rule remove the markers of deleted objects", 1010},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := newS3(t)
			server.put(t, "p/a.json", "p/d/a.json")
			opt := server.patient()
			n := 0
			asked := server.answering(func(w http.ResponseWriter, r *http.Request) bool {
				n++
				_, _ = io.WriteString(w, page(tc.answer(n, r.URL.Query().Get("continuation-token"))))
				return true
			})
			start := time.Now()
			_, _, err := Walk(t.Context(), []string{"s3://logs/p"}, allDays, opt, func(store.Object) error { return nil })
			if want := "list s3://logs/p/d/: " + tc.want; err == nil || err.Error() != want {
				t.Errorf("got %v\nwant %s", err, want)
			}
			if got := asked.add(0); got > tc.most || time.Since(start) > time.Minute {
				t.Errorf("it took %d LISTs and %v", got, time.Since(start))
			}
		})
	}
}

// Empty pages do not end a listing, nor the look-up of a source.
func TestAnswerWithEmptyPagesInBetween(t *testing.T) {
	server := newS3(t)
	server.put(t, "p/d/a.json")
	server.answering(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Has("continuation-token") {
			q := r.URL.Query()
			q.Del("continuation-token")
			r.URL.RawQuery = q.Encode()
			return false
		}
		_, _ = io.WriteString(w, page("<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"))
		return true
	})
	for _, source := range []string{"s3://logs/p", "s3://logs/p/d"} {
		equal(t, source, names(t, []string{source}, allDays, Options{S3: server.open}), []string{"s3://logs/p/d/a.json"})
	}
}

// If an answer is too long, no more is read than a listing may have.
func TestAnswerThatIsTooLong(t *testing.T) {
	for _, tc := range []struct {
		name, before, again string
		status              int
		want                string
	}{
		{"a listing", `<ListBucketResult><IsTruncated>false</IsTruncated>`, "<Owner>" + strings.Repeat("x", 64<<10) + "</Owner>", 200, "the answer is no listing: it is longer than 8 MiB, tried 10 times: check AWS_ENDPOINT_URL and any proxy on the way"},
		{"a comment", `<!--`, strings.Repeat("x", 64<<10), 200, "the answer is no listing: it is longer than 8 MiB, tried 10 times: check AWS_ENDPOINT_URL and any proxy on the way"},
		{"text", "", strings.Repeat("x", 64<<10), 200, "the answer is no listing: it is longer than 8 MiB, tried 10 times: check AWS_ENDPOINT_URL and any proxy on the way"},
		{"an error", "<Error><Code>AccessDenied</Code>", "<Message>" + strings.Repeat("x", 64<<10) + "</Message>", 403, "the answer is no listing: it is longer than 8 MiB, tried 10 times: check AWS_ENDPOINT_URL and any proxy on the way"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := newS3(t)
			server.put(t, "p/a.json", "p/d/a.json")
			opt := server.patient()
			var sent gauge
			server.answering(func(w http.ResponseWriter, _ *http.Request) bool {
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.before)
				for range 700 << 20 / len(tc.again) {
					n, err := io.WriteString(w, tc.again)
					if err != nil {
						return true
					}
					sent.add(int64(n))
				}
				return true
			})
			_, _, err := read(t, []string{"s3://logs/p"}, allDays, opt)
			if want := "list s3://logs/p/d/: " + tc.want; err == nil || err.Error() != want {
				t.Errorf("got %.300v\nwant %s", err, want)
			}
			if got := sent.add(0); got > 10*32<<20 { // including the sockets' buffers
				t.Errorf("%d MiB were read in 10 tries", got>>20)
			}
		})
	}
}

// A server that supports encoding-type=url returns keys that XML cannot carry.
func TestAnswerWithKeysThatXMLCannotCarry(t *testing.T) {
	keys := []string{"p/d/\x01.json", "p/d/ .json", "p/d/%41.json", "p/d/&<>.json", "p/d/+.json", "p/d/\ufffe.json", "p/d/é.json", "p/d\x02/a.json"}
	server := newS3(t)
	server.put(t, "p/a.json")
	listing := func(encoded string, keys ...string) string {
		return page("<IsTruncated>false</IsTruncated>" + encoded + strings.Join(keys, ""))
	}
	escape := strings.NewReplacer("%", "%25", "\x01", "%01", "\x02", "%02", " ", "+", "&", "%26", "<", "%3C", ">", "%3E", "+", "%2B", "\ufffe", "%EF%BF%BE", "é", "%C3%A9")
	server.before = func(w http.ResponseWriter, r *http.Request) bool {
		q := r.URL.Query()
		if isGet(r) {
			_, _ = io.WriteString(w, strings.TrimPrefix(r.URL.Path, "/logs/"))
			return true
		}
		if q.Get("list-type") != "2" {
			return false
		}
		if q.Get("encoding-type") != "url" {
			t.Errorf("LIST %s: without encoding-type=url", r.URL)
		}
		var found []string
		folders := map[string]bool{}
		for _, key := range keys {
			rest, ok := strings.CutPrefix(key, q.Get("prefix"))
			folder, _, below := strings.Cut(rest, "/")
			switch {
			case !ok:
			case below && q.Has("delimiter"):
				if name := escape.Replace(q.Get("prefix") + folder + "/"); !folders[name] {
					folders[name] = true
					found = append(found, "<CommonPrefixes><Prefix>"+name+"</Prefix></CommonPrefixes>")
				}
			case q.Get("max-keys") == "1" && len(found) > 0:
			default:
				found = append(found, fmt.Sprintf("<Contents><Key>%s</Key><Size>%d</Size></Contents>", escape.Replace(key), len(key)))
			}
		}
		_, _ = io.WriteString(w, listing("<EncodingType>url</EncodingType>", found...))
		return true
	}
	got := names(t, []string{"s3://logs/p"}, allDays, Options{S3: server.open})
	want := []string{}
	for _, i := range []int{7, 0, 1, 2, 3, 4, 6, 5} { // in byte order
		want = append(want, "s3://logs/"+keys[i])
	}
	equal(t, "objects", got, want)
}
