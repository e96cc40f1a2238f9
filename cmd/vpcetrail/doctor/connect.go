package doctor

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"vpcetrail/classify/inside"
)

const port = "443"

// tries is how many addresses of one kind and family are connected to. Endpoints have one or
// two for each Availability Zone.
const tries = 32

// mostConnections is how many connections are made at once. A process may have 1024 open files.
const mostConnections = 512

// shownNames is how many names of a certificate are kept.
const shownNames = 3

// A connector connects to port 443.
type connector struct {
	step  time.Duration  // for one connection, TLS included
	roots *x509.CertPool // nil: those of the system. SDKs trust the same
	slots chan struct{}  // one for each connection that is made
}

// dial connects to an address within the time of a step. The caller calls free when it is done.
func (c *connector) dial(ctx context.Context, address netip.Addr) (limited context.Context, conn net.Conn, free func(), err error) {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx, nil, func() {}, ctx.Err()
	}
	limited, stop := context.WithTimeout(ctx, c.step)
	conn, err = new(net.Dialer).DialContext(limited, "tcp", net.JoinHostPort(address.String(), port))
	return limited, conn, func() {
		if err == nil {
			_ = conn.Close()
		}
		stop()
		<-c.slots
	}, err
}

// reaches reports whether anything accepts a connection at an address.
func (c *connector) reaches(ctx context.Context, address netip.Addr) bool {
	_, _, free, err := c.dial(ctx, address)
	free()
	return err == nil
}

// connect notes what comes of a TLS connection to an address of a host.
func (c *connector) connect(ctx context.Context, host string, a *inside.Address) {
	whole := ctx
	ctx, conn, free, err := c.dial(ctx, a.IP)
	defer free()
	if err != nil && whole.Err() != nil {
		return // not tried for the time of a step
	}
	if err != nil {
		a.Connection, a.Detail = connectionOf(err), err.Error()
		return
	}
	session := tls.Client(conn, &tls.Config{ServerName: host, RootCAs: c.roots, MinVersion: tls.VersionTLS12})
	err = session.HandshakeContext(ctx)
	var bad *tls.CertificateVerificationError
	switch {
	case errors.As(err, &bad):
		a.Connection = inside.BadCert
		noteCertificate(a, bad.UnverifiedCertificates[0])
		a.Detail = certificateProblem(a, bad.Err)
	case err != nil && ctx.Err() != nil:
		a.Connection, a.Detail = inside.TimedOut, "the TLS handshake did not end in time"
	case err != nil:
		a.Connection, a.Detail = inside.BadTLS, err.Error()
	default:
		a.Connection = inside.Open
		noteCertificate(a, session.ConnectionState().PeerCertificates[0])
	}
}

// untrustedText says that a certificate is of no trusted authority.
const untrustedText = "this machine does not trust its certificate"

// certificateProblem says what is wrong with a certificate.
func certificateProblem(a *inside.Address, err error) string {
	var name x509.HostnameError
	var authority x509.UnknownAuthorityError
	switch {
	case errors.As(err, &name):
		return "its certificate is for " + cmp.Or(strings.Join(a.CertNames, ", "), "no name")
	case errors.As(err, &authority):
		return fmt.Sprintf("%s, by %q", untrustedText, a.Issuer)
	}
	return strings.TrimPrefix(err.Error(), "x509: ")
}

func noteCertificate(a *inside.Address, cert *x509.Certificate) {
	a.CertNames = cert.DNSNames[:min(len(cert.DNSNames), shownNames)]
	if len(cert.Issuer.Organization) > 0 {
		a.Issuer = cert.Issuer.Organization[0]
	}
}

func connectionOf(err error) inside.Connection {
	var net net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET):
		return inside.Refused
	case errors.As(err, &net) && net.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return inside.TimedOut
	}
	return inside.Unreachable
}

// proxyOf returns the proxy to which the environment sends calls to a host, without its
// password, or "".
func proxyOf(host string) string {
	request, err := http.NewRequest(http.MethodGet, "https://"+host, nil)
	if err != nil {
		return ""
	}
	proxy, err := http.ProxyFromEnvironment(request)
	switch {
	case err != nil:
		return "of HTTPS_PROXY, which cannot be read"
	case proxy == nil:
		return ""
	}
	return proxy.Redacted()
}
