//go:build linux

package doctor

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"flag"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// stageVariable is set in the process that has a network of its own.
const stageVariable = "VPCETRAIL_TEST_STAGE"

// onStage reports whether the test runs in a network of its own. If not, it runs the test
// there, in a process of its own, and the caller returns.
func onStage(t *testing.T) bool {
	t.Helper()
	if os.Getenv(stageVariable) != "" {
		return true
	}
	missing := t.Skip
	if os.Getenv("CI") == "true" && os.Getuid() == 0 {
		missing = t.Fatal
	}
	if _, err := exec.LookPath("ip"); err != nil {
		missing("ip is not on PATH: .ci/run installs iproute2")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=2m", "-update="+flag.Lookup("update").Value.String())
	cmd.Env = append(os.Environ(), stageVariable+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if cmd.Process == nil {
		missing("no network namespace: ", err)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if testing.Verbose() {
		t.Logf("%s", out)
	}
	return false
}

// The stage's addresses.
const (
	vpcResolver  = "10.0.0.2" // of the VPC 10.0.0.0/16
	endpointA    = "10.0.1.10"
	endpointB    = "10.0.2.10"
	closed       = "10.0.1.11"  // refuses connections
	silent       = "10.0.1.12"  // does not answer
	foreign      = "10.0.1.13"  // has a certificate for another name
	intercepting = "10.0.1.14"  // has a certificate for the name by another authority, which is trusted
	untrusted    = "10.0.1.15"  // has a certificate for the name by an authority that is not trusted
	hostile      = "10.0.1.16"  // has a certificate with control characters
	noTLS        = "10.0.1.17"  // speaks no TLS
	mute         = "10.0.1.18"  // takes connections and says nothing
	tarpit       = "10.0.1.19"  // answers byte by byte, without end
	public       = "54.239.1.1" // answers
	public6      = "2600:1f00::1"
	wrapped      = "64:ff9b::a00:10a" // 10.0.1.10 by NAT64
	publicS3     = "52.216.0.1"       // in moto's prefix list
	away         = "198.51.100.7"     // no route leads there
	metadataIP   = "169.254.169.254"
	amazonIP     = "169.254.169.253"
)

// A stage is a network of its own, with the servers that a machine in a VPC sees.
type stage struct {
	t        *testing.T
	dns      *dnsServer
	amazon   *dnsServer
	metadata *metadataServer
	dir      string
	issuer   *authority
}

// newStage builds the network of this process.
func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, dir: t.TempDir(), dns: newDNS(), amazon: newDNS(), metadata: &metadataServer{}}
	lines := []string{"link set lo up"}
	for _, a := range []string{vpcResolver, endpointA, endpointB, closed, silent, foreign, intercepting, untrusted, hostile, noTLS, mute, tarpit, public, publicS3, metadataIP, amazonIP} {
		lines = append(lines, "addr add "+a+"/32 dev lo")
	}
	s.ip(append(lines, "addr add "+public6+"/128 dev lo nodad", "addr add "+wrapped+"/128 dev lo nodad")...)
	s.replace("/etc/resolv.conf", "nameserver "+vpcResolver+"\noptions timeout:5 attempts:1\n")
	s.replace("/etc/hosts", "127.0.0.1 localhost\n")
	s.dns.serve(t, vpcResolver)
	s.amazon.serve(t, amazonIP)
	listener := s.listen(metadataIP + ":80")
	server := &http.Server{Handler: s.metadata, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	s.startTLS()
	for name, value := range map[string]string{
		"AWS_CA_BUNDLE": s.bundle(), "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_PROFILE": "", "AWS_REGION": "", "AWS_DEFAULT_REGION": "",
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "", "AWS_EC2_METADATA_DISABLED": "", "NO_COLOR": "1", "AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_S3": "", "AWS_USE_FIPS_ENDPOINT": "", "AWS_USE_DUALSTACK_ENDPOINT": "", "AWS_DEFAULTS_MODE": "",
		"HTTPS_PROXY": "", "HTTP_PROXY": "", "NO_PROXY": "", "https_proxy": "", "http_proxy": "", "no_proxy": "",
	} {
		if value == "" {
			t.Setenv(name, "") // restored at the end
			_ = os.Unsetenv(name)
			continue
		}
		t.Setenv(name, value)
	}
	return s
}

func (s *stage) ip(lines ...string) {
	s.t.Helper()
	cmd := exec.Command("ip", "-batch", "-")
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("ip: %v: %s", err, out)
	}
}

// replace shows other content in a file of the system to this process alone.
func (s *stage) replace(name, text string) {
	s.t.Helper()
	with := filepath.Join(s.dir, filepath.Base(name))
	if err := os.WriteFile(with, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
	if err := syscall.Mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		s.t.Fatal(err)
	}
	if err := syscall.Mount(with, name, "", syscall.MS_BIND, ""); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) listen(address string) net.Listener {
	s.t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = l.Close() })
	return l
}

// An authority issues certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey

	mu     sync.Mutex
	issued map[string]*tls.Certificate
}

func newAuthority(t *testing.T, organization string) *authority {
	t.Helper()
	a := &authority{issued: map[string]*tls.Certificate{}}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{Organization: []string{organization}, CommonName: organization}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return a
}

// issue returns a certificate for names.
func (a *authority) issue(names ...string) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	id := strings.Join(names, ",")
	if known := a.issued[id]; known != nil {
		return known, nil
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: names, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &a.key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	a.issued[id] = &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.key}
	return a.issued[id], nil
}

// startTLS starts what answers on port 443.
func (s *stage) startTLS() {
	s.t.Helper()
	s.issuer = newAuthority(s.t, "Amazon")
	byName := func(a *authority) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) { return a.issue(hello.ServerName) }
	}
	for _, address := range []string{endpointA, endpointB, public, public6, wrapped, publicS3} {
		s.serveTLS(address)
	}
	other := func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.issuer.issue("proxy.corp.example") }
	s.tls(foreign, other)
	corporate := newAuthority(s.t, "Corp Proxy")
	s.tls(intercepting, byName(corporate))
	s.tls(untrusted, byName(newAuthority(s.t, "Amazon")))
	evil := newAuthority(s.t, "Evil\x1b[2J\r\nAmazon")
	s.tls(hostile, func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return evil.issue("a\x1b]0;owned\x07.example", "b\r\nvpcetrail: fine")
	})
	_ = s.listen(mute + ":443")
	go drip(s.listen(tarpit + ":443"))
	plain := s.listen(noTLS + ":443")
	go func() {
		for {
			conn, err := plain.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("220 smtp.example ESMTP\r\n"))
			_ = conn.Close()
		}
	}()
	s.fall(silent)
	s.save("bundle.pem", s.issuer, corporate, evil)
}

// serveTLS answers on port 443 of an address with the certificate of whatever name is asked
// for.
func (s *stage) serveTLS(address string) {
	s.t.Helper()
	s.tls(address, func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) { return s.issuer.issue(hello.ServerName) })
}

func (s *stage) tls(address string, certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) {
	s.t.Helper()
	l := tls.NewListener(s.listen(net.JoinHostPort(address, "443")), &tls.Config{GetCertificate: certificate})
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_ = conn.(*tls.Conn).Handshake()
				_ = conn.Close()
			}()
		}
	}()
}

// fall makes an address drop new connections: its queue is full.
func (s *stage) fall(address string) {
	s.t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Port: 443, Addr: netip.MustParseAddr(address).As4()}); err != nil {
		s.t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		s.t.Fatal(err)
	}
	for range 3 {
		if conn, err := net.DialTimeout("tcp", net.JoinHostPort(address, "443"), 50*time.Millisecond); err == nil {
			s.t.Cleanup(func() { _ = conn.Close() })
		}
	}
}

func (s *stage) bundle() string { return filepath.Join(s.dir, "bundle.pem") }

func (s *stage) save(name string, authorities ...*authority) {
	s.t.Helper()
	var text []byte
	for _, a := range authorities {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})...)
	}
	if err := os.WriteFile(filepath.Join(s.dir, name), text, 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// A metadataServer stands in for the instance metadata service. The zero value refuses all.
type metadataServer struct {
	mu sync.Mutex
	metadataMode
}

type metadataMode struct {
	facts   map[string]string // by path, MAC included
	endless bool              // answers never end
	hangs   bool              // answers never begin
	noToken bool              // answers never begin for a token, as where it may not travel so far
	status  int               // in answer to a request for a token
	broken  string            // the fact that is answered with status 500
}

func (m *metadataServer) set(mode metadataMode) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.metadataMode = mode
}

const testMAC = "0e:11:22:33:44:55"

// machine sets what the service says of an instance in a VPC.
func (m *metadataServer) machine(vpc, subnet string, cidrs ...string) {
	of := "network/interfaces/macs/" + testMAC + "/"
	m.set(metadataMode{facts: map[string]string{
		"mac": testMAC, "instance-id": "i-0a1b2c3d4e5f60718", "placement/region": "eu-west-1", "placement/availability-zone": "eu-west-1a",
		of + "interface-id": "eni-0a1b2c3d4e5f60718", of + "vpc-id": vpc, of + "subnet-id": subnet, of + "owner-id": "123456789012",
		of + "vpc-ipv4-cidr-blocks": strings.Join(cidrs, "\n"),
	}})
}

func (m *metadataServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	fact, known := m.facts[strings.TrimPrefix(r.URL.Path, "/latest/meta-data/")]
	off, endless, hangs, status := m.facts == nil, m.endless, m.hangs || m.noToken && r.Method == http.MethodPut, m.status
	broken := m.broken != "" && strings.HasSuffix(r.URL.Path, m.broken)
	m.mu.Unlock()
	switch {
	case hangs:
		<-r.Context().Done()
	case endless:
		for r.Context().Err() == nil {
			if _, err := w.Write([]byte(strings.Repeat("x", 1<<16))); err != nil {
				return
			}
		}
	case status != 0 && r.Method == http.MethodPut:
		http.Error(w, "no token", status)
	case off:
		http.Error(w, "off", http.StatusForbidden)
	case r.Method == http.MethodPut && r.URL.Path == "/latest/api/token":
		w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", r.Header.Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds"))
		_, _ = w.Write([]byte("token"))
	case r.Header.Get("X-Aws-Ec2-Metadata-Token") != "token":
		http.Error(w, "version 1 is off", http.StatusUnauthorized)
	case broken:
		http.Error(w, "broken", http.StatusInternalServerError)
	case !known:
		http.NotFound(w, r)
	default:
		_, _ = w.Write([]byte(fact))
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
