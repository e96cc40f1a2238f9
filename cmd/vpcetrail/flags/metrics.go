package flags

import (
	"context"
	"fmt"

	"vpcetrail/cmd/vpcetrail/file"
	"vpcetrail/report/metrics"
)

// ReadMetrics reads the files of --metrics as one. It returns nil without files.
func ReadMetrics(ctx context.Context, names []string) (all metrics.Endpoints, err error) {
	for _, name := range names {
		found, err := file.Parse(ctx, "--metrics", name, metrics.Parse)
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = metrics.Endpoints{}
		}
		if err := all.Merge(found); err != nil {
			return nil, fmt.Errorf("--metrics: %s: %w", name, err)
		}
	}
	return all, nil
}
