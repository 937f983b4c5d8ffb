# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2120	# read by topology.sh; called with arguments by tests
# shellcheck disable=SC3043	# local: dash and busybox have it
#
# The second round of flow F3: a USIM in software at the H(e)NB, and in core an AAA server
# (hostapd's) with its HLR, to which the SeGW speaks RADIUS through a proxy that writes down
# what passes. Sourced after topology.sh, of which it sets what charon_conf adds.
#
#	aka_set && aka_start && tunnel_up

AKA_REALM=nai.epc.mnc001.mcc001.3gppnetwork.org
AKA_K=465b5ce8b199b49faa5f0a2ee238a6bc AKA_OPC=cd63cb71954a9f4e48a5994e37a02baf
AKA_D=$TG_RUN/aka

# aka_nai N: the identity of the N-th hosting party, with the USIM's IMSI
aka_nai() { echo "000101000000000$1@$AKA_REALM"; }

# aka_second [N [METHOD SECRET]]: the H(e)NB's second round, of the N-th hosting party
aka_second() {
	local nai
	nai=$(aka_nai "${1:-1}")
	HNB_CONNECTION="local-hp {
		round = 2
		auth = ${2:-eap-aka}
		id = $nai
	}"
	HNB_SWANCTL="secrets {
		eap-usim {
			id = $nai
			secret = ${3:-0x$AKA_K$AKA_OPC}
		}
	}"
}

# aka_set: both rounds at both ends
aka_set() {
	HNB_PLUGINS='md5 fips-prf eap-aka eap-aka-3gpp eap-md5'
	SEGW_PLUGINS='md5 eap-radius'
	aka_second
	# The agent finds old IKE SAs: charon would by the EAP identity.
	SEGW_CONNECTION="unique = never
	remote-hp {
		round = 2
		auth = eap-radius
		id = *@$AKA_REALM
	}"
	SEGW_STRONGSWAN="plugins {
		eap-radius {
			eap_start = yes
			retransmit_timeout = 60
			servers {
				aaa {
					address = 10.99.0.2
					secret = testing
				}
			}
		}
	}"
	test_plugin eap-aka-3gpp
}

# aka_start: HLR, AAA server and proxy in core
aka_start() {
	local n
	rm -rf "$AKA_D"
	mkdir -p "$AKA_D"
	aka_mode good
	aka_aaa good
	: > "$AKA_D/log"
	for n in 1 2; do echo "00101000000000$n $AKA_K $AKA_OPC"; done > "$AKA_D/subscribers"
	echo '127.0.0.1/32 testing' > "$AKA_D/clients"
	# The third has no USIM, only a password: a method that makes no key.
	printf '"%s" MD5 "testing"\n"0"* AKA\n' "$(aka_nai 3)" > "$AKA_D/users"
	cat > "$AKA_D/hostapd.conf" <<-E
	interface=aaa
	driver=none
	logger_stdout=-1
	logger_stdout_level=1
	eap_server=1
	eap_user_file=$AKA_D/users
	eap_sim_db=unix:$AKA_D/hlr.sock
	eap_sim_db_timeout=60
	eap_sim_id=0
	radius_server_clients=$AKA_D/clients
	radius_server_auth_port=18120
	E
	rm -f "$AKA_D/hlr.sock"
	nsenter --net=/run/netns/core -- python3 "$TG_LIB/hlr.py" "$AKA_D/hlr.sock" \
		"$AKA_D/subscribers" "$AKA_D/hlr.log" "$AKA_D/mode" \
		> "$AKA_D/hlr.out" 2>&1 < /dev/null &
	echo $! > "$TG_RUN/pids/hlr"
	wait_for 20 test -S "$AKA_D/hlr.sock" || { complain "no HLR"; cat "$AKA_D/hlr.out" >&2; return 1; }
	nsenter --net=/run/netns/core -- hostapd "$AKA_D/hostapd.conf" \
		> "$AKA_D/hostapd.out" 2>&1 < /dev/null &
	echo $! > "$TG_RUN/pids/hostapd"
	nsenter --net=/run/netns/core -- python3 "$TG_LIB/radius.py" 10.99.0.2:1812 \
		127.0.0.1:18120 testing "$AKA_D/log" "$AKA_D/aaa" \
		> "$AKA_D/radius.out" 2>&1 < /dev/null &
	echo $! > "$TG_RUN/pids/radius"
	wait_for 20 aka_ready || {
		complain "no AAA server"
		cat "$AKA_D/hostapd.out" "$AKA_D/radius.out" >&2
		return 1
	}
}

aka_ready() {
	[ "$(in_ns core ss -Hlun | grep -cE ':(1812|18120) ')" = 2 ]
}

# aka_mode MODE / aka_aaa MODE: how the HLR answers from now on, and the AAA server; see
# hlr.py and radius.py
aka_mode() { echo "$*" > "$AKA_D/mode.new" && mv "$AKA_D/mode.new" "$AKA_D/mode"; }
aka_aaa() { echo "$*" > "$AKA_D/aaa.new" && mv "$AKA_D/aaa.new" "$AKA_D/aaa"; }
