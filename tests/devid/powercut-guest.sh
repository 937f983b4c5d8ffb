#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# powercut-guest.sh publish|audit: the guest's side of powercut.sh.
set -u -o pipefail
cd "$(dirname "$0")" || exit 1
. ./lib.sh
client=/usr/libexec/trustgate-tests/devid/client
dir=$TG_OUT
disk=/run/powercut
modprobe -a loop ext4 || exit 1
mkdir -p "$disk"
mount -o loop "$dir/disk" "$disk" || exit 1
if [ "$1" = audit ]; then
	"$client" audit "$disk/data/b.db" "$disk/store.key" "$dir/sign.pub" < "$dir/acks"
	exit
fi
mkdir "$disk/data"
chown nobody "$disk/data"
configure "$disk/data/b.db" nobody
sed -i "s|^store-key = .*|store-key = $disk/store.key|" "$dir/devid.conf"
start_service || exit 1
"$client" load "$url" "$dir/ca.pem" "$dir/maker.pem" "$dir/maker.key" "$dir/sign.pub" \
	"$dir/device.pub" p 0 100000 4 > "$dir/acks"
