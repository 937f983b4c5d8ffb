#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# trustgate revocation import|show: files of openssl into a store, no agent, no module.
# TG_TOOL: the trustgate to test.
# shellcheck disable=SC2317  # functions are called by ok
set -u -o pipefail
tool=${TG_TOOL:-trustgate}
n=0 bad=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
store=$dir/var/crl

ca() { # NAME: a CA that signs CRLs
	mkdir "$1"
	: > "$1/index"
	echo 01 > "$1/number"
	cat > "$1/cnf" <<-END
	[ca]
	default_ca = this
	[this]
	database = $dir/$1/index
	crlnumber = $dir/$1/number
	certificate = $dir/$1/cert.pem
	private_key = $dir/$1/key.pem
	default_md = sha256
	default_crl_days = 7
	crl_extensions = crl
	[crl]
	authorityKeyIdentifier = keyid
	END
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -sha256 \
		-keyout "$1/key.pem" -out "$1/cert.pem" -subj "/O=Test/CN=$1" \
		-addext keyUsage=critical,keyCertSign,cRLSign 2> /dev/null
}

crl() { # CA FILE NUMBER
	echo "$3" > "$1/number"
	openssl ca -config "$1/cnf" -gencrl -out "$2" 2> /dev/null
}

revoke() { # CA SERIAL
	printf 'R\t300101000000Z\t250101000000Z\t%s\tunknown\t/CN=hnb\n' "$2" >> "$1/index"
}

run() { # ARGS...: out, err, rc
	"$tool" --socket "$dir/none.sock" revocation "$@" > out 2> err
	rc=$?
}

ok() { # NAME CONDITION...
	local name=$1
	shift
	n=$((n + 1))
	if "$@"; then
		echo "ok $n - $name"
	else
		sed 's/^/# /' out err
		echo "not ok $n - $name"
		bad=1
	fi
}

takes() { run import --dir "$store" "$@"; [ "$rc" = 0 ] && [ ! -s err ]; }
refuses() { # RULE ARGS...
	local rule=$1
	shift
	run import --dir "$store" "$@"
	[ "$rc" = 1 ] && grep -qF "$rule" err && grep -qE '^trustgate: [^:]+: ' err
}
shows() { run show --dir "$store"; [ "$rc" = 0 ] && grep -qF -- "$1" out; }
usage() { run "$@"; [ "$rc" = 64 ] && [ -s err ]; }

echo "TAP version 13"
ca vendor
ca stranger
crl vendor one.pem 01
sleep 1.1
revoke vendor 1001
crl vendor two.pem 02
openssl crl -in two.pem -outform DER -out two.der
crl stranger other.pem 07
printf '[vendor acme]\nanchor = %s\nsources = op\nrule = any-good\n[source op]\nclass = operator-crl\n[segw]\ncrl_dir = %s\n' \
	"$dir/vendor/cert.pem" "$store" > conf

nothing() { run show --dir "$store"; [ "$rc" = 0 ] && [ ! -s err ] && ! grep -q crl out; }
ok "SGW-REV-05: nothing is there" nothing
ok "SGW-REV-05: import a list, PEM" takes --issuer vendor/cert.pem one.pem
ok "SGW-REV-05: it is shown" shows 0x01
ok "SGW-REV-05: a newer one, DER" takes --issuer vendor/cert.pem two.der
ok "SGW-REV-05: crlNumber and entries are the new one's" shows 0x02
ok "SGW-REV-05: the older one is refused" refuses crl.import.number.older --issuer vendor/cert.pem one.pem
ok "SGW-REV-05: and changes nothing" shows 0x02
ok "SGW-REV-05: the same one again is no error" takes --issuer vendor/cert.pem two.pem
sed 's/^[A-Za-z0-9+/]\{64\}$/&/; 5s/[A-Za-y]/z/' two.pem > bent.pem
ok "SGW-REV-05: a bent one is refused" refuses crl. --issuer vendor/cert.pem bent.pem
ok "SGW-REV-05: a stranger's is refused" refuses crl.issuer --issuer vendor/cert.pem other.pem
ok "SGW-REV-05: it names the issuer's option" grep -q -- --issuer err
ok "SGW-REV-05: of several issuers the right one" takes --issuer stranger/cert.pem --issuer vendor/cert.pem two.pem
ok "SGW-REV-01: the manufacturer's lists are apart" takes --class manufacturer-crl --issuer vendor/cert.pem one.pem
ok "SGW-REV-01: and shown as such" shows manufacturer-crl
rm -r var
configured() { run import --config conf one.pem; [ "$rc" = 0 ] && [ ! -s err ]; }
ok "SGW-REV-05: issuer and store from the configuration" configured
ok "SGW-REV-05: it is where the configuration says" shows 0x01
ok "SGW-REV-05: no file" usage import --dir "$store" --issuer vendor/cert.pem
ok "SGW-REV-05: no such class" usage import --class ocsp --issuer vendor/cert.pem one.pem
ok "SGW-REV-05: neither import nor show" usage frob
json() { "$tool" -j revocation show --dir "$store" > out 2> err && python3 -c '
import json, sys
d = json.load(open("out"))
sys.exit(not (d["schema"] == "trustgate.revocation/1" and d["lists"][0]["number"] == "0x01" and d["lists"][0]["rule"] == "crl.good"))'; }
ok "SGW-REV-05: -j" json
for f in var/crl/*; do printf x >> "$f"; done
damaged() { run show --dir "$store"; [ "$rc" = 1 ] && grep -q crl.store.damaged out; }
ok "SGW-REV-05: a damaged store is told of" damaged

# A server of lists, DER as servers have them.
mkdir www
cp two.der www/list.crl
python3 -u -c '
import functools, http.server, sys
h = functools.partial(http.server.SimpleHTTPRequestHandler, directory="www")
s = http.server.HTTPServer(("127.0.0.1", 0), h)
print(s.server_port, flush=True)
s.serve_forever()' > port 2> /dev/null &
server=$!
trap 'kill $server; rm -rf "$dir"' EXIT
for _ in $(seq 50); do [ -s port ] && break; sleep 0.1; done
port=$(cat port)
fetch_conf() { # URIS
	printf '[vendor acme]\nanchor = %s\nsources = mf\n[source mf]\nclass = manufacturer-crl\nuri = %s\n[segw]\ncrl_dir = %s\n' \
		"$dir/vendor/cert.pem" "$1" "$dir/var/fetched" > fconf
}
fetches() { run fetch --config fconf; [ "$rc" = 0 ] && [ -n "$(ls var/fetched)" ]; }
fails() { run fetch --config fconf; [ "$rc" = 1 ] && grep -qF -- "$1" err; }
fetch_conf "http://127.0.0.1:$port/list.crl"
ok "SGW-REV-03: fetch the lists of the configuration" fetches
fetched() { run show --dir var/fetched; grep -q "manufacturer-crl.*0x02" out; }
ok "SGW-REV-01: it is the manufacturer's" fetched
fetch_conf "http://127.0.0.1:$port/none.crl"
ok "SGW-REV-03: HTTP 404 is told of" fails 404
ok "SGW-REV-05: the list that was there is there still" fetched
fetch_conf "http://127.0.0.1:$port/none.crl, http://127.0.0.1:$port/list.crl"
second() { run fetch --config fconf; [ "$rc" = 0 ]; }
ok "SGW-REV-03: the second URI, when the first has none" second
openssl crl -in one.pem -outform DER -out www/list.crl
fetch_conf "http://127.0.0.1:$port/list.crl"
ok "SGW-REV-05: a server that goes back to an older list is refused" fails crl.import.number.older
cp "$dir/vendor/cert.pem" www/list.crl
ok "SGW-REV-12: what is no list is refused" fails crl.
echo "1..$n"
exit $bad
