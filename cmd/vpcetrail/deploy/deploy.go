// Package deploy holds the command deploy, which prints what a scheduler needs to run
// vpcetrail every night.
package deploy

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/memory"
	"vpcetrail/cmd/vpcetrail/notify"
	"vpcetrail/cmd/vpcetrail/publish"
	"vpcetrail/report/grid"
)

// A target is what runs the job.
type target struct {
	name                    string
	fargate, inImage, parts bool   // has only the sizes of Fargate; runs in an image, without files; can run in parts
	template                string // the file that it is printed from
}

var targets = []target{
	{"ecs", true, true, false, "cloudformation.yaml"},
	{"batch", true, true, true, "cloudformation.yaml"},
	{"kubernetes", false, true, true, "kubernetes.yaml"},
	{"slurm", false, false, true, "slurm.sh"},
	{"systemd", false, false, false, "systemd.sh"},
}

func targetNames() (names []string) {
	for _, t := range targets {
		names = append(names, t.name)
	}
	return names
}

// flagsGiven are the flags of deploy as given, apart from those of analyze, and what check reads from them.
type flagsGiven struct {
	To, Name, Namespace, At string
	Image, Kubectl          string
	Shards, MergeShards     int
	CPUs, Disk              int
	trailKeys               []string
	reportKey, notify       string
	bus, textfile           string
	role, explain           bool

	target target    // of --target
	Start  time.Time // of --at, on any day
}

// New returns the command.
func New() *cobra.Command {
	f := flagsGiven{}
	var check func([]string, time.Time) error
	cmd := &cobra.Command{
		Use:   "deploy SOURCE... --target TARGET --out DEST",
		Short: "Print a nightly job for ECS, AWS Batch, Kubernetes, Slurm or systemd",
		Long: `deploy prints all that a scheduler needs to run vpcetrail every night: the job, its roles with the
permissions that these flags need and no others, alarms for failed and missing nights, and retries.
It takes the flags of analyze for a nightly run, and checks them as analyze does. It calls no AWS API.

  ecs         a CloudFormation template: a Fargate task, a state machine and a schedule
  batch       a CloudFormation template: an array job in Fargate, a state machine and a schedule
  kubernetes  a manifest: a CronJob; with --shards, a CronJob that starts Indexed Jobs and the merge
  slurm       a script that submits array jobs and the merge, for cron or scrontab
  systemd     a script that installs a service and a timer

The job resolves yesterday once for all of its commands. With --endpoints aws or --network aws, it
first keeps what AWS answers in a file, which all parts read. It retries only exit status 1. Missing
input (status 3) does not stop the job: each command has --incomplete-ok.

With --shards, array jobs read the trail in parts, and settle them in --merge-shards parts. One machine
joins the result, and recomputes the days that --restate finds. systemd restates 30 days even without
--restate: so nights at which the machine was off are made up for, from the first day of the report on.

--explain lists the commands and says why each permission is there. --role prints the role for targets
outside of CloudFormation.`,
		Example: `  vpcetrail deploy s3://org-trail --target ecs --image 111122223333.dkr.ecr.eu-west-1.amazonaws.com/vpcetrail:1.0 --restate 30d --endpoints aws --out s3://audit-reports/vpcetrail > vpcetrail.yaml
  vpcetrail deploy s3://org-trail --target batch --image registry.example/vpcetrail:1.0 --shards 16 --out s3://audit-reports/vpcetrail --explain
  vpcetrail deploy s3://org-trail --target systemd --restate 30d --out /srv/vpcetrail | sudo sh`,
		RunE: func(cmd *cobra.Command, sources []string) error {
			if set := cmd.Flags(); !set.Changed("date") {
				if err := set.Set("date", "yesterday"); err != nil {
					return err
				}
			}
			p, err := f.plan(cmd.Flags(), sources, check)
			if err != nil {
				return exit.With(exit.Usage, err)
			}
			return f.print(cmd.OutOrStdout(), p)
		},
	}
	cmd.Flags().SortFlags = false
	f.register(cmd)
	check = publish.RegisterAnalyze(cmd)
	for _, name := range append([]string{"date"}, notNightly...) { // the job has them, or they are refused
		_ = cmd.Flags().MarkHidden(name)
	}
	cmd.Flags().Lookup("out").Usage = "publish the report in `DEST`, a directory or s3://bucket/prefix (required)"
	flags.IncompleteOK(cmd)
	return cmd
}

// ours is the annotation of the flags that are not analyze's.
const ours = "deploy"

func isOurs(flag *pflag.Flag) bool {
	_, ok := flag.Annotations[ours]
	return ok
}

// register adds the flags of deploy itself to a command that has no others yet.
func (f *flagsGiven) register(cmd *cobra.Command) {
	set := cmd.Flags()
	set.StringVar(&f.To, "target", "", "print the job for this `TARGET`: "+grid.OneOf(targetNames())+" (required)")
	set.StringVar(&f.Name, "name", "vpcetrail", "`NAME` of the job and of what belongs to it")
	set.StringVar(&f.At, "at", "03:30", "`TIME` of the start, in UTC: CloudTrail delivers the last calls of a day some time after midnight")
	set.IntVar(&f.Shards, "shards", 1, "`NUMBER` of parts that read the trail at once: batch, kubernetes, slurm")
	set.IntVar(&f.MergeShards, "merge-shards", 1, "`NUMBER` of parts that the merge of --shards is divided into, if one machine takes too long: up to 256")
	set.StringVar(&f.Image, "image", "", "the `IMAGE` of vpcetrail: ecs, batch, kubernetes (required)")
	set.StringVar(&f.Kubectl, "kubectl-image", "", "an `IMAGE` with kubectl and a shell: kubernetes with --shards")
	set.StringVar(&f.Namespace, "namespace", "vpcetrail", "kubernetes: `NAMESPACE` of the job, which exists; only that of the default is made")
	set.IntVar(&f.CPUs, "cpus", 2, "`NUMBER` of CPUs of each part; ecs and batch have 1, 2, 4, 8 or 16; not systemd")
	set.IntVar(&f.Disk, "disk", 50, "`GIB` of disk for TMPDIR of each part; ecs and batch have 21 to 200; not systemd")
	set.StringSliceVar(&f.trailKeys, "trail-key", nil, "`ARNS` of the KMS keys that encrypt the trail and the files that flags name")
	set.StringVar(&f.reportKey, "report-key", "", "KMS `KEY` that encrypts the report's bucket by default: an id, ARN or alias")
	set.StringVar(&f.notify, "notify", "", "send what changed to this `TARGET`, as vpcetrail notify does: "+grid.OneOf(notify.Targets))
	set.StringVar(&f.bus, "bus", notify.DefaultBus, "name or ARN of the event `BUS` of --notify eventbridge")
	set.StringVar(&f.textfile, "textfile", "", "`FILE` of --notify textfile: slurm, systemd")
	set.BoolVar(&f.role, "role", false, "print the CloudFormation template of the role, instead of the job: kubernetes, slurm, systemd")
	set.BoolVar(&f.explain, "explain", false, "print the commands of the job and why it has each permission, instead of the job")
	set.VisitAll(func(flag *pflag.Flag) { flag.Annotations = map[string][]string{ours: {}} })
	flags.Heading(cmd, "target", "The job")
	flags.CompleteWords(cmd, "target", targetNames()...)
	flags.CompleteWords(cmd, "notify", notify.Targets...)
}

// targetsOf are the targets of flags that not all targets have.
var targetsOf = []struct {
	flag    string
	targets []string
}{
	{"image", []string{"ecs", "batch", "kubernetes"}},
	{"kubectl-image", []string{"kubernetes"}},
	{"namespace", []string{"kubernetes"}},
	{"cpus", []string{"ecs", "batch", "kubernetes", "slurm"}},
	{"disk", []string{"ecs", "batch", "kubernetes", "slurm"}},
}

// plan checks all flags, and returns what runs.
func (f *flagsGiven) plan(set *pflag.FlagSet, sources []string, check func([]string, time.Time) error) (*plan, error) {
	if err := f.check(set); err != nil {
		return nil, err
	}
	if err := check(sources, time.Now()); err != nil {
		return nil, err
	}
	p, err := newPlan(f, set, sources)
	if err != nil {
		return nil, err
	}
	mib := int(*set.Lookup("memory").Value.(*memory.Size) >> 20)
	if f.target.fargate {
		p.MiB, err = containerMemory(f.CPUs, mib)
	} else {
		p.MiB = max(f.CPUs<<11, 2*mib) // a run may take twice --memory
	}
	return p, err
}

// containerMemory returns the MiB of a container for a run with --memory, as Fargate has
// them. A run may take twice --memory.
func containerMemory(cpus, mib int) (int, error) {
	sizes := map[int]struct{ least, most, step int }{1: {2, 8, 1}, 2: {4, 16, 1}, 4: {8, 30, 1}, 8: {16, 60, 4}, 16: {32, 120, 8}}
	size, ok := sizes[cpus]
	if !ok {
		return 0, fmt.Errorf("--cpus %d: want 1, 2, 4, 8 or 16", cpus)
	}
	gib := size.least
	for gib<<10 < 2*mib {
		gib += size.step
	}
	if gib > size.most {
		return 0, fmt.Errorf("--memory %dMiB: a run may take twice as much, and %d CPUs have at most %d GiB: give more --cpus", mib, cpus, size.most)
	}
	return gib << 10, nil
}

// print prints what the flags ask for.
func (f *flagsGiven) print(out io.Writer, p *plan) error {
	switch {
	case f.explain:
		return f.explainTo(out, p)
	case f.role && len(p.Rights) == 0:
		return exit.Usagef("--role: the job needs no AWS permission: it reads and writes files of its machine")
	case f.role:
		return f.execute(out, "role.yaml", p)
	}
	return f.execute(out, f.target.template, p)
}
