# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2034,SC2154  # expanded in the namespace; of who sources this
# What run and use share. Sourced, with $top set.
me=tests/fresh/$(basename "$0")
n=0 bad=0

say() { printf '%s %s\n' "$(date +%T)" "$*" >&2; }
die() { printf '%s: %s\n' "$me" "$*" >&2; exit 1; }

need_root() {
	[ "$(id -u)" = 0 ] || { echo "$me: must be root (chroot, mount)" >&2; exit 4; }
	"$top/tests/vm/deps" || exit 4
}

# section TITLE: the lines that the README has to be typed there, joined where one goes on
section() {
	awk -v title="## $1" '/^## / { in_it = $0 == title } in_it && /^    / { print substr($0, 5) }' \
		"$top/README.md" | sed -e ':a' -e '/\\$/ { N; s/\\\n */ /; ba }' | tr -s ' '
}

# in_fresh ROOT COMMAND...: in a mount and process namespace of its own; UNAME: a program that
# is its uname; OFFLINE: with no network
in_fresh() {
	unshare ${OFFLINE:+-n} -mpf --kill-child --mount-proc --propagation private sh -ec '
		root=$1; shift
		mount --bind "$root" "$root"
		mount --rbind /dev "$root/dev"
		mount -t proc proc "$root/proc"
		mount -t sysfs -o ro sysfs "$root/sys"
		mount -t tmpfs tmpfs "$root/run"
		mount -t tmpfs tmpfs "$root/tmp"
		[ -z "$UNAME" ] || mount --bind "$UNAME" "$root/bin/uname"
		if [ -e "$root/etc/resolv.conf" ]; then
			mount --bind "$(realpath /etc/resolv.conf)" "$root/etc/resolv.conf"
		else
			cp -L /etc/resolv.conf "$root/etc/resolv.conf"
		fi
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 TERM=dumb \
			chroot "$root" "$@"' sh "$@"
}

typed() { # SUITE ROOT COMMAND
	local log=$2.log rc
	n=$((n + 1))
	say "$1: $3${OFFLINE:+, with no network}"
	UNAME=${UNAME-} in_fresh "$2" sh -c "cd /root/trustgate && { $3
	}" > "$log" 2>&1 < /dev/null
	rc=$?
	tail -n 3 "$log" >&2
	if [ $rc = 0 ]; then
		echo "ok $n - $1: $3${OFFLINE:+, with no network}"
	else
		bad=1
		tail -n 40 "$log" | sed 's/^/# /'
		echo "not ok $n - $1: $3${OFFLINE:+, with no network}: ended with $rc"
	fi
}
