#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034  # functions are called by ok
#
# The settings of a CWMP client and [hems], each rule broken alone: HMS-01, HMS-03, HMS-06,
# TR69-01, TR69-03, TR69-04, TR69-05, TR69-06, TR69-07, TR69-08.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/ctl/lib.sh
. ../ctl/lib.sh
TOOL=("${TG_TOOL:-trustgate}")
d=$(mktemp -d) || exit 1
trap 'rm -rf "$d"' EXIT
echo "TAP version 13"
sample=/usr/share/doc/trustgate
[ -e $sample/cwmp.conf ] || sample=../../policy

ok "TR69-01: the sample has nothing against it" exits 0 check config $sample/cwmp.conf
ok "TR69-01: nor as SECTION.KEY = VALUE" eval 'printf "%s\n" "# a comment" \
	"acs.url = https://hems.operator.test/acs" "acs.ssl_cert = /a" "acs.ssl_key = tpm:0x81010004" \
	"acs.ssl_cacert=/c" > $d/cwmp.conf && exits 0 check config $d/cwmp.conf'

# broken ROW RULE SED-PROGRAM: the sample, edited
broken() {
	local row=$1 rule=$2
	sed "$3" $sample/cwmp.conf > "$d/cwmp.conf"
	ok "$row: cwmp.$rule: ${3//\//|}" eval \
		'exits 1 check config -j $d/cwmp.conf && json "[e[\"rule\"] for e in d[\"errors\"]] == [\"cwmp.$rule\"]"'
}
acs() { printf "/option url/a\\\\\toption %s '%s'" "$1" "$2"; }
broken TR69-05 url "s/https:/http:/"
broken TR69-03 url-user "s,https://,https://cpe:secret@,"
broken TR69-03 username "$(acs username cpe)"
broken TR69-03 userid "$(acs userid cpe)"
broken TR69-03 password "$(acs password secret)"
broken TR69-03 passwd "$(acs passwd secret)"
broken TR69-09 certificate "/ssl_cert/d"
broken TR69-09 key "/ssl_key/d"
broken HMS-04 anchor "/ssl_cacert/d"
broken HMS-07 verify "s/enabled/disabled/"
broken HMS-07 insecure "$(acs insecure_enable 1)"
for c in RC4-SHA HIGH:RC4 ECDHE+AESGCM:NULL-SHA DES-CBC3-SHA EXP-DES-CBC-SHA ALL; do
	broken TR69-06 ciphers "$(acs ssl_ciphers $c)"
done
for v in 1.0 1.1 TLSv1 SSLv3; do
	broken TR69-02 version "$(acs ssl_version $v)"
done
broken TR69-07 wait-time "\$a\\\\toption wait_for_time '1'"
broken TR69-08 ignore-time "$(acs ssl_ignore_time 1)"
sed "$(acs ssl_ciphers 'ECDHE+AESGCM:!RC4:!aNULL:!3DES')" $sample/cwmp.conf > "$d/cwmp.conf"
ok "TR69-06: what a list leaves out is not in it" exits 0 check config "$d/cwmp.conf"
sed "\$a\\\\toption passwd 'secret'" $sample/cwmp.conf > "$d/cwmp.conf"
ok "TR69-03: a connection request's digest is warned of" eval 'exits 0 check config -j $d/cwmp.conf &&
	json "[w[\"rule\"] for w in d[\"warnings\"]] == [\"cwmp.connection-request\"]"'

syntax() {
	printf '%s\n' "${@:2}" > "$d/cwmp.conf"
	ok "TR69-01: cwmp.syntax: $1" eval \
		'exits 1 check config -j $d/cwmp.conf && json "d[\"errors\"][0][\"rule\"] == \"cwmp.syntax\""'
}
syntax "a line that is neither" "config acs" "	url https://a.test/"
syntax "an option before any section" "option url 'https://a.test/'"
syntax "an open quote" "config acs" "	option url 'https://a.test/"
syntax "an option given twice" "config acs" "	option url 'https://a.test/'" "	option url 'http://a.test/'"
syntax "nothing in it" "# a comment"

# [hems] of the agent's own.
agent() { # LINES...
	printf '%s\n' "[peer]" "name = segw.test" "anchor = /a.pem" "[charon]" "child = core" "[ocsp]" \
		"uri = http://10.0.0.1/" "[hems]" "$@" > "$d/trustgated.conf"
}
refused() { # ROW WHAT KEY LINES...
	local key=$3
	agent "${@:4}"
	ok "$1: $2" eval 'exits 1 check config $d/trustgated.conf && complains "trustgated.$key\]"'
}
tls=("url = https://hems.test/acs" "anchor = /h.pem" "certificate = /c.pem" "key = tpm:0x81010004")
for m in intranet-ipsec intranet-ipsec+tls; do
	agent "mode = $m" "${tls[@]}"
	ok "HMS-01: mode = $m" exits 0 check config "$d/trustgated.conf"
done
agent "mode = internet-tls" "${tls[@]}" "address = 192.0.2.7"
ok "HMS-01: mode = internet-tls" exits 0 check config "$d/trustgated.conf"
agent "mode = intranet-ipsec" "url = http://hems.test/acs"
ok "HMS-02: hop by hop, http is the tunnel's to protect" exits 0 check config "$d/trustgated.conf"
refused HMS-01 "a mode that there is none of" hems.mode "mode = internet"
refused HMS-03 "plain http in the tunnel, where TLS is to be" hems.url "mode = intranet-ipsec+tls" \
	"${tls[@]/https:/http:}"
refused TR69-04 "http on the Internet" hems.url "mode = internet-tls" "${tls[@]/https:/http:}" "address = 192.0.2.7"
refused TR69-05 "no URL" hems.url "mode = internet-tls"
refused HMS-06 "outside of the tunnel without the one address" hems.address "mode = internet-tls" "${tls[@]}"
refused HMS-04 "TLS without a certificate of ours" hems.certificate "mode = intranet-ipsec+tls" "${tls[@]:0:2}"
refused HMS-04 "TLS without a root" hems.anchor "mode = intranet-ipsec+tls" "${tls[0]}" "${tls[@]:2}"
refused TR69-09 "a handle that is not persistent" hems.key "mode = intranet-ipsec" "${tls[@]:0:3}" "key = tpm:0x80000000"
refused HMS-09 "a way to learn of revocation that there is none of" hems.revocation "mode = intranet-ipsec" \
	"${tls[@]}" "revocation = maybe"
agent "mode = intranet-ipsec" "url = http://hems.test/acs"
sed 's/https:/http:/' $sample/cwmp.conf > "$d/cwmp.conf"
ok "HMS-02: and the client may then say http" exits 0 check config "$d/trustgated.conf" "$d/cwmp.conf"

# The one exception to the leak guard.
swanctl() { sed "/core-or-nothing {/i\\
            hems {\\
                mode = pass\\
                start_action = trap\\
                local_ts = dynamic\\
                remote_ts = $1\\
            }" $sample/swanctl-henb.conf > "$d/swanctl.conf"; }
agent "mode = internet-tls" "${tls[@]}" "address = 192.0.2.7"
sed -i 's/^name = .*/name = segw.example.org/' "$d/trustgated.conf"
has_rule() { json "('swanctl.child-mode' in [e['rule'] for e in d['errors']]) == $1"; }
lint_pass() { "${TOOL[@]}" check config -j "$d/trustgated.conf" "$d/swanctl.conf" > "$out" 2> "$err"; has_rule "$1"; }
swanctl '192.0.2.7[tcp/443]'
ok "HMS-06: the H(e)MS's address and port may pass outside of the tunnel" lint_pass False
swanctl '192.0.2.0/24[tcp/443]'
ok "HMS-06: no more than that" lint_pass True
swanctl '192.0.2.7'
ok "HMS-06: nor all of its ports" lint_pass True
agent "mode = intranet-ipsec+tls" "${tls[@]}"
sed -i 's/^name = .*/name = segw.example.org/' "$d/trustgated.conf"
swanctl '192.0.2.7[tcp/443]'
ok "HMS-02: of an H(e)MS in the intranet nothing passes there" lint_pass True
finish
