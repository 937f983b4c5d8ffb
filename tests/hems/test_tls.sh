#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by ok
#
# trustgate check tls against openssl s_server, each departure alone: HMS-04, HMS-07,
# HMS-08, HMS-09, HMS-12, TLSC-01, TLSC-06, TLSC-09, TR69-02, TR69-04, TR69-06, TR69-08,
# TR69-09. Needs no module, agent or privilege.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/hems/lib.sh
. ./lib.sh
echo "TAP version 13"

make() {
	pki_for_hems
	entity wrong opca other.operator.test DNS:other.operator.test
	entity cnonly opca $HEMS
	entity cnother opca $HEMS DNS:other.operator.test
	entity nocn opca other.operator.test "DNS:$HEMS"
	entity ipsan opca 127.0.0.1 IP:127.0.0.1
	entity ipdns opca 127.0.0.1 DNS:127.0.0.1
	entity wild opca '*.operator.test' 'DNS:*.operator.test'
	PKI_FROM=-20 PKI_TO=-10 entity expired opca $HEMS DNS:$HEMS
	PKI_FROM=10 PKI_TO=20 entity early opca $HEMS DNS:$HEMS
	entity alien evilroot $HEMS DNS:$HEMS
	KU=keyAgreement entity usage opca $HEMS DNS:$HEMS
	EKU=clientAuth entity purpose opca $HEMS DNS:$HEMS
	KU=keyEncipherment entity oldrsa opca $HEMS DNS:$HEMS
	PKI_MD=sha1 entity sha1 opca $HEMS DNS:$HEMS
	EKU=clientAuth entity stranger evilroot $CPE DNS:$CPE
	entity other opca other.operator.test DNS:other.operator.test
	staple hems good.der
	staple other other.der
	cp "$d/good.der" "$d/broken.der"
	printf '\377' | dd of="$d/broken.der" bs=1 seek=200 conv=notrunc
	pki_revoke opca hems
	staple hems revoked.der
	pki_unrevoke opca hems
}
make > "$d/log" 2>&1
[ -s "$d/revoked.der" ] || bail log

off=(--revocation off)
serve hems "${verify[@]}"
ok "HMS-04: both ends show a certificate" tls 0 revocation.off "${off[@]}" "${mutual[@]}"
ok "HMS-04: and ours was shown, by TLS 1.3" says '^our\|our certificate: shown$'
ok "TR69-02: TLS 1.3 is spoken where both can" says '^TLSv1.3, '
ok "HMS-04: without a certificate of ours the H(e)MS refuses" tls 1 tls.client.required "${off[@]}"
ok "HMS-04: with one of a CA that it does not know" tls 1 tls.client.refused "${off[@]}" \
	--cert "$PKI/stranger.pem" --key "$PKI/stranger.key"
ok "TR69-09: a key that is not the certificate's" tls 2 tls.own.mismatch "${off[@]}" \
	--cert "$PKI/cpe.pem" --key "$PKI/stranger.key"
serve hems "${verify[@]}" -tls1_2
ok "TR69-02: TLS 1.2 is spoken" tls 0 revocation.off "${off[@]}" "${mutual[@]}"
ok "TR69-02: as it says" says '^TLSv1.2, '
ok "HMS-04: without a certificate TLS 1.2 refuses as well" tls 1 tls.refused "${off[@]}"
serve hems
ok "HMS-04: an H(e)MS that asks for no certificate would take anybody's" \
	tls 1 tls.client.unasked "${off[@]}" "${mutual[@]}"
ok "HMS-04: asked for its own part alone it is good" tls 0 revocation.off "${off[@]}"

# Names.
ok "HMS-07: another name than the one that was resolved" \
	eval 'NAME=hems2.operator.test tls 1 name.mismatch "${off[@]}"'
ok "HMS-07: the name is HOST, when none is given" eval 'exits 1 check tls "${off[@]}" \
	--anchor "$PKI/oproot.crt" --clock "$d/clock" "127.0.0.1:$PORT" && says "bad: name.mismatch:"'
serve wrong
ok "HMS-07: SAN wrong" tls 1 name.mismatch "${off[@]}"
serve cnother
ok "HMS-07: CN right, SAN wrong: rejected" tls 1 'name.mismatch\|profile.tls-entity.common-name' "${off[@]}"
serve cnonly
ok "HMS-07: CN right, no SAN: rejected" tls 1 'name.absent\|profile.tls-entity.*' "${off[@]}"
serve nocn
ok "TLSC-06: SAN right, CN another" tls 1 profile.tls-entity.common-name "${off[@]}"
serve wild
ok "HMS-07: a wildcard names no H(e)MS" tls 1 'name.mismatch\|profile.tls-entity.*' "${off[@]}"
serve ipsan
ok "HMS-07: an address is found in the IP SAN" eval 'NAME=127.0.0.1 tls 0 revocation.off "${off[@]}"'
ok "HMS-07: and no name is" tls 1 name.mismatch "${off[@]}"
serve ipdns
ok "HMS-07: an address in a dNSName is none" eval 'NAME=127.0.0.1 tls 1 "name.mismatch\|profile.tls-entity.*" "${off[@]}"'

# Path, profile, time.
serve alien
ok "HMS-04: a path to another root" tls 1 'path.anchor\|path.issuer\|path.none' "${off[@]}"
ok "TLSC-09: any root that the operator names will do for TLS" exits 0 check tls "${off[@]}" \
	--name $HEMS --anchor "$PKI/evilroot.crt" --clock "$d/clock" "127.0.0.1:$PORT"
serve usage
ok "TLSC-01: a key that may not sign or encipher" tls 1 profile.tls-entity.key-usage-bits "${off[@]}"
serve purpose
ok "TLSC-01: a certificate for clients alone" tls 1 profile.tls-entity.extended-key-usage "${off[@]}"
serve sha1 -cipher DEFAULT@SECLEVEL=0
ok "HMS-12: SHA-1 in a certificate, by the profile that denies it" \
	tls 1 path.digest "${off[@]}" --profile rel17
serve expired
ok "TR69-08: expired" tls 1 'path.time\|time.*\|path.expired\|path.*' "${off[@]}"
serve early
ok "TR69-08: not valid yet" tls 1 'path.*\|time.*' "${off[@]}"

# The local clock.
serve hems
ok "TR69-08: the time is as given" tls 0 revocation.off "${off[@]}" --at "@$(date +%s)"
ok "TR69-08: later than its last day: rejected" tls 1 '[a-z.-]*' "${off[@]}" --at "@$(($(date +%s) + 86400 * 400))"
saved() { printf 'trustgate-clock 1 %s\n' "$(($(date +%s) + $1))" > "$d/clock"; }
saved $((86400 * 400))
ok "TR69-08: the saved clock is later than the wall clock, and counts" tls 1 '[a-z.-]*' "${off[@]}"
saved $((-86400 * 400))
ok "TR69-08: one that is behind the wall clock moves it nowhere" tls 0 revocation.off "${off[@]}"
serve early
saved $((86400 * 15))
ok "TR69-08: not valid before the saved clock: good by it" tls 0 revocation.off "${off[@]}"
printf 'torn' > "$d/clock"
ok "TR69-08: what is no saved clock is not passed over" eval \
	'exits 64 check tls "${off[@]}" --anchor "$PKI/oproot.crt" --clock "$d/clock" "127.0.0.1:$PORT" && errors_in_form'
rm -f "$d/clock"

# The status in the handshake.
for v in -tls1_3 -tls1_2; do
	st=(--revocation staple)
	serve hems $v -status_file "$d/good.der"
	ok "HMS-09: $v: a good status, stapled" eval 'tls 0 ocsp.good "${st[@]}" && says "^status: staple"'
	ok "HMS-09: $v: off does not look at it" tls 0 revocation.off "${off[@]}"
	ok "HMS-09: $v: the same status five days later is stale" tls 2 'ocsp.*' "${st[@]}" \
		--at "@$(($(date +%s) + 86400 * 5))"
	serve hems $v -status_file "$d/revoked.der"
	ok "HMS-09: $v: revoked, stapled" tls 1 ocsp.revoked "${st[@]}"
	ok "HMS-08: $v: revoked, with any" tls 1 ocsp.revoked
	serve hems $v -status_file "$d/other.der"
	# From OpenSSL 3.6 on s_server sends none that is not of its own.
	ok "HMS-09: $v: a good status of another certificate" tls 2 'ocsp.*\|tls.staple.missing' "${st[@]}"
	serve hems $v -status_file "$d/broken.der"
	ok "HMS-09: $v: a status that nobody signed so" tls 2 'ocsp.*' "${st[@]}"
	serve hems $v
	ok "HMS-09: $v: none, where one is demanded" tls 2 tls.staple.missing "${st[@]}"
	ok "HMS-09: $v: none, with any and nobody to ask" tls 2 tls.staple.missing
done

# A responder.
mkdir "$d/ocsp"
python3 - "$PKI" "$d/ocsp" <<- 'P' > "$d/ocsp.port" &
	import http.server, subprocess, sys
	pki, state = sys.argv[1:]
	class H(http.server.BaseHTTPRequestHandler):
	    def do_POST(self):
	        req = self.rfile.read(int(self.headers["Content-Length"]))
	        open(state + "/requests", "a").write(self.path + "\n")
	        open(state + "/req", "wb").write(req)
	        extra = ["-resp_no_certs"] if self.path == "/bare" else []
	        subprocess.run(["openssl", "ocsp", "-index", pki + "/opca.db/index.txt", "-CA", pki + "/opca.crt",
	            "-rsigner", pki + "/ocsp.crt", "-rkey", pki + "/ocsp.key", "-reqin", state + "/req",
	            "-respout", state + "/resp", "-ndays", "1"] + extra, check=True, capture_output=True)
	        if self.path == "/error":
	            self.send_error(503)
	            return
	        if self.path == "/again":
	            resp = open(state + "/first", "rb").read()
	        else:
	            resp = open(state + "/resp", "rb").read()
	            open(state + "/first", "wb").write(resp)
	        self.send_response(200)
	        self.send_header("Content-Type", "application/ocsp-response")
	        self.send_header("Content-Length", str(len(resp)))
	        self.end_headers()
	        self.wfile.write(resp)
	    def log_message(self, *a): pass
	s = http.server.HTTPServer(("127.0.0.1", 0), H)
	print(s.server_address[1], flush=True)
	s.serve_forever()
P
servers+=($!)
until_true 30 test -s "$d/ocsp.port"
OCSP=http://127.0.0.1:$(cat "$d/ocsp.port")
serve hems "${verify[@]}"
ok "HMS-08: a responder says good" eval 'tls 0 ocsp.good --revocation direct --ocsp "$OCSP/" "${mutual[@]}" &&
	says "^status: direct"'
ok "HMS-08: with any it is asked when nothing is stapled" eval \
	'tls 0 ocsp.good --ocsp "$OCSP/" "${mutual[@]}" && says "^status: direct"'
ok "HMS-08: an answer to another question" tls 2 'ocsp.nonce.*' --ocsp "$OCSP/again" "${mutual[@]}"
ok "HMS-08: a responder that fails" tls 2 ocsp.http.status --ocsp "$OCSP/error" "${mutual[@]}"
ok "HMS-08: one that is not there" tls 2 ocsp.http.transfer --ocsp http://127.0.0.1:9/ "${mutual[@]}"
ok "HMS-08: a pointer to whom nobody allowed is not followed" eval \
	'tls 2 ocsp.responder.none --allow ocsp.elsewhere.test --revocation direct "${mutual[@]}"'
ok "HMS-08: direct with nobody to ask" tls 2 ocsp.responder.none --revocation direct "${mutual[@]}"
asked() { wc -l < "$d/ocsp/requests"; }
staple_asks_nobody() {
	local before
	before=$(asked)
	tls 2 tls.staple.missing --revocation staple --ocsp "$OCSP/" "${mutual[@]}" &&
		[ "$(asked)" = "$before" ]
}
ok "HMS-08: staple asks nobody" staple_asks_nobody
pki_revoke opca hems
ok "HMS-08: revoked, says the responder" tls 1 ocsp.revoked --revocation direct --ocsp "$OCSP/" "${mutual[@]}"
serve hems "${verify[@]}" -status_file "$d/good.der"
ok "HMS-09: a good staple is enough for any" tls 0 ocsp.good --ocsp "$OCSP/" "${mutual[@]}"
ok "HMS-08: direct does not take a staple's word" tls 1 ocsp.revoked --revocation direct --ocsp "$OCSP/" \
	"${mutual[@]}"
pki_unrevoke opca hems

# Versions and cipher suites.
for v in tls1 tls1_1; do
	serve hems -$v -cipher ALL:@SECLEVEL=0
	ok "TR69-02: an H(e)MS that speaks nothing later than $v is refused" tls 1 tls.version "${off[@]}"
done
serve hems -tls1_2 -cipher eNULL:@SECLEVEL=0
ok "TR69-06: an H(e)MS that offers NULL alone" tls 1 tls.refused "${off[@]}"
serve hems -tls1_2 -cipher aNULL:@SECLEVEL=0
ok "TR69-06: one that offers suites without authentication alone" tls 1 tls.refused "${off[@]}"
# RC4 is not built into Debian's libssl: who takes it answers by hand.
python3 hello.py 0x0005 > "$d/hello" 2> "$d/hello.err" &
servers+=($!)
until_true 30 test -s "$d/hello"
PORT=$(head -n 1 "$d/hello")
ok "TR69-06: one that takes RC4, which nobody offered" tls 1 tls.cipher "${off[@]}"
ok "TR69-06: neither RC4, 3DES, NULL nor EXPORT is offered" eval \
	'until_true 30 grep -q ^offered "$d/hello" && ! grep -q "^offered.*weak" "$d/hello"'
serve hems
for c in RC4-SHA ALL:@SECLEVEL=0 eNULL 3DES aNULL:@SECLEVEL=0; do
	ok "TR69-06: --ciphers $c is refused before anybody is asked" eval \
		'exits 64 check tls "${off[@]}" --anchor "$PKI/oproot.crt" --ciphers $c 127.0.0.1:1 && errors_in_form'
done
serve hems -tls1_2
ok "TR69-06: --ciphers takes a shorter list" eval 'tls 0 revocation.off "${off[@]}" \
	--ciphers ECDHE-ECDSA-AES256-GCM-SHA384 && says ECDHE-ECDSA-AES256-GCM-SHA384'

# What is no H(e)MS at all, and JSON.
ok "TR69-04: an http URL" eval 'exits 64 check tls --anchor "$PKI/oproot.crt" http://127.0.0.1/ && complains 8.3.4'
ok "TR69-03: a URL with a password in it" eval \
	'exits 64 check tls --anchor "$PKI/oproot.crt" https://cpe:secret@127.0.0.1/ && errors_in_form'
unserve
ok "HMS-04: nobody there is no verdict" tls 2 tls.connect "${off[@]}"
serve hems
kill -STOP "$server"
ok "HMS-04: one that says nothing is no verdict" tls 2 tls.handshake "${off[@]}" --timeout 1
# A child that dies says nothing either, whatever it had found.
# By the test's own directory, so that it is no other's.
ours="check tls .*--clock $d/clock "
two() { [ "$(pgrep -c -f "$ours")" = 2 ]; }
killed() {
	(until_true 30 two && pkill -KILL -n -f "$ours") &
	tls 2 tls.child "${off[@]}"
}
ok "HMS-04: a child that was killed has no verdict" killed
kill -CONT "$server"
# Ignored, the kernel reaps the child and nobody learns its end.
unwaited() {
	local tool=("${TOOL[@]}")
	local TOOL=(env --ignore-signal=CHLD "${tool[@]}")
	tls 0 revocation.off "${off[@]}"
}
ok "HMS-04: of a caller that ignores SIGCHLD, a verdict all the same" unwaited
python3 drip.py > "$d/drip" &
servers+=($!)
until_true 30 test -s "$d/drip"
PORT=$(cat "$d/drip")
ok "HMS-04: one that never comes to an end is no verdict" tls 2 tls.timeout "${off[@]}" --timeout 1
serve hems "${verify[@]}" -status_file "$d/good.der"
ok "HMS-04: as JSON" eval 'exits 0 check tls -j --name $HEMS --anchor "$PKI/oproot.crt" --clock "$d/clock" \
	"${mutual[@]}" "https://127.0.0.1:$PORT/acs" && json "d[\"schema\"] == \"trustgate.check-tls/1\"" \
	"d[\"verdict\"] == \"good\"" "d[\"client\"] == {\"asked\": True, \"sent\": True}" \
	"d[\"revocation\"][\"source\"] == \"staple\"" "d[\"version\"] == \"TLSv1.3\""'
finish
