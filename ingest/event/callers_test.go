package event

import (
	"fmt"
	"reflect"
	"testing"
)

// TestCallersAreToldApartByEveryByte changes each byte of a caller that was met before.
func TestCallersAreToldApartByEveryByte(t *testing.T) {
	var r Reader
	record := func(caller []byte) []byte {
		return fmt.Appendf(nil, `{"Records":[{"eventTime":"2026-11-20T10:11:12Z","userIdentity":%s,"eventID":"x"}]}`, caller)
	}
	for i := range assumedRole {
		changed := []byte(assumedRole)
		changed[i] ^= 1
		doc := record(changed)
		read(&r, record([]byte(assumedRole)), true)
		got, want := read(&r, doc, true), read(new(Reader), doc, true)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\ngives %v, alone %v", doc, got, want)
		}
	}
}
