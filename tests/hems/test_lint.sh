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
syntax "a section of two names" "config acs a b" "	option url 'https://a.test/'"
syntax "an option of two values" "config acs" "	option url https://a.test/ https://b.test/"
syntax "a word that is none of UCI's" "config acs" "	optoin url 'https://a.test/'"
syntax "uci show, an option of no section" "cwmp.acs.url='https://a.test/'"
syntax "uci show, an open quote" "cwmp.acs=acs" "cwmp.acs.url='https://a.test/"

# As uci(1) reads, writes and prints them. clean WHAT LINES..., and what has one thing against it
uci() { printf '%s\n' "${@:2}" > "$d/uci"; ok "TR69-01: UCI: $1" exits 0 check config "$d/uci"; }
uci_not() { # RULE WHAT LINES...
	local rule=$1
	printf '%s\n' "${@:3}" > "$d/uci"
	ok "TR69-01: UCI: $2" eval \
		'exits 1 check config -j "$d/uci"; json "sorted({e[\"rule\"] for e in d[\"errors\"]}) == [\"cwmp.$rule\"]"'
}
good=("	option url 'https://hems.operator.test/acs'" "	option ssl_cert '/etc/trustgate/hnb.pem'"
	"	option ssl_key 'tpm:0x81010004'" "	option ssl_cacert '/etc/trustgate/hems-root.pem'")
shown=("cwmp.acs.url='https://hems.operator.test/acs'" "cwmp.acs.ssl_cert='/etc/trustgate/hnb.pem'"
	"cwmp.acs.ssl_key='tpm:0x81010004'" "cwmp.acs.ssl_cacert='/etc/trustgate/hems-root.pem'")
uci "a section with a name" "config acs 'acs'" "${good[@]}"
uci "icwmp's, whose type is another" "config cwmp 'acs'" "${good[@]}" "config cwmp 'cpe'" "	option enable '1'"
uci_not insecure "which is looked at" "config cwmp 'acs'" "${good[@]}" "	option insecure_enable '1'"
uci "easycwmp's, without names" "config local" "	option interface eth0" "config acs" "${good[@]}"
uci_not username "which is looked at as well" "config local" "	option interface eth0" "config acs" "${good[@]}" \
	"	option username easycwmp"
uci "a type whose name is another" "config acs 'main'" "${good[@]}"
uci_not url "and each of a type is looked at" "config acs" "${good[@]}" "config acs" "${good[@]/https:/http:}"
uci_not url "also the named ones" "config acs 'a'" "${good[@]}" "config acs 'b'" "${good[@]/https:/http:}"
uci "freecwmp's, without a URL" "config local" "	option interface eth0" "config acs" "	option scheme https" \
	"	option hostname hems.operator.test" "	option path /acs" "${good[@]:1}"
uci_not scheme "which has to be https as well" "config acs" "	option scheme http" \
	"	option hostname hems.operator.test" "${good[@]:1}"
uci_not hostname "and to be anybody's" "config acs" "	option scheme https" "${good[@]:1}"
uci "repeated sections without a name" "config acs 'acs'" "${good[@]}" "config schedule_inform" \
	"	option time '1'" "config schedule_inform" "	option time '2'"
uci "a list" "config acs 'acs'" "${good[@]}" "config notifications 'n'" "	list value_change 'a'" "	list value_change 'b'"
uci "the same section again, which goes on" "config acs 'acs'" "${good[@]:0:2}" "config cpe 'cpe'" "config acs 'acs'" \
	"${good[@]:2}"
uci_not url "an option again: the later one counts" "config acs" "${good[@]}" "	option url 'http://a.test/'"
uci "and only that one" "config acs" "	option url 'http://a.test/'" "${good[@]}"
uci "an export, with its package" "package cwmp" "" "config acs 'acs'" "${good[@]}" ""
uci "several packages" "package network" "" "config interface 'lan'" "	option proto 'dhcp'" "" "package cwmp" \
	"config acs 'acs'" "${good[@]}"
uci "either quote, none, and a comment" "config acs 'acs'" '	option url "https://hems.operator.test/acs" # ours' \
	"	option ssl_cert /etc/trustgate/hnb.pem" "${good[2]}" "	option ssl_cacert '/etc/trust'\"gate/root.pem\""
uci "a quote in a value" "config acs 'acs'" "${good[@]}" "	option provisioning_code 'it'\\''s'" \
	'	option b "say \"so\""' "	option c it\\'s"
uci "a value of two lines" "config acs 'acs'" "${good[@]}" "	option banner 'one" "two'" "	option c a\\" "b"
uci "a # in a string" "config acs 'acs'" "${good[@]}" "	option provisioning_code '#1'"
uci_not url "and a quoted one that hides nothing" "config acs 'acs'" "	option url 'http://a.test/#'" "${good[@]:1}"
printf '%s\n' "p cwmp" "c acs acs" "${good[@]/option/o}" > "$d/uci"
ok "TR69-01: UCI: first letters for the words" exits 0 check config --kind cwmp "$d/uci"
uci "two statements in a line" "config acs acs; option url https://a.test/" "${good[@]:1}"
uci "uci show" "cwmp.acs=acs" "${shown[@]}" "cwmp.cpe=cpe" "cwmp.cpe.interface='eth0'"
uci_not insecure "uci show, with something against it" "cwmp.acs=cwmp" "${shown[@]}" "cwmp.acs.insecure_enable='1'"
uci "uci show of sections without a name" "easycwmp.@acs[0]=acs" "${shown[@]/cwmp.acs/easycwmp.@acs[0]}" \
	"easycwmp.@local[0]=local" "easycwmp.@local[0].interface='eth0'"
uci "uci show -X" "easycwmp.cfg02f9a4=acs" "${shown[@]/cwmp.acs/easycwmp.cfg02f9a4}"
uci_not url "uci show of the second of a type" "cwmp.@acs[0]=acs" "${shown[@]/cwmp.acs/cwmp.@acs[0]}" \
	"cwmp.@acs[1]=acs" "${shown[@]/cwmp.acs/cwmp.@acs[1]}" "cwmp.@acs[1].url='http://a.test/'"
uci "uci show of a list, and of a quote" "cwmp.acs=acs" "${shown[@]}" "cwmp.n=notifications" \
	"cwmp.n.value_change='a' 'b'" "cwmp.n.code='it'\\''s'"
syntax "nothing in it" "# a comment"

# [hems] of the agent's own.
agent() { # LINES...
	printf '%s\n' "[peer]" "name = segw.test" "anchor = /a.pem" "[charon]" "child = core" "[ocsp]" \
		"uri = http://10.0.0.1/" "[hems]" "$@" > "$d/trustgated.conf"
}
refused() { # ROW WHAT KEY LINES...
	local key=$3
	agent "${@:4}"
	ok "$1: $2" eval 'exits 1 check config --no-files $d/trustgated.conf && complains "trustgated.$key\]"'
}
tls=("url = https://hems.test/acs" "anchor = /h.pem" "certificate = /c.pem" "key = tpm:0x81010004")
for m in intranet-ipsec intranet-ipsec+tls; do
	agent "mode = $m" "${tls[@]}"
	ok "HMS-01: mode = $m" exits 0 check config --no-files "$d/trustgated.conf"
done
agent "mode = internet-tls" "${tls[@]}" "address = 192.0.2.7"
ok "HMS-01: mode = internet-tls" exits 0 check config --no-files "$d/trustgated.conf"
agent "mode = intranet-ipsec" "url = http://hems.test/acs"
ok "HMS-02: hop by hop, http is the tunnel's to protect" exits 0 check config --no-files "$d/trustgated.conf"
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
ok "HMS-02: and the client may then say http" exits 0 check config --no-files "$d/trustgated.conf" "$d/cwmp.conf"

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
lint_pass() { "${TOOL[@]}" check config -j --no-files "$d/trustgated.conf" "$d/swanctl.conf" > "$out" 2> "$err"; has_rule "$1"; }
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
