#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034  # functions and variables are used by ok
#
# What the agent asks of a box's TPM when an IKE SA comes up, with everything replaced
# that can be: HNB-TRE-04, HNB-TRE-05, HNB-TRE-06, HNB-TRE-07, HNB-TRE-09. Needs
# chain_tpm beside it or in $O.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/tre/lib.sh
. ./lib.sh
need swtpm tpm2_import openssl python3
dir=.
[ -x ./chain_tpm ] || dir=$O
echo "TAP version 13"
NAME=henb-1.example OPERATORS=henb-1.operator.example IKE=0x81010004 NV=0x01800011 ID=0x01800010

ca() { # ca NAME
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$d/$1.key" \
		-out "$d/$1.pem" -subj "/CN=$1" -days 30 2> /dev/null
	openssl x509 -in "$d/$1.pem" -outform DER -out "$d/$1.der"
}
issue() { # issue NAME CA CSR SAN
	printf 'subjectAltName=%s\n' "$4" > "$d/ext"
	openssl x509 -req -in "$3" -CA "$d/$2.pem" -CAkey "$d/$2.key" -set_serial 9 -days 30 \
		-extfile "$d/ext" -outform DER -out "$d/$1.der" 2> "$err"
}
request() { # request KEY: CSR of a file's key
	openssl req -new -key "$d/$1" -subj "/CN=$NAME" -out "$d/csr"
}
ca root
ca vca
openssl x509 -in "$d/root.pem" -signkey "$d/root.key" -days 99 -outform DER -out "$d/again.der" 2> /dev/null
openssl ecparam -name prime256v1 -genkey -noout -out "$d/vendor.key"
openssl pkey -in "$d/vendor.key" -pubout -out "$d/vendor.pem"
openssl ecparam -name prime256v1 -genkey -noout -out "$d/file.key"
request file.key && issue segw root "$d/csr" DNS:segw.example
issue filecert vca "$d/csr" "DNS:$NAME"

tpm_start one
provision() { exits 0 tre provision --identity $NAME --anchor-key "$d/vendor.pem" --dir "$d/box" "$@"; }
authorise() {
	"$tool" tre anchor sign --root "$d/root.pem" --version 1 --key "$d/vendor.key" -o "$d/update" &&
		exits 0 tre anchor update "$d/update"
}
provision && authorise || echo "# $(cat "$err")"
issue own vca "$d/box/ike.csr" "DNS:$NAME"
issue two vca "$d/box/ike.csr" "DNS:other.example,DNS:$NAME"
issue other vca "$d/box/ike.csr" "DNS:other.example"
issue wild vca "$d/box/ike.csr" "DNS:*.example"
issue mail vca "$d/box/ike.csr" "email:x@$NAME"

# box STATUS VERDICT RULE [ROOT [ID [OWN [VENDOR]]]]
box() {
	local got=0
	"$dir/chain_tpm" "$TRUSTGATE_TCTI" "$d/${7:-vendor.pem}" "$d/${4:-root.der}" "${5-$NAME}" \
		"$d/${6:-own.der}" "$d/segw.der" > "$out" 2> "$err" || got=$?
	[ "$got" = "$1" ] && [ "$(cut -d ' ' -f 1-2 "$out")" = "$2 $3" ]
}
good() { box 0 good path.good "$@"; }
bad() { box 1 bad "$@"; }

ok "HNB-TRE-07: root, identity and key of the TPM: good" good
ok "HNB-TRE-07: and the one signature verified there" grep -q "path.good 1 0" "$out"
ok "HNB-TRE-04: the identity's case does not matter" good root.der HENB-1.Example
ok "HNB-TRE-04: one of two names is enough" good root.der $NAME two.der
ok "HNB-TRE-04: authenticated as another: bad" bad tre.identity.mismatch root.der other.example two.der
ok "HNB-TRE-04: both are named, with the remedy" grep -q "'other.example'.*'$NAME' (set local" "$out"
ok "HNB-TRE-04: as nobody: bad" bad tre.identity.mismatch root.der ''
ok "HNB-TRE-04: as a part of it: bad" bad tre.identity.mismatch root.der henb-1
ok "HNB-TRE-04: by a certificate for another: bad" bad tre.identity.certificate root.der $NAME other.der
ok "HNB-TRE-04: by a wildcard: bad" bad tre.identity.certificate root.der $NAME wild.der
ok "HNB-TRE-04: by its name in a mail address: bad" bad tre.identity.certificate root.der $NAME mail.der
ok "HNB-TRE-04: by no certificate: bad" bad tre.box.certificate root.der $NAME none.der

# The operator's identity beside the vendor's: certificate, IDi and index change together.
ca opca
PROFILE=operator
export PROFILE
ok "HNB-AUTH-07: profile operator, not enrolled there: bad" bad tre.identity.absent
ok "HNB-AUTH-07: the remedy is named" grep -q -- "--operator-identity NAME" "$out"
provision --operator-identity $OPERATORS
ok "HNB-AUTH-07: enrolled with the operator" says "operator *made"
ok "HNB-AUTH-07: a request with that name, of the same key" eval 'test -s "$d/box/operator.csr" &&
	openssl req -in "$d/box/operator.csr" -noout -text | grep -q "DNS:$OPERATORS" &&
	[ "$(openssl req -in "$d/box/operator.csr" -noout -pubkey)" = "$(openssl req -in "$d/box/ike.csr" -noout -pubkey)" ]'
issue operators opca "$d/box/operator.csr" "DNS:$OPERATORS"
ok "HNB-AUTH-07: profile operator, its IDi and certificate: good" good root.der $OPERATORS operators.der
ok "HNB-AUTH-07: profile operator, the vendor's IDi and certificate: bad" bad tre.identity.profile
ok "HNB-AUTH-07: that is said" grep -q "'$NAME', its vendor identity, and .credential. profile is operator" "$out"
ok "HNB-AUTH-07: profile operator, the vendor's certificate: bad" bad tre.identity.certificate root.der $OPERATORS own.der
ok "HNB-AUTH-07: profile operator, the vendor's IDi: bad" bad tre.identity.profile root.der $NAME operators.der
PROFILE=vendor
ok "HNB-AUTH-07: profile vendor, the vendor's: good" good
ok "HNB-AUTH-07: profile vendor, the operator's IDi and certificate: bad" bad tre.identity.profile root.der $OPERATORS operators.der
ok "HNB-AUTH-07: profile vendor, the operator's certificate: bad" bad tre.identity.certificate root.der $NAME operators.der
ok "HNB-AUTH-07: another name of the operator's is refused" refuses tre.identity.other \
	tre provision --operator-identity henb-2.operator.example --dir "$d/box"
ok "HNB-AUTH-07: unless it is to be replaced" eval 'exits 0 tre provision --replace operator \
	--operator-identity henb-2.operator.example --dir "$d/box" && says "operator *replaced"'
PROFILE=operator
ok "HNB-AUTH-07: then the certificate of before is another's: bad" bad tre.identity.mismatch root.der $OPERATORS operators.der
ok "HNB-AUTH-07: the TPM's state has both" eval 'exits 1 tre show --anchor-key "$d/vendor.pem" -j && json \
	"d[\"identity\"][\"text\"] == \"$NAME\" and d[\"operator\"][\"text\"] == \"henb-2.operator.example\""'
PROFILE=vendor

ok "HNB-TRE-09: by a certificate for a file's key: bad" bad tre.key.mismatch root.der $NAME filecert.der
ok "HNB-TRE-06: another root: bad" bad tre.anchor.file vca.der
ok "HNB-TRE-06: the same key and name in another certificate: bad" bad tre.anchor.file again.der
ok "HNB-TRE-06: the remedy is named" grep -q "anchor install" "$out"
ok "HNB-TRE-06: an SA that had it before an update keeps it" eval 'FRESH=0 good again.der'
ok "HNB-TRE-06: no root: bad" bad tre.anchor.file none.der
ok "HNB-TRE-06: the vendor's key is missing: bad" bad tre.anchor.key root.der $NAME own.der none.pem
ok "HNB-TRE-06: another vendor's: bad" eval 'openssl ecparam -name prime256v1 -genkey -noout |
	openssl pkey -pubout -out "$d/thief.pem" && bad tre.anchor.policy root.der $NAME own.der thief.pem'
cp "$d/segw.der" "$d/keep" && flip "$d/segw.der" -1
ok "HNB-TRE-07: a signature that others took for good: bad" bad tre.verify.signature
ok "HNB-TRE-07: also for an SA that is there" eval 'FRESH=0 bad tre.verify.signature'
mv "$d/keep" "$d/segw.der"
ok "HNB-TRE-07: nothing was left behind: good" good

# What is in the TPM
tpm tpm2_nvundefine $NV -C o
ok "HNB-TRE-06: no index: bad" bad tre.anchor.absent
tpm tpm2_nvdefine $NV -C o -s 768 -a "ownerwrite|ownerread|authread|no_da"
ok "HNB-TRE-06: an index that others write: bad" bad tre.anchor.policy
tpm tpm2_nvundefine $NV -C o
provision
ok "HNB-TRE-06: an empty one: bad" bad tre.anchor.empty
authorise
ok "HNB-TRE-06: authorised again: good" good
tpm tpm2_nvundefine $ID -C o
ok "HNB-TRE-04: no identity: bad" bad tre.identity.absent
tpm tpm2_nvdefine $ID -C o -s ${#NAME} -a "authwrite|ownerread|authread|writedefine|no_da"
ok "HNB-TRE-04: an empty one: bad" bad tre.identity.unlocked
printf %s "$NAME" | tpm tpm2_nvwrite $ID -C $ID -i -
ok "HNB-TRE-04: the right one, not locked: bad" bad tre.identity.unlocked
tpm tpm2_nvwritelock $ID -C $ID
ok "HNB-TRE-04: locked: good" good
tpm tpm2_evictcontrol -C o -c $IKE
ok "HNB-TRE-05: no key: bad" bad tre.key.absent
tpm tpm2_import -C 0x81000001 -G ecc -i "$d/file.key" -u "$d/k.pub" -r "$d/k.priv" -a "sign|userwithauth"
tpm tpm2_load -C 0x81000001 -u "$d/k.pub" -r "$d/k.priv" -c "$d/k.ctx"
tpm tpm2_evictcontrol -C o -c "$d/k.ctx" $IKE
tpm2_flushcontext -t > /dev/null 2>&1
ok "HNB-TRE-09: a file's key in the TPM as well, public parts equal: bad" \
	bad tre.key.attributes root.der $NAME filecert.der
ok "HNB-TRE-05: any key, when that is what the configuration says" eval \
	'KEY=any good root.der $NAME filecert.der'
provision --replace ike
ok "HNB-TRE-05: a new key, the certificate of the old one: bad" bad tre.key.mismatch
issue own vca "$d/box/ike.csr" "DNS:$NAME"
ok "HNB-TRE-05: its own certificate: good" good

# A TPM that is slow, or gone
kill -STOP "$swtpm"
late() {
	timeout -s KILL 3 "$dir/chain_tpm" "$TRUSTGATE_TCTI" "$d/vendor.pem" "$d/root.der" $NAME \
		"$d/own.der" "$d/segw.der" > "$out" 2> "$err"
	[ $? = 137 ] && [ ! -s "$out" ]
}
ok "PIT-42: of a TPM that hangs there is no verdict, until whoever waits ends it" late
kill -CONT "$swtpm"
ok "PIT-42: it is good when it goes on" good
for s in 0.005 0.02 0.05; do
	(sleep $s; kill -KILL "$swtpm") &
	ok "PIT-42: killed after $s s: no verdict, or the one from before" eval \
		'good || box 2 indeterminate tre.tpm || box 2 indeterminate tre.tpm.open'
	wait $!
	wait "$swtpm" 2> /dev/null
	swtpm=
	tpm_start one
done
tpm_stop
ok "HNB-TRE-02: no TPM: no verdict" box 2 indeterminate tre.tpm.open

# A key that is to be bound to the approvals of the operator's key
tpm_start bound
for who in operator thief; do
	openssl ecparam -name prime256v1 -genkey -noout -out "$d/$who.key"
	openssl pkey -in "$d/$who.key" -pubout -out "$d/$who.pem"
done
printf 'policy 1\nname lab\npcr 0 %s\n' "$firmware" > "$d/state"
"$tool" tre approval sign --version 1 --key "$d/operator.key" -o "$d/approval" "$d/state"
export APPROVER=$d/operator.pem
provision && authorise
issue own vca "$d/box/ike.csr" "DNS:$NAME"
ok "HNB-TRE-10: a key of the TPM's that signs in any state: bad" bad tre.key.unbound
provision --pcr-bound "$d/approval" --replace ike
ok "HNB-TRE-10: a bound one, with the certificate of the one before: bad" bad tre.key.mismatch
issue own vca "$d/box/ike.csr" "DNS:$NAME"
ok "HNB-TRE-10: with its own: good" good
APPROVER=$d/thief.pem
ok "HNB-TRE-10: bound to another's approvals: bad" bad tre.key.unbound
APPROVER=$d/none.pem
ok "HNB-TRE-10: whose is not known: bad" bad tre.anchor.key
unset APPROVER
ok "HNB-TRE-09: where any key of the TPM's does, a bound one does" good
finish
