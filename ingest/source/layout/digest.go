package layout

import (
	"strings"
	"time"
)

// DigestFolder is the folder of an account that holds the digests of its trails.
const DigestFolder = "CloudTrail-Digest"

// A DigestName is what the file name of a digest says:
//
//	ACCOUNT_CloudTrail-Digest_REGION_TRAIL_HOMEREGION_YYYYMMDDTHHMMSSZ[_backfill].json.gz
//
// The fields before End identify a chain of digests.
type DigestName struct {
	Account  string
	Region   string // where the digest was made
	Trail    string // may contain '_'
	Home     string // the trail's home Region
	Backfill bool
	End      time.Time // of the digest's window
}

const digestStamp = "20060102T150405Z"

// ParseDigestName reads the file name of a digest, without its folders. A trail's name may
// contain '_', so the last fields are taken from the end.
func ParseDigestName(file string) (d DigestName, ok bool) {
	rest, ok := strings.CutSuffix(file, ".json.gz")
	if !ok {
		return DigestName{}, false
	}
	rest, d.Backfill = strings.CutSuffix(rest, "_backfill")
	var folder, stamp string
	d.Account, rest, _ = strings.Cut(rest, "_")
	folder, rest, _ = strings.Cut(rest, "_")
	d.Region, rest, _ = strings.Cut(rest, "_")
	rest, stamp = cutLast(rest)
	d.Trail, d.Home = cutLast(rest)
	end, err := time.Parse(digestStamp, stamp)
	d.End = end
	if err != nil || len(stamp) != len(digestStamp) || folder != DigestFolder || !isAccount(d.Account) || !IsRegion(d.Region) || !IsRegion(d.Home) || d.Trail == "" {
		return DigestName{}, false
	}
	return d, true
}

func cutLast(s string) (before, after string) {
	i := strings.LastIndexByte(s, '_')
	return s[:max(i, 0)], s[i+1:]
}

// Digests returns p for a listing of digests: their folder is entered, and the folders of
// calls are not.
func (p Place) Digests() Place {
	switch {
	case p.Level == AtForeign && p.Key.Folder == DigestFolder:
		p.Level = AtFolder
	case p.Level == AtFolder && p.Key.Folder != DigestFolder:
		p.Level = AtForeign
	}
	return p
}

// ParseStamp returns the minute of delivery in the file name of a log:
// ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHmmZ_UNIQUE.json.gz.
func ParseStamp(file string) (time.Time, bool) {
	if !parseStamp(file).HasDay {
		return time.Time{}, false
	}
	fields := strings.SplitN(file, "_", 4)
	t, err := time.Parse("20060102T1504Z", fields[3][:14])
	return t, err == nil
}
