#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # called by check
#
# The repository's service from outside: DID-X-P3, DID-X-P6, DID-X-07, DID-X-11, DID-Y-P3,
# DID-Y-P4, DID-Y-07, PRIV-02, PRIV-03; acceptance 5: 50 clients at once, and killed in the
# middle of publishing. TG_STORE: a store that others share, postgresql:...
set -u -o pipefail
cd "$(dirname "$0")" || exit 1
. ./lib.sh
client=${OUTPUT:-.}/client
[ -x "$client" ] || client=./client
echo "TAP version 13"
if [ ! -x "$tool" ]; then
	echo "1..0 # SKIP there is no trustgate (set TG_TOOL)"
	exit 4
fi
dir=$(mktemp -d)
trap 'stop_aaa; stop_service KILL; rm -rf "$dir"' EXIT
chmod 755 "$dir"
mkdir "$dir/data"
if [ "$(id -u)" = 0 ]; then
	user=nobody
	chown nobody "$dir/data"
fi
store=${TG_STORE:-$dir/data/b.db}
make_pki
configure "$store" "$user"
[ ! "${TG_STORE-}" ] || { head -c 32 /dev/urandom > "$dir/store.key"; chmod 600 "$dir/store.key"; }

first=$(imei 35209900 900001)
second=$(imei 35209900 900002)
outside=$(imei 35209901 1)
echo "$first" > "$dir/first"
# What query, publish and withdraw are for a client that is not ours.
query() { printf '84010102%s%s' 6f "$(printf %s "$1" | od -An -tx1 | tr -d ' \n')"; }
withdraw() { printf '84010302%s%s' 6f "$(printf %s "$1" | od -An -tx1 | tr -d ' \n')"; }
probe() { # CLIENT WHAT...
	local cert=$dir/$1.pem
	[ "$1" != nobody ] || cert=-
	python3 ./probe.py "$port" "$dir/ca.pem" "$cert" "$dir/$1.key" "${@:2}"
}
same() { # CLIENT HEX HEX...: all answers are one
	probe "$1" raw "${@:2}" > "$dir/raw" || return
	[ "$(wc -l < "$dir/raw")" = $(($# - 1)) ] && [ "$(sort -u "$dir/raw" | wc -l)" = 1 ]
}
is_404() { # that it is the answer to what is not there
	head -n 1 "$dir/raw" | grep -q ^485454502f312e3120343034
}

check "the service starts" start_service
check "it runs as nobody in particular, without a capability, filtered" bash -c '
	[ "$(id -u)" != 0 ] || grep -q "^Uid:	65534" /proc/'"$service"'/status &&
	grep -q "^CapEff:	0*$" /proc/'"$service"'/status && grep -q "^Seccomp:	2" /proc/'"$service"'/status'
# It takes a minute, beside all that follows.
probe maker slow > "$dir/slow" &
slow=$!
check "DID-Y-P3: a binding is published" \
	status 0 at publish maker --imei "@$dir/first" --public-key "$dir/device.pub"
check "DID-Y-07: and found" status 0 at query operator --imei "@$dir/first" --solution y -o "$dir/record"
check "published again: it is there" \
	status 1 at publish maker --imei "@$dir/first" --public-key "$dir/device.pub"
check "DID-X-07: unknown: no binding" status 1 at query operator --imei "$second" --solution y
check "of the other solution: none" status 1 at query operator --imei "@$dir/first" --solution x
check "DID-X-P6: whoever may query may not publish" \
	status 1 at publish operator --imei "$second" --public-key "$dir/device.pub"
check "DID-X-11: nor withdraw" status 1 at withdraw operator --imei "@$dir/first" --solution y
check "DID-X-P6: a certificate of another CA finds nothing" \
	status 1 at query operator-of-evil --imei "@$dir/first" --solution y
check "DID-X-P6: nor one that is not for clients" \
	status 1 at query wrong-use --imei "@$dir/first" --solution y
check "a repository that is not ours is not asked" \
	status 2 "$tool" devid query --url "$url" --ca "$dir/evil.pem" --tls-cert "$dir/operator.pem" \
	--tls-key "$dir/operator.key" --repository-key "$dir/sign.pub" --imei "@$dir/first" --solution y
check "DID-X-P7: a record signed by another than is expected is not believed" \
	status 1 "$tool" devid query --url "$url" --ca "$dir/ca.pem" --tls-cert "$dir/operator.pem" \
	--tls-key "$dir/operator.key" --repository-key "$dir/device.pub" --imei "@$dir/first" --solution y

# elsewhere is a client of ours for other types; nobody has no certificate.
for who in elsewhere nobody operator-of-evil; do
	check "DID-X-P6: to $who a device that is there and one that is not are the same, to the octet" \
		same "$who" "$(query "$first")" "$(query "$second")" "$(query "$outside")" "$(withdraw "$first")"
	check "and it is the answer to what is not there" is_404
done
check "DID-X-P6: to an operator, what he may not know and what is not there" \
	same operator "$(query "$second")" "$(query "$outside")" "$(withdraw "$first")"
check "and it is that answer" is_404
at publish maker --imei "$outside" --public-key "$dir/device.pub" > /dev/null
check "DID-X-P6: and when it is there" \
	same operator "$(query "$second")" "$(query "$outside")" "$(withdraw "$first")"
# By construction, both search for what can't be there; a second look by the clock.
timing() {
	local i
	for i in 1 2 3; do
		probe operator times "$(query "$second")" "$(query "$outside")" > "$dir/times" && break
	done
	sed 's/^/# /' "$dir/times"
	[ "$i" -lt 3 ] || probe operator times "$(query "$second")" "$(query "$outside")"
}
check "DID-X-P6: nor does the time tell" timing

check "a body without end is ended" [ "$(probe maker large)" = closed ]
check "PRIV-02: no IMEI is in the log" bash -c '[ -s "$1" ] && ! grep -qE "[0-9]{14}" "$1"' - "$log"

check "acceptance 5: 50 clients publish, query, withdraw and query at once" \
	quiet "$client" load "$url" "$dir/ca.pem" "$dir/maker.pem" "$dir/maker.key" "$dir/sign.pub" \
	"$dir/device.pub" pqwq 0 6 50
cp "$dir/out" "$dir/acks"
check "each of their 1200 requests was answered" [ "$(wc -l < "$dir/acks")" = 1200 ]
check "acceptance 5: 50 clients publish at once" \
	quiet "$client" load "$url" "$dir/ca.pem" "$dir/maker.pem" "$dir/maker.key" "$dir/sign.pub" \
	"$dir/device.pub" pq 10000 6 50
cat "$dir/out" >> "$dir/acks"
audit() { "$client" audit "$store" "$dir/store.key" "$dir/sign.pub" < "$dir/acks" > "$dir/audit"; }
check "acceptance 5: all is accounted for" audit
# 300 and 2 are active, 300 withdrawn.
check "and nothing is there that was not" \
	grep -q "acknowledged 600 lost 0 active 302 withdrawn 300" "$dir/audit"
# Steps 6 to 8, as a verifier sees them.
asks() { # RULE x|y IMEI
	[ "$("$client" ask "$dir/aaa.sock" "$2" "$3")" = "$1" ] && return
	"$client" ask "$dir/aaa.sock" "$2" "$3" | sed 's/^/# /'
	sed 's/^/# /' "$dir/aaa.log"
	return 1
}
asked_last() { tail -n 1 "$dir/aaa.log" | grep -q "$1"; }
issue ca 6f1f3b0e-52d1-4c9c-9a5e-2b7f0a5d9c11 DNS:device.example.org clientAuth
check "DID-X-P3: a certificate is bound, with its CA's" \
	status 0 at publish maker --imei "$second" --cert "$dir/6f1f3b0e-52d1-4c9c-9a5e-2b7f0a5d9c11.pem" \
	--device-ca "$dir/ca.pem"
issue ca "imei-$second" DNS:device.example.org clientAuth
check "DID-X-P4, PRIV-01: a certificate with the IMEI in it is not" \
	status 1 at publish maker --imei "$second" --replace --cert "$dir/imei-$second.pem"
check "and it says why" grep -q profile.imei "$dir/out"
"$tool" check chain --anchor "$dir/ca.pem" --role henb --no-imei "$second" "$dir/imei-$second.pem" > "$dir/chain"
check "DID-X-P4: check chain --no-imei says so as well" grep -q "^bad: profile.imei" "$dir/chain"
"$tool" check chain --anchor "$dir/ca.pem" --role henb --no-imei "$first" "$dir/imei-$second.pem" > "$dir/chain"
check "DID-X-P4: and not of another" bash -c '! grep -q profile.imei "$1"' - "$dir/chain"
check "DID-X-06: the AAA starts, and is asked by the socket's owner" start_aaa
check "DID-X-08: the certificate comes, no CA with it" asks binding.ok x "$second"
check "DID-Y-08: the key comes" asks binding.ok y "$first"
check "DID-Y-06: the query is in the log, by a pseudonym" asked_last "query solution=y device=[0-9a-f]* from=repository"
check "DID-Y-04: no key for who is bound to a certificate" asks binding.none y "$second"
check "DID-X-07: a type that is not this operator's: none" asks binding.none y "$outside"
check "DID-X-01: no binding: status says so" \
	status 1 at status operator --imei "$(imei 35209900 900003)" --solution x
check "as text" grep -q "^no binding: binding.none" "$dir/out"
check "PRIV-02: the AAA's log has no IMEI" bash -c '[ -s "$1" ] && ! grep -qE "[0-9]{14}" "$1"' - "$dir/aaa.log"
check "the AAA ends when it is told to" stop_aaa
check "DID-X-P7: ca-source = repository" start_aaa "ca-source = repository" "cache = 60min" "recheck = 3600s"
check "DID-X-P7: and the CA comes with the certificate" asks "binding.ok ca" x "$second"
check "FFS-10: asked again" asks "binding.ok ca" x "$second"
check "FFS-10: it was remembered" asked_last "from=cache answer=binding.ok"
check "withdrawn" status 0 at withdraw maker --imei "$second" --solution x
check "FFS-10: another question tells of the change" asks binding.ok y "$first"
check "DID-X-07a: which ends what is remembered" asks binding.withdrawn x "$second"
check "it ends" stop_aaa
check "DID-Y-P3: withdrawn" status 0 at withdraw maker --imei "@$dir/first" --solution y
check "DID-Y-P3: a withdrawn binding is told as such" \
	status 1 at query operator --imei "@$dir/first" --solution y
ended() { wait "$slow" && [ "$(cat "$dir/slow")" = closed ]; }
check "who sends an octet a second is ended within its time" ended
check "it ends when it is told to" stop_service TERM
sed 's/^/# /' "$dir/audit"

# Each time the service is killed once another of so many were acknowledged.
killed() {
	local round want published pid
	for round in 1 2 3 4 5 6 7 8 9 10; do
		start_service || return 1
		want=$((RANDOM % 40 + 1))
		: > "$dir/now"
		"$client" load "$url" "$dir/ca.pem" "$dir/maker.pem" "$dir/maker.key" "$dir/sign.pub" \
			"$dir/device.pub" p $((100000 + round * 10000)) 500 8 > "$dir/now" 2> /dev/null &
		pid=$!
		while published=$(grep -c ^p "$dir/now"); [ "$published" -lt $want ]; do
			kill -0 "$pid" 2> /dev/null || return 1
			sleep 0.01
		done
		stop_service KILL
		wait "$pid"
		[ $? = 3 ] || return 1
		cat "$dir/now" >> "$dir/acks"
		audit || return 1
	done
}
check "acceptance 5: killed in the middle of publishing, ten times: nothing acknowledged is lost" killed
sed 's/^/# /' "$dir/audit"
# At most what each of 8 clients, ten times, had asked for and was not told; each is whole.
whole() {
	local acknowledged active withdrawn
	read -r _ acknowledged _ _ _ active _ withdrawn < "$dir/audit"
	[ $((active + withdrawn)) -ge "$acknowledged" ] && [ $((active + withdrawn)) -le $((acknowledged + 3 + 80)) ]
}
check "and nothing is there that was never asked for" whole
served() {
	local line bytes
	start_service || return 1
	bytes=$(grep -c ^p "$dir/acks")
	[ "$bytes" -gt 0 ] || return 1
	while read -r _ line; do
		[ "$line" -lt 100000 ] || at query maker --imei "$(imei 35209900 "$line")" --solution y > /dev/null || return 1
	done < <(grep ^p "$dir/acks" | tail -n 20)
	stop_service TERM
}
check "what was acknowledged before the kill is served after it" served
finish
