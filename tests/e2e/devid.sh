# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154,SC2317	# settings of the bench; from lib.sh; called by check
#
# What the test and the demo of device identifiers share: a maker with a CA, a repository and
# an AAA in the SeGW's network, and the configurations of both ends. Sourced after flow.sh.

IMEI=352099001761481
R=$TG_RUN/devid
D=$TMP/device

ec_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1" 2> /dev/null; }
root() { # NAME
	ec_key "$R/$1.key" && openssl req -x509 -new -key "$R/$1.key" -subj "/CN=$1" -days 30 \
		-addext keyUsage=critical,keyCertSign,cRLSign -out "$R/$1.crt" 2> /dev/null
}
leaf() { # CA NAME EXTENSIONS [REQUEST]
	printf 'basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\n%b' "$3" > "$R/ext"
	[ "${4-}" ] || { ec_key "$R/$2.key" && openssl req -new -key "$R/$2.key" -subj "/CN=$2" \
		-out "$R/$2.csr" 2> /dev/null; } || return
	openssl x509 -req -in "${4:-$R/$2.csr}" -CA "$R/$1.crt" -CAkey "$R/$1.key" -days 30 \
		-extfile "$R/ext" -out "$R/$2.crt" 2> /dev/null
}
# devca_crl [CERTIFICATE]: the next list of the device's CA, where the SeGW has it; and it is on it
devca_crl() {
	local ca=(openssl ca -config "$R/devca.cnf" -cert "$R/devca.crt" -keyfile "$R/devca.key")
	[ -e "$R/devca.number" ] || { : > "$R/devca.index"; echo 01 > "$R/devca.number"; }
	cat > "$R/devca.cnf" <<-X
	[ca]
	default_ca = devca
	[devca]
	database = $R/devca.index
	crlnumber = $R/devca.number
	default_md = sha256
	default_crl_days = 30
	crl_extensions = list
	[list]
	authorityKeyIdentifier = keyid
	X
	{ [ $# = 0 ] || "${ca[@]}" -revoke "$1"; } > "$R/devca.out" 2>&1 &&
		"${ca[@]}" -gencrl -out "$R/devca.next" >> "$R/devca.out" 2>&1 &&
		mv "$R/devca.next" "$R/devca.crl" || why "$(cat "$R/devca.out")"
}
repository_files() {
	root tlsca && root devca &&
	leaf tlsca repository 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth' &&
	leaf tlsca maker 'subjectAltName=DNS:maker.test\nextendedKeyUsage=clientAuth' &&
	leaf tlsca operator 'subjectAltName=DNS:operator.test\nextendedKeyUsage=clientAuth' &&
	ec_key "$R/sign.key" && openssl pkey -in "$R/sign.key" -pubout -out "$R/sign.pub" 2> /dev/null || return
	cat > "$R/devid.conf" <<-X
	[repository]
	listen = 127.0.0.1:8443
	tls-cert = $R/repository.crt
	tls-key = $R/repository.key
	client-ca = $R/tlsca.crt
	store = $R/store/bindings.db
	store-key = $R/store.key
	signing-key = $R/sign.key
	user = nobody
	[client maker]
	name = maker.test
	publish = 35209900
	withdraw = 35209900
	[client operator]
	name = operator.test
	query = 35209900
	[aaa]
	socket = $R/aaa.sock
	url = https://localhost:8443
	ca = $R/tlsca.crt
	tls-cert = $R/operator.crt
	tls-key = $R/operator.key
	repository-key = $R/sign.pub
	user = nobody
	X
}
# service NAME: in the SeGW's network
service() {
	rm -f "$R/$1.log"	# an earlier one was ready as well
	nsenter --net=/run/netns/segw -- trustgate devid "$1" --config "$R/devid.conf" \
		> "$R/$1.log" 2>&1 < /dev/null &
	echo $! > "$TG_RUN/pids/devid-$1"
	wait_for 30 grep -q 'ready' "$R/$1.log" || bail "no $1: $(cat "$R/$1.log")"
}
maker() { # VERB ARGUMENT...
	in_ns segw trustgate devid "$1" --url https://localhost:8443 --ca "$R/tlsca.crt" \
		--tls-cert "$R/maker.crt" --tls-key "$R/maker.key" --repository-key "$R/sign.pub" \
		--imei "@$TMP/imei" "${@:2}" > "$TMP/maker" 2>&1 || why "$(cat "$TMP/maker")"
}

# devid_prepare: all that is there before a device is
devid_prepare() {
	rm -rf "$R"
	mkdir -p "$R/store"
	chown nobody "$R/store"
	echo $IMEI > "$TMP/imei"
	repository_files || bail "no keys of the repository"
	trustgate tre provision --dir "$TMP/box" > "$TMP/provision" 2>&1 ||
		trustgate tre provision --dir "$TMP/box" --replace ek > "$TMP/provision" 2>&1 ||
		bail "no keys: $(cat "$TMP/provision")"
}

segw_devid() {
	SEGW_MORE="[devid]
$1
aaa = $R/aaa.sock
ca = $R/devca.crt"
}
hnb_devid() {
	AGENT_INTEGRITY="[devid]
$1"
	rm -f /run/trustgate/hnb/trustgated.conf
}
GOOD='decision=devid .*result=good rule=proof.good'
# devid_up FLOW: up, and the SeGW has had an answer; once more where its question was lost, which
# the bench does not repeat, as then another is on the wire
devid_up() {
	local _
	for _ in 1 2 3; do
		flow_up "$1"
		segw_says 60 'decision=devid'
		asked_again || return 0
		capture_stop wan hnb
	done
}
asked_again() { grep -aq decision=devid-again "$SEGW_LOG"; }
# counter NAME: of the H(e)NB's agent
counter() {
	in_ns hnb python3 - "$1" <<-'X'
	import json, socket, sys
	s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
	s.connect("/run/trustgate/control.sock")
	s.send(b'{"verb": "status"}')
	print(json.loads(s.recv(1 << 18))["devid"][sys.argv[1]])
	X
}
# unseen CAPTURE: neither the digits nor their BCD, in either order of the nibbles, is in the
# capture or in what anybody wrote
unseen() {
	python3 - "$IMEI" "$1" "$AGENT_LOG" "$SEGW_LOG" "$TG_RUN/hnb/log" "$TG_RUN/segw/log" \
		"$R/serve.log" "$R/aaa.log" <<-'X'
	import sys
	d = sys.argv[1]
	swap = lambda s: "".join(b + a for a, b in zip(s[::2], s[1::2]))
	forms = [d.encode(), bytes.fromhex(d[:14]), bytes.fromhex(swap(d[:14])), d[:14].encode("utf-16-le")]
	found = [n for n in sys.argv[2:] if any(f in open(n, "rb").read() for f in forms)]
	print("# it is in", found) if found else None
	sys.exit(bool(found))
	X
}
