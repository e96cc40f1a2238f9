package deploy

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/publish"
	"vpcetrail/fixtures"
)

// printed returns what a command line of deploy prints, and its error.
func printed(line string) (string, error) {
	var out bytes.Buffer
	cmd := New()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	args := strings.Fields(line)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "\x00", "\n") // Fields would cut there
	}
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	err := cmd.Execute()
	return out.String(), err
}

const (
	image    = " --image 111122223333.dkr.ecr.eu-west-1.amazonaws.com/vpcetrail:1.0 "
	inBucket = "s3://org-trail/AWSLogs --out s3://audit-reports/vpcetrail "
	all      = inBucket + "--endpoints aws --network s3://audit-reports/network.json,aws --networks s3://audit-reports/names.yaml --regions eu-west-1,us-east-1 " +
		"--own-accounts 444455556666 --sse aws:kms --kms-key-id alias/reports --trail-key arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d --memory 3GiB "
)

// jobs are one command line for each kind of output.
var jobs = []struct{ file, line string }{
	{"ecs.yaml", "--target ecs" + image + all + "--restate 30d --verify require --metrics s3://audit-reports/metrics.json --prices s3://audit-reports/prices.yaml"},
	{"batch.yaml", "--target batch --shards 16 --merge-shards 4 --restate 7d --cpus 4 --disk 200" + image + all},
	{"batch-beside.txt", "--target batch --shards 2 --explain --image i --restate 7d --notify eventbridge --bus audit --access-logs s3://access-logs/main " + inBucket},
	{"batch-alone.yaml", "--target batch --image registry.example/vpcetrail --report-key alias/reports " + inBucket},
	{"batch-explain.txt", "--target batch --shards 16 --explain" + image + all},
	{"kubernetes.yaml", "--target kubernetes --image registry.example/vpcetrail:1.0 --namespace audit --at 04:05 " + all + "--restate 30d"},
	{"kubernetes-parts.yaml", "--target kubernetes --image registry.example/vpcetrail:1.0 --kubectl-image registry.example/kubectl:1.33 --shards 4 --merge-shards 2 --restate 30d " + inBucket + "--endpoints aws"},
	{"kubernetes-accesspoint.yaml", "--target kubernetes --image i --role s3://org-trail --out s3://arn:aws:s3:eu-west-1:111122223333:accesspoint/reports/nightly"},
	{"kubernetes-role.yaml", "--target kubernetes --image registry.example/vpcetrail:1.0 --role " + inBucket},
	{"slurm.sh", "--target slurm --shards 8 --merge-shards 4 --restate 30d " + inBucket + "--endpoints aws"},
	{"slurm-role.yaml", "--target slurm --shards 8 --role --notify eventbridge --bus arn:aws:events:eu-west-1:222233334444:event-bus/audit " + all},
	{"systemd.sh", "--target systemd s3://org-trail --out /srv/100%/$it's --endpoints aws"},
}

// A run beside the trail gets the flags that it takes, and no others.
func TestStepBesideTheTrail(t *testing.T) {
	const flags = "--target batch --shards 2 --explain --image i --networks s3://a/n.yaml --lateness 48h --without verify --accounts 111122223333 --metrics s3://a/m.json --prices s3://a/p.yaml " + inBucket
	const out = " --date DAY --out=s3://audit-reports/vpcetrail --quiet --incomplete-ok\n"
	for more, want := range map[string]string{
		"--restate 7d": "\n  vpcetrail analyze s3://org-trail/AWSLogs --networks=s3://a/n.yaml --lateness=48h0m0s --without=verify --accounts=111122223333 --without=metrics --restate=7d --date DAY --restate-only --out=s3://audit-reports/vpcetrail --quiet --incomplete-ok\n" +
			"  vpcetrail analyze --metrics=s3://a/m.json --prices=s3://a/p.yaml --restate=7d" + out,
		"":                       "\n  vpcetrail analyze --metrics=s3://a/m.json --prices=s3://a/p.yaml" + out,
		"--access-logs s3://l/a": "\n  vpcetrail analyze --access-logs=s3://l/a --metrics=s3://a/m.json --prices=s3://a/p.yaml --lateness=48h0m0s --networks=s3://a/n.yaml" + out,
	} {
		text, err := printed(flags + more)
		if err != nil || !strings.Contains(text, want) || strings.Count(text, "--prices") > 2 {
			t.Errorf("%q: %v\n%s", more, err, text)
		}
	}
}

// The number of permissions of one kind has no limit: each Sid is its own, and of letters and digits.
func TestManySources(t *testing.T) {
	line := "--target batch --image i --explain=false --out s3://audit-reports/x "
	for i := range 25 {
		line += fmt.Sprintf("s3://trail-%d/AWSLogs ", i)
	}
	text, err := printed(line)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, sid := range regexp.MustCompile(`(?m)Sid: (.*)$`).FindAllStringSubmatch(text, -1) {
		if !regexp.MustCompile(`^[A-Za-z0-9]+$`).MatchString(sid[1]) || seen[sid[1]] && strings.HasPrefix(sid[1], "ListTrail") {
			t.Errorf("Sid %s", sid[1])
		}
		seen[sid[1]] = true
	}
	if !seen["ListTrail25"] {
		t.Errorf("no ListTrail25 in %v", seen)
	}
}

// Sizes are those of Fargate only where the job runs in it.
func TestSizes(t *testing.T) {
	for line, want := range map[string]string{
		"--target slurm --memory 9GiB --out /srv/x":                                                     "--mem=18432M",
		"--target slurm --memory 100GiB --cpus 32 --disk 900 --out /srv/x":                              "--cpus-per-task=32 --mem=204800M",
		"--target systemd --memory 9GiB --out /srv/x":                                                   "MemoryMax=18432M",
		"--target kubernetes --image i --cpus 3 --disk 300 --out s3://b/x":                              `requests: {cpu: "3", memory: 6144Mi, ephemeral-storage: 300Gi}`,
		"--target systemd --incomplete-ok --out /srv/x":                                                 `"--incomplete-ok"`,
		"--target slurm --shards 2 --out /srv/x":                                                        "find /srv/x/_parts/ -type f -mtime +14 -delete",
		"--target batch --image i --sse aws:kms --kms-key-id a --report-key b --out s3://b/x --explain": "key b encrypts",
	} {
		text, err := printed(line + " s3://org-trail")
		if err != nil || !strings.Contains(text, want) {
			t.Errorf("%s: %v: no %s in\n%s", line, err, want, text)
		}
	}
}

// Help offers no flag that every nightly job refuses.
func TestHelpOffersWhatIsTaken(t *testing.T) {
	help := New().UsageString()
	for _, name := range append([]string{"date"}, notNightly...) {
		if strings.Contains(help, " --"+name+" ") {
			t.Errorf("help offers --%s", name)
		}
	}
	if strings.Contains(help, "{shard}") {
		t.Error("help offers {shard}")
	}
}

// Without a trail a day without a line is quiet, and no check takes it for missing.
func TestNoDayIsMissingWithoutTrail(t *testing.T) {
	for _, line := range []string{
		"--target kubernetes --image i --access-logs s3://access-logs/main --out s3://b/x", "--target slurm --metrics /srv/m.json --out /srv/x",
		"--target systemd --resolver-logs /srv/logs --out /srv/x",
	} {
		for source, want := range map[string]bool{"": false, " s3://org-trail": true} {
			text, err := printed(line + source)
			if got := strings.Contains(text, "check"); err != nil || got != want {
				t.Errorf("%s%s: %v, has a check: %v", line, source, err, got)
			}
		}
	}
}

// What a command keeps in the report's bucket is stored as the report is. Another bucket has rules of its own.
func TestKeptFilesAreStoredAsTheReport(t *testing.T) {
	text, err := printed("--target systemd --explain s3://org-trail --sse AES256 --endpoints s3://b/e.json,aws --network s3://c/n.json,aws --metrics s3://b/m.json --out s3://b/x")
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"endpoints", "network", "metrics"} {
		line := regexp.MustCompile("(?m)^  vpcetrail " + command + " .*--date.*$").FindString(text)
		if strings.Contains(line, "--sse=AES256") != (command != "network") || line == "" {
			t.Errorf("%s: %q", command, line)
		}
	}
}

// What is printed is accepted by the tools that its readers have.
func TestJobs(t *testing.T) {
	dir := t.TempDir()
	checked := map[string][]string{}
	for _, job := range jobs {
		text, err := printed(job.line)
		if err != nil {
			t.Fatalf("deploy %s: %v", job.line, err)
		}
		fixtures.Golden(t, filepath.Join("testdata", job.file), []byte(text))
		path := filepath.Join(dir, job.file)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		switch kind := filepath.Ext(job.file); {
		case strings.Contains(text, "AWSTemplateFormatVersion"):
			checked["cfn-lint"] = append(checked["cfn-lint"], path)
			if alias := regexp.MustCompile(`(?m): [&*][a-z]+$`).FindString(text); alias != "" { // cfn-lint does not say so
				t.Errorf("%s: CloudFormation takes no YAML alias such as %q", job.file, alias)
			}
		case kind == ".yaml":
			checked["kubernetes-validate"] = append(checked["kubernetes-validate"], path)
			for i, manifest := range embedded(text) {
				inside := filepath.Join(dir, strings.Repeat("x", i+1)+job.file)
				if err := os.WriteFile(inside, []byte(manifest), 0o666); err != nil {
					t.Fatal(err)
				}
				checked["kubernetes-validate"] = append(checked["kubernetes-validate"], inside)
			}
		case kind == ".sh":
			checked["shellcheck"] = append(checked["shellcheck"], path)
		}
	}
	if len(checked) != 3 {
		t.Errorf("only checked: %v", checked)
	}
	options := map[string][]string{
		"kubernetes-validate": {"--strict"},
		"shellcheck":          {"--exclude", "SC2016"}, // a name may hold a $
	}
	for tool, files := range checked {
		check(t, slices.Concat([]string{tool}, options[tool], files)...)
	}
	unitsVerify(t, filepath.Join(dir, "systemd.sh"))
}

// embedded returns the manifests that a ConfigMap contains.
func embedded(text string) (manifests []string) {
	inside := false
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "  ") && strings.HasSuffix(line, ".yaml: |\n"):
			manifests, inside = append(manifests, ""), true
		case !strings.HasPrefix(line, "    "):
			inside = false
		case inside:
			manifests[len(manifests)-1] += line[4:]
		}
	}
	return manifests
}

// check runs a tool, which must accept its files. Where it is not installed, the test goes
// on without it, unless CI is set.
func check(t *testing.T, command ...string) {
	t.Helper()
	if _, err := exec.LookPath(command[0]); err != nil {
		if os.Getenv("CI") == "true" {
			t.Error(err)
		}
		t.Logf("not checked: %v", err)
		return
	}
	if text, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
		t.Errorf("%v: %v\n%s", command, err, text)
	}
}

// unitsVerify checks the units that a script installs. The program is not there, so another
// one is named in its place.
func unitsVerify(t *testing.T, script string) {
	t.Helper()
	root := t.TempDir()
	install := exec.Command("sh", script)
	install.Env = append(os.Environ(), "DESTDIR="+root)
	if text, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, text)
	}
	units, _ := filepath.Glob(root + "/etc/systemd/system/*")
	if len(units) != 6 {
		t.Errorf("units: %v", units)
	}
	for _, unit := range units {
		text, err := os.ReadFile(unit)
		if err == nil {
			err = os.WriteFile(unit, bytes.ReplaceAll(text, []byte("/usr/local/bin/vpcetrail"), []byte("/bin/true")), 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := exec.LookPath("systemd-analyze"); err == nil { // not in every image of CI
		check(t, append([]string{"systemd-analyze", "verify"}, units...)...)
	}
}

func TestRefuses(t *testing.T) {
	const (
		ecs    = "--target ecs --image i "
		noFile = ": a job in an image has no files: put it into S3, and name it s3://bucket/key"
		noName = ": *, ?, braces and line breaks have a meaning in what is printed: choose a name without them"
		aBus   = "want the name of an event bus, or an ARN such as arn:aws:events:eu-west-1:111122223333:event-bus/audit"
		want   = "ecs, batch, kubernetes, slurm or systemd"
		// What cannot be printed.
		anImage = "want the name of an image, such as registry.example/vpcetrail:1.0"
		aKey    = "want the id, ARN or alias of a key, such as alias/reports"
		aFolder = ": a folder of the system, which the unit does not write: choose a path such as /srv/vpcetrail"
	)
	for _, tc := range []struct{ line, want string }{
		{inBucket, `--target "": want ` + want},
		{"--target nomad " + inBucket, `--target "nomad": want ` + want},
		{"--target ecs " + inBucket, "--image is missing: target ecs runs an image of vpcetrail"},
		{ecs + "--shards 2 " + inBucket, "--shards 2: target ecs runs on one machine: choose batch, kubernetes or slurm"},
		{"--target slurm --shards 0 " + inBucket, "--shards 0: want 1 to 10000"},
		{"--target kubernetes --image i --shards 2 " + inBucket, "--kubectl-image is missing: with --shards, a pod with kubectl and a shell starts the jobs one after the other"},
		{ecs + "--at 23:00 " + inBucket, `--at "23:00": want a time from 00:15 to 12:59 in UTC, such as 03:30: a run must end before midnight`},
		{ecs + "--name Ops " + inBucket, `--name "Ops": want up to 30 small letters, digits and hyphens, and a letter first`},
		{ecs + "--disk 10 " + inBucket, "--disk 10: want 21 to 200 GiB"},
		{ecs + "--cpus 3 " + inBucket, "--cpus 3: want 1, 2, 4, 8 or 16"},
		{ecs + "--memory 9GiB " + inBucket, "--memory 9216MiB: a run may take twice as much, and 2 CPUs have at most 16 GiB: give more --cpus"},
		{"--target slurm --disk 0 " + inBucket, "--disk 0: want 1 GiB or more"},
		{"--target kubernetes --image i --cpus 0 " + inBucket, "--cpus 0: want 1 or more"},
		{ecs + "--report-key garbage\x00key " + inBucket, `--report-key "garbage\nkey": ` + aKey},
		{ecs + "--report-key arn:aws:s3:::x " + inBucket, `--report-key "arn:aws:s3:::x": ` + aKey},
		{ecs + "--sse aws:kms --kms-key-id a\x00key " + inBucket, `--kms-key-id "a\nkey": ` + aKey},
		{ecs + "--metrics s3://a/a.json,s3://a/b.json " + inBucket, "--metrics: name one file: the job keeps what CloudWatch measured each night in it"},
		{"--target slurm --shards 2 lookup-events://eu-west-1 --out /srv/x", "--shards 2: nothing divides what lookup-events:// answers: name a trail in S3, or leave --shards out"},
		{ecs + "--role " + inBucket, "--role: the template of target ecs has the roles already"},
		{ecs + "--trail-key 0a1b " + inBucket, `--trail-key "0a1b": want the ARN of a key, such as arn:aws:kms:eu-west-1:111122223333:key/ID`},
		{ecs + "--notify slack " + inBucket, `--notify "slack": want eventbridge, securityhub or textfile`},
		{ecs + "--notify textfile --textfile x.prom " + inBucket, "--notify textfile: the job runs in an image, and no Prometheus reads its files: choose eventbridge or securityhub"},
		{ecs + "--notify textfile " + inBucket, "--notify textfile: the job runs in an image, and no Prometheus reads its files: choose eventbridge or securityhub"},
		{"--target slurm --notify textfile " + inBucket, "--notify textfile needs --textfile FILE.prom"},
		{"--target slurm --notify textfile --textfile /srv/x.txt " + inBucket, "--textfile /srv/x.txt: want a name that ends in .prom: node_exporter reads no others"},
		{"--target slurm --notify eventbridge --textfile /srv/x.txt " + inBucket, "--textfile is for --notify textfile alone"},
		{"--target slurm --textfile /srv/x.prom " + inBucket, "--textfile is for --notify textfile alone"},
		{"--target slurm --notify textfile --textfile s3://audit-reports/x.prom " + inBucket, "--textfile s3://audit-reports/x.prom: node_exporter reads files of its machine: name one such as /var/lib/node_exporter/vpcetrail.prom"},
		{"--target slurm --notify textfile --textfile x.prom " + inBucket, "--textfile x.prom: the job starts in another folder: name the path from the root, such as /srv/vpcetrail"},
		{ecs + "--bus audit " + inBucket, "--bus is for --notify eventbridge alone"},
		{ecs + "--bus a:b " + inBucket, "--bus is for --notify eventbridge alone"},
		{ecs + "--notify securityhub --bus default " + inBucket, "--bus is for --notify eventbridge alone"},
		{ecs + "--notify eventbridge --bus a:b " + inBucket, `--bus "a:b": ` + aBus},
		{ecs + "--notify eventbridge --bus arn:aws:events:eu-west-1::rule/x " + inBucket, `--bus "arn:aws:events:eu-west-1::rule/x": ` + aBus},

		// Flags that the target has no use for.
		{"--target slurm --image i " + inBucket, "--image is for ecs, batch, kubernetes: leave it out for slurm"},
		{ecs + "--kubectl-image k " + inBucket, "--kubectl-image is for kubernetes: leave it out for ecs"},
		{ecs + "--namespace audit " + inBucket, "--namespace is for kubernetes: leave it out for ecs"},
		{"--target systemd --cpus 4 " + inBucket, "--cpus is for ecs, batch, kubernetes, slurm: leave it out for systemd"},
		{"--target systemd --disk 100 " + inBucket, "--disk is for ecs, batch, kubernetes, slurm: leave it out for systemd"},
		{"--target kubernetes --image i --kubectl-image k " + inBucket, "--merge-shards and --kubectl-image go with --shards: a job in one part has no merge"},
		{ecs + "--merge-shards 2 " + inBucket, "--merge-shards and --kubectl-image go with --shards: a job in one part has no merge"},
		{"--target slurm --shards 2 --merge-shards 257 " + inBucket, "--merge-shards 257: want 1 to 256"},
		{"--target systemd --report-key alias/x /srv/trail --out /srv/report", "--report-key goes with an --out in S3: /srv/report is a directory"},
		{"--target slurm --role --explain " + inBucket, "--role and --explain print different things: give one of the two"},

		// What analyze refuses.
		{ecs + "--out s3://audit-reports", "analyze needs a SOURCE: s3://bucket/prefix, lookup-events://REGION, a directory, a file, or -"},
		{ecs + "s3://org-trail", "--out is missing: name a directory or s3://bucket/prefix for the report"},
		{ecs + "s3://org-trail --out s3://org-trail/x", "--out s3://org-trail/x: lies inside SOURCE s3://org-trail and would be listed with it: name the trail's own folder as SOURCE, such as AWSLogs, or choose another --out"},
		{ecs + "--kms-key-id k " + inBucket, `--kms-key-id "k": give --sse aws:kms or aws:kms:dsse with it`},
		{ecs + "--verify all " + inBucket, `--verify "all": want report or require`},
		{ecs + "--accounts prod " + inBucket, `--accounts: "prod" is not an account id of 12 digits`},
		{ecs + "--without networks --networks s3://a/b " + inBucket, "--without networks: --networks is given too: give one of the two"},

		// What is not for every night.
		{ecs + "--date 2026-11-20 " + inBucket, "--date 2026-11-20: a nightly job reports yesterday: leave --date out"},
		{ecs + "--shard 1/2 " + inBucket, "--shard is not for a nightly job: leave it out, and give --shards N"},
		{ecs + "--replace-incomplete " + inBucket, "--replace-incomplete is not for a nightly job: leave it out"},
		{ecs + "--restate 30d --restate-only " + inBucket, "--restate-only is not for a nightly job: leave it out"},
		{"--target slurm --shards 2 --access-logs s3://access-logs/main --out s3://audit-reports", "--shards 2: only a trail is read in parts: name a SOURCE, or leave --shards out"},
		{"--target systemd - --out x", "-: a nightly job has no standard input: name s3://bucket/prefix, lookup-events://REGION or a directory"},

		// Places that a job does not find, or that the text would change.
		{"--target systemd trail --out /srv/vpcetrail", "SOURCE trail: the job starts in another folder: name the path from the root, such as /srv/vpcetrail"},
		{"--target slurm --shards 2 s3://org-trail --out report", "--out report: the job starts in another folder: name the path from the root, such as /srv/vpcetrail"},
		{"--target systemd s3://org-trail --out /home/me/report", "--out /home/me/report: the unit does not see /home and /root: choose a path such as /srv/vpcetrail"},
		{"--target systemd --networks /srv/../root/n.yaml s3://org-trail --out /srv/x", "--networks /srv/../root/n.yaml: the unit does not see /home and /root: choose a path such as /srv/vpcetrail"},
		{ecs + "s3://org-trail --out s3://reports/{shard}", "--out s3://reports/{shard}" + noName},
		{ecs + "s3://org-trail/${Cluster} --out s3://reports", "SOURCE s3://org-trail/${Cluster}" + noName},
		{"--target slurm s3://org-trail/a* --out /srv/x", "SOURCE s3://org-trail/a*" + noName},
		{"--target slurm --shards 2 s3://org-trail --out /srv/{1..2}", "--out /srv/{1..2}" + noName},
		{"--target systemd s3://org-trail --out /srv/a\x00touch", `--out /srv/a\ntouch` + noName},
		{"--target slurm s3://org-trail --out /srv/a\x00EOF\x00id\x00", `--out /srv/a\nEOF\nid\n` + noName},
		{"--target slurm --networks /srv/a\x00id s3://org-trail --out /srv/a", `--networks /srv/a\nid` + noName},
		{"--target systemd --verify report --moved s3://a/=s3://b/\x00id s3://org-trail --out /srv/a", `"--moved=s3://a/=s3://b/\nid": a line break would end the command that is printed: leave it out`},
		{"--target ecs --image a\x00b " + inBucket, `--image "a\nb": ` + anImage},
		{"--target kubernetes --image a\x01b " + inBucket, `--image "a\x01b": ` + anImage},
		{"--target kubernetes --image a --shards 2 --kubectl-image k\x00b " + inBucket, `--kubectl-image "k\nb": ` + anImage},
		{"--target ecs --image i --name a\x00b " + inBucket, `--name "a\nb": want up to 30 small letters, digits and hyphens, and a letter first`},
		{"--target systemd s3://org-trail --out /", "/" + aFolder},
		{"--target systemd s3://org-trail --out /etc", "/etc" + aFolder},
		{"--target systemd s3://org-trail --out /usr/lib/../lib", "/usr/lib/../lib" + aFolder},
		{"--target systemd s3://org-trail --out /boot/x", "/boot/x" + aFolder},
		{"--target systemd s3://org-trail --out /run/user/0/x", "/run/user/0/x" + aFolder},
		{"--target systemd s3://org-trail --endpoints /etc/e.json,aws --out /srv/x", "/etc/e.json" + aFolder},

		// Files that an image does not have.
		{ecs + "trail --out s3://audit-reports", "SOURCE trail" + noFile},
		{ecs + "s3://org-trail --out report", "--out report" + noFile},
		{ecs + "--networks names.yaml " + inBucket, "--networks names.yaml" + noFile},
		{ecs + "--endpoints aws,inventory.json " + inBucket, "--endpoints inventory.json" + noFile},
		{ecs + "--own-accounts 111122223333,accounts.txt " + inBucket, "--own-accounts accounts.txt" + noFile},
		{"--target slurm --endpoints /srv/a.json,/srv/b.json,aws " + inBucket, "--endpoints: name one file beside aws: the job keeps what AWS answers each night in it"},
		{"--target systemd --role /srv/trail --out /srv/report", "--role: the job needs no AWS permission: it reads and writes files of its machine"},
	} {
		text, err := printed(tc.line)
		if err == nil || err.Error() != tc.want || exit.Code(err) != exit.Usage || text != "" {
			t.Errorf("deploy %s\n got %v (%d, %d bytes)\nwant %s", tc.line, err, exit.Code(err), len(text), tc.want)
		}
	}
}

// A flag of analyze that names a file or another place must be known: an image has no files,
// and the role needs permissions for it.
func TestKnowsFlagsThatNamePlaces(t *testing.T) {
	cmd := &cobra.Command{Use: "analyze"}
	publish.RegisterAnalyze(cmd)
	known := slices.Concat(fileFlags, sourceFlags, ownFlags, notNightly, []string{"own-accounts", "moved"}) // --moved is about names inside digests
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		place, _ := pflag.UnquoteUsage(flag)
		if (strings.Contains(flag.Usage, "s3://") || place == "FILE" || place == "SOURCE") && !slices.Contains(known, flag.Name) {
			t.Errorf("--%s names a place: add it to fileFlags or sourceFlags", flag.Name)
		}
	})
}

// analyze takes the command lines that deploy writes for it.
func TestAnalyzeTakesItsCommands(t *testing.T) {
	const beside = "--access-logs s3://access-logs/main --resolver-logs s3://dns-logs --metrics s3://audit-reports/m.json --prices s3://audit-reports/p.yaml " +
		"--requester-pays --expected-source-owner 111122223333 --without networks --verify report --restate 7d "
	lines := []string{"--target batch --image i " + beside + inBucket, "--target batch --image i --shards 2 " + beside + inBucket}
	for _, job := range jobs {
		lines = append(lines, strings.ReplaceAll(job.line, "--role", ""))
	}
	commands := 0
	for _, line := range lines {
		text, err := printed(line + " --explain")
		if err != nil {
			t.Fatalf("deploy %s: %v", line, err)
		}
		for _, found := range regexp.MustCompile(`(?m)^  vpcetrail analyze (.*?)(    in .*)?$`).FindAllStringSubmatch(text, -1) {
			cmd := &cobra.Command{Use: "analyze"}
			check := publish.RegisterAnalyze(cmd)
			flags.IncompleteOK(cmd)
			err := cmd.ParseFlags(strings.Fields(strings.NewReplacer("'", "", "DAY", "2026-11-28").Replace(found[1])))
			if err == nil {
				err = check(cmd.Flags().Args(), time.Date(2026, 11, 29, 3, 30, 0, 0, time.UTC))
			}
			if err != nil {
				t.Errorf("analyze %s: %v", found[1], err)
			}
			commands++
		}
	}
	if commands < len(lines) {
		t.Errorf("%d commands", commands)
	}
}

// The state machine for ECS runs a task again that ended with status 1 or did not start.
func TestECSRetries(t *testing.T) {
	text, err := printed("--target ecs --image i " + inBucket)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`\$try <= 3 and \$not\(\$contains\(\$cause, /(.*)/\)\)`).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no condition in %s", text)
	}
	final := regexp.MustCompile(found[1])
	for cause, again := range map[string]bool{
		`{"Containers":[{"ExitCode":1,"Name":"vpcetrail"}]}`: true, `{"ExitCode":1}`: true, "CannotPullContainerError": true, "": true,
		`{"ExitCode":2}`: false, `{"ExitCode": 4,`: false, `{"ExitCode":130}`: false, `{"ExitCode":137}`: false, `{"ExitCode":10}`: false,
	} {
		if final.MatchString(cause) == again {
			t.Errorf("%s: again %v", cause, !again)
		}
	}
}

// commandsIn returns a folder with small programs, and an environment whose PATH has it first.
func commandsIn(t *testing.T, programs map[string]string) (dir string, env []string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range programs {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	return dir, append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "DIR="+dir)
}

// On disk, the commands before the first night find the folder of the file that they write.
func TestFirstFilesOnDisk(t *testing.T) {
	for target, shell := range map[string]func(text, dir string) string{
		"slurm": func(text, _ string) string {
			_, once, _ := strings.Cut(text, "first night:\n")
			once, _, _ = strings.Cut(once, "set -euo")
			return strings.ReplaceAll(once, "#", "")
		},
		"systemd": func(text, dir string) string {
			script := strings.NewReplacer("/usr/local/bin", dir, "${DESTDIR:-}/etc/systemd/system", dir).Replace(text)
			return script + "set -- $(sed -n 's/\"//g; s/^ExecStart=//p' " + dir + "/vpcetrail-first.service)\n\"$@\"\n"
		},
	} {
		out := t.TempDir() + "/report"
		dir, env := commandsIn(t, map[string]string{
			"vpcetrail": `for arg; do case $arg in -o=*) echo > "${arg#-o=}" ;; esac; done`,
			"install":   `mkdir "$6"`, "runuser": `shift 3; "$@"`, "id": "", "mail": "", "systemctl": "",
		})
		line := "--target " + target + " s3://org-trail --endpoints aws --out " + out
		text, err := printed(line)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sh", "-euc", shell(text, dir))
		cmd.Env = env
		said, err := cmd.CombinedOutput()
		if _, missing := os.Stat(out + "/_state/endpoints.json"); err != nil || missing != nil {
			t.Errorf("%s: %v, %v\n%s", target, err, missing, said)
		}
		if target != "systemd" {
			continue
		}
		if want := "Once, before the first night, run: systemctl start vpcetrail-first\n"; string(said) != want {
			t.Errorf("it prints\n%swant\n%s", said, want)
		}
		explained, err := printed(line + " --explain")
		if want := "Once, before the first night, as the user vpcetrail:\n  mkdir -p " + out + " " + out + "/_state\n  vpcetrail endpoints "; err != nil || !strings.HasPrefix(explained, want) {
			t.Errorf("%v: --explain prints\n%swant\n%s", err, explained, want)
		}
	}
}

// A script names the command that it misses, before it does anything.
func TestScriptsNameWhatIsMissing(t *testing.T) {
	for _, tc := range []struct{ target, missing, want string }{
		{"systemd", "vpcetrail", "DIR/vpcetrail: not found: put the program there, and run this again"},
		{"systemd", "mail", "mail: not found, and alarms are mails to root: install a package that has it, such as mailutils, and run this again"},
		{"slurm", "vpcetrail", "vpcetrail: not found: it must be in PATH, also in that of cron"},
		{"slurm", "squeue", "squeue: not found: it must be in PATH, also in that of cron"},
		{"slurm", "sbatch", "sbatch: not found: it must be in PATH, also in that of cron"},
	} {
		text, err := printed("--target " + tc.target + " s3://org-trail --out /srv/x")
		if err != nil {
			t.Fatal(err)
		}
		programs := map[string]string{"date": "echo 2026-11-28"}
		for _, name := range []string{"vpcetrail", "mail", "squeue", "sbatch", "mkdir"} {
			programs[name] = "touch $DIR/ran" // none may run
		}
		delete(programs, tc.missing)
		dir, env := commandsIn(t, programs)
		cmd := exec.Command("bash", "-c", strings.ReplaceAll(text, "/usr/local/bin", dir))
		cmd.Env = append(env, "PATH="+dir, "DESTDIR=")
		said, err := cmd.CombinedOutput()
		if got := strings.ReplaceAll(string(said), dir, "DIR"); err == nil || got != tc.want+"\n" {
			t.Errorf("%s: %v: it prints\n%swant\n%s", tc.target, err, got, tc.want)
		}
		if _, err := os.Stat(dir + "/ran"); err == nil {
			t.Errorf("%s without %s runs a command", tc.target, tc.missing)
		}
	}
}

// The pod that starts the jobs of a night fills in one day for all of them, runs them in order, and
// stops at the first that fails.
func TestKubernetesStartScript(t *testing.T) {
	text, err := printed("--target kubernetes --image i --kubectl-image k --shards 4 --endpoints aws " + inBucket)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	_, script, _ := strings.Cut(text, "  start.sh: |\n")
	script, _, _ = strings.Cut(script, "  endpoints.yaml: |\n")
	files := map[string]string{
		"start.sh": strings.NewReplacer("/jobs/", dir+"/", "/tmp/", dir+"/filled-").Replace(regexp.MustCompile("(?m)^    ").ReplaceAllString(script, "")),
		"kubectl": "#!/bin/sh\necho \"$1 $2 $3\" >> \"$DIR/calls\"\n" +
			"if [ $1 = get ]; then case $3 in *-$FAILS) echo FailureTarget Failed ;; *) echo SuccessCriteriaMet Complete ;; esac; fi\n",
	}
	for i, name := range []string{"endpoints", "analyze", "merge"} {
		files[name+".yaml"] = embedded(text)[i]
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct{ fails, want string }{{"none", "endpoints analyze merge"}, {"analyze", "endpoints analyze"}} {
		_ = os.Remove(filepath.Join(dir, "calls"))
		cmd := exec.Command("sh", filepath.Join(dir, "start.sh"))
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "DIR="+dir, "FAILS="+tc.fails)
		out, err := cmd.CombinedOutput()
		if (err == nil) != (tc.fails == "none") {
			t.Errorf("%s fails: %v\n%s", tc.fails, err, out)
		}
		want := ""
		for _, name := range strings.Fields(tc.want) {
			want += "delete job vpcetrail-" + name + "\ncreate -f " + dir + "/filled-" + name + ".yaml\nget job vpcetrail-" + name + "\n"
		}
		if calls, err := os.ReadFile(filepath.Join(dir, "calls")); err != nil || string(calls) != want {
			t.Errorf("%s fails: it calls\n%swant\n%s", tc.fails, calls, want)
		}
	}
	yesterday := time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	if filled, err := os.ReadFile(filepath.Join(dir, "filled-analyze.yaml")); err != nil || !strings.Contains(string(filled), `"--date","`+yesterday+`"`) {
		t.Errorf("%v: no %s in\n%s", err, yesterday, filled)
	}
}
