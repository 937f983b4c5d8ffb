# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034	# PG_URI is for who sources this
#
# A PostgreSQL of one's own: a new cluster in a directory of its own, a Unix socket and no
# port, no more than the test's life. pg_make DIR makes it, pg_start and pg_stop do as
# they are called; PG_URI is an empty database "trustgate" of it. With PG_LISTEN, an address,
# it is there as well: for a network namespace of one's own.

pg_bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
pg_there() { [ -x "$pg_bin/initdb" ]; }

# It refuses to be root's.
pg_as() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid postgres --regid postgres --clear-groups env HOME=/ "$@"
	else
		"$@"
	fi
}

pg_make() {
	PG_DIR=$1
	mkdir -p "$PG_DIR" && chmod 711 "$PG_DIR" && mkdir "$PG_DIR/data" "$PG_DIR/run" || return
	[ "$(id -u)" != 0 ] || chown postgres: "$PG_DIR/data" "$PG_DIR/run" || return
	chmod 711 "$PG_DIR/run"
	(cd / && pg_as "$pg_bin/initdb" -D "$PG_DIR/data" -U trustgate -A trust --locale=C -E UTF8 \
		--no-sync > "$PG_DIR/initdb.log" 2>&1) || return
	pg_start && PG_URI="postgresql:///trustgate?host=$PG_DIR/run&user=trustgate" &&
		"$pg_bin/createdb" -h "$PG_DIR/run" -U trustgate trustgate
}

# pg_begin DIR: pg_make, or the test has ended: there is no PostgreSQL, or it does not start
pg_begin() {
	if ! pg_there; then
		echo "1..0 # SKIP there is no PostgreSQL"
		exit 4
	fi
	pg_make "$1" && return
	sed 's/^/# /' "$1"/initdb.log "$1"/data/log 2> /dev/null
	echo "Bail out! no server"
	exit 1
}

pg_start() {
	(cd / && pg_as "$pg_bin/pg_ctl" -D "$PG_DIR/data" -w -t 60 -s -l "$PG_DIR/data/log" \
		-o "-c listen_addresses='${PG_LISTEN-}' -c unix_socket_directories=$PG_DIR/run" start)
}

pg_stop() {
	(cd / && pg_as "$pg_bin/pg_ctl" -D "$PG_DIR/data" -w -t 60 -s -m immediate stop)
}
