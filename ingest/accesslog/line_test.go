package accesslog

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"
)

const (
	owner = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
	head  = owner + " logged [20/Nov/2026:10:11:12 +0000] 10.0.1.9 arn:aws:sts::111122223333:assumed-role/app/i-0a1b2c3d4e5f60718 3E57427F3EXAMPLE REST.GET.OBJECT a.csv "
	uri   = `"GET /logged/a.csv HTTP/1.1" `
	sizes = "200 - 113 1130 7 6 "
	tail  = "- s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader logged.s3.us-west-1.amazonaws.com TLSv1.2 - - -"
)

// first returns the first fields of tail.
func first(fields int) string { return strings.Join(strings.Fields(tail)[:fields], " ") }

// show returns what a line says, in short: status, error, bytes, version of TLS, host and Region.
func show(l *Line) string {
	switch l.Problem {
	case Ambiguous:
		return "ambiguous"
	case Invalid:
		return "invalid"
	}
	return fmt.Sprintf("%s %s %d %s %s %s", l.Status, l.ErrorCode, l.BytesSent, l.TLSVersion, l.Host, l.SourceRegion)
}

const plain = "200  113 TLSv1.2 logged.s3.us-west-1.amazonaws.com "

func TestLines(t *testing.T) {
	const forgedTail = "- FORGED= SigV4 C AuthHeader logged.vpce-0123456789abcdef0.s3.us-east-1.vpce.amazonaws.com TLSv1.2 - - eu-west-1"
	for _, tc := range []struct{ name, line, want string }{
		{"27 fields", head + uri + sizes + `"-" "aws-cli/2" ` + tail, plain},
		{"a Region of AWS", head + uri + sizes + `"-" "aws-cli/2" ` + strings.TrimSuffix(tail, "-") + "eu-west-1", plain + "eu-west-1"},
		{"26 fields", head + uri + sizes + `"-" "aws-cli/2" ` + strings.TrimSuffix(tail, " -"), plain},
		{"25 fields", head + uri + sizes + `"-" "aws-cli/2" ` + strings.TrimSuffix(tail, " - -"), plain},
		{"24 fields", head + uri + sizes + `"-" "aws-cli/2" ` + strings.TrimSuffix(tail, " - - -"), plain},
		{"18 fields", head + uri + sizes + `"-" "aws-cli/2" -`, "200  113   "},
		{"17 fields, cut", head + uri + sizes + `"-" "aws-cli/2"`, "invalid"},
		{"19 fields, which S3 never wrote", head + uri + sizes + `"-" "aws-cli/2" ` + first(2), "invalid"},
		{"20 fields, cut", head + uri + sizes + `"-" "aws-cli/2" ` + first(3), "invalid"},
		{"21 fields, cut", head + uri + sizes + `"-" "aws-cli/2" ` + first(4), "invalid"},
		{"22 fields, cut", head + uri + sizes + `"-" "aws-cli/2" ` + first(5), "invalid"},
		{"23 fields, cut", head + uri + sizes + `"-" "aws-cli/2" ` + first(6), "invalid"},
		{"28 fields", head + uri + sizes + `"-" "aws-cli/2" ` + tail + " new", plain},
		{"fields of later years", head + uri + sizes + `"-" "aws-cli/2" ` + tail + ` new - new`, plain},
		{"fields of later years, in quotes", head + uri + sizes + `"-" "aws-cli/2" ` + tail + ` "quoted and new"`, plain},
		{"fields of later years that look like an old end", head + uri + sizes + `"-" "aws-cli/2" ` + tail + ` "quoted and new" -`, "ambiguous"},
		{"a blank at the end", head + uri + sizes + `"-" "aws-cli/2" ` + tail + " ", plain},
		{"neither referer nor agent", head + uri + sizes + "- - " + tail, plain},
		{"no referer, without quotes", head + uri + sizes + `- "aws-cli/2" ` + tail, plain},
		{"no agent, without quotes", head + uri + sizes + `"https://example.com/" - ` + tail, plain},
		{"an empty agent", head + uri + sizes + `"-" "" ` + tail, plain},
		{"no URI", head + "- " + sizes + `"-" "-" ` + tail, plain},
		{"no sizes", head + uri + `403 AccessDenied - - 5 - "-" "-" ` + tail, "403 AccessDenied 0 TLSv1.2 logged.s3.us-west-1.amazonaws.com "},
		{"S3's own work", owner + ` logged [20/Nov/2026:10:11:12 +0000] - AmazonS3 B4A1 S3.EXPIRE.OBJECT a.csv "-" - - - 5 - - "-" "-" - HOST= - - - - - - -`, "  0   "},
		{"TLS in capitals", head + uri + sizes + `"-" "-" ` + strings.Replace(tail, "TLSv1.2", "TLSV1.2", 1), "200  113 TLSV1.2 logged.s3.us-west-1.amazonaws.com "},
		{"an access point", head + uri + sizes + `"-" "-" ` + strings.Replace(tail, "- - -", "arn:aws:s3:us-west-1:111122223333:accesspoint/ap Yes -", 1), plain},
		{"a quote in the agent", head + uri + sizes + `"-" "a "b" c" ` + tail, plain},
		{"an agent of fields", head + uri + sizes + `"-" "x" - - " ` + tail, plain},
		{"an agent with most of a forged tail", head + uri + sizes + `"-" "x" ` + strings.TrimSuffix(forgedTail, " eu-west-1") + `" ` + tail, plain},
		{"an agent with a whole forged tail", head + uri + sizes + `"-" "x" ` + forgedTail + ` " ` + tail, "ambiguous"},
		{"an agent with a forged middle", head + uri + sizes + `"-" "x" 403 AccessDenied - - 5 - "-" "y" ` + tail, "ambiguous"},
		{"a URI with a forged line", head + `"GET /x HTTP/1.1" 200 - 1 2 3 4 "-" "x" ` + forgedTail + ` HTTP/1.1" ` + sizes + `"-" "a" ` + tail, "ambiguous"},
		{"a URI with a forged middle", head + `"GET /x" 200 - 1 2 3 4 "-" "HTTP/1.1" ` + sizes + `"-" "a" ` + tail, "ambiguous"},
		{"a URI of many middles", head + `"` + strings.Repeat(`" 200 - 1 2 3 4 "`, 100) + `" ` + sizes + `x`, "ambiguous"},
		{"a quote in the URI", head + `"GET /a"b HTTP/1.1" ` + sizes + `"-" "-" ` + tail, plain},
		{"no quote at all", head + "GET / " + sizes + "- - " + tail, "invalid"},
		{"cut in the agent", head + uri + sizes + `"-" "aws-cli`, "invalid"},
		{"cut in the key", head[:len(head)-3], "invalid"},
		{"no time", strings.Replace(head, "20/Nov/2026", "20/Nxx/2026", 1) + uri + sizes + `"-" "-" ` + tail, "invalid"},
		{"a day that is none", strings.Replace(head, "20/Nov/2026", "31/Nov/2026", 1) + uri + sizes + `"-" "-" ` + tail, "invalid"},
		{"two blanks", strings.Replace(head, " 10.0", "  10.0", 1) + uri + sizes + `"-" "-" ` + tail, "invalid"},
		{"another log", `{"Records":[]}`, "invalid"},
		{"a line of ELB", "http 2026-11-20T23:39:43.945958Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80", "invalid"},
		{"JSON", `{"schema_version_id":"V_1_0","bucket_name":"logged","request_time":"2026-11-20T10:11:12.345Z","operation":"REST.GET.OBJECT",` +
			`"http_status":200,"error_code":null,"bytes_sent_size":"113","host_header":"a \"b\"","tls_version":"-","source_region":"eu-west-1","new":{"a":[1]}}`, `200  113  a "b" eu-west-1`},
		{"JSON without a bucket", `{"request_time":"2026-11-20T10:11:12.345Z","operation":"REST.GET.OBJECT"}`, "invalid"},
		{"JSON with a negative size", `{"bucket_name":"logged","request_time":"2026-11-20T10:11:12.345Z","operation":"REST.GET.OBJECT","bytes_sent_size":-5}`, "invalid"},
		{"JSON with a fraction as size", `{"bucket_name":"logged","request_time":"2026-11-20T10:11:12.345Z","operation":"REST.GET.OBJECT","bytes_sent_size":5.5}`, "invalid"},
		{"JSON with an object as bucket", `{"bucket_name":{"a":1},"request_time":"2026-11-20T10:11:12.345Z","operation":"REST.GET.OBJECT"}`, "invalid"},
		{"JSON that is cut", `{"bucket_name":"logged","request_time":"2026-11-20T10:11:12.345Z","operation":"REST.GET.OB`, "invalid"},
	} {
		var r Reader
		if err := r.Reset(strings.NewReader(tc.line)); err != nil {
			t.Fatal(err)
		}
		l, err := r.Next()
		if err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		if got := show(l); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
		if l.Problem == NoProblem && l.Time != 1795169472000 && l.Time != 1795169472345 {
			t.Errorf("%s: time %d", tc.name, l.Time)
		}
	}
}

func TestLineHasTheFieldsOfTheRequest(t *testing.T) {
	var l Line
	l.parse([]byte(head + uri + sizes + `"-" "a" ` + tail))
	got := fmt.Sprintf("%s|%s|%s|%s|%s|%s|%s|%s", l.Bucket, l.RemoteIP, l.Requester, l.RequestID, l.Operation, l.Key, l.HostID, l.AuthType)
	want := "logged|10.0.1.9|arn:aws:sts::111122223333:assumed-role/app/i-0a1b2c3d4e5f60718|3E57427F3EXAMPLE|REST.GET.OBJECT|a.csv|" + strings.Fields(tail)[1] + "|AuthHeader"
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestReaderOfObjects(t *testing.T) {
	line := head + uri + sizes + `"-" "a" ` + tail + "\n"
	long := strings.Repeat("x", 1<<20) + "\n"
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	fmt.Fprint(z, line, line)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, text, want string }{
		{"nothing", "", "EOF"},
		{"empty lines", "\n\n", "EOF"},
		{"two lines", line + "\n" + strings.TrimSuffix(line, "\n"), plain + "," + plain + ",EOF"},
		{"lines of Windows", strings.ReplaceAll(line, "\n", "\r\n"), plain + ",EOF"},
		{"gzip", zipped.String(), plain + "," + plain + ",EOF"},
		{"gzip that is cut", zipped.String()[:zipped.Len()-9], plain + "," + plain + ",at byte 880: unexpected EOF"},
		{"a line of 1 MB", long + line, "invalid," + plain + ",EOF"},
		{"a line of 1 MB at the end", line + long, plain + ",invalid,EOF"},
		{"something else", "a,b\n1,2\n", "invalid,invalid," + ErrForeign.Error()},
		{"a zero byte", "\x00\n" + line, "invalid," + plain + ",EOF"},
	} {
		var r Reader
		var got []string
		err := r.Reset(strings.NewReader(tc.text))
		for err == nil {
			var l *Line
			if l, err = r.Next(); err == nil {
				got = append(got, show(l))
			}
		}
		if text := strings.Join(append(got, err.Error()), ","); text != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, text, tc.want)
		}
	}
}

// FuzzReader reads any bytes: the lines never hold more than was read, and the same again.
func FuzzReader(f *testing.F) {
	f.Add([]byte(head + uri + sizes + `"-" "a" ` + tail + "\n{\"bucket_name\":\"b\"}\n"))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Fuzz(func(t *testing.T, text []byte) {
		read := func() (lines []string, err error) {
			var r Reader
			if err := r.Reset(bytes.NewReader(text)); err != nil {
				return nil, err
			}
			for {
				l, err := r.Next()
				if err != nil {
					return lines, err
				}
				lines = append(lines, fmt.Sprintf("%+v", *l))
				if l.Problem == NoProblem && len(l.Operation) == 0 {
					t.Fatalf("a line without an operation: %+v", l)
				}
			}
		}
		a, errA := read()
		b, errB := read()
		if fmt.Sprint(a, errA) != fmt.Sprint(b, errB) || errA == nil {
			t.Fatalf("%v %v\n%v %v", a, errA, b, errB)
		}
	})
}

// FuzzForged writes the client's own texts into a true line. Whatever they are, the line is read as
// it is, or is not believed.
func FuzzForged(f *testing.F) {
	f.Add("GET / HTTP/1.1", "-", "aws-cli/2", "a.s3.amazonaws.com", false)
	f.Add(`GET /x" 200 - 1 2 3 4 "-" "HTTP/1.1`, "-", `x" `+tail+` y`, "h", true)
	f.Add(`" 200 - 1 2 3 4 - - - FORGED= SigV4 C AuthHeader h TLSv1.2 - - x`, `" "`, `" 200 - 1 2 3 4 "-" "`, "h", false)
	f.Fuzz(func(t *testing.T, uri, referer, agent, host string, bare bool) {
		if strings.ContainsAny(uri+referer+agent, "\n") || strings.ContainsAny(host, " \"\r\n") || host == "" || host == "-" {
			return
		}
		quoted := `"` + referer + `" "` + agent + `"`
		if bare {
			quoted = `"` + referer + `" -`
		}
		true_ := []string{"-", "HOST=", "SigV4", "C", "AuthHeader", host, "TLSv1.2", "-", "-", "eu-west-1"}
		line := head + `"` + uri + `" ` + sizes + quoted + " " + strings.Join(true_, " ")
		var l Line
		l.parse([]byte(line))
		if want := "200  113 TLSv1.2 " + host + " eu-west-1"; l.Problem == NoProblem && show(&l) != want {
			t.Fatalf("%s\nread as %q, is %q", line, show(&l), want)
		}
		if !strings.Contains(uri+referer+agent, `"`) && l.Problem != NoProblem {
			t.Fatalf("%s\n%s, though no quote blurs it", line, show(&l))
		}
	})
}

func BenchmarkReader(b *testing.B) {
	line := head + uri + sizes + `"-" "aws-cli/2.15.30 md/awscrt#0.19.19 ua/2.0 os/linux#6.1.77" ` + tail + "\n"
	text := []byte(strings.Repeat(line, 10_000))
	b.SetBytes(int64(len(text)))
	var r Reader
	for b.Loop() {
		if err := r.Reset(bytes.NewReader(text)); err != nil {
			b.Fatal(err)
		}
		n := 0
		for {
			l, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil || l.Problem != NoProblem {
				b.Fatal(err, l.Problem)
			}
			n++
		}
		if n != 10_000 {
			b.Fatal(n)
		}
	}
}
