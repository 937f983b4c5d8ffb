# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# shellcheck disable=SC3043	# local: dash and busybox have it
# shellcheck disable=SC2317	# functions are called by check and wait_for
#
# TAP and the recorder for the tests of the IKE plugin. Sourced, from here.
# WHO is the end whose plugin is looked at: hnb or segw.

AGENT=0
# Nothing is gated here: it is the plugin alone that is tried.
: "${HNB_GATE:=absent-ok}"
TG_LIB=$(cd ../lib && pwd)
# shellcheck source=tests/lib/topology.sh
. ../lib/topology.sh

: "${WHO:=hnb}"
case $WHO in
hnb) SOCKET=/run/trustgate/plugin.sock ;;
*) SOCKET=$TG_RUN/$WHO/plugin.sock ;;
esac
D=$TG_RUN/fake
n=0 failed=0

ok() {	# ok STATUS WHAT
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
		return
	fi
	echo "not ok $n - $2"
	failed=$((failed + 1))
	sed 's/^/# agent: /' "$D/log"
	tail -n 15 "$TG_RUN/$WHO/log" | sed 's/^/# charon: /'
	grep trustgate: "$TG_RUN/$WHO/log" | tail -n 5 | sed 's/^/# plugin: /'
	[ "$WHO" = segw ] || tail -n 15 "$TG_RUN/segw/log" | sed 's/^/# segw: /'
}

# check WHAT COMMAND...
check() {
	local what="$1"
	shift
	"$@" > /dev/null 2>&1
	ok $? "$what"
}

fake_start() { # [MODE]
	mode "${1:-ok}"
	python3 ./fake-agent.py "$SOCKET" "$D/log" "$D/mode" 2> "$D/err" < /dev/null &
	echo $! > "$TG_RUN/pids/fake"
	wait_for 20 test -S "$SOCKET"
}
fake_kill() { tg_end fake KILL; }
mode() { echo "$*" > "$D/mode.new" && mv "$D/mode.new" "$D/mode"; }
forget() { : > "$D/log"; }
said() { grep -q "$1" "$D/log"; }
says() { wait_for "${2:-5}" said "$1"; }
# item TYPE NAME: of the last message of that type
item() { sed -n "s/^$1 .*\\b$2=\\([^ ]*\\).*/\\1/p" "$D/log" | tail -n 1; }
# in_order TYPE...: the types without repetition are just these
in_order() { [ "$(cut -d ' ' -f 1 "$D/log" | uniq | tr '\n' ' ')" = "$* " ]; }
logged() { grep -q "$1" "$TG_RUN/$WHO/log"; }
up() { initiate core 20; }
down() { swan hnb --terminate --ike segw --timeout 10 > /dev/null 2>&1; }
spi() { ip -n hnb xfrm state | grep -A 1 "^src $1 dst $2" | grep -o 'spi 0x[0-9a-f]*' | cut -d ' ' -f 2; }
fails() { ! "$@"; }
milliseconds() { echo $(($(date +%s%N) / 1000000)); }
charon_lives() { kill -0 "$(tg_pid charon-hnb)"; }

plugin_or_skip() {
	[ -e /usr/lib/ipsec/plugins/libstrongswan-trustgate.so ] && return
	echo "1..0 # SKIP the plugin is not installed"
	exit 4
}

begin() {
	plugin_or_skip
	echo "TAP version 13"
	topology_up || exit 1
	mkdir -p "$D" "${SOCKET%/*}"
}

finish() {
	echo "1..$n"
	[ $failed = 0 ]
	exit
}
