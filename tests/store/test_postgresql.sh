#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Enrolled devices and statistics in a real PostgreSQL that two gateways share.
cd "$(dirname "$0")" || exit 1
. ../lib/postgresql.sh
progs=${OUTPUT:-.}
[ -x "$progs/test_devices" ] || progs=.
dir=$(mktemp -d)
trap 'pg_stop 2> /dev/null; rm -rf "$dir"' EXIT
pg_begin "$dir"
export PG_DIR PG_UP=". ../lib/postgresql.sh; pg_start" PG_DOWN=". ../lib/postgresql.sh; pg_stop"
PG_UP="bash -c '$PG_UP'" PG_DOWN="bash -c '$PG_DOWN'"
"$progs/test_devices" "$PG_URI" || exit

# The agent's own way to it. There is a loopback of our own where this is run as root.
echo "TAP version 13"
n=0 bad=0
ok() { # NAME WORD
	n=$((n + 1))
	"$progs/confined" "postgresql://trustgate@127.0.0.1/trustgate" 2>&1 | cat > "$dir/out"
	if grep -q "^$2" "$dir/out"; then
		echo "ok $n - $1"
	else
		sed 's/^/# /' "$dir/out"
		echo "not ok $n - $1"
		bad=1
	fi
}
if [ "$(id -u)" != 0 ] || [ "$(wc -l < /proc/net/route)" != 1 ]; then
	echo "1..0 # SKIP no network namespace of our own"
	exit 0
fi
ok "SGW-INT-09: a worker that is not listened to says so" 'silent .*server up'
pg_stop
PG_LISTEN=127.0.0.1 pg_start
ok "FFS-04: a worker without privileges asks the database" absent
echo "1..$n"
exit $bad
