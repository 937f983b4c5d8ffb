#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Instructions a packet, side by side in one boot: runs in a VM under --icount.
# Both ends are gated: an exchange is one packet out of one SA and into its twin.
set -eu -o pipefail
bin=${TG_TESTS:-/usr/libexec/trustgate-tests}/bench
spis=${TG_BENCH_SPIS:-1000}

key=0x$(printf '%040d' 7)
# shellcheck disable=SC2034  # both by name, below
null=(auth digest_null '' enc cipher_null '')
# shellcheck disable=SC2034
gcm=(aead 'rfc4106(gcm(aes))' "$key" 128)

gateways() { # CIPHER...
	local n
	ip netns add b1; ip netns add b2
	ip link add e0 netns b1 type veth peer name e0 netns b2
	ip -n b1 addr add 10.7.0.1/24 dev e0; ip -n b2 addr add 10.7.0.2/24 dev e0
	for n in b1 b2; do
		ip -n $n link set lo up; ip -n $n link set e0 up
		sa $n 10.7.0.1 10.7.0.2 0x701 "$@"; sa $n 10.7.0.2 10.7.0.1 0x702 "$@"
	done
	policy b1 10.7.0.1 10.7.0.2 out; policy b1 10.7.0.2 10.7.0.1 in
	policy b2 10.7.0.2 10.7.0.1 out; policy b2 10.7.0.1 10.7.0.2 in
}

sa() { # NETNS SRC DST SPI CIPHER...
	local n=$1 src=$2 dst=$3 spi=$4
	shift 4
	ip -n "$n" xfrm state add src "$src" dst "$dst" proto esp spi "$spi" reqid 7 mode tunnel "$@"
}

policy() { # NETNS SRC DST DIR
	ip -n "$1" xfrm policy add src "$2" dst "$3" dir "$4" \
		tmpl src "$2" dst "$3" proto esp reqid 7 mode tunnel
}

gone() {
	ip netns del b1; ip netns del b2
	sleep 0.5	# namespaces go in the background, and hold the module
}

none() { :; }
none_undo() { :; }
empty() { insmod "$bin/tg_empty.ko"; }
empty_undo() { rmmod tg_empty; }

opener() { exec "$bin/opener" "$1" 0x701 10.7.0.2 0x702 10.7.0.1 > "/run/opener.$1"; }

trustgate_on() {
	local n
	modprobe trustgate mode=off
	for n in b1 b2; do ip netns exec $n trustgate config set mode=enforce; done
	exec {agent_b1}> >(opener b1) {agent_b2}> >(opener b2)
	for n in b1 b2; do
		until grep -q open "/run/opener.$n" 2>/dev/null; do sleep 0.1; done
	done
}

trustgate_on_undo() {
	local n
	# Before the agent goes: what is held when the gate is turned off is deleted.
	for n in b1 b2; do ip netns exec $n trustgate config set mode=off; done
	exec {agent_b1}>&- {agent_b2}>&-
	rmmod trustgate
}


nft_reqid() {
	local n
	for n in b1 b2; do ip netns exec $n nft -f - <<-E
		table ip t {
			chain o { type filter hook postrouting priority 300; ipsec out reqid 7 accept; }
			chain i { type filter hook prerouting priority 0; ipsec in reqid 7 accept; }
		}
		E
	done
}
nft_reqid_undo() { local n; for n in b1 b2; do ip netns exec $n nft delete table ip t; done; }

nft_spis() {
	local n all
	all=0x701,0x702$(seq -f ',%g' 100000 $((100000 + spis)))
	for n in b1 b2; do ip netns exec $n nft -f - <<-E
		table ip t {
			set s { typeof ipsec in spi; elements = { $all } }
			chain o { type filter hook postrouting priority 300; ipsec out spi @s accept; }
			chain i { type filter hook prerouting priority 0; ipsec in spi @s accept; }
		}
		E
	done
}
nft_spis_undo() { nft_reqid_undo; }

row() { # NAME SETUP
	local size
	"$2"
	printf '%s' "$1"
	for size in 64 1300; do printf '\t%s' "$("$bin/pktcost" b1 b2 10.7.0.2 $size)"; done
	printf '\n'
	"${2}_undo"
}

modprobe -a esp4 authenc aesni_intel 2>/dev/null || modprobe -a esp4 authenc
for cipher in null gcm; do
	declare -n how=$cipher
	gateways "${how[@]}"
	echo "# cipher $cipher"
	row ungated none
	row empty-hooks empty
	row trustgate-open trustgate_on
	row nft-reqid nft_reqid
	row "nft-set-of-$spis-spis" nft_spis
	row ungated-again none
	gone
done
