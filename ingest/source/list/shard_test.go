package list

import (
	"fmt"
	"testing"

	"vpcetrail/ingest/source/layout"
)

// Shards are of equal size even if one account and Region has the whole trail. They are the
// same wherever the trail is copied to.
func TestShardsAreOfEqualSize(t *testing.T) {
	const objects, n = 20_000, 16
	var sizes [n]int
	for i := range objects {
		name := fmt.Sprintf("AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/20/111122223333_CloudTrail_us-east-1_20261120T%02d%02dZ_%016X.json.gz",
			i/60%24, i%60/5*5, uint64(i)*0x9e3779b97f4a7c15)
		for shard := range n {
			d := division{Shard: Shard{shard + 1, n}}
			in := d.object(layout.ParseKey("s3://bucket/"+name), "s3://bucket/"+name)
			if in {
				sizes[shard]++
			}
			if copied := "/mnt/copy/of/" + name; d.object(layout.ParseKey(copied), copied) != in {
				t.Fatalf("%s and its copy are in different shards", name)
			}
		}
	}
	for shard, size := range sizes {
		if size < objects/n*9/10 || size > objects/n*11/10 {
			t.Errorf("shard %d holds %d of %d objects", shard+1, size, objects)
		}
	}
}
