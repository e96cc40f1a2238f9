#!/bin/bash
# One night of vpcetrail in Slurm. It submits the jobs of a day, which run one after the other:
#   vpcetrail.sh [DAY]    DAY is YYYY-MM-DD, by default yesterday
#   vpcetrail.sh check    fails if yesterday is missing in the report
# Run it by cron on a login node, or by scrontab, which mail what it prints and its failures:
#   30 3 * * *  /path/to/vpcetrail.sh
#   30 11 * * *  /path/to/vpcetrail.sh check
# (in UTC). Slurm mails to you which jobs failed. vpcetrail must be in PATH on all nodes.
# Once, before the first night:
#   vpcetrail endpoints --endpoints=aws -o=s3://audit-reports/vpcetrail/_state/endpoints.json
set -euo pipefail

if [ "${1:-}" = check ]; then
	exec vpcetrail summary s3://audit-reports/vpcetrail --by day --date yesterday
fi
day=${1:-$(date -u -d yesterday +%F)}
if [ "$(date -u -d "$day" +%F 2>/dev/null)" != "$day" ]; then
	echo "DAY $day: want YYYY-MM-DD or check" >&2
	exit 2
fi
for name in vpcetrail squeue sbatch; do
	command -v $name >/dev/null || { echo "$name: not found: it must be in PATH, also in that of cron" >&2; exit 1; }
done

# The jobs of this night wait for those of the last one.
after=$(squeue --me --noheader --name=vpcetrail --format=%F | sort -u | paste -sd: -)
after=${after:+afterany:$after}

# submit submits the job on standard input, to run after the job before it.
submit() {
	local options=(--parsable --job-name=vpcetrail --requeue --kill-on-invalid-dep=yes "--mail-type=FAIL,INVALID_DEPEND"
		--cpus-per-task=2 --mem=4096M --time=10:00:00 "--export=ALL,DAY=$day$parts")
	local job
	job=$(sbatch "${options[@]}" ${after:+"--dependency=$after"} "$@")
	echo "submitted job ${job%%;*} for $day"
	after=afterok:${job%%;*}
}

parts=
submit --output=vpcetrail-endpoints-%j.log <<'EOF'
#!/bin/bash
export TMPDIR=${SLURM_TMPDIR:-${TMPDIR:-/tmp}} # a local disk with 50 GiB
for try in 1 2 3; do # status 1 may pass; other statuses would be the same again
	status=0
	vpcetrail endpoints s3://org-trail/AWSLogs --date "$DAY" --endpoints=s3://audit-reports/vpcetrail/_state/endpoints.json,aws -o=s3://audit-reports/vpcetrail/_state/endpoints.json --quiet --incomplete-ok || status=$?
	[ $status -eq 1 ] || break
	sleep "${PAUSE:-60}"
done
exit $status
EOF

parts=,VPCETRAIL_SHARDS=8
submit --array=0-7 --output=vpcetrail-analyze-%A_%a.log <<'EOF'
#!/bin/bash
export TMPDIR=${SLURM_TMPDIR:-${TMPDIR:-/tmp}} # a local disk with 50 GiB
for try in 1 2 3; do # status 1 may pass; other statuses would be the same again
	status=0
	vpcetrail analyze s3://org-trail/AWSLogs --endpoints=s3://audit-reports/vpcetrail/_state/endpoints.json --date "$DAY" --shard=auto '--out=s3://audit-reports/vpcetrail/_parts/{shard}' --quiet --incomplete-ok || status=$?
	[ $status -eq 1 ] || break
	sleep "${PAUSE:-60}"
done
exit $status
EOF

parts=,VPCETRAIL_SHARDS=4
submit --array=0-3 --output=vpcetrail-settle-%A_%a.log <<'EOF'
#!/bin/bash
export TMPDIR=${SLURM_TMPDIR:-${TMPDIR:-/tmp}} # a local disk with 50 GiB
for try in 1 2 3; do # status 1 may pass; other statuses would be the same again
	status=0
	vpcetrail merge 's3://audit-reports/vpcetrail/_parts/{1..8}' --date "$DAY" --shard=auto '--out=s3://audit-reports/vpcetrail/_parts/merge-{shard}' --quiet --incomplete-ok || status=$?
	[ $status -eq 1 ] || break
	sleep "${PAUSE:-60}"
done
exit $status
EOF

parts=
submit --output=vpcetrail-merge-%j.log <<'EOF'
#!/bin/bash
export TMPDIR=${SLURM_TMPDIR:-${TMPDIR:-/tmp}} # a local disk with 50 GiB
for try in 1 2 3; do # status 1 may pass; other statuses would be the same again
	status=0
	vpcetrail merge 's3://audit-reports/vpcetrail/_parts/merge-{1..4}' --date "$DAY" --out=s3://audit-reports/vpcetrail --quiet --incomplete-ok || status=$?
	[ $status -eq 1 ] || break
	sleep "${PAUSE:-60}"
done
exit $status
EOF

parts=
submit --output=vpcetrail-restate-%j.log <<'EOF'
#!/bin/bash
export TMPDIR=${SLURM_TMPDIR:-${TMPDIR:-/tmp}} # a local disk with 50 GiB
for try in 1 2 3; do # status 1 may pass; other statuses would be the same again
	status=0
	vpcetrail analyze s3://org-trail/AWSLogs --endpoints=s3://audit-reports/vpcetrail/_state/endpoints.json --restate=30d --date "$DAY" --restate-only --out=s3://audit-reports/vpcetrail --quiet --incomplete-ok || status=$?
	[ $status -eq 1 ] || break
	sleep "${PAUSE:-60}"
done
exit $status
EOF
