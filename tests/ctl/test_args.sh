#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by ok
#
# The tool where there is nothing: bad arguments, no module, no agent. Needs no
# kernel module and no privilege.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/ctl/lib.sh
. ./lib.sh
TOOL=("${TG_TOOL:-trustgate}" --socket /nonexistent/control.sock)

usage() { exits 64 "$@" && silent && [ -s "$err" ]; }

echo "TAP version 13"
ok "no such verb: usage" usage frobnicate
ok "unknown verb prints the verbs" complains 'quarantine ID'
ok "no such option" usage --frobnicate
ok "its error says what, why, what to do" errors_in_form
ok "no such short option" usage -x
ok "option without its value" usage wait --timeout
ok "value where none belongs" usage --json=1
ok "bad timeout" usage wait --timeout soon
ok "timeout of a verb that does not wait" usage status --timeout 1
ok "too many arguments" usage status 1
ok "show without what" usage show
ok "show what there is not" usage show frobs
ok "show with a bad id" usage show context 1x
ok "show with an SPI that is none" usage show sa 0x
ok "show with an id beyond 32 bits" usage show sa 4294967296
ok "why with a negative id" usage why -- -1
ok "close without an id" usage close
ok "close 0" usage close 0
ok "quarantine all" usage quarantine all
ok "config set nothing" usage config set
ok "config set without =" usage config set mode
ok "config set unknown key" usage config set colour=red
ok "config set bad mode" usage config set mode=on
ok "its error names the values" complains 'off, observe or enforce'
ok "config set key twice" usage config set grace=1 grace=2
ok "config set grace too long" usage config set grace=61
ok "config set t-bind too short" usage config set t-bind=99ms
ok "config set blank number" usage config set 'boot-bytes= 1'
ok "config set negative number" usage config set boot-bytes=-1
ok "config set number beyond 32 bits" usage config set boot-bytes=4294967296
ok "config set empty scope" usage config set scope=
ok "config set backward range" usage config set scope=if-id=5-1
ok "config set mark outside its mask" usage config set scope=mark=0x2/0x1
ok "config set mark with mask 0" usage config set scope=mark=0/0
ok "config set 17 ranges" usage config set \
	"scope=$(seq -s, -f 'reqid=%g' 17)"
ok "config set one good and one bad" usage config set grace=1 mode=on
ok "check what can't be checked" usage check weather

ok "help" exits 0 --help
ok "help names the verbs" says 'recheck \[ID\]'
ok "help of a verb" exits 0 why --help
ok "version" exits 0 --version
ok "version is one line" says '^trustgate [0-9]'

cat > "$out.conf" <<-'E'
[agent]
frobs = 1
E
ok "check config: a key that is unknown" exits 1 check config "$out.conf"
ok "it names file and line" complains "^trustgate: $out.conf:2: "
ok "check config -j" exits 1 -j check config "$out.conf"
ok "it is JSON" json 'd["schema"] == "trustgate.check-config/1"' 'not d["ok"]' \
	'any(e["line"] == 2 and e["rule"] for e in d["errors"])'
for f in trustgated.conf swanctl-henb.conf swanctl-segw.conf; do
	shipped=../../policy/$f
	[ -e "$shipped" ] || shipped=/usr/share/doc/trustgate/$f
	ok "check config: $f as it is shipped" exits 0 check config --no-files "$shipped"
	ok "which is silent" silent
done
sed 's/mobike = no/mobike = yes/' "${shipped%/*}/swanctl-henb.conf" > "$out.conf"
ok "HNB-GATE-17: check config of another setting" exits 1 check config "$out.conf"
ok "it names file, line, value, rule and remedy" complains \
	"^trustgate: $out.conf:[0-9]*: connections.segw.mobike = yes: .* .swanctl.mobike, .*(say mobike = no)"
ok "check config of no file" exits 1 check config /nonexistent.conf
ok "it says so" complains '/nonexistent.conf'
rm -f "$out.conf"

ok "recheck without an agent" exits 5 recheck
ok "it says who is missing and what to do" errors_in_form
ok "and where it was looked for" complains '/nonexistent/control.sock'

if [ -e /sys/module/trustgate ]; then
	for what in status why show wait monitor; do
		skip "$what without the module" "the module is loaded"
	done
	finish
fi
for verb in status why "show context" "show agent" "show config" monitor "wait --timeout 1" \
	"close 1" "quarantine 1" "config set mode=enforce" "config show"; do
	# shellcheck disable=SC2086  # words
	ok "$verb without the module" exits 5 $verb
	ok "it says to load it" complains 'module is not loaded (modprobe trustgate)'
	ok "in the form of errors" errors_in_form
done
ok "bare command is status" exits 5
ok "status -j without the module" exits 5 status -j
ok "it is JSON and says why" json 'd["schema"] == "trustgate.status/1"' 'd["exit"] == 5' \
	'd["gate"] is None' 'any("modprobe" in p["todo"] for p in d["problems"])'
ok "why -j without the module" exits 5 -j why
ok "it is JSON as well" json 'd["schema"] == "trustgate.why/1"' 'd["problems"]'
finish
