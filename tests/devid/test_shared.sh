#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The same stores and the same service on a PostgreSQL: what several repositories share.
set -u -o pipefail
cd "$(dirname "$0")" || exit 1
. ../lib/postgresql.sh
progs=${OUTPUT:-.}
[ -x "$progs/test_store" ] || progs=.
pg=$(mktemp -d)
trap 'pg_stop 2> /dev/null; rm -rf "$pg"' EXIT
pg_begin "$pg"
echo "TAP version 13"
bad=0
"$progs/test_store" "$PG_URI" | sed 's/^/# /' || bad=1
echo "$([ $bad = 0 ] || echo 'not ')ok 1 - PRIV-03: the store's tests, in PostgreSQL"
"$pg_bin/psql" -q -h "$PG_DIR/run" -U trustgate trustgate -c 'DROP TABLE devid_binding, devid_change, trustgate_store'
TG_STORE=$PG_URI ./test_service.sh | sed 's/^/# /' && rc=0 || rc=1
echo "$([ $rc = 0 ] || echo 'not ')ok 2 - acceptance 5: the service's tests, in PostgreSQL"
echo "1..2"
[ $bad = 0 ] && [ $rc = 0 ]
