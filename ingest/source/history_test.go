package source

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
)

// A lookup is a request for LookupEvents, as sent.
type lookup struct {
	StartTime, EndTime float64
	MaxResults         int
	NextToken          string
}

// A lookedEvent is an event of an answer.
type lookedEvent struct {
	EventID         string `json:"EventId"`
	CloudTrailEvent string
}

// A history is an event history over HTTP. It holds the times of its events, which are
// also their ids.
type history struct {
	*httptest.Server
	events []time.Time
	fault  func(lookup) fault // nil: none

	mu       sync.Mutex
	requests []lookup
	began    []time.Time
}

func newHistory(t *testing.T, events ...time.Time) *history {
	t.Helper()
	slices.SortFunc(events, func(a, b time.Time) int { return b.Compare(a) }) // newest first
	h := &history{events: events}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

func (h *history) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in lookup
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.Header.Get("X-Amz-Target") != "CloudTrail_20131101.LookupEvents" {
		http.Error(w, "no request for LookupEvents", http.StatusBadRequest)
		return
	}
	h.mu.Lock()
	h.requests, h.began = append(h.requests, in), append(h.began, time.Now())
	h.mu.Unlock()
	answer := httptest.NewRecorder()
	h.answer(answer, in)
	if h.fault != nil {
		if f := h.fault(in); f != nil {
			f(w, r, answer)
			return
		}
	}
	head(w, answer)
	_, _ = w.Write(answer.Body.Bytes())
}

// answer returns a page. A token holds its position, and the window that it is valid
// for.
func (h *history) answer(w http.ResponseWriter, in lookup) {
	window, from := fmt.Sprint(in.StartTime, in.EndTime), 0
	if in.NextToken != "" {
		place, of, _ := strings.Cut(in.NextToken, "@")
		if from, _ = strconv.Atoi(place); of != window {
			refused(400, "InvalidNextTokenException", "Invalid token in request.")(w, nil, nil)
			return
		}
	}
	page := struct {
		Events    []lookedEvent
		NextToken string `json:",omitempty"`
	}{Events: []lookedEvent{}}
	n := 0
	for _, at := range h.events {
		if s := float64(at.Unix()); s < in.StartTime || s > in.EndTime {
			continue
		}
		if n++; n <= from {
			continue
		}
		if len(page.Events) == in.MaxResults {
			page.NextToken = fmt.Sprint(n-1, "@", window)
			break
		}
		id := at.UTC().Format(time.RFC3339)
		page.Events = append(page.Events, lookedEvent{id, fmt.Sprintf(`{"eventID": "%s", "userAgent": "a\\b <é>"}`, id)})
	}
	_ = json.NewEncoder(w).Encode(page)
}

// refused answers with a CloudTrail error.
func refused(status int, code, message string) fault {
	return func(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) {
		w.Header().Set("X-Amzn-ErrorType", code)
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"__type": %q, "Message": %q}`, code, message)
	}
}

// options returns options for look-ups without waiting, on the day after the 21st of
// November.
func (h *history) options() Options {
	return Options{
		CloudTrail: func(_ context.Context, region string) (*cloudtrail.Client, error) {
			return cloudtrail.New(cloudtrail.Options{
				BaseEndpoint: aws.String(h.URL), Region: region, HTTPClient: h.Client(),
				Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
			}), nil
		},
		backoff:     retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil }),
		lookupEvery: time.Nanosecond,
		now:         func() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) },
	}
}

// first returns true the first n times.
func first(n int) func() bool {
	var seen gauge
	return func() bool { return seen.add(1) <= int64(n) }
}
