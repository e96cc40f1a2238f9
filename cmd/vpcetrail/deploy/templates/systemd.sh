#!/bin/sh
# Installs {{.Name}}.timer, which runs vpcetrail every night at {{.At}} UTC, as the user {{.Name}}. Run it as root.
# The program is /usr/local/bin/vpcetrail. AWS configuration is in /etc/{{.Name}}.env, such as AWS_PROFILE=audit.
# The command mail sends alarms to root.
{{- if .Before}}
# Once, before the first night: systemctl start {{.Name}}-first
{{- end}}
set -eu
if [ -z "${DESTDIR:-}" ]; then
	[ -x /usr/local/bin/vpcetrail ] || { echo "/usr/local/bin/vpcetrail: not found: put the program there, and run this again" >&2; exit 1; }
	command -v mail >/dev/null || { echo "mail: not found, and alarms are mails to root: install a package that has it, such as mailutils, and run this again" >&2; exit 1; }
fi
units=${DESTDIR:-}/etc/systemd/system
mkdir -p "$units"

# A unit of this type is never started twice at once. The commands run one after the other.
cat > "$units/{{.Name}}.service" <<'EOF'
[Unit]
Description=vpcetrail: the report of yesterday
Wants=network-online.target
After=network-online.target
OnFailure={{.Name}}-alarm@%n.service

[Service]
Type=oneshot
TimeoutStartSec={{.Seconds}}
User={{.Name}}
EnvironmentFile=-/etc/{{.Name}}.env
# Yesterday is resolved once for all commands.
RuntimeDirectory={{.Name}}
EnvironmentFile=-/run/{{.Name}}/day
ExecStartPre=/bin/sh -c 'echo DAY=$$(date -u -d yesterday +%%F) > /run/{{.Name}}/day'
# Status 1 may pass: {{.Tries}} tries. Other statuses would be the same again.
{{- range .Steps}}
ExecStart=/bin/sh -c 'for try in {{$.Counted}}; do "$$@"; status=$$?; [ $$status -eq 1 ] || break; sleep "$${PAUSE:-60}"; done; exit $$status' try /usr/local/bin/vpcetrail {{unit .Args}}
{{- end}}
# TMPDIR is on a disk.
CacheDirectory={{.Name}}
Environment=TMPDIR=/var/cache/{{.Name}}
MemoryMax={{.MiB}}M
NoNewPrivileges=yes
ProtectSystem=full
ProtectHome=yes

[Install]
WantedBy=multi-user.target
EOF

cat > "$units/{{.Name}}.timer" <<'EOF'
[Unit]
Description=vpcetrail every night

# A machine that was off starts the job when it is on again.{{if .Restates}} --restate makes up for other nights before that.{{end}}
[Timer]
OnCalendar=*-*-* {{.At}}:00 UTC
Persistent=true

[Install]
WantedBy=timers.target
EOF
{{- if .Before}}

# Files that the nights keep begin with what AWS answers now.
cat > "$units/{{.Name}}-first.service" <<'EOF'
[Unit]
Description=vpcetrail: before the first night
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
User={{.Name}}
EnvironmentFile=-/etc/{{.Name}}.env
{{- range .Before}}
ExecStart=/usr/local/bin/vpcetrail {{unit .Args}}
{{- end}}
EOF
{{- end}}
{{- if .Trail}}

# A missing night: eight hours after the start, yesterday must be in the report.
cat > "$units/{{.Name}}-check.service" <<'EOF'
[Unit]
Description=vpcetrail: yesterday is in the report
OnFailure={{.Name}}-alarm@%n.service

[Service]
Type=oneshot
User={{.Name}}
EnvironmentFile=-/etc/{{.Name}}.env
ExecStart=/usr/local/bin/vpcetrail {{unit .Check.Args}}
EOF

cat > "$units/{{.Name}}-check.timer" <<'EOF'
[Unit]
Description=vpcetrail: is yesterday in the report?

[Timer]
OnCalendar=*-*-* {{.CheckAt.Format "15:04"}}:00 UTC

[Install]
WantedBy=timers.target
EOF
{{- end}}

cat > "$units/{{.Name}}-alarm@.service" <<'EOF'
[Unit]
Description=alarm of %i

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'journalctl --unit "%i" --lines 20 --no-pager | mail -s "%i failed on $$(hostname)" root'
EOF

if [ -z "${DESTDIR:-}" ]; then
	id {{.Name}} >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin {{.Name}}
{{- if .Folders}}
	set -- {{shell .Folders ""}}
	for folder; do
		[ -e "$folder" ] || install -d -o {{.Name}} -g {{.Name}} "$folder"
		runuser -u {{.Name}} -- test -w "$folder" || echo "allow the user {{.Name}} to write $folder" >&2
	done
{{- end}}
	systemctl daemon-reload
	systemctl enable --now {{.Name}}.timer{{if .Trail}} {{.Name}}-check.timer{{end}}
{{- if .Before}}
	echo "Once, before the first night, run: systemctl start {{.Name}}-first"
{{- end}}
fi
