#!/bin/bash
# One night of vpcetrail in Slurm. It submits the jobs of a day, which run one after the other:
#   {{.Name}}.sh [DAY]    DAY is YYYY-MM-DD, by default yesterday
{{- if .Trail}}
#   {{.Name}}.sh check    fails if yesterday is missing in the report
{{- end}}
# Run it by cron on a login node, or by scrontab, which mail what it prints and its failures:
#   {{.Start.Minute}} {{.Start.Hour}} * * *  /path/to/{{.Name}}.sh
{{- if .Trail}}
#   {{.CheckAt.Minute}} {{.CheckAt.Hour}} * * *  /path/to/{{.Name}}.sh check
{{- end}}
# (in UTC). Slurm mails to you which jobs failed. vpcetrail must be in PATH on all nodes.
{{- if .Before}}
# Once, before the first night:{{range .Once}}
#   {{.}}{{end}}
{{- end}}
set -euo pipefail
{{- if .Trail}}

if [ "${1:-}" = check ]; then
	exec vpcetrail {{shell .Check.Args "yesterday"}}
fi
{{- end}}
day=${1:-$(date -u -d yesterday +%F)}
if [ "$(date -u -d "$day" +%F 2>/dev/null)" != "$day" ]; then
	echo "DAY $day: want YYYY-MM-DD{{if .Trail}} or check{{end}}" >&2
	exit 2
fi
for name in vpcetrail squeue sbatch; do
	command -v $name >/dev/null || { echo "$name: not found: it must be in PATH, also in that of cron" >&2; exit 1; }
done

# The jobs of this night wait for those of the last one.
after=$(squeue --me --noheader --name={{.Name}} --format=%F | sort -u | paste -sd: -)
after=${after:+afterany:$after}

# submit submits the job on standard input, to run after the job before it.
submit() {
	local options=(--parsable --job-name={{.Name}} --requeue --kill-on-invalid-dep=yes "--mail-type=FAIL,INVALID_DEPEND"
		--cpus-per-task={{.CPUs}} --mem={{.MiB}}M --time=10:00:00 "--export=ALL,DAY=$day$parts")
	local job
	job=$(sbatch "${options[@]}" ${after:+"--dependency=$after"} "$@")
	echo "submitted job ${job%%;*} for $day"
	after=afterok:${job%%;*}
}
{{range .Steps}}
parts={{if .In}},VPCETRAIL_SHARDS={{.In}}{{end}}
submit{{if .In}} --array=0-{{add .In -1}}{{end}} --output={{$.Name}}-{{.Name}}-%{{if .In}}A_%a{{else}}j{{end}}.log <<'EOF'
#!/bin/bash
export TMPDIR=${SLURM_TMPDIR:-${TMPDIR:-/tmp}} # a local disk with {{$.Disk}} GiB
for try in {{$.Counted}}; do # status 1 may pass; other statuses would be the same again
	status=0
	vpcetrail {{shell .Args "\"$DAY\""}} || status=$?
	[ $status -eq 1 ] || break
	sleep "${PAUSE:-60}"
done
{{- if and $.LocalParts (eq .Name "merge")}}
[ $status -ne 0 ] || find {{shell $.LocalParts ""}} -type f -mtime +14 -delete # old parts: the report has their days
{{- end}}
exit $status
EOF
{{end -}}
