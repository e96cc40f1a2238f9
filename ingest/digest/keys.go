package digest

import (
	"bytes"
	"cmp"
	"context"
	"crypto"
	"crypto/md5"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// A Key is a public key of CloudTrail in a Region. Each Region has its own.
type Key struct {
	Region      string    `json:"region"`
	Fingerprint string    `json:"fingerprint"` // MD5 of Value, in hexadecimal
	Value       []byte    `json:"value"`       // PKCS #1, DER
	From        time.Time `json:"validityStartTime"`
	To          time.Time `json:"validityEndTime"`
}

// A keyFile is the content of a file of keys.
type keyFile struct {
	Keys []Key `json:"keys"`
}

// ReadKeys reads a file of keys. Each key must have its own fingerprint.
func ReadKeys(text []byte) ([]Key, error) {
	var f keyFile
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("no file of public keys: %w: write one with vpcetrail verify --save-keys", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("more follows the public keys: write the file again with vpcetrail verify --save-keys")
	}
	for i := range f.Keys {
		k := &f.Keys[i]
		if got := fingerprint(k.Value); got != k.Fingerprint {
			return nil, fmt.Errorf("key %d, of %s: its value has the fingerprint %s, and it says %q: write the file again with vpcetrail verify --save-keys",
				i+1, k.Region, got, k.Fingerprint)
		}
	}
	return f.Keys, nil
}

// WriteKeys returns the content of a file of keys.
func WriteKeys(keys []Key) ([]byte, error) {
	keys = slices.Clone(keys)
	slices.SortFunc(keys, func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), a.From.Compare(b.From), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	keys = slices.CompactFunc(keys, func(a, b Key) bool { return a.Region == b.Region && a.Fingerprint == b.Fingerprint })
	text, err := json.MarshalIndent(keyFile{keys}, "", "  ")
	return append(text, '\n'), err
}

func fingerprint(der []byte) string {
	sum := md5.Sum(der)
	return hex.EncodeToString(sum[:])
}

// A Lister lists the public keys of a Region that were valid in a span of time.
type Lister func(ctx context.Context, region string, from, to time.Time) ([]Key, error)

// Keys finds public keys: those of a file, or those that CloudTrail lists. It is safe for
// concurrent use.
type Keys struct {
	list     Lister // nil: only known keys
	from, to time.Time

	mu      sync.Mutex
	known   map[string]*Key // by Region and fingerprint
	regions map[string]*regionKeys
}

// regionKeys are the calls for one Region.
type regionKeys struct {
	mu    sync.Mutex // held while CloudTrail is asked
	asked []span
	err   error
}

// A span is a time from one moment to another.
type span struct{ from, to time.Time }

func (s span) holds(o span) bool { return !o.from.Before(s.from) && !o.to.After(s.to) }

// KnownKeys returns Keys that finds only these.
func KnownKeys(keys []Key) *Keys {
	k := &Keys{}
	k.add(keys)
	return k
}

// ListedKeys returns Keys that asks for the keys of a Region when it needs the first one:
// for those that were valid between from and to. If a digest was signed at another time, it
// asks for those of the days around that as well.
func ListedKeys(list Lister, from, to time.Time) *Keys { return &Keys{list: list, from: from, to: to} }

const aDay = 24 * time.Hour

// afterWindow is how long after its window a digest may be signed.
const afterWindow = 2 * time.Hour

func (k *Keys) add(keys []Key) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.known = map[string]*Key{}
	}
	for _, key := range keys {
		if id := key.Region + "/" + key.Fingerprint; k.known[id] == nil && fingerprint(key.Value) == key.Fingerprint {
			k.known[id] = &key
		}
	}
}

// All returns the keys found so far.
func (k *Keys) All() []Key {
	k.mu.Lock()
	defer k.mu.Unlock()
	var all []Key
	for _, key := range k.known {
		all = append(all, *key)
	}
	return all
}

func (k *Keys) get(region, fingerprint string) *Key {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.known[region+"/"+fingerprint]
}

// A keyError says why there is no key.
type keyError struct {
	status Status // NoKey or KeyUnread
	text   string
}

func (e *keyError) Error() string { return e.text }

// find returns the public key with which a digest of a Region was signed about the given
// time.
func (k *Keys) find(ctx context.Context, region, fingerprint string, signed span) (*rsa.PublicKey, error) {
	key := k.get(region, fingerprint)
	if key == nil && k.list != nil {
		if err := k.ask(ctx, region, signed); err != nil {
			return nil, &keyError{KeyUnread, fmt.Sprintf("the public keys of %s could not be listed: %v", region, err)}
		}
		key = k.get(region, fingerprint)
	}
	switch {
	case key == nil && k.list == nil:
		return nil, &keyError{KeyUnread, fmt.Sprintf("the file of keys has none of %s with the fingerprint %s: write it again with vpcetrail verify --save-keys", region, fingerprint)}
	case key == nil:
		return nil, &keyError{NoKey, fmt.Sprintf("CloudTrail lists no public key of %s with the fingerprint %s: it did not sign this digest", region, fingerprint)}
	}
	parsed, err := x509.ParsePKCS1PublicKey(key.Value)
	if err != nil {
		return nil, &keyError{NoKey, fmt.Sprintf("the public key of %s with the fingerprint %s is no PKCS #1 key", region, fingerprint)}
	}
	return parsed, nil
}

// ask lists the keys of a Region: for the whole range at first, and for the time of a
// digest if that lies outside.
func (k *Keys) ask(ctx context.Context, region string, signed span) error {
	k.mu.Lock()
	if k.regions == nil {
		k.regions = map[string]*regionKeys{}
	}
	r := k.regions[region]
	if r == nil {
		r = &regionKeys{}
		k.regions[region] = r
	}
	k.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, want := range []span{{k.from, k.to}, {signed.from.Add(-aDay), signed.to.Add(aDay)}} {
		if r.err != nil || want.to.IsZero() || slices.ContainsFunc(r.asked, func(s span) bool { return s.holds(want) || s.holds(signed) }) {
			continue
		}
		keys, err := k.list(ctx, region, want.from, want.to)
		if err != nil {
			r.err = err
			break
		}
		r.asked = append(r.asked, want)
		k.add(keys)
	}
	return r.err
}

// verify checks a signature, in hexadecimal, of a text with this SHA-256.
func verify(key *rsa.PublicKey, sum []byte, signature string) bool {
	sig, err := hex.DecodeString(signature)
	return err == nil && rsa.VerifyPKCS1v15(key, crypto.SHA256, sum, sig) == nil
}

// signedSum returns the SHA-256 of the text that CloudTrail signs for a digest.
func (d *Digest) signedSum() [sha256.Size]byte {
	before := "null"
	if d.Previous != nil {
		before = d.Previous.Signature
	}
	return sha256.Sum256(fmt.Appendf(nil, "%s\n%s/%s\n%x\n%s", d.EndText, d.Bucket, d.Key, d.SHA256, before))
}
