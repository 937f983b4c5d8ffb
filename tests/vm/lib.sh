# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the programs of tests/vm share. Sourced, with $vm set to this directory.

# shellcheck disable=SC2034,SC2154  # used, and $vm set, by those who source this
repo=$(cd "$vm/../.." && pwd -P)
# shellcheck disable=SC2034
me=tests/vm/${0##*/}
cache=${TRUSTGATE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/trustgate}

die() {
	local rc=1
	[[ $1 =~ ^[0-9]+$ ]] && { rc=$1; shift; }
	printf '%s: %s\n' "$me" "$*" >&2
	exit "$rc"
}

need_root() {
	[ "$(id -u)" = 0 ] || die 4 "must be root (images are built with chroot and mount; use sudo)"
}

suite_ok() {
	case $1 in trixie|bookworm|sid) ;; *) return 1 ;; esac
}

# is_uml NAME: it is a User-Mode Linux, with the root of trixie
is_uml() {
	case $1 in uml|debug) ;; *) return 1 ;; esac
}

# key FILE...: a short name for exactly these contents
key() {
	cat -- "$@" | sha256sum | cut -c1-12
}

image_dir() {
	printf '%s/image-%s-%s\n' "$cache" "$1" "$(key "$vm/image" "$repo/tools/strongswan-headers" \
		<("$repo/tools/packages" module build run guest))"
}

# once DIR COMMAND...: make DIR by running COMMAND with one argument more, a
# temporary directory that becomes DIR if it succeeds; concurrent callers wait for
# one another. Directories of the same kind that nobody used for days are removed.
once() {
	local dir=$1 tmp
	shift
	[ -d "$dir" ] && { touch "$dir"; return; }
	mkdir -p "$cache"
	(
		flock 9
		[ -d "$dir" ] && exit 0
		tmp=$(mktemp -d "$cache/.tmp.XXXXXX") || exit 1
		# shellcheck disable=SC2064  # the value of now
		trap "rm -rf --one-file-system '$tmp'" EXIT
		trap 'exit 130' INT TERM
		chmod 755 "$tmp"
		"$@" "$tmp" || exit 1
		mv "$tmp" "$dir" || exit 1
		find "$cache" -maxdepth 1 -name "$(basename "${dir%-*}")-*" -mtime +3 |
		while read -r old; do
			# Who uses one holds a shared lock on it.
			flock -n "$old" rm -rf --one-file-system "$old"
		done
	) 9>"$cache/.lock-$(basename "${dir%-*}")"
}
