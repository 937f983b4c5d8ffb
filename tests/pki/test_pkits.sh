#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Finds NIST's Public Key Interoperability Test Suite and runs test_pkits of $OUTPUT on
# it. Debian's python3-cryptography-vectors has it, installed or, without
# privileges, fetched.
set -eu
cd "$(dirname "$0")"
program=${OUTPUT:-../../build/tests/pki}/test_pkits
installed=/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data

fetch() { # DIR: downloads and unpacks into it
	rm -rf "$1.part"
	mkdir -p "$1.part"
	../vm/fetch-package --binary python3-cryptography-vectors "$1.part" >&2 &&
		dpkg-deb -x "$1.part"/python3-cryptography-vectors_*.deb "$1.part" || return 1
	rm -rf "$1"
	mv "$1.part" "$1"
}

data=$installed
if [ ! -d "$data" ]; then
	cache=$(dirname "$program")/pkits-data
	data=$cache$installed
	[ -d "$data" ] || fetch "$cache" || {
		echo "TAP version 13"
		echo "not ok 1 - CRT-14: PKITS can't be had: install python3-cryptography-vectors"
		echo "1..1"
		exit 1
	}
fi
exec "$program" "$data" pkits.cases pkits.differing pkits.conf
