#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by ok
#
# An Inform to an ACS behind nginx, over the library that a CWMP client uses: HMS-03,
# HMS-04, HMS-07, HMS-09, TR69-01, TR69-02, TR69-07, TR69-09, TR69-10.
cd "$(dirname "$0")" || exit 1
command -v nginx > /dev/null || { echo "1..0 # SKIP nginx is not installed"; exit 4; }
# shellcheck source=tests/hems/lib.sh
. ./lib.sh
CWMP=${TG_CWMP:-./cwmp}
PROFILE=${TG_PROFILE:-/usr/share/trustgate/profiles/seed.conf}
[ -e "$PROFILE" ] || PROFILE=../../policy/profiles/seed.conf
echo "TAP version 13"

make() {
	pki_for_hems
	entity wrong opca other.operator.test DNS:other.operator.test
	EKU=clientAuth entity stranger evilroot $CPE DNS:$CPE
	staple hems good.der
	pki_revoke opca hems
	staple hems revoked.der
	pki_unrevoke opca hems
	cat "$PKI/hems.crt" "$PKI/opca.crt" > "$PKI/hems.full"
	cat "$PKI/wrong.crt" "$PKI/opca.crt" > "$PKI/wrong.full"
}
make > "$d/log" 2>&1
[ -s "$d/revoked.der" ] || bail log

python3 acs.py "$d/informs" > "$d/acs.port" 2> "$d/acs.err" &
servers+=($!)
until_true 60 test -s "$d/acs.port" || bail acs.err
ACS=$(cat "$d/acs.port")
free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# site NAME CERTIFICATE [DIRECTIVE...]: a server of nginx that demands H(e)NBs' certificates
site() {
	local name=$1 cert=$2
	shift 2
	PORTS[$name]=$(free)
	cat >> "$d/nginx.conf" <<-N
	server {
		listen 127.0.0.1:${PORTS[$name]} ssl;
		ssl_certificate $PKI/$cert.full;
		ssl_certificate_key $PKI/$cert.key;
		ssl_client_certificate $PKI/vroot.crt;
		ssl_verify_client on;
		ssl_verify_depth 3;
		$(printf '%s\n' "$@")
		location /acs {
			proxy_set_header X-Client \$ssl_client_s_dn;
			proxy_pass http://127.0.0.1:$ACS;
		}
	}
	N
}
declare -A PORTS
cat > "$d/nginx.conf" <<-N
	daemon off;
	worker_processes 1;
	pid $d/nginx.pid;
	error_log $d/nginx.err notice;
	user root;
	events { worker_connections 64; }
	http {
		access_log off;
		client_body_temp_path $d/t1; proxy_temp_path $d/t2; fastcgi_temp_path $d/t3;
		uwsgi_temp_path $d/t4; scgi_temp_path $d/t5;
		ssl_protocols TLSv1.2 TLSv1.3;
N
stapling() { printf 'ssl_stapling on; ssl_stapling_file %s;' "$d/$1"; }
site good hems "$(stapling good.der)"
site tls12 hems "ssl_protocols TLSv1.2;" "$(stapling good.der)"
site revoked hems "$(stapling revoked.der)"
site bare hems
site wrong wrong
echo '}' >> "$d/nginx.conf"
nginx -c "$d/nginx.conf" > "$d/nginx.out" 2>&1 &
servers+=($!)
until_true 60 eval 'grep -q "start worker process " "$d/nginx.err" 2> /dev/null' || bail nginx.out

# inform STATUS SITE REVOCATION [CERT KEY]
inform() {
	local want=$1 got=0
	"$CWMP" "https://127.0.0.1:${PORTS[$2]}/acs" $HEMS "$PKI/oproot.crt" "$PROFILE" "$3" "${@:4}" \
		> "$out" 2> "$err" || got=$?
	[ "$got" = "$want" ] || { echo "# cwmp: $got, not $want"; return 1; }
}
informs() { grep -c ^Inform "$d/informs" 2> /dev/null || :; }
cpe=("$PKI/cpe.pem" "$PKI/cpe.key")

ok "TR69-01: an Inform is answered, with a status stapled" inform 0 good staple "${cpe[@]}"
ok "TR69-01: by an InformResponse, and the session ends" eval \
	'says "^InformResponse, HTTP 200" && says "^end of session, HTTP 204"'
ok "TR69-10: the H(e)MS knows the H(e)NB by its certificate" eval \
	'grep -q "^Inform 000001 .*CN=$CPE" "$d/informs"'
ok "TR69-02: the same over TLS 1.2" inform 0 tls12 staple "${cpe[@]}"
ok "HMS-09: with a status, when any will do" inform 0 good any "${cpe[@]}"
before=$(informs)
ok "HMS-09: none stapled, where one is demanded" eval 'inform 2 bare staple "${cpe[@]}" && complains tls.staple.missing'
ok "HMS-09: revoked" eval 'inform 1 revoked staple "${cpe[@]}" && complains ocsp.revoked'
ok "HMS-07: an H(e)MS of another name" eval 'inform 1 wrong off "${cpe[@]}" && complains name.mismatch'
ok "HMS-04: no certificate of ours: nginx does not pass it on" eval '! inform 0 good off'
ok "HMS-04: one of a CA that the H(e)MS does not know" eval \
	'! inform 0 good off "$PKI/stranger.pem" "$PKI/stranger.key"'
ok "HMS-04: of all that was refused, no Inform arrived" [ "$(informs)" = "$before" ]
tool() { exits "$1" check tls --name $HEMS --anchor "$PKI/oproot.crt" --clock "$d/clock" --cert "$PKI/cpe.pem" \
	--key "$PKI/cpe.key" --revocation "$3" "127.0.0.1:${PORTS[$2]}"; }
ok "HMS-04: the verb says the same of nginx" eval 'tool 0 good staple && says "our certificate: shown"'
ok "HMS-09: of its revoked one" eval 'tool 1 revoked any && says ocsp.revoked'
finish
