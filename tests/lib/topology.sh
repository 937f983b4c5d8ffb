# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# shellcheck disable=SC3043	# local: dash and busybox have it
# shellcheck disable=SC2086	# names and process IDs are single words
#
# An H(e)NB, its SeGW, the networks behind both and somebody hostile between them,
# as network namespaces. To be sourced by a script that tests/vm/run runs:
#
#	. tests/lib/topology.sh
#	topology_up && gate_load && ocsp_start && tunnel_up || exit 1
#
#	lan --- hnb ---+            +--- segw --- core
#	               +--- wan ----+
#	                     +--- evil
#
# outer  192.0.2.0/24  2001:db8:1::/64   segw .1, hnb .2, evil .66, wan itself .254
# lan    10.10.0.0/24  fd10::/64         hnb .1, lan .2; 10.20.0.0/16 fd20::/16 for a test's own
# core   10.99.0.0/24  fd99::/64         segw .1, core .2
# hnb's inner addresses, given by the SeGW: 10.50.0.0/24 fd50::/112
#
# hnb's default route goes to wan, which forwards nothing: what leaves hnb in clear
# is seen there and goes no further. segw forwards only what IPsec protects.

TG_LIB=$TG_REPO/tests/lib
TG_RUN=/run/trustgate-test
PKI=${TG_PKI:-$TG_RUN/pki}
. "$TG_LIB/pki.sh"

INNER4='10.10.0.0/24, 10.20.0.0/16, 10.50.0.0/24, 10.99.0.0/24'
INNER6='fd10::/64, fd20::/16, fd50::/112, fd99::/64'
HNB4='10.10.0.0/24, 10.20.0.0/16, 10.50.0.0/24, 192.0.2.0/24'
HNB6='fd10::/64, fd20::/16, fd50::/112, 2001:db8:1::/64'

# What a test may set before tunnel_up.
: "${AGENT:=$([ -x /usr/sbin/trustgated ] && echo 1 || echo 0)}"
: "${SEGW_CERT:=segw}"		# segw, segw2, segw6 (OCSP at an IPv6 address)
: "${PROPOSALS:=aes128gcm16-prfsha256-ecp256}"
: "${ESP_PROPOSALS:=aes128gcm16}"
: "${START_ACTION:=none}"	# of the H(e)NB's CHILD_SA: none, trap
: "${IKE_REKEY:=4h}" "${CHILD_REKEY:=1h}"
: "${HNB_CONNECTION:=}" "${HNB_CHILD:=}"	# more lines for its sections
: "${SEGW_CONNECTION:=}" "${SEGW_CHILD:=}"
: "${HNB_PLUGINS:=}" "${SEGW_PLUGINS:=}"	# more of strongSwan's plugins
: "${HNB_SWANCTL:=}" "${SEGW_SWANCTL:=}"	# more sections of swanctl.conf,
: "${HNB_STRONGSWAN:=}" "${SEGW_STRONGSWAN:=}"	# and of charon-systemd
: "${SEGW_TRUSTGATE:=0}"	# 1: the SeGW's charon has Trustgate's plugin as well
: "${SAVE_KEYS:=0}"		# 1: both write what decrypts a capture into $TG_RUN/NS/keys,
				# and repeat nothing, however slow the machine is

complain() {
	echo "topology: $*" >&2
}

# in_ns NS COMMAND...: run it there. /sys stays as it is, unlike with ip netns exec:
# securityfs and tracefs are seen.
in_ns() {
	local ns=$1
	shift
	nsenter "--net=/run/netns/$ns" -- "$@"
}

# wait_for SECONDS COMMAND...: until it succeeds
wait_for() {
	local n=$(($1 * 10))
	shift
	while ! "$@" > /dev/null 2>&1; do
		n=$((n - 1))
		[ $n -gt 0 ] || return 1
		sleep 0.1
	done
}

# Processes of ours, by name: a file with the process ID each.
tg_pid() {
	cat "$TG_RUN/pids/$1" 2>/dev/null
}

# tg_end NAME SIGNAL: send it, wait for the end, kill if that takes 5 s
tg_end() {
	local pid
	pid=$(tg_pid "$1") || return 0
	rm -f "$TG_RUN/pids/$1"
	kill "-$2" "$pid" 2>/dev/null || return 0
	wait_for 5 tg_gone "$pid" || kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	return 0
}

tg_gone() {
	local state
	# A zombie is gone: its parent is the script itself.
	state=$(sed 's/.*) \(.\) .*/\1/' "/proc/$1/stat" 2>/dev/null) || return 0
	[ -z "$state" ] || [ "$state" = Z ]
}

# --- namespaces and links --------------------------------------------------------

topology_up() {
	local ns
	mkdir -p "$TG_RUN/pids" "$TG_RUN/pcap"
	trap topology_down EXIT
	# A new namespace takes after the first one; no DAD, no filter by route.
	echo 1 > /proc/sys/net/core/devconf_inherit_init_net
	for ns in all default; do
		echo 0 > /proc/sys/net/ipv4/conf/$ns/rp_filter
		echo 0 > /proc/sys/net/ipv6/conf/$ns/accept_dad
		echo 0 > /proc/sys/net/ipv6/conf/$ns/dad_transmits
		echo 0 > /proc/sys/net/ipv6/conf/$ns/accept_ra
		echo 0 > /proc/sys/net/ipv4/conf/$ns/send_redirects
	done
	modprobe -a veth bridge nf_tables esp4 esp6 xfrm_user authenc aesni_intel gcm \
		seqiv echainiv 2>/dev/null
	ip -b - <<-E || return 1
	netns add lan
	netns add hnb
	netns add wan
	netns add segw
	netns add core
	netns add evil
	link add eth0 netns lan type veth peer name lan0 netns hnb
	link add wan0 netns hnb type veth peer name hnb netns wan
	link add wan0 netns segw type veth peer name segw netns wan
	link add wan0 netns evil type veth peer name evil netns wan
	link add core0 netns segw type veth peer name eth0 netns core
	E
	ip -n lan -b - <<-E || return 1
	link set lo up
	link set eth0 up
	addr add 10.10.0.2/24 dev eth0
	addr add fd10::2/64 dev eth0 nodad
	route add default via 10.10.0.1
	route add default via fd10::1
	E
	ip -n hnb -b - <<-E || return 1
	link set lo up
	link set lan0 up
	link set wan0 up
	addr add 10.10.0.1/24 dev lan0
	addr add fd10::1/64 dev lan0 nodad
	addr add 192.0.2.2/24 dev wan0
	addr add 2001:db8:1::2/64 dev wan0 nodad
	route add default via 192.0.2.254
	route add default via 2001:db8:1::fe
	E
	ip -n wan -b - <<-E || return 1
	link set lo up
	link add br0 type bridge forward_delay 0 mcast_snooping 0
	link set hnb master br0 up
	link set segw master br0 up
	link set evil master br0 up
	link set br0 up
	addr add 192.0.2.254/24 dev br0
	addr add 2001:db8:1::fe/64 dev br0 nodad
	E
	ip -n segw -b - <<-E || return 1
	link set lo up
	link set wan0 up
	link set core0 up
	addr add 192.0.2.1/24 dev wan0
	addr add 2001:db8:1::1/64 dev wan0 nodad
	addr add 10.99.0.1/24 dev core0
	addr add fd99::1/64 dev core0 nodad
	route add default via 192.0.2.254
	route add default via 2001:db8:1::fe
	E
	ip -n core -b - <<-E || return 1
	link set lo up
	link set eth0 up
	addr add 10.99.0.2/24 dev eth0
	addr add fd99::2/64 dev eth0 nodad
	route add default via 10.99.0.1
	route add default via fd99::1
	E
	ip -n evil -b - <<-E || return 1
	link set lo up
	link set wan0 up
	addr add 192.0.2.66/24 dev wan0
	addr add 2001:db8:1::66/64 dev wan0 nodad
	route add default via 192.0.2.254
	route add default via 2001:db8:1::fe
	E
	for ns in hnb segw; do
		# shellcheck disable=SC2016
		in_ns $ns sh -c 'echo 1 | tee /proc/sys/net/ipv4/ip_forward \
			/proc/sys/net/ipv6/conf/all/forwarding > /dev/null'
	done
	counters_up
}

topology_down() {
	local f ns
	for f in "$TG_RUN"/pids/*; do
		[ -e "$f" ] && tg_end "${f##*/}" KILL
	done
	for ns in lan hnb wan segw core evil; do
		[ ! -e /run/netns/$ns ] || ip netns del $ns
	done
}

# --- counters ------------------------------------------------------------------------
#
# core_*  what arrives on core's link: core_user is all that comes from the H(e)NB,
#         its LAN or its inner addresses but the flow to the OCSP responder, which is
#         core_ocsp; and of the former core_udp, core_tcp, core_icmp, core_sctp,
#         core_other
# lan_*   what arrives on lan's link from core: lan_user, lan_udp, ...
# hnb_*   what hnb takes in for itself from core: hnb_user, hnb_udp, ..., and hnb_ocsp
# wan_*   what enters wan: wan_esp, wan_ike, wan_clear (inner addresses in clear)

tg_counters() {
	local p=$1 which=$2 n
	for n in $which; do echo "counter ${p}_$n {}"; done
}

# tg_protocols PREFIX MATCH: PREFIX_user and one of PREFIX_udp... for each packet.
# By number: nft knows few names without /etc/protocols.
tg_protocols() {
	local p=$1
	shift
	cat <<-E
	$* counter name ${p}_user
	$* meta l4proto 17 counter name ${p}_udp
	$* meta l4proto 6 counter name ${p}_tcp
	$* meta l4proto { 1, 58 } counter name ${p}_icmp
	$* meta l4proto 132 counter name ${p}_sctp
	$* meta l4proto != { 1, 6, 17, 58, 132 } counter name ${p}_other
	E
}

counters_up() {
	local all='user udp tcp icmp sctp other ocsp'
	in_ns core nft -f - <<-E || return 1
	table netdev tg {
		$(tg_counters core "$all")
		chain in {
			type filter hook ingress device eth0 priority -500;
			ip saddr { $HNB4 } ip daddr 10.99.0.2 tcp dport 8080 counter name core_ocsp return
			ip6 saddr { $HNB6 } ip6 daddr fd99::2 tcp dport 8080 counter name core_ocsp return
			$(tg_protocols core "ip saddr { $HNB4 }")
			$(tg_protocols core "ip6 saddr { $HNB6 }")
		}
	}
	E
	in_ns lan nft -f - <<-E || return 1
	table netdev tg {
		$(tg_counters lan "$all")
		chain in {
			type filter hook ingress device eth0 priority -500;
			$(tg_protocols lan "ip saddr 10.99.0.0/24")
			$(tg_protocols lan "ip6 saddr fd99::/64")
		}
	}
	E
	in_ns hnb nft -f - <<-E || return 1
	table inet tg {
		$(tg_counters hnb "$all")
		chain in {
			type filter hook input priority -500;
			ip saddr 10.99.0.2 tcp sport 8080 counter name hnb_ocsp return
			ip6 saddr fd99::2 tcp sport 8080 counter name hnb_ocsp return
			$(tg_protocols hnb "ip saddr 10.99.0.0/24")
			$(tg_protocols hnb "ip6 saddr fd99::/64")
		}
	}
	E
	in_ns wan nft -f - <<-E || return 1
	table netdev tg {
		$(tg_counters wan "esp ike clear")
		chain in {
			type filter hook ingress devices = { hnb, segw, evil } priority -500;
			meta l4proto 50 counter name wan_esp
			udp dport { 500, 4500 } counter name wan_ike
			ip saddr { $INNER4 } counter name wan_clear return
			ip daddr { $INNER4 } counter name wan_clear return
			ip6 saddr { $INNER6 } counter name wan_clear return
			ip6 daddr { $INNER6 } counter name wan_clear
		}
	}
	E
	in_ns segw nft -f - <<-E
	table inet tg {
		chain forward {
			type filter hook forward priority 0;
			iifname "wan0" meta secpath missing drop
			oifname "wan0" rt ipsec missing drop
		}
	}
	E
}

# tally [-r] NS...: every counter of these, NAME N, a line each; -r: and reset them
tally() { "${TG_TALLY:-/usr/libexec/trustgate-tests/e2e/tally}" "$@"; }

# count NAME...: the numbers, one a line
count() {
	local name
	for name; do
		tally "${name%%_*}" | sed -n "s/^$name //p"
	done
}

count_reset() { tally -r core lan hnb wan > /dev/null; }

core_user_packets() { count core_user; }
lan_user_packets() { count lan_user; }
hnb_user_packets() { count hnb_user; }
wan_clear_packets() { count wan_clear; }

# capture_start NS [LINK]: into $TG_OUT/NS-LINK.pcap; until capture_stop or the end
capture_start() {
	local ns=$1 link=${2:-any}
	rm -f "$TG_RUN/pcap/$ns-$link.log"	# an earlier one was listening as well
	nsenter "--net=/run/netns/$ns" -- tcpdump -i "$link" -n -U --immediate-mode \
		-s 0 \
		-w "${TG_OUT:-$TG_RUN/pcap}/$ns-$link.pcap" \
		> /dev/null 2> "$TG_RUN/pcap/$ns-$link.log" &
	echo $! > "$TG_RUN/pids/capture-$ns-$link"
	wait_for 10 grep -q listening "$TG_RUN/pcap/$ns-$link.log"
}

capture_stop() {
	tg_end "capture-$1-${2:-any}" INT
}

# --- the module ---------------------------------------------------------------------

# gate_load [PARAMETER...]: load the installed module; only hnb is an H(e)NB
gate_load() {
	local ns
	modprobe trustgate "$@" || return 1
	command -v trustgate > /dev/null || {
		complain "no trustgate program: every namespace stays as the module made it"
		return 0
	}
	for ns in lan wan segw core evil; do
		in_ns $ns trustgate config set mode=off --delete-held || return 1
	done
}

gate_unload() {
	in_ns hnb trustgate config set mode=off --delete-held && rmmod trustgate
}

# --- strongSwan -----------------------------------------------------------------------

# test_plugin NAME...: those of tests/plugins become charon's to load
test_plugin() {
	local name dir=/usr/libexec/trustgate-tests/plugins
	for name; do
		[ -e "$dir/libstrongswan-$name.so" ] ||
			{ complain "no plugin $name: tests/plugins built none"; return 1; }
		ln -sf "$dir/libstrongswan-$name.so" /usr/lib/ipsec/plugins/
	done
}

# charon_conf hnb|segw: its configuration, under $TG_RUN
charon_conf() {
	local who=$1 d=$TG_RUN/$1 load more='' trustgate='' id4 id6 socket gate
	id4=192.0.2.1 id6=2001:db8:1::1
	load='random nonce openssl pem pkcs1 pkcs8 pkcs12 x509 pubkey revocation constraints kdf hmac sha1 sha2 aes gcm'	# no af-alg: it loads every cipher module there is
	case $who in
	hnb)	load="$load tpm $HNB_PLUGINS" gate=${HNB_GATE:-required}
		socket=/run/trustgate/plugin.sock
		more='tpm { use_rng = no }' trustgate=1 ;;
	# The far end, which most tests leave without a gate.
	segw)	load="$load $SEGW_PLUGINS" gate=${SEGW_GATE:-absent-ok}
		socket=$d/plugin.sock
		[ "$SEGW_TRUSTGATE" = 0 ] || trustgate=1 ;;
	esac
	load="$load kernel-netlink socket-default vici updown"
	if [ "$SAVE_KEYS" = 1 ]; then
		test_plugin save-keys || return 1
		rm -rf "$d/keys"
		mkdir -p "$d/keys"
		load="$load save-keys"
		more="$more
		save-keys { load = yes
			ike = yes
			esp = yes
			wireshark_keys = $d/keys }"
	fi
	if [ -n "$trustgate" ] && [ -e /usr/lib/ipsec/plugins/libstrongswan-trustgate.so ]; then
		load="$load trustgate"
		more="$more
		trustgate { socket = $socket
			gate = $gate }"
	fi
	rm -rf "$d/swanctl"
	mkdir -p "$d/swanctl/x509" "$d/swanctl/x509ca" "$d/swanctl/private" "${socket%/*}"
	cat > "$d/strongswan.conf" <<-E
	charon-systemd {
		load = $load
		threads = 8
		install_virtual_ip = yes
		follow_redirects = no
		multiple_authentication = yes
		retransmit_tries = 3
		replay_window = ${REPLAY_WINDOW:-32}
		retransmit_timeout = $([ "$SAVE_KEYS" = 1 ] && echo 60 || echo 2)
		journal {
			default = -1
		}
		filelog {
			log {
				path = $d/log
				default = ${CHARON_LOG:-1}
				time_format = %s
				flush_line = yes
			}
		}
		plugins {
			vici {
				socket = unix://$d/vici
			}
			$more
		}
	}
	swanctl {
		load = pem pkcs1 pkcs8 x509 openssl random nonce
		socket = unix://$d/vici
	}
	E
	[ "$TG_OUTER" != v6 ] || id4=2001:db8:1::1
	case $who in
	hnb)
		cp "$PKI/hnb.crt" "$d/swanctl/x509/"
		cp "$PKI/oproot.crt" "$PKI/vca.crt" "$d/swanctl/x509ca/"
		cat > "$d/swanctl/swanctl.conf" <<-E
		connections {
			segw {
				version = 2
				local_addrs = ${id4%1}2
				remote_addrs = $id4
				vips = 0.0.0.0, ::
				proposals = $PROPOSALS
				mobike = no
				unique = never
				fragmentation = yes
				rekey_time = $IKE_REKEY
				$HNB_CONNECTION
				local {
					auth = pubkey
					certs = hnb.crt
					id = $HNB_NAME
				}
				remote {
					auth = pubkey
					id = $SEGW_NAME
					cacerts = oproot.crt
					revocation = relaxed
				}
				children {
					$TG_CHILD {
						local_ts = dynamic, 10.10.0.0/24, fd10::/64
						remote_ts = 10.99.0.0/24, fd99::/64
						esp_proposals = $ESP_PROPOSALS
						start_action = $START_ACTION
						rekey_time = $CHILD_REKEY
						$HNB_CHILD
					}
				}
			}
			# Below every policy of an SA: without an SA nothing leaves in clear.
			shunt {
				children {
					core {
						mode = drop
						start_action = trap
						local_ts = 10.10.0.0/24, 10.50.0.0/24, fd10::/64, fd50::/112
						remote_ts = 10.99.0.0/24, fd99::/64
					}
				}
			}
		}
		secrets {
			tokenhnb {
				handle = 81010004
			}
		}
		E
		;;
	segw)
		cp "$PKI/$SEGW_CERT.crt" "$d/swanctl/x509/"
		cp "$PKI/$SEGW_CERT.key" "$d/swanctl/private/"
		cp "$PKI/opca.crt" "$PKI/vroot.crt" "$d/swanctl/x509ca/"
		cat > "$d/swanctl/swanctl.conf" <<-E
		connections {
			hnb {
				version = 2
				local_addrs = 192.0.2.1, $id6
				pools = p4, p6
				proposals = $PROPOSALS
				mobike = no
				unique = replace
				fragmentation = yes
				rekey_time = 0
				$SEGW_CONNECTION
				local {
					auth = pubkey
					certs = $SEGW_CERT.crt
					id = $(case $SEGW_CERT in segw2) echo "$SEGW2_NAME" ;; *) echo "$SEGW_NAME" ;; esac)
				}
				remote {
					auth = pubkey
					cacerts = vroot.crt
					revocation = relaxed
				}
				children {
					core {
						local_ts = 10.99.0.0/24, fd99::/64
						remote_ts = dynamic, 10.10.0.0/24, fd10::/64
						esp_proposals = $ESP_PROPOSALS
						rekey_time = 0
						$SEGW_CHILD
					}
				}
			}
		}
		pools {
			p4 {
				addrs = 10.50.0.0/24
			}
			p6 {
				addrs = fd50::/112
			}
		}
		E
		;;
	esac
	case $who in
	hnb)	printf '%s\n' "$HNB_SWANCTL" >> "$d/swanctl/swanctl.conf"
		printf 'charon-systemd {\n%s\n}\n' "$HNB_STRONGSWAN" >> "$d/strongswan.conf" ;;
	segw)	printf '%s\n' "$SEGW_SWANCTL" >> "$d/swanctl/swanctl.conf"
		printf 'charon-systemd {\n%s\n}\n' "$SEGW_STRONGSWAN" >> "$d/strongswan.conf" ;;
	esac
}
TG_OUTER=v4 TG_CHILD=core

# swan NS COMMAND...: swanctl, talking to the charon of that namespace
swan() {
	local who=$1
	shift
	STRONGSWAN_CONF=$TG_RUN/$who/strongswan.conf SWANCTL_DIR=$TG_RUN/$who/swanctl swanctl "$@"
}

# not_loaded WHO: which plugins of its configuration charon left out. It runs without them, and a
# test of what a plugin does would try nothing.
not_loaded() {
	local loaded wanted name
	wanted=$(sed -n '/^load = /{s///p;q}' "$TG_RUN/$1/strongswan.conf")
	[ -n "$wanted" ] || { echo "any by name: no load = line"; return; }
	loaded=$(swan "$1" --stats | sed -n 's/^loaded plugins: //p')
	[ -e /dev/tpmrm0 ] || loaded="$loaded tpm"	# which needs one
	for name in $wanted; do
		case " $loaded " in *" $name "*) ;; *) echo "$name" ;; esac
	done
}

# charon_start NS: start it and load what charon_conf wrote; it initiates nothing
charon_start() {
	local names d=$TG_RUN/$1
	[ -e "$d/strongswan.conf" ] || charon_conf "$1"
	rm -f "$d/vici"
	STRONGSWAN_CONF=$d/strongswan.conf nsenter "--net=/run/netns/$1" -- \
		/usr/sbin/charon-systemd > "$d/out" 2>&1 < /dev/null &
	echo $! > "$TG_RUN/pids/charon-$1"
	wait_for 30 test -S "$d/vici" || { complain "charon of $1 does not start"; tail "$d/out" "$d/log" >&2; return 1; }
	swan "$1" --load-all --noprompt > "$d/load" 2>&1 ||
		{ complain "charon of $1 loads nothing:"; cat "$d/load" >&2; return 1; }
	names=$(not_loaded "$1")
	[ -z "$names" ] || { complain "charon of $1 did not load" $names; return 1; }
}

charon_stop() { tg_end "charon-$1" TERM; }
charon_kill() { tg_end "charon-$1" KILL; }
charon_log() { cat "$TG_RUN/$1/log"; }

# --- the agent -------------------------------------------------------------------------

# A machine without firmware, as User-Mode Linux, measures nothing, which proves nothing: PCR
# 0 gets what a firmware would have measured. Once a boot.
firmware_measures() {
	tpm2_pcrread sha256:0,1,2,3,4,5,6,7 | grep -q '0x.*[1-9A-F]' ||
		tpm2_pcrextend "0:sha256=$(printf 'the firmware' | sha256sum | cut -d' ' -f1)"
}

# agent_policy [PCR]...: reference policy with the present values of the PCRs
agent_policy() {
	mkdir -p /run/trustgate/hnb
	firmware_measures || { complain "the TPM can't be measured into"; return 1; }
	tpm2_pcrread "sha256:$(echo "$*" | tr ' ' ,)" | {
		echo 'policy 1'
		echo 'name test'
		sed -n 's/^ *\([0-9][0-9]*\) *: 0x\([0-9A-Fa-f]\{64\}\)$/pcr \1 \2/p' | tr A-F a-f
	} > /run/trustgate/hnb/reference.policy
	[ "$(grep -c ^pcr /run/trustgate/hnb/reference.policy)" = $# ] ||
		{ complain "the TPM's PCRs can't be read"; return 1; }
}

# What a test may set before agent_conf: lines of a section, with newlines.
: "${AGENT_AGENT:=}" "${AGENT_CHARON:=}" "${AGENT_PEER:=}" "${AGENT_GATE:=}" "${AGENT_OCSP:=}"
: "${AGENT_CLOCK:=}" "${AGENT_TRE:=}" "${AGENT_PCRS:=0 1 2 3 4 5 6 7}" "${AGENT_INTEGRITY:=}"

# agent_conf: write the agent's configuration, and a policy if there is none
agent_conf() {
	mkdir -p /run/trustgate/hnb
	# shellcheck disable=SC2086  # a list
	[ -e /run/trustgate/hnb/reference.policy ] || agent_policy $AGENT_PCRS || return 1
	cat > /run/trustgate/hnb/trustgated.conf <<-E
	[agent]
	$AGENT_AGENT
	[charon]
	vici = $TG_RUN/hnb/vici
	ike = segw
	child = $TG_CHILD
	$AGENT_CHARON
	[peer]
	name = $SEGW_NAME
	anchor = $PKI/oproot.crt
	$AGENT_PEER
	[gate]
	$AGENT_GATE
	[ocsp]
	uri = ${AGENT_OCSP_URI:-$OCSP_URL/opca}
	revoked = ${AGENT_REVOKED:=/run/trustgate/hnb/revoked}
	$AGENT_OCSP
	[clock]
	state = /run/trustgate/hnb/clock
	$AGENT_CLOCK
	[tre]
	pcrs = $(echo "$AGENT_PCRS" | tr ' ' ,)
	policy = /run/trustgate/hnb/reference.policy
	$AGENT_TRE
	[integrity]
	$AGENT_INTEGRITY
	E
}

agent_start() {
	[ -e /run/trustgate/hnb/trustgated.conf ] || agent_conf
	# Emptied before the agent runs, so that nothing of an earlier one is waited for; and
	# appended to, so that a test may empty it while it does.
	: > "$TG_RUN/agent.log"
	# As the unit does before it starts the agent.
	in_ns hnb /usr/sbin/trustgated -c /run/trustgate/hnb/trustgated.conf --set-gate > /dev/null 2>&1
	nsenter --net=/run/netns/hnb -- /usr/sbin/trustgated \
		-c /run/trustgate/hnb/trustgated.conf >> "$TG_RUN/agent.log" 2>&1 < /dev/null &
	echo $! > "$TG_RUN/pids/agent"
}

agent_stop() { tg_end agent TERM; }
agent_kill() { tg_end agent KILL; }

# --- the tunnel ------------------------------------------------------------------------

# One with keys: of each attempt, refused or not, there is an SPI for a while.
sa_present() {
	ip -n hnb xfrm state | grep -qE '^[[:space:]]+(enc|auth-trunc|auth|aead) '
}

# tunnel_up [--outer v4|v6] [--child NAME]: both charons, the agent if there is one,
# and the CHILD_SA, initiated by the agent or, with AGENT=0, by us
tunnel_up() {
	while [ $# -gt 0 ]; do
		case $1 in
		--outer) TG_OUTER=$2; shift ;;
		--child) TG_CHILD=$2; shift ;;
		*) complain "tunnel_up: $1?"; return 64 ;;
		esac
		shift
	done
	charon_conf segw
	charon_conf hnb
	# At the same time: most of it is waiting.
	(trap - EXIT; charon_start segw) &
	tg_segw=$!
	charon_start hnb || return 1
	wait $tg_segw || return 1
	if [ "$AGENT" != 0 ]; then
		agent_start || return 1
	else
		tunnel_initiate || return 1
	fi
	wait_for 30 sa_present || {
		complain "no SA; hnb's charon says:"
		tail -n 20 "$TG_RUN/hnb/log" >&2
		[ "$AGENT" = 0 ] || { complain "its agent:"; tail -n 20 "$TG_RUN/agent.log" >&2; }
		return 1
	}
}

# initiate CHILD SECONDS: as an operator would by hand, once more if the TPM's signature
# was not readable: see "What charon gets wrong" in Documentation/tre.rst
initiate() {
	tg_unread=$(tg_unreadable)
	swan hnb --initiate --child "$1" --timeout "$2" > "$TG_RUN/hnb/initiate" 2>&1 && return
	[ "$(tg_unreadable)" -gt "$tg_unread" ] || return
	swan hnb --initiate --child "$1" --timeout "$2" > "$TG_RUN/hnb/initiate" 2>&1
}
tg_unreadable() { cat "$TG_RUN/segw/log" 2> /dev/null | grep -c 'signature validation failed'; }

tunnel_initiate() {
	initiate "$TG_CHILD" 30 || {
		complain "no tunnel:"
		tail -n 20 "$TG_RUN/hnb/initiate" >&2
		return 1
	}
}

tunnel_down() {
	agent_stop
	charon_stop hnb
	charon_stop segw
}

# vip v4|v6: hnb's inner address
vip() {
	case $1 in
	v4) ip -n hnb -o -4 addr show | sed -n 's/.* \(10\.50\.[0-9.]*\)\/.*/\1/p' ;;
	v6) ip -n hnb -o -6 addr show | sed -n 's/.* \(fd50:[0-9a-f:]*\)\/.*/\1/p' ;;
	esac
}

# --- OCSP -------------------------------------------------------------------------------

# ocsp_start [NS]: a responder there: in core, behind the tunnel, or in wan
ocsp_start() {
	local ns=${1:-core} d
	d=$(ocsp_dir "$ns")
	mkdir -p "$d"
	: > "$d/requests"
	[ -e "$d/mode" ] || echo good > "$d/mode"
	rm -f "$d/ready"
	# Not by in_ns: the process ID is to be the responder's.
	nsenter "--net=/run/netns/$ns" -- python3 "$TG_LIB/ocsp-responder.py" "$PKI" "$d" \
		> "$d/log" 2>&1 < /dev/null &
	echo $! > "$TG_RUN/pids/${d##*/}"
	wait_for 20 test -e "$d/ready" || { complain "no OCSP responder"; cat "$d/log" >&2; return 1; }
}

# ocsp_dir NS: the state of the responder there
ocsp_dir() {
	case $1 in core) echo "$TG_RUN/ocsp" ;; *) echo "$TG_RUN/ocsp-$1" ;; esac
}

ocsp_stop() { tg_end ocsp TERM; }
ocsp_kill() { tg_end ocsp KILL; }

# ocsp_mode MODE [ARG]: how it answers from now on; see ocsp-responder.py
ocsp_mode() {
	ocsp_mode_of core "$@"
}

# ocsp_mode_of NS MODE [ARG]: likewise the one there
ocsp_mode_of() {
	local d
	d=$(ocsp_dir "$1")
	shift
	mkdir -p "$d"
	echo "$*" > "$d/mode.new"
	mv "$d/mode.new" "$d/mode"
}

# ocsp_mode_ca NS CA [MODE [ARG]]: likewise, for requests about what CA issued; nothing:
# as for all others
ocsp_mode_ca() {
	local d
	d=$(ocsp_dir "$1")/mode-$2
	shift 2
	[ $# != 0 ] || { rm -f "$d"; return; }
	echo "$*" > "$d.new"
	mv "$d.new" "$d"
}

# ocsp_make OUT [NAME [OPTION...]]: a response without nonce about NAME (the SeGW's
# certificate), for IKE; signed by the CA itself with -resp_no_certs if OPTION has it
ocsp_make() {
	local out=$1 name=${2:-$SEGW_CERT} signer=${OCSP_SIGNER:-ocsp}
	shift
	[ $# = 0 ] || shift
	openssl ocsp -sha256 -issuer "$PKI/opca.crt" -cert "$PKI/$name.crt" -no_nonce \
		-reqout "$TG_RUN/ocsp/make.req" > /dev/null 2>&1 &&
	openssl ocsp -index "$PKI/opca.db/index.txt" -CA "$PKI/opca.crt" \
		-rsigner "$PKI/$signer.crt" -rkey "$PKI/$signer.key" \
		-reqin "$TG_RUN/ocsp/make.req" -respout "$out" -nmin 60 "$@" > /dev/null 2>&1
}

# segw_agent_start: an agent for the SeGW that allows all (with SEGW_TRUSTGATE=1)
segw_agent_start() {
	local d=$TG_RUN/staple
	rm -rf "$d"
	mkdir -p "$d" "$TG_RUN/segw"
	openssl x509 -in "$PKI/$SEGW_CERT.crt" -outform DER -out "$d/cert"
	nsenter --net=/run/netns/segw -- python3 "$TG_LIB/segw-agent.py" \
		"$TG_RUN/segw/plugin.sock" "$d/cert" "$d" > "$d/log" 2>&1 < /dev/null &
	echo $! > "$TG_RUN/pids/segw-agent"
}

# staple [FILE...]: what the SeGW sends in IKE from now on; nothing: nothing. All of
# it at once: an exchange on its way is not to meet what is between the two.
staple() {
	local d=$TG_RUN/staple set f n=0
	set=$(mktemp -d "$d/set.XXXXXX")
	for f; do
		n=$((n + 1))
		cp "$f" "$set/$n.der"
	done
	ln -s "${set##*/}" "$d/next"
	mv -T "$d/next" "$d/now"
	# It looks ten times a second; without a charon there is nobody to tell.
	wait_for 2 grep -qsx "${set##*/}" "$d/seen"
	sleep 0.2
}

# clock_synced yes|no: what the kernel says of its clock, as an NTP client would set it
clock_synced() {
	python3 - "$1" <<-'X'
	import ctypes, struct, sys
	t = ctypes.create_string_buffer(208)
	status = 0 if sys.argv[1] == "yes" else 0x40
	struct.pack_into("=I", t, 0, 0x0010 | 0x0004 | 0x0008)	# status, maxerror, esterror
	struct.pack_into("=I", t, 40, status)
	sys.exit(ctypes.CDLL(None).adjtimex(t) < 0)
	X
}

# ocsp_requests: how many it was sent so far
ocsp_requests() {
	wc -l < "$TG_RUN/ocsp/requests"
}

segw_revoke() { pki_revoke opca "${1:-$SEGW_CERT}" && pki_crl opca; }
segw_unrevoke() { pki_unrevoke opca "${1:-$SEGW_CERT}" && pki_crl opca; }
hnb_revoke() { pki_revoke vca hnb && pki_crl vca; }
hnb_unrevoke() { pki_unrevoke vca hnb && pki_crl vca; }

# --- traffic ------------------------------------------------------------------------------

traffic() {
	local ns=$1
	shift
	in_ns "$ns" python3 "$TG_LIB/traffic.py" "$@"
}

# echo_start NS: answers UDP and TCP on port 7 there
echo_start() {
	rm -f "$TG_RUN/echo-$1"
	traffic "$1" serve 7 "$TG_RUN/echo-$1" < /dev/null > /dev/null 2>&1 &
	echo $! > "$TG_RUN/pids/echo-$1"
	wait_for 20 test -e "$TG_RUN/echo-$1"
}
echo_stop() { tg_end "echo-$1" KILL; }

# ping_try NS ADDRESS [COUNT]: do all come back?
ping_try() {
	in_ns "$1" ping -n -q -c "${3:-1}" -i 0.2 -W 2 "$2" > /dev/null 2>&1
}

# udp_flow NS ADDRESS PORT COUNT [SIZE]: send; prints "sent N failed N ERRNO..."
udp_flow() {
	traffic "$1" udp "$2" "$3" "$4" "${5:-64}"
}

# tcp_try NS ADDRESS PORT [SECONDS]: does it connect? prints the errno if not
tcp_try() {
	traffic "$1" tcp "$2" "$3" "${4:-3}"
}

# raw_try NS ADDRESS PROTOCOL [COUNT]: IP packets of that protocol's number
raw_try() {
	traffic "$1" raw "$2" "$3" "${4:-1}"
}

# sctp_try NS ADDRESS [COUNT]: SCTP INIT chunks
sctp_try() {
	traffic "$1" raw "$2" 132 "${3:-1}"
}
