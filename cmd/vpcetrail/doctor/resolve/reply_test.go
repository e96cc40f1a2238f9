package resolve

import (
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// What a name server sends ends in a reply with a chain of aliases that ends, or in none.
func FuzzReadReply(f *testing.F) {
	for _, aliases := range [][2]string{{"a.example.", "b.example."}, {"a.example.", "a.example."}} {
		name := dnsmessage.MustNewName(aliases[0])
		message := dnsmessage.Message{
			Questions: []dnsmessage.Question{{Name: name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}},
			Answers:   []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET}, Body: &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName(aliases[1])}}},
		}
		wire, err := message.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(wire)
		f.Add(wire[:len(wire)-1])
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		_, r, ok := readReply(message)
		if len(r.aliases) > len(message)/12 || !ok && len(r.aliases) > 0 || r.loop && len(r.aliases) == 0 {
			t.Errorf("%+v", r)
		}
	})
}
