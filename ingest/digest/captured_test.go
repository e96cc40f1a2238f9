package digest

import (
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"testing"
	"time"
)

// TestCapturedDigest reads two digests that CloudTrail made, and the public key that it
// listed, if they are stored beside the repository. Whoever published them put zeros for the
// account. So the signed text is not known, and the signature cannot be verified as a
// whole: it opens with the key to a SHA-256 in the form that CloudTrail signs.
func TestCapturedDigest(t *testing.T) {
	const captured = "../../../shared/data/digest-2026-09-22/"
	if _, err := os.Stat(captured); err != nil {
		t.Skip("no captured digest beside the repository")
	}
	var listed struct {
		Response struct {
			PublicKeyList []struct {
				Value       []byte
				Fingerprint string
			}
		}
	}
	var made struct {
		Started             time.Time `json:"logging_started_at"`
		Document, Successor json.RawMessage
		Metadata            struct{ Metadata struct{ Signature string } }
	}
	for name, to := range map[string]any{"digest_public_keys.json": &listed, "digest_starting.json": &made} {
		text, err := os.ReadFile(captured + name)
		if err == nil {
			err = json.Unmarshal(text, to)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	first, err := Parse(made.Document)
	if err != nil {
		t.Fatal(err)
	}
	next, err := Parse(made.Successor)
	if err != nil {
		t.Fatal(err)
	}
	if first.Previous != nil || !first.End.Equal(made.Started) || first.End.Sub(first.Start) != time.Hour || len(first.Logs) != 0 {
		t.Errorf("the first digest is %+v; want one of the hour before %s, without logs", first, made.Started)
	}
	signature := made.Metadata.Metadata.Signature
	if p := next.Previous; p == nil || p.Signature != signature || p.Bucket != first.Bucket || p.Key != first.Key || !next.Start.Equal(first.End) {
		t.Errorf("the second digest is %+v; want one that names the first", next)
	}
	known := listed.Response.PublicKeyList[0]
	keys, err := WriteKeys([]Key{{Region: "us-east-1", Fingerprint: known.Fingerprint, Value: known.Value}})
	if err == nil {
		_, err = ReadKeys(keys)
	}
	if err != nil || known.Fingerprint != first.Fingerprint {
		t.Errorf("key %s, and the digest names %s: %v", known.Fingerprint, first.Fingerprint, err)
	}
	public, err := x509.ParsePKCS1PublicKey(known.Value)
	if err != nil {
		t.Fatal(err)
	}
	number, err := hex.DecodeString(signature)
	if err != nil {
		t.Fatal(err)
	}
	opened := new(big.Int).Exp(new(big.Int).SetBytes(number), big.NewInt(int64(public.E)), public.N).Bytes()
	if sum := opened[len(opened)-32:]; !verify(public, sum, signature) {
		t.Errorf("the signature opens to %x", opened)
	}
	if sum := first.signedSum(); verify(public, sum[:], signature) {
		t.Error("a digest with another account is valid")
	}
}
