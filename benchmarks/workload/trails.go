package workload

import (
	"fmt"
	"math"

	"vpcetrail/fixtures/trail"
)

// Names returns the names of the trails to measure.
func Names() []string { return []string{"busy", "sparse", "wide", "repeating", "varied"} }

// Trail describes the trail with that name. scale 1 is for measuring, 0.01 for trying
// out:
//
//   - busy: objects of 1,500 records, as busy accounts deliver them; at scale 1 512
//     objects, 1 GB of JSON;
//   - sparse: objects of 20 records and a few kilobytes gzipped, the most common ones in
//     an organization; at scale 1 100,000 objects, in 50 accounts and 10 Regions, 3 GB of
//     JSON;
//   - wide: records of 30 KB with deep request parameters, from accounts with a million
//     principals; at scale 1 2,000 objects of 40 records, 2 GB of JSON;
//   - repeating: busy, of a role that does few things, as most accounts have: from
//     scale 0.2 on one row of table resources for 40 calls or more;
//   - varied: busy, of 800 principals that seldom do one thing twice: 1.3 calls a row.
//
// Objects of network events come on top.
func Trail(name string, scale float64) (trail.Config, error) {
	cfg := trail.Default()
	objects := 0.0
	switch name {
	case "busy":
		objects, cfg.Records = 512, 1500
	case "sparse":
		objects, cfg.Records, cfg.Size = 100_000, 20, trail.Sparse
		cfg.Principals, cfg.Run = 4, 1000
		cfg.Accounts, cfg.Regions = int(math.Ceil(50*min(scale, 1))), trail.RegionNames(10)
		// The generator looks for the twins of copies and corrections in earlier objects.
		// Here there are hardly any.
		cfg.Shared, cfg.Corrections = 0, 0
	case "wide":
		objects, cfg.Records, cfg.Size = 2000, 40, trail.Wide
		cfg.Principals = 1_000_000 / cfg.Accounts
		cfg.Shared, cfg.Corrections = 0, 0
	case "repeating":
		objects, cfg.Records = 512, 1500
		cfg.Accounts, cfg.Regions, cfg.Days, cfg.Principals, cfg.Run = 1, trail.RegionNames(1), 1, 1, 5000
	case "varied":
		objects, cfg.Records = 512, 1500
		cfg.Principals, cfg.Run = 400, 1
	default:
		return cfg, fmt.Errorf("trail %q: want one of %q", name, Names())
	}
	if scale <= 0 {
		return cfg, fmt.Errorf("scale %g: want more than 0", scale)
	}
	cells := float64(cfg.Accounts * len(cfg.Regions) * cfg.Days)
	cfg.Objects = int(math.Ceil(objects * scale / cells))
	return cfg, nil
}
