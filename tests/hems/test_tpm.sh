#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by ok
#
# The client's key in a TPM (swtpm, tpm2-openssl): a mutual handshake and an Inform with
# it: TR69-09, HMS-04, TLSC-08.
cd "$(dirname "$0")" || exit 1
for c in swtpm tpm2_readpublic; do
	command -v $c > /dev/null || { echo "1..0 # SKIP $c is not installed"; exit 4; }
done
# shellcheck source=tests/hems/lib.sh
. ./lib.sh
CWMP=${TG_CWMP:-./cwmp}
PROFILE=../../policy/profiles/seed.conf
echo "TAP version 13"

# By TCP: the child that speaks to the H(e)MS may make no socket of Unix, and the library
# of a swtpm connects again for each command.
tpm_start() {
	local port
	port=$(python3 - <<- 'P'
	import socket
	while True:
	    a, b = socket.socket(), socket.socket()
	    a.bind(("127.0.0.1", 0))
	    try:
	        b.bind(("127.0.0.1", a.getsockname()[1] + 1))
	    except OSError:
	        continue
	    print(a.getsockname()[1])
	    break
	P
	)
	mkdir -p "$d/tpm"
	swtpm socket --tpm2 --tpmstate "dir=$d/tpm" --flags not-need-init,startup-clear \
		--server "type=tcp,port=$port" --ctrl "type=tcp,port=$((port + 1))" \
		--log "level=20,file=$d/tpm.log" --pid "file=$d/tpm.pid" 2> "$d/tpm.err" &
	servers+=($!)
	export TRUSTGATE_TCTI=swtpm:host=127.0.0.1,port=$port
	export TPM2OPENSSL_TCTI=$TRUSTGATE_TCTI
	until_true 60 test -s "$d/tpm.pid"
}
tpm_start || bail tpm.err
# The provider of tpm2-openssl keeps its context to the process's end.
export ASAN_OPTIONS=detect_leaks=0
signs() { grep -c -E '^ 80 0[12]( [0-9A-F]{2}){4} 00 00 01 5D' "$d/tpm.log"; }

make() {
	pki_for_hems
	"${TOOL[@]}" tre provision --identity $CPE --dir "$d/box" || return
	EKU=clientAuth extensions DNS:$CPE
	PKI_CSR=$d/box/ike.csr PKI_EXT=$d/ext pki_issue tpm vca end "/CN=$CPE"
	cat "$PKI/tpm.crt" "$PKI/vca.crt" > "$PKI/tpm.pem"
	cat "$PKI/hems.crt" "$PKI/opca.crt" > "$PKI/hems.full"
}
make > "$d/log" 2>&1
[ -s "$PKI/tpm.pem" ] || bail log

tpm=(--cert "$PKI/tpm.pem" --key tpm:0x81010004)
for v in -tls1_3 -tls1_2; do
	serve hems "${verify[@]}" $v
	before=$(signs)
	ok "TR69-09: $v: both ends show a certificate, ours with the TPM's key" \
		tls 0 revocation.off --revocation off "${tpm[@]}"
	ok "TR69-09: $v: the TPM signed for it" [ "$(signs)" -gt "$before" ]
done
ok "TR69-09: a handle that nothing is at" tls 2 tls.own.tpm --revocation off \
	--cert "$PKI/tpm.pem" --key tpm:0x81010099
ok "TR69-09: the certificate of another key" tls 2 tls.own.mismatch --revocation off \
	--cert "$PKI/cpe.pem" --key tpm:0x81010004
ok "TLSC-08: the one certificate is good for IKE, and for TLS" eval \
	'exits 0 check chain --role henb --dual-use --name $CPE --anchor "$PKI/vroot.crt" "$PKI/tpm.pem"'

python3 acs.py "$d/informs" "$PKI/hems.full" "$PKI/hems.key" "$PKI/vroot.crt" > "$d/acs.port" 2> "$d/acs.err" &
servers+=($!)
until_true 60 test -s "$d/acs.port" || bail acs.err
inform() {
	local want=$1 got=0
	"$CWMP" "https://127.0.0.1:$(cat "$d/acs.port")/acs" $HEMS "$PKI/oproot.crt" "$PROFILE" off "${@:2}" \
		> "$out" 2> "$err" || got=$?
	[ "$got" = "$want" ] || { echo "# cwmp: $got, not $want"; return 1; }
}
before=$(signs)
ok "TR69-09: an Inform over TLS with the TPM's key is answered" eval \
	'inform 0 "$PKI/tpm.pem" tpm:0x81010004 && says "^InformResponse"'
ok "TR69-09: and the TPM signed for it" [ "$(signs)" -gt "$before" ]
ok "TR69-01: the H(e)MS had it" grep -q "^Inform 000001" "$d/informs"
ok "HMS-04: without a key there is no answer" eval '! inform 0'
finish
