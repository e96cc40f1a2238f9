package source

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/source/list"
)

// Every object is in one shard. If shards are whole, those of one account and Region are
// in the same shard, and a shard's run lists no folder of another shard.
func TestShardsDivideATrail(t *testing.T) {
	for _, whole := range []bool{false, true} {
		t.Run(fmt.Sprintf("whole %t", whole), func(t *testing.T) { testShards(t, whole) })
	}
}

func testShards(t *testing.T, whole bool) {
	server := newS3(t)
	var all []string
	for _, account := range []string{acct, acct2} {
		for _, region := range []string{"us-east-1", "eu-west-1", "sa-east-1"} {
			for i := range 3 {
				all = append(all,
					fmt.Sprintf("AWSLogs/%s/CloudTrail/%s/2026/11/20/%d.json.gz", account, region, i),
					fmt.Sprintf("AWSLogs/%s/CloudTrail-NetworkActivity/%s/2026/11/20/%d.json.gz", account, region, i),
					fmt.Sprintf("flat/%s_CloudTrail_%s_20261120T0005Z_%d.json.gz", account, region, i),
					fmt.Sprintf("loose/%s-%s-%d.json.gz", account, region, i))
			}
		}
	}
	server.put(t, all...)
	slices.Sort(all)
	for _, n := range []int{1, 2, 5} {
		var got []string
		of := map[string]string{} // account and Region: shard
		used := map[string]bool{}
		for i := range n {
			shard := list.Shard{Number: i + 1, Of: n}
			server.mu.Lock()
			server.lists = nil
			server.mu.Unlock()
			objects, accounts, err := read(t, []string{"s3://" + bucket + "/AWSLogs", "s3://" + bucket + "/flat", "s3://" + bucket + "/loose"},
				list.Selection{Window: oneDay(t, "2026-11-20").Window, Lateness: -1, Shard: shard, Whole: whole}, Options{S3: server.open})
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "accounts of "+shard.String(), accounts, []string{acct, acct2}) // they are still ours
			for _, name := range objects {
				got = append(got, strings.TrimPrefix(name, "s3://"+bucket+"/"))
				used[shard.String()] = true
				if k := layout.ParseKey(name); whole && k.Region != "" {
					lane := k.Account + "/" + k.Region
					if was := of[lane]; was != "" && was != shard.String() {
						t.Errorf("%s is in shards %s and %s", lane, was, shard)
					}
					of[lane] = shard.String()
				}
			}
			for _, prefix := range server.listed() {
				k := layout.ParseKey(prefix + "x")
				if lane := k.Account + "/" + k.Region; whole && k.Region != "" && of[lane] != shard.String() {
					t.Errorf("shard %s: LIST %s", shard, prefix)
				}
			}
		}
		slices.Sort(got)
		equal(t, fmt.Sprint(n, " shards"), got, all)
		if len(used) != n {
			t.Errorf("of %d shards only %d hold anything", n, len(used))
		}
	}
}

// Objects that are SOURCEs themselves are divided too.
func TestShardsDivideNamedObjects(t *testing.T) {
	server := newS3(t)
	var urls []string
	for i := range 8 {
		name := fmt.Sprintf("loose/%d.json.gz", i)
		server.put(t, name)
		urls = append(urls, "s3://"+bucket+"/"+name)
	}
	var got []string
	for i := range 2 {
		some := names(t, urls, list.Selection{Window: oneDay(t, "2026-11-20").Window, Shard: list.Shard{Number: i + 1, Of: 2}}, Options{S3: server.open})
		if len(some) == 0 {
			t.Errorf("shard %d holds nothing", i+1)
		}
		got = append(got, some...)
	}
	slices.Sort(got)
	equal(t, "objects", got, urls)
}
