package endpoints

import (
	"reflect"
	"testing"
)

// FuzzParseInventory checks that any file is either rejected with a message or
// understood, and that what is understood can be saved and read again unchanged.
func FuzzParseInventory(f *testing.F) {
	for _, text := range []string{oneRegion, another, ownFormat, endpointsOnly, "[" + oneRegion + "]", `{"VpcEndpoints":[{"VpcEndpointId":7}]}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		inventory, err := ParseInventory(text)
		if err != nil {
			return
		}
		saved, err := inventory.Save()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseInventory(saved)
		if err != nil {
			t.Fatalf("%s: %v", saved, err)
		}
		if !reflect.DeepEqual(again, inventory) {
			t.Errorf("got  %+v\nwant %+v", again, inventory)
		}
	})
}
