//go:build linux

package doctor

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

// A record is what a DNS server answers for a name. The zero value is a name without
// addresses.
type record struct {
	addresses []string
	alias     string        // a name that the answer goes through
	loops     bool          // the alias is one of the name
	wait      time.Duration // before it answers
	silent    bool          // no answer
	silent6   bool          // no answer for IPv6
	code      byte          // such as 2, SERVFAIL
	noHelp    bool          // no recursion
	cut       bool          // too long for UDP, and silent by TCP
	garbage   bool          // no DNS
}

// A dnsServer answers for the names it has, and that there are no others.
type dnsServer struct {
	mu   sync.Mutex
	zone map[string]record
}

func newDNS() *dnsServer { return &dnsServer{} }

func (d *dnsServer) set(zone map[string]record) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.zone = zone
}

// serve answers on port 53 of an address, by UDP and TCP.
func (d *dnsServer) serve(t *testing.T, address string) {
	t.Helper()
	udp, err := net.ListenPacket("udp", address+":53")
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := net.Listen("tcp", address+":53")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = udp.Close(); _ = tcp.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			n, from, err := udp.ReadFrom(buf)
			if err != nil {
				return
			}
			query := append([]byte{}, buf[:n]...)
			go func() {
				if reply := d.reply(query, 1200); reply != nil {
					_, _ = udp.WriteTo(reply, from)
				}
			}()
		}
	}()
	go func() {
		for {
			conn, err := tcp.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				var size [2]byte
				if _, err := io.ReadFull(conn, size[:]); err != nil {
					return
				}
				query := make([]byte, binary.BigEndian.Uint16(size[:]))
				if _, err := io.ReadFull(conn, query); err != nil {
					return
				}
				if reply := d.reply(query, 1<<16-1); reply != nil {
					_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...))
				}
			}()
		}
	}()
}

// reply returns the answer to a query of one question, cut to size.
func (d *dnsServer) reply(query []byte, size int) []byte {
	var labels []string
	at := 12
	for at < len(query) && query[at] != 0 {
		n := int(query[at])
		labels = append(labels, strings.ToLower(string(query[at+1:at+1+n])))
		at += 1 + n
	}
	end := at + 5
	kind := binary.BigEndian.Uint16(query[at+1:])
	d.mu.Lock()
	r, known := d.zone[strings.Join(labels, ".")]
	d.mu.Unlock()
	time.Sleep(r.wait)
	switch {
	case r.silent, r.silent6 && kind == 28, r.cut && size > 1200:
		return nil
	case r.garbage:
		return append(query[:2:2], []byte("\xff\xff this is no answer")...)
	}
	head := append(query[:2:2], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0)
	head[3] |= r.code
	switch {
	case !known:
		head[3] |= 3
	case r.noHelp:
		head[3] = 0
	case r.cut:
		head[2] |= 2
	}
	reply := append(head, query[12:end]...)
	count := 0
	pointer := []byte{0xc0, 12}
	if r.alias != "" {
		name := encode(r.alias)
		reply = append(append(reply, pointer...), 0, 5, 0, 1, 0, 0, 0, 60)
		reply = binary.BigEndian.AppendUint16(reply, uint16(len(name)))
		pointer = []byte{0xc0 | byte(len(reply)>>8), byte(len(reply))}
		reply = append(reply, name...)
		count++
		if r.loops {
			reply = append(append(reply, pointer...), 0, 5, 0, 1, 0, 0, 0, 60, 0, 2, 0xc0, 12)
			count++
		}
	}
	for _, text := range r.addresses {
		ip := netip.MustParseAddr(text)
		if ip.Is4() != (kind == 1) || kind != 1 && kind != 28 {
			continue
		}
		reply = append(append(reply, pointer...), 0, byte(kind), 0, 1, 0, 0, 0, 60, 0, byte(len(ip.AsSlice())))
		reply = append(reply, ip.AsSlice()...)
		count++
	}
	binary.BigEndian.PutUint16(reply[6:], uint16(count))
	if len(reply) > size {
		reply = reply[:end]
		reply[2] |= 2 // cut
		binary.BigEndian.PutUint16(reply[6:], 0)
	}
	return reply
}

func encode(name string) (wire []byte) {
	for label := range strings.SplitSeq(name, ".") {
		wire = append(append(wire, byte(len(label))), label...)
	}
	return append(wire, 0)
}
