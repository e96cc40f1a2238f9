package digest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
	"unicode/utf8"
)

// A Digest is the content of one digest.
type Digest struct {
	Account     string
	Start, End  time.Time // the window of delivery
	EndText     string    // End as the digest writes it, which is signed
	Bucket, Key string    // where the digest says that it lies
	Fingerprint string    // of the public key
	Previous    *Previous // nil: the first of its chain
	Logs        []Log
	SHA256      [sha256.Size]byte // of the uncompressed digest
}

// A Previous is what a digest says about the digest before it.
type Previous struct {
	Bucket, Key string
	SHA256      [sha256.Size]byte // of the uncompressed digest
	Signature   string            // hexadecimal
}

// A Log is what a digest says about a log.
type Log struct {
	Bucket, Key string
	SHA256      [sha256.Size]byte // of the uncompressed log
}

// Parse reads an uncompressed digest. It is strict, because a reader that takes one of two
// values, or guesses, can be led to another content than the one that was signed by
// whoever reads it otherwise. It refuses names that come twice in an object, bytes after
// the document, text that is not UTF-8, and a field that is missing or of another form.
func Parse(text []byte) (*Digest, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("not UTF-8")
	}
	d := &Digest{SHA256: sha256.Sum256(text)}
	r := reader{json.NewDecoder(bytes.NewReader(text))}
	if err := r.digest(d); err != nil {
		return nil, fmt.Errorf("at byte %d: %w", r.InputOffset(), err)
	}
	if _, err := r.Token(); err != io.EOF {
		return nil, fmt.Errorf("at byte %d: more follows the document", r.InputOffset())
	}
	return d, nil
}

// A reader reads JSON token by token.
type reader struct{ *json.Decoder }

// digest reads the whole document.
func (r reader) digest(d *Digest) error {
	var start, algorithm, bucket, key, hash, hashAlgorithm, signature *string
	hasLogs := false
	fields := map[string]**string{
		"digestStartTime": &start, "digestSignatureAlgorithm": &algorithm,
		"previousDigestS3Bucket": &bucket, "previousDigestS3Object": &key, "previousDigestHashValue": &hash,
		"previousDigestHashAlgorithm": &hashAlgorithm, "previousDigestSignature": &signature,
	}
	own := map[string]*string{
		"awsAccountId": &d.Account, "digestEndTime": &d.EndText, "digestS3Bucket": &d.Bucket, "digestS3Object": &d.Key,
		"digestPublicKeyFingerprint": &d.Fingerprint,
	}
	err := r.object(func(name string) (err error) {
		switch {
		case name == "logFiles":
			hasLogs = true
			return r.array(func() error { return r.log(d) })
		case own[name] != nil:
			return r.required(own[name])
		case fields[name] != nil:
			*fields[name], err = r.text()
			return err
		}
		return r.skip(0)
	})
	switch {
	case err != nil:
		return err
	case !hasLogs:
		return errors.New("no logFiles")
	case algorithm == nil || *algorithm != "SHA256withRSA":
		return errors.New("digestSignatureAlgorithm is not SHA256withRSA")
	}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		if *own[name] == "" {
			return errors.New("no " + name)
		}
	}
	if d.Previous, err = previous(bucket, key, hash, hashAlgorithm, signature); err != nil {
		return err
	}
	return d.window(start)
}

// window reads the times of d.
func (d *Digest) window(start *string) (err error) {
	if start == nil {
		return errors.New("no digestStartTime")
	}
	if d.Start, err = time.Parse(time.RFC3339, *start); err != nil {
		return errors.New("digestStartTime is no time")
	}
	if d.End, err = time.Parse(time.RFC3339, d.EndText); err != nil {
		return errors.New("digestEndTime is no time")
	}
	if d.End.Before(d.Start) {
		return errors.New("digestEndTime is before digestStartTime")
	}
	return nil
}

// previous reads the fields about the digest before. All are null in the first digest of a
// chain.
func previous(bucket, key, hash, algorithm, signature *string) (*Previous, error) {
	given := 0
	for _, field := range []*string{bucket, key, hash, algorithm, signature} {
		if field != nil {
			given++
		}
	}
	switch {
	case given == 0:
		return nil, nil //nolint:nilnil // the digest is the first of its chain
	case given < 5:
		return nil, errors.New("some of the five fields previousDigest… are null")
	}
	p := &Previous{Bucket: *bucket, Key: *key, Signature: *signature}
	return p, readHash(&p.SHA256, *hash, *algorithm)
}

func readHash(sum *[sha256.Size]byte, text, algorithm string) error {
	if algorithm != "SHA-256" {
		return errors.New("a hash is not of SHA-256")
	}
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(sum) {
		return errors.New("a hash is not 64 hexadecimal digits")
	}
	copy(sum[:], b)
	return nil
}

// log reads an entry of logFiles.
func (r reader) log(d *Digest) error {
	var l Log
	var hash, algorithm string
	fields := map[string]*string{"s3Bucket": &l.Bucket, "s3Object": &l.Key, "hashValue": &hash, "hashAlgorithm": &algorithm}
	err := r.object(func(name string) error {
		if fields[name] != nil {
			return r.required(fields[name])
		}
		return r.skip(0)
	})
	if err == nil && (l.Bucket == "" || l.Key == "") {
		err = errors.New("an entry of logFiles names no object")
	}
	if err == nil {
		err = readHash(&l.SHA256, hash, algorithm)
	}
	d.Logs = append(d.Logs, l)
	return err
}

// object reads an object. It calls field for each name, to read the value.
func (r reader) object(field func(name string) error) error {
	if t, err := r.token(); err != nil || t != json.Delim('{') {
		return orWrong(err, "an object")
	}
	return r.fields(field)
}

// fields reads an object from its first name on.
func (r reader) fields(field func(name string) error) error {
	seen := map[string]bool{}
	for r.More() {
		t, err := r.token()
		if err != nil {
			return err
		}
		name := t.(string) // the decoder accepts no other name
		if seen[name] {
			return fmt.Errorf("%q comes twice", name)
		}
		seen[name] = true
		if err := field(name); err != nil {
			return err
		}
	}
	_, err := r.token()
	return err
}

// array reads an array. It calls entry to read each value.
func (r reader) array(entry func() error) error {
	if t, err := r.token(); err != nil || t != json.Delim('[') {
		return orWrong(err, "an array")
	}
	for r.More() {
		if err := entry(); err != nil {
			return err
		}
	}
	_, err := r.token()
	return err
}

// text reads a string, or null as nil.
func (r reader) text() (*string, error) {
	t, err := r.token()
	if s, ok := t.(string); ok {
		return &s, nil
	}
	if t == nil && err == nil {
		return nil, nil //nolint:nilnil // null
	}
	return nil, orWrong(err, "a string")
}

// required reads a string.
func (r reader) required(to *string) error {
	s, err := r.text()
	if err == nil && s == nil {
		return errors.New("null where a string is wanted")
	}
	if err == nil {
		*to = *s
	}
	return err
}

// maxDepth bounds the nesting of values that are not used.
const maxDepth = 100

// skip reads any value. Names may not come twice in it either.
func (r reader) skip(depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("nested more than %d levels deep", maxDepth)
	}
	t, err := r.token()
	switch t {
	case json.Delim('{'):
		return r.fields(func(string) error { return r.skip(depth + 1) })
	case json.Delim('['):
		for r.More() {
			if err := r.skip(depth + 1); err != nil {
				return err
			}
		}
		_, err = r.token()
	}
	return err
}

func orWrong(err error, want string) error {
	if err != nil {
		return err
	}
	return errors.New("want " + want)
}

// token is Token, with an end in the middle of the document as an error of its own.
func (r reader) token() (json.Token, error) {
	t, err := r.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		err = errors.New("no JSON: " + syntax.Error())
	}
	return t, err
}
