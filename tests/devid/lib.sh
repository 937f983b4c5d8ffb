# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A repository of one's own: make_pki and configure DIR, start_service, stop_service. Its
# address is in $url. For test_service.sh and test_shared.sh.

tool=${TG_TOOL:-$(command -v trustgate || true)}
n=0 bad=0 service='' aaa='' user='' log='' url='' port=''
# The test's own directory.
dir=${dir-}

# Its leak check would have to trace it, which it is confined not to be.
export ASAN_OPTIONS=detect_leaks=0

check() { # NAME COMMAND...
	n=$((n + 1))
	if "${@:2}"; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		bad=1
	fi
}

finish() {
	echo "1..$n"
	exit $bad
}

quiet() { "$@" > "$dir/out" 2> "$dir/err"; }
status() { # WANTED COMMAND...
	local rc
	quiet "${@:2}"
	rc=$?
	[ $rc = "$1" ] && return
	echo "# $rc, not $1:" "${@:2}"
	sed 's/^/# /' "$dir/out" "$dir/err"
	return 1
}

ec_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1" 2> /dev/null; }

issue() { # CA NAME SAN USAGE
	ec_key "$dir/$2.key"
	openssl req -new -key "$dir/$2.key" -subj "/CN=$2" -out "$dir/$2.csr" 2> /dev/null
	printf 'subjectAltName=%s\nextendedKeyUsage=%s\nkeyUsage=digitalSignature\nbasicConstraints=CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' \
		"$3" "$4" > "$dir/ext"
	openssl x509 -req -in "$dir/$2.csr" -CA "$dir/$1.pem" -CAkey "$dir/$1.key" -days "${5:-30}" \
		-extfile "$dir/ext" -out "$dir/$2.pem" 2> /dev/null
}

root() { # NAME
	ec_key "$dir/$1.key"
	openssl req -x509 -new -key "$dir/$1.key" -subj "/CN=$1" -days 30 -out "$dir/$1.pem" \
		-addext keyUsage=critical,keyCertSign,cRLSign 2> /dev/null
}

make_pki() {
	root ca
	root evil
	issue ca server DNS:localhost serverAuth
	issue ca maker DNS:maker.example clientAuth
	issue ca operator DNS:operator.example clientAuth
	issue ca elsewhere DNS:elsewhere.example clientAuth
	issue ca wrong-use DNS:operator.example serverAuth
	issue evil operator-of-evil DNS:operator.example clientAuth
	ec_key "$dir/sign.key"
	openssl pkey -in "$dir/sign.key" -pubout -out "$dir/sign.pub" 2> /dev/null
	ec_key "$dir/device.key"
	openssl pkey -in "$dir/device.key" -pubout -out "$dir/device.pub" 2> /dev/null
}

# A directory that the service's user may write to, and root's own.
configure() { # STORE [USER]
	cat > "$dir/devid.conf" <<-END
	[repository]
	listen = 127.0.0.1:0
	tls-cert = $dir/server.pem
	tls-key = $dir/server.key
	client-ca = $dir/ca.pem
	store = $1
	store-key = $dir/store.key
	signing-key = $dir/sign.key
	${2:+user = $2}
	[client maker]
	name = maker.example
	publish = 35209900-35209999
	query = 35209900-35209999
	withdraw = 35209900-35209999
	[client operator]
	name = operator.example
	query = 35209900
	[client elsewhere]
	name = elsewhere.example
	query = 11111111
	publish = 11111111
	withdraw = 11111111
	END
}

# Started when it says so; whoever does not says why.
start_service() {
	log=$dir/service.log
	: > "$log"
	"$tool" devid serve --config "$dir/devid.conf" 2>> "$log" &
	service=$!
	while kill -0 "$service" 2> /dev/null; do
		if grep -q '^devid: ready' "$log"; then
			port=$(sed -n 's/^devid: listening on .* port //p' "$log")
			url=https://localhost:$port
			return 0
		fi
		sleep 0.05
	done
	wait "$service"
	service=''
	sed 's/^/# /' "$log"
	return 1
}

start_aaa() { # LINE...: more of its configuration
	cat > "$dir/aaa.conf" <<-END
	[aaa]
	socket = $dir/aaa.sock
	url = $url
	ca = $dir/ca.pem
	tls-cert = $dir/operator.pem
	tls-key = $dir/operator.key
	repository-key = $dir/sign.pub
	${user:+user = $user}
	$(printf '%s\n' "$@")
	END
	: > "$dir/aaa.log"
	"$tool" devid aaa --config "$dir/aaa.conf" 2>> "$dir/aaa.log" &
	aaa=$!
	until grep -q '^devid: aaa: ready' "$dir/aaa.log"; do
		kill -0 "$aaa" 2> /dev/null || { sed 's/^/# /' "$dir/aaa.log"; aaa=; return 1; }
		sleep 0.05
	done
}

stop_aaa() {
	[ "$aaa" ] || return 1
	kill "$aaa" && wait "$aaa"
	aaa=
}

stop_service() { # [SIGNAL]
	local rc
	[ "$service" ] || return 1
	kill "-${1:-TERM}" "$service" 2> /dev/null
	wait "$service" 2> /dev/null
	rc=$?
	service=''
	return $rc
}

at() { # VERB CLIENT ARGUMENT...
	"$tool" devid "$1" --url "$url" --ca "$dir/ca.pem" --tls-cert "$dir/$2.pem" \
		--tls-key "$dir/$2.key" --repository-key "$dir/sign.pub" "${@:3}"
}

# 15 digits of a device of type $1, serial number $2.
imei() {
	local i d sum=0 s
	s=$(printf '%s%06d' "$1" "$2")
	for ((i = 0; i < 14; i++)); do
		d=$((${s:i:1} << (i & 1)))
		sum=$((sum + (d > 9 ? d - 9 : d)))
	done
	echo "$s$(((10 - sum % 10) % 10))"
}
