package resolve

import (
	"encoding/binary"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// A question is what a name server was asked: a name that ends with a dot, in lower case.
type question struct {
	name string
	kind dnsmessage.Type
}

// A reply is what a name server said to a question. Go's resolver does not return it.
type reply struct {
	server    string
	code      dnsmessage.RCode
	recursion bool
	cut       bool     // too long for UDP
	found     bool     // it has what was asked for
	aliases   []string // that the name leads to, in their order
	loop      bool     // the last alias came before
}

// readReply reads a message of a name server.
func readReply(message []byte) (q question, r reply, ok bool) {
	var p dnsmessage.Parser
	head, err := p.Start(message)
	if err != nil {
		return q, r, false
	}
	asked, err := p.Question()
	if err != nil || p.SkipAllQuestions() != nil {
		return q, r, false
	}
	q = question{strings.ToLower(asked.Name.String()), asked.Type}
	r.code, r.recursion, r.cut = head.RCode, head.RecursionAvailable, head.Truncated
	aliasOf := map[string]string{}
	for err == nil { // until the end, or what cannot be read
		var h dnsmessage.ResourceHeader
		if h, err = p.AnswerHeader(); err != nil {
			break
		}
		r.found = r.found || h.Type == q.kind
		if h.Type != dnsmessage.TypeCNAME {
			err = p.SkipAnswer()
			continue
		}
		var alias dnsmessage.CNAMEResource
		if alias, err = p.CNAMEResource(); err == nil {
			aliasOf[strings.ToLower(h.Name.String())] = strings.ToLower(alias.CNAME.String())
		}
	}
	for name := aliasOf[q.name]; name != "" && !r.loop; name = aliasOf[name] {
		alias := strings.TrimSuffix(name, ".")
		r.loop = name == q.name || slices.Contains(r.aliases, alias)
		r.aliases = append(r.aliases, alias)
	}
	return q, r, true
}

// packets is a UDP connection to a name server. It notes the replies.
type packets struct {
	*net.UDPConn
	note func(message []byte)
}

// SetDeadline does nothing: the deadline is earlier than that of Go's resolver.
func (packets) SetDeadline(time.Time) error { return nil }

func (c packets) Read(p []byte) (int, error) {
	n, err := c.UDPConn.Read(p)
	c.note(p[:n])
	return n, err
}

// A stream is a TCP connection to a name server. It notes the reply.
type stream struct {
	net.Conn
	note func(message []byte)
	came []byte // the message with its length before it
}

// SetDeadline does nothing: the deadline is earlier than that of Go's resolver.
func (*stream) SetDeadline(time.Time) error { return nil }

func (c *stream) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.came = append(c.came, p[:n]...)
	if len(c.came) > 2 && len(c.came) >= 2+int(binary.BigEndian.Uint16(c.came)) {
		c.note(c.came[2:])
	}
	return n, err
}
