#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by check
#
# What make does, and says, on a machine that is not a guest of tests/vm.
set -u -o pipefail
top=$(cd "$(dirname "$0")/../.." && pwd -P)
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
n=0 bad=0

check() { # WHAT COMMAND...
	local what=$1
	shift
	n=$((n + 1))
	if "$@"; then
		echo "ok $n - $what"
	else
		bad=1
		sed 's/^/# /' "$TMP/out"
		echo "not ok $n - $what"
	fi
}

# As typed, whatever make started this.
typed() { (cd "${dir:-$top}" && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u O make "$@") > "$TMP/out" 2>&1; }
refused() { # WORDS COMMAND...
	local words=$1 w
	shift
	! "$@" || return 1
	for w in $words; do grep -qF -- "$w" "$TMP/out" || return 1; done
}

# A kernel's build takes an O, or a V, of its command line for its own.
mkdir -p "$TMP/kernel"
cat > "$TMP/kernel/Makefile" <<'E2'
modules:
	@echo "kernel: O from $(origin O), V from $(origin V)"
	@[ "$(origin O)" != "command line" ]
	@echo built > "$(M)/kmod/trustgate.ko"
E2
at() { # DIRECTORY ARGUMENT...: the module is built there
	local want=$1
	shift
	typed kmod "KDIR=$TMP/kernel" "$@" && [ -s "$want/kmod/trustgate.ko" ]
}
v_is() { at "$TMP/o3" "O=$TMP/o3" V=1 && grep -q 'V from command line' "$TMP/out"; }
check "make O=DIR: the kernel's build is not told of it" at "$TMP/o1" "O=$TMP/o1"
git clone -q "$top" "$TMP/tree" && cp "$top/Makefile" "$TMP/tree/"
dir=$TMP/tree
check "make O=DIR, of a relative DIR: beside where make was called" at "$TMP/tree/o2" O=o2
check "make with O in the environment" env O="$TMP/o4" bash -c "cd '$TMP/tree' && make -s kmod KDIR='$TMP/kernel' > '$TMP/out' 2>&1 && [ -s '$TMP/o4/kmod/trustgate.ko' ]"
check "what else is on the command line does reach it" v_is
dir=

check "make kmod without headers: says which, and where they come from" \
	refused "headers of Linux 1.2.3 linux-headers KVER KDIR" typed kmod KVER=1.2.3 "O=$TMP/o5"
check "make tests without a kselftest: says what it is, and where it comes from" \
	refused "tests/vm/linux-tools linux-source-6.12 KSFT=" typed -C tests "KSFT=$TMP/none" "O=$TMP/o6"
check "make install-tests: the same" \
	refused "tests/vm/linux-tools linux-source-6.12 KSFT=" typed -C tests install "KSFT=$TMP/none" "O=$TMP/o6"
check "make without a library: says which, and what to install" \
	refused "libnl-genl-3.0 apt-get libnl-genl-3-dev libmicrohttpd-dev" \
	env "PKG_CONFIG_LIBDIR=$TMP/none" bash -c "$(declare -f typed); top='$top' TMP='$TMP'; typed userspace 'O=$TMP/o7'"
check "make without strongSwan's headers: says what puts them there" \
	refused "tools/strongswan-headers SSDIR" typed -C userspace/charon "SSDIR=$TMP/none" "O=$TMP/o8"
echo "1..$n"
exit $bad
