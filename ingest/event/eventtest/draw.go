// Package eventtest makes events for tests.
package eventtest

import (
	"math/rand/v2"
	"reflect"

	"vpcetrail/ingest/event"
)

// Fill gives each text of ev one of texts, with a chance of one in n. It leaves
// everything else as it is.
func Fill(random *rand.Rand, ev *event.Event, n int, texts []string) {
	fill(random, reflect.ValueOf(ev).Elem(), n, texts)
}

func fill(random *rand.Rand, v reflect.Value, n int, texts []string) {
	for i := range v.NumField() {
		switch f := v.Field(i); {
		case f.Kind() == reflect.Struct:
			fill(random, f, n, texts)
		case f.Type() == reflect.TypeFor[[]byte]() && random.IntN(n) == 0:
			f.SetBytes([]byte(texts[random.IntN(len(texts))]))
		}
	}
}
