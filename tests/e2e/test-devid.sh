#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034,SC2015,SC2016,SC2046  # called by check; read by topology.sh;
# it can't fail; evaluated later; words
#
# Device identifiers (TR 33.899, solutions #2.x and #2.y) from end to end: a real TPM signs,
# real charons carry it, the SeGW's agent asks the AAA, which asks the repository. Over IKE
# and over TCP through the tunnel. Nobody on the way sees the IMEI, and no log has it.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
. ./flow.sh
IMEI=352099001761481
R=$TG_RUN/devid
D=$TMP/device
setup

# --- manufacture: step 1 of both, and who knows of it ------------------------------------
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

rm -rf "$R"
mkdir -p "$R/store"
chown nobody "$R/store"
echo $IMEI > "$TMP/imei"
repository_files || bail "no keys of the repository"
trustgate tre provision --dir "$TMP/box" > "$TMP/provision" 2>&1 ||
	trustgate tre provision --dir "$TMP/box" --replace ek > "$TMP/provision" 2>&1 ||
	bail "no keys: $(cat "$TMP/provision")"
check "DID-X-P1, DID-X-P2: the device key is made in the TPM, and asks for a certificate" \
	eval 'trustgate devid provision --solution x --imei "@$TMP/imei" --dir "$D" > "$TMP/out" 2>&1'
leaf devca device '' "$D/device.csr" || bail "no device certificate"
check "DID-X-P1, DID-X-P5: which names nobody, and is taken" \
	eval 'trustgate devid provision --solution x --cert "$R/device.crt" --dir "$D" > "$TMP/out" 2>&1'
service serve
service aaa
check "DID-X-P3: the maker publishes the binding of x" maker publish --cert "$R/device.crt"
check "DID-Y-P1, DID-Y-P3: and that of y, by the same key" maker publish --public-key "$D/device.pub"

# --- what both ends are told -----------------------------------------------------------------
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

# --- x over IKE -----------------------------------------------------------------------------------
segw_devid 'solution = x'
hnb_devid 'solution = x, y
after = authenticated'
flow_up devid-x
check "DID-00, DID-X-09: x over IKE: the SeGW authenticates the device identifier" segw_says 60 "$GOOD"
note "$(grep 'decision=devid ' "$SEGW_LOG")"
flow_end devid-x
walk devid-x "$OUT/devid-x.pcap" "$TG_RUN/hnb/keys" $(names)
check "DID-X-04: the TPM signed it" grep -q 'decision=devid-proof ' "$AGENT_LOG"
check "DID-X-06/07/08: the AAA was asked, and had it from the repository" \
	grep -q 'solution=x imei=[0-9a-f]\{16\} result=good' "$SEGW_LOG"
check "DID-X-05, PRIV-02: nobody on the way sees the IMEI, and no log has it" unseen "$OUT/devid-x.pcap"
check "DID-X-09: both gates open" opens 60
check "DID-X-07a: the binding is withdrawn" maker withdraw --solution x
: > "$SEGW_LOG"
check "DID-X-07: it is asked once more" eval \
	'wait_for 60 segw_in open && segw_tg devid ask > "$TMP/out" 2>&1 || why "$(cat "$TMP/out")"'
check "DID-X-07a, FFS-10: the next check fails" segw_says 60 'decision=devid .*result=bad rule=binding'
check "DID-X-09: with on_bad = log user data passes all the same" wait_for 30 both_pass

# --- y over IKE, before and after the gate is open ------------------------------------------------
ocsp_mode silent
segw_devid 'solution = y
after = authenticated
on_bad = close'
hnb_devid 'solution = y'
flow_up devid-y
check "DID-X-02, DID-Y-02: asked before its gate is open, the device does not answer" \
	agent_says 60 'decision=devid-unanswered .*rule=devid.early'
check "DID-X-02, DID-Y-02: and counts it" [ "$(counter early)" -ge 1 ]
check "DID-Y-02: nothing was signed" eval 'not grep -q devid-proof "$AGENT_LOG" && [ "$(counter proven)" = 0 ]'
ocsp_mode good
tg recheck > /dev/null 2>&1
check "DID-Y-02: then its gate opens" opens 60
check "DID-Y-09: y over IKE: and the SeGW authenticates the device identifier" segw_says 60 "$GOOD"
flow_end devid-early
check "DID-Y-05, PRIV-02: nobody sees the IMEI, and no log has it" unseen "$OUT/devid-early.pcap"
wait_for 60 segw_in open || bail "the SeGW's gate does not open"
capture_start wan hnb || bail "no capture"
: > "$SEGW_LOG"
segw_tg devid ask > "$TMP/out" 2>&1 || note "$(cat "$TMP/out")"
check "DID-Y-03: asked once more, it answers" segw_says 60 "$GOOD"
flow_end devid-y
# last WHO: the number of its latest request
last() { sed -n 's/.*generating INFORMATIONAL request \([0-9]*\) .*/\1/p' "$TG_RUN/$1/log" | tail -n 1; }
walk devid-y "$OUT/devid-y.pcap" "$TG_RUN/hnb/keys" -D HENB=192.0.2.2 \
	-D "ASKED=$(last segw)" -D "PROVEN=$(last hnb)"
check "DID-Y-P3: the binding of y is withdrawn" maker withdraw --solution y
segw_tg devid ask > "$TMP/out" 2>&1 || note "$(cat "$TMP/out")"
check "DID-Y-07a: the next check fails" segw_says 60 'decision=devid .*result=bad rule=binding'
check "DID-Y-09: on_bad = close: the gate closes for good" wait_for 30 segw_in rejected
check "DID-Y-09: and no user data passes" blocked lan $CORE4

# --- x over TCP, through the tunnel ---------------------------------------------------------------
maker publish --replace --cert "$R/device.crt" || bail "x is not published: $WHY"
segw_devid 'solution = x
transport = tcp
listen = 10.99.0.1:48322'
hnb_devid 'solution = x
transport = tcp
verifier = 10.99.0.1:48322'
flow_up devid-tcp
check "FFS-21, DID-X-09: x over TCP: the SeGW authenticates the device identifier" segw_says 90 "$GOOD"
flow_end devid-tcp
walk devid-tcp "$OUT/devid-tcp.pcap" "$TG_RUN/hnb/keys" $(names)
check "DID-X-05, PRIV-02: nobody on the way sees the IMEI, and no log has it" unseen "$OUT/devid-tcp.pcap"
flow_down
finish
