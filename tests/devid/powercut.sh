#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Acceptance 5: the power goes in the middle of publishing. A VM publishes onto a disk of
# its own, a file of the host's, and tells the host of each acknowledgement; it is killed,
# with all that its kernel had not written; it boots again and has to have each.
# Runs on the host, with a guest that has been built.
set -u -o pipefail
cd "$(dirname "$0")" || exit 1
. ./lib.sh
kernel=${KERNEL:-trixie}
PATH=$PATH:/usr/sbin:/sbin
echo "TAP version 13"
dir=$(mktemp -d)
vm=
trap '[ ! "$vm" ] || kill "$vm" 2> /dev/null; wait; rm -rf "$dir"' EXIT
make_pki
truncate -s 64M "$dir/disk"
mkfs.ext4 -q -F "$dir/disk" || { echo "Bail out! no mkfs.ext4"; exit 1; }
boot() { exec ../vm/run --kernel "$kernel" --timeout 900 --out "$dir" "$PWD/powercut-guest.sh" "$@"; }

acknowledged() { grep -c ^p "$dir/acks"; }
: > "$dir/acks"
# An emulated machine that is late may not come up at all, which is 125: it is tried again.
up() {
	local try rc
	for try in 1 2 3; do
		(boot publish) > "$dir/first.log" 2>&1 &
		vm=$!
		until [ "$(acknowledged)" -ge 40 ]; do
			kill -0 "$vm" 2> /dev/null && sleep 0.2 && continue
			wait "$vm"
			rc=$?
			vm=
			[ $rc = 125 ] && [ "$(acknowledged)" = 0 ] && echo "# try $try: no VM" && continue 2
			return 1
		done
		return 0
	done
	return 1
}
cut() {
	up || return 1
	kill "$vm"
	wait "$vm"
	vm=
	! grep -q gone "$dir/acks"
}
check "acceptance 5: a VM is killed in the middle of publishing" cut || sed 's/^/# /' "$dir/first.log"
acks=$(acknowledged)
again() {
	local try rc
	for try in 1 2 3; do
		(boot audit) > "$dir/second.log" 2>&1
		rc=$?
		[ $rc = 125 ] || return $rc
		echo "# try $try: no VM"
	done
	return 1
}
check "acceptance 5: nothing that was acknowledged is lost" again
sed 's/^/# /' "$dir/second.log"
[ $bad = 0 ] || sed 's/^/# /' "$dir/first.log"
check "it is of those that were ($acks)" grep -q "^acknowledged $acks lost 0 " "$dir/second.log"
# At most what each of 4 clients had asked for and was not told.
whole() {
	local active
	active=$(sed -n 's/^acknowledged .* active \([0-9]*\) withdrawn 0$/\1/p' "$dir/second.log")
	[ "$active" ] && [ "$active" -ge "$acks" ] && [ "$active" -le $((acks + 4)) ]
}
check "and there is nothing that was never asked for" whole
finish
