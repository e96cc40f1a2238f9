package report

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"vpcetrail/classify/network"
	"vpcetrail/ingest/day"
)

// NetworkName returns the name of the snapshot that decided the causes of day d.
func NetworkName(d day.Day) string { return runFolder(d) + "network.json" }

// stageNetwork stages the snapshot of a day, if the day has one, and names it in the manifest.
func stageNetwork(ctx context.Context, pub Publication, d *Day, m *Manifest) error {
	if d.Network == nil {
		return nil
	}
	text, err := d.Network().Save()
	if err != nil {
		return err
	}
	f, err := StageFile(ctx, pub, NetworkName(d.Day), text)
	m.Network = &f
	return err
}

// ReadNetwork returns the part of the network snapshot that decided the causes of day d. Its
// manifest is m. It returns nil if the day was made without --network.
func ReadNetwork(ctx context.Context, store Store, m *Manifest, d day.Day) (*network.Snapshot, error) {
	if m.Network == nil {
		return nil, nil
	}
	name := NetworkName(d)
	text, err := store.Read(ctx, name)
	if err != nil {
		return nil, m.explain(ctx, store, d, name, err)
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != m.Network.SHA256 {
		return nil, fmt.Errorf("%s: %s: %w", store, name, ErrDamaged)
	}
	snapshot, err := network.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", store, name, err)
	}
	return snapshot, nil
}
