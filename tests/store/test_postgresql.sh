#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Enrolled devices and statistics in a real PostgreSQL that two gateways share.
cd "$(dirname "$0")" || exit 1
. ../lib/postgresql.sh
progs=${OUTPUT:-.}
[ -x "$progs/test_devices" ] || progs=.
if ! pg_there; then
	echo "1..0 # SKIP there is no PostgreSQL"
	exit 4
fi
dir=$(mktemp -d)
trap 'pg_stop 2> /dev/null; rm -rf "$dir"' EXIT
if ! pg_make "$dir"; then
	sed 's/^/# /' "$dir"/initdb.log "$dir"/data/log 2> /dev/null
	echo "Bail out! no server"
	exit 1
fi
export PG_DIR PG_UP=". ../lib/postgresql.sh; pg_start" PG_DOWN=". ../lib/postgresql.sh; pg_stop"
PG_UP="bash -c '$PG_UP'" PG_DOWN="bash -c '$PG_DOWN'"
"$progs/test_devices" "$PG_URI"
