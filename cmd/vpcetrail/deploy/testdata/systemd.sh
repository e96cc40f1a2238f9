#!/bin/sh
# Installs vpcetrail.timer, which runs vpcetrail every night at 03:30 UTC, as the user vpcetrail. Run it as root.
# The program is /usr/local/bin/vpcetrail. AWS configuration is in /etc/vpcetrail.env, such as AWS_PROFILE=audit.
# The command mail sends alarms to root.
# Once, before the first night: systemctl start vpcetrail-first
set -eu
if [ -z "${DESTDIR:-}" ]; then
	[ -x /usr/local/bin/vpcetrail ] || { echo "/usr/local/bin/vpcetrail: not found: put the program there, and run this again" >&2; exit 1; }
	command -v mail >/dev/null || { echo "mail: not found, and alarms are mails to root: install a package that has it, such as mailutils, and run this again" >&2; exit 1; }
fi
units=${DESTDIR:-}/etc/systemd/system
mkdir -p "$units"

# A unit of this type is never started twice at once. The commands run one after the other.
cat > "$units/vpcetrail.service" <<'EOF'
[Unit]
Description=vpcetrail: the report of yesterday
Wants=network-online.target
After=network-online.target
OnFailure=vpcetrail-alarm@%n.service

[Service]
Type=oneshot
TimeoutStartSec=69900
User=vpcetrail
EnvironmentFile=-/etc/vpcetrail.env
# Yesterday is resolved once for all commands.
RuntimeDirectory=vpcetrail
EnvironmentFile=-/run/vpcetrail/day
ExecStartPre=/bin/sh -c 'echo DAY=$$(date -u -d yesterday +%%F) > /run/vpcetrail/day'
# Status 1 may pass: 3 tries. Other statuses would be the same again.
ExecStart=/bin/sh -c 'for try in 1 2 3; do "$$@"; status=$$?; [ $$status -eq 1 ] || break; sleep "$${PAUSE:-60}"; done; exit $$status' try /usr/local/bin/vpcetrail "endpoints" "s3://org-trail" "--date" ${DAY} "--endpoints=/srv/100%%/$$it's/_state/endpoints.json,aws" "-o=/srv/100%%/$$it's/_state/endpoints.json" "--quiet" "--incomplete-ok"
ExecStart=/bin/sh -c 'for try in 1 2 3; do "$$@"; status=$$?; [ $$status -eq 1 ] || break; sleep "$${PAUSE:-60}"; done; exit $$status' try /usr/local/bin/vpcetrail "analyze" "s3://org-trail" "--endpoints=/srv/100%%/$$it's/_state/endpoints.json" "--restate=30d" "--date" ${DAY} "--out=/srv/100%%/$$it's" "--quiet" "--incomplete-ok"
# TMPDIR is on a disk.
CacheDirectory=vpcetrail
Environment=TMPDIR=/var/cache/vpcetrail
MemoryMax=4096M
NoNewPrivileges=yes
ProtectSystem=full
ProtectHome=yes

[Install]
WantedBy=multi-user.target
EOF

cat > "$units/vpcetrail.timer" <<'EOF'
[Unit]
Description=vpcetrail every night

# A machine that was off starts the job when it is on again. --restate makes up for other nights before that.
[Timer]
OnCalendar=*-*-* 03:30:00 UTC
Persistent=true

[Install]
WantedBy=timers.target
EOF

# Files that the nights keep begin with what AWS answers now.
cat > "$units/vpcetrail-first.service" <<'EOF'
[Unit]
Description=vpcetrail: before the first night
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
User=vpcetrail
EnvironmentFile=-/etc/vpcetrail.env
ExecStart=/usr/local/bin/vpcetrail "endpoints" "--endpoints=aws" "-o=/srv/100%%/$$it's/_state/endpoints.json"
EOF

# A missing night: eight hours after the start, yesterday must be in the report.
cat > "$units/vpcetrail-check.service" <<'EOF'
[Unit]
Description=vpcetrail: yesterday is in the report
OnFailure=vpcetrail-alarm@%n.service

[Service]
Type=oneshot
User=vpcetrail
EnvironmentFile=-/etc/vpcetrail.env
ExecStart=/usr/local/bin/vpcetrail "summary" "/srv/100%%/$$it's" "--by" "day" "--date" "yesterday"
EOF

cat > "$units/vpcetrail-check.timer" <<'EOF'
[Unit]
Description=vpcetrail: is yesterday in the report?

[Timer]
OnCalendar=*-*-* 11:30:00 UTC

[Install]
WantedBy=timers.target
EOF

cat > "$units/vpcetrail-alarm@.service" <<'EOF'
[Unit]
Description=alarm of %i

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'journalctl --unit "%i" --lines 20 --no-pager | mail -s "%i failed on $$(hostname)" root'
EOF

if [ -z "${DESTDIR:-}" ]; then
	id vpcetrail >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin vpcetrail
	set -- '/srv/100%/$it'\''s' '/srv/100%/$it'\''s/_state'
	for folder; do
		[ -e "$folder" ] || install -d -o vpcetrail -g vpcetrail "$folder"
		runuser -u vpcetrail -- test -w "$folder" || echo "allow the user vpcetrail to write $folder" >&2
	done
	systemctl daemon-reload
	systemctl enable --now vpcetrail.timer vpcetrail-check.timer
	echo "Once, before the first night, run: systemctl start vpcetrail-first"
fi
