#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by ok
#
# What two gateways keep of reports, carried over into one PostgreSQL: all of it, once,
# whatever is killed or down meanwhile.
cd "$(dirname "$0")" || exit 1
. ../lib/postgresql.sh
tool=${TG_TOOL:-trustgate}
fill=$(realpath "${OUTPUT:-.}/test_sinks")
[ -x "$fill" ] || fill=$(realpath ./test_sinks)
if ! command -v "$tool" > /dev/null; then
	echo "1..0 # SKIP there is no trustgate"
	exit 4
fi
n=0 bad=0
dir=$(mktemp -d)
trap 'pg_stop 2> /dev/null; rm -rf "$dir"' EXIT
pg_begin "$dir"

ok() { # NAME COMMAND...
	local name=$1
	shift
	n=$((n + 1))
	if "$@"; then
		echo "ok $n - $name"
	else
		sed 's/^/# /' "$dir/out" "$dir/err"
		echo "not ok $n - $name"
		bad=1
	fi
}
retain() { # STATUS STORE GATEWAY
	local want=$1 rc=0
	"$tool" sinks retain --to "$PG_URI" --sinks "$dir/$2" --gateway "$3" "${@:4}" > "$dir/out" 2> "$dir/err" || rc=$?
	[ "$rc" = "$want" ]
}
sql() { "$pg_bin/psql" -h "$PG_DIR/run" -U trustgate -d trustgate -qAtc "$1" 2>&1; }
there() { # ROWS: so many, each once
	[ "$(sql 'SELECT count(*), count(DISTINCT event) FROM report')" = "$1|$1" ]
}
says() { grep -q -- "$1" "$dir/out" "$dir/err"; }
: > "$dir/out"
: > "$dir/err"

echo "TAP version 13"
"$fill" "$dir/one.db" 5 || exit 1
ok "SGW-INT-08: what a gateway kept goes into the database" eval 'retain 0 one.db segw-1 && says "5 copied" && there 5'
ok "SGW-INT-08: once" eval 'retain 0 one.db segw-1 && says "0 copied" && there 5'
"$fill" "$dir/two.db" 3
ok "SGW-INT-08: and what another one kept" eval 'retain 0 two.db segw-2 -j && says "\"copied\":3" && there 8'
"$fill" "$dir/one.db" 2
ok "SGW-INT-08: further on from where it stopped" eval 'retain 0 one.db segw-1 && says "2 copied" && there 10'
ok "SGW-INT-08: one store by the other's name is refused" eval 'retain 1 two.db segw-1 && says "not of this store" && there 10'
ok "FFS-07: no row is changed or deleted there" eval 'sql "UPDATE report SET verdict = '"''"'" | grep -q "only appended" &&
	sql "DELETE FROM report" | grep -q "only appended" && there 10'
ok "PRIV-07: nor does it have a device's name" eval '! "$pg_bin/pg_dump" -h "$PG_DIR/run" -U trustgate trustgate | grep -q henb'
pg_stop
"$fill" "$dir/one.db" 4
ok "SGW-INT-09: the database is down: that is told" eval 'retain 1 one.db segw-1 && says "is the server up"'
pg_start
ok "SGW-INT-09: up again it gets what it missed" eval 'retain 0 one.db segw-1 && there 14'
"$fill" "$dir/one.db" 1500
for i in 1 2 3 4 5 6; do
	"$tool" sinks retain --to "$PG_URI" --sinks "$dir/one.db" --gateway segw-1 > /dev/null 2>&1 &
	pid=$!
	sleep "0.0$((i * 15 % 9 + 1))"
	kill -9 $pid 2> /dev/null
	wait $pid 2> /dev/null
done
ok "SGW-INT-09: after 6 kills all is there once" eval 'retain 0 one.db segw-1 && there 1514'
"$fill" "$dir/two.db" 400
for i in 1 2 3; do "$tool" sinks retain --to "$PG_URI" --sinks "$dir/two.db" --gateway segw-2 > /dev/null 2>&1 & done
wait
ok "SGW-INT-09: and after three at once" eval 'retain 0 two.db segw-2 && there 1914'
sql 'TRUNCATE report' > /dev/null
ok "SGW-INT-09: what the database lost it gets again" eval 'retain 0 one.db segw-1 && retain 0 two.db segw-2 && there 1914'
ok "SGW-INT-08: a file is no database" eval '! "$tool" sinks retain --to /x --sinks "$dir/one.db" > "$dir/out" 2> "$dir/err" && says "postgresql://"'
echo "1..$n"
exit $bad
