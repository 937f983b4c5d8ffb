// SPDX-License-Identifier: GPL-2.0-or-later
/* pki_check_chain(): each rule of the path violated alone. */
#include <stdlib.h>
#include <string.h>
#include <openssl/sha.h>
#include "../lib/tap.h"
#include "ca.h"
#include "pki/profile.h"

#define NAME	"segw.operator.test"
#define SAN	"subjectAltName=DNS:other.operator.test,DNS:" NAME ",IP:192.0.2.1,IP:2001:db8:1::1"

enum who {
	NOBODY,
	ROOT, SUB1, SUB2, SUB3, SUB4,
	LEAF0, LEAF1, LEAF2, LEAF3, LEAF4,
	TWIN_ROOT, TWIN_LEAF, LONE_LEAF,
	BY_LEAF, NO_BC_CA, BY_NO_BC, NO_SIGN_CA, BY_NO_SIGN, NO_KU_CA, BY_NO_KU,
	PATHLEN_CA, PATHLEN_SUB, BY_PATHLEN,
	EXPIRED, FUTURE, EXPIRED_CA, BY_EXPIRED, EXPIRED_ROOT, BY_EXPIRED_ROOT, SHORT_CA, BY_SHORT,
	NO_DS, NO_KU, CA_LEAF, CODE_EKU, IKE_EKU,
	RSA1024, RSA2048, EC224, EC384, EXPLICIT, ED, RSA1024_CA, BY_RSA1024, RSA_CA, BY_RSA_PSS,
	BY_RSA_PSS_SHA1, MD5_LEAF, SHA1_LEAF, SHA384_LEAF,
	CRITICAL, CONSTRAINED_CA, BY_CONSTRAINED,
	ALT_ROOT, CROSS, PATHLEN1_CA, PATHLEN1_SUB, BY_PATHLEN1, TWICE, NC_LEAF, NC_DOT_CA,
	BY_NC_DOT, NC_EMPTY_CA, BY_NC_EMPTY, EMPTY_LABEL, A_LABEL, POLICY_LEAF,
	VENDOR_LEAF, BER_NAME,
	SKI_CA, AKI_LEAF, AKI_OTHER, CRITICAL_CA, BY_CRITICAL, V1_CA, BY_V1, NAMELESS_CA,
	BY_NAMELESS, NC_STAR_CA, BY_NC_STAR, NC_MASK_CA, BY_NC_MASK, NC_HALF_CA, BY_NC_HALF,
	NC_NET_CA, BY_NC_NET, CRITICAL_ROOT, BY_CRITICAL_ROOT, NO_BC_ROOT, BY_NO_BC_ROOT, EMPTY_EKU,
	CRITICAL_AIA, CRITICAL_AKI, CRITICAL_SKI_CA, BY_CRITICAL_SKI, SERIAL0, SERIAL_NEG, SERIAL21, SERIAL0_CA, BY_SERIAL0,
	NO_SAN, WILDCARD, NUL_NAME, NUL_SECOND, IP_AS_DNS, DOT_NAME, UPPER_NAME, MAPPED_IP, ZERO_IP,
	ENTITIES
};

static const struct {
	enum who issuer;
	struct ca_spec spec;
} specs[ENTITIES] = {
	[ROOT] = { 0, { .cn = "Root", .to = 300 * CA_DAY, .ext = { CA_EXT_CA } } },
	[SUB1] = { ROOT, { .cn = "Sub 1", .to = 100 * CA_DAY, .ext = { CA_EXT_CA } } },
	[SUB2] = { SUB1, { .cn = "Sub 2", .ext = { CA_EXT_CA } } },
	[SUB3] = { SUB2, { .cn = "Sub 3", .ext = { CA_EXT_CA } } },
	[SUB4] = { SUB3, { .cn = "Sub 4", .ext = { CA_EXT_CA } } },
	[LEAF0] = { ROOT, { .cn = "Leaf 0", .ext = { CA_EXT_END, SAN } } },
	[LEAF1] = { SUB1, { .cn = "Leaf 1", .ext = { CA_EXT_END, SAN } } },
	[LEAF2] = { SUB2, { .cn = "Leaf 2", .ext = { CA_EXT_END, SAN } } },
	[LEAF3] = { SUB3, { .cn = "Leaf 3", .ext = { CA_EXT_END, SAN } } },
	[LEAF4] = { SUB4, { .cn = "Leaf 4", .ext = { CA_EXT_END, SAN } } },
	[TWIN_ROOT] = { 0, { .cn = "Root", .ext = { CA_EXT_CA } } },
	[TWIN_LEAF] = { TWIN_ROOT, { .cn = "Leaf 0", .ext = { CA_EXT_END, SAN } } },
	[LONE_LEAF] = { 0, { .cn = "Lone", .ext = { CA_EXT_END, SAN } } },
	[BY_LEAF] = { LEAF1, { .cn = "By leaf", .ext = { CA_EXT_END, SAN } } },
	[NO_BC_CA] = { ROOT, { .cn = "No BC", .ext = { "keyUsage=critical,keyCertSign" } } },
	[BY_NO_BC] = { NO_BC_CA, { .cn = "By no BC", .ext = { CA_EXT_END, SAN } } },
	[NO_SIGN_CA] = { ROOT, { .cn = "No sign", .ext = { "basicConstraints=critical,CA:TRUE",
							   "keyUsage=critical,cRLSign" } } },
	[BY_NO_SIGN] = { NO_SIGN_CA, { .cn = "By no sign", .ext = { CA_EXT_END, SAN } } },
	[NO_KU_CA] = { ROOT, { .cn = "No KU", .ext = { "basicConstraints=critical,CA:TRUE" } } },
	[BY_NO_KU] = { NO_KU_CA, { .cn = "By no KU", .ext = { CA_EXT_END, SAN } } },
	[PATHLEN_CA] = { ROOT, { .cn = "Pathlen", .ext = {
		"basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=critical,keyCertSign" } } },
	[PATHLEN_SUB] = { PATHLEN_CA, { .cn = "Pathlen sub", .ext = { CA_EXT_CA } } },
	[BY_PATHLEN] = { PATHLEN_SUB, { .cn = "By pathlen", .ext = { CA_EXT_END, SAN } } },
	[EXPIRED] = { ROOT, { .cn = "Expired", .to = -1, .ext = { CA_EXT_END, SAN } } },
	[FUTURE] = { ROOT, { .cn = "Future", .from = 1, .ext = { CA_EXT_END, SAN } } },
	[EXPIRED_CA] = { ROOT, { .cn = "Expired CA", .to = -1, .ext = { CA_EXT_CA } } },
	[BY_EXPIRED] = { EXPIRED_CA, { .cn = "By expired", .ext = { CA_EXT_END, SAN } } },
	[EXPIRED_ROOT] = { 0, { .cn = "Expired root", .to = -1, .ext = { CA_EXT_CA } } },
	[BY_EXPIRED_ROOT] = { EXPIRED_ROOT, { .cn = "By expired root", .ext = { CA_EXT_END, SAN } } },
	[SHORT_CA] = { ROOT, { .cn = "Short CA", .to = CA_HOUR, .ext = { CA_EXT_CA } } },
	[BY_SHORT] = { SHORT_CA, { .cn = "By short", .ext = { CA_EXT_END, SAN } } },
	[NO_DS] = { ROOT, { .cn = "No DS", .ext = { "keyUsage=critical,keyEncipherment", SAN } } },
	[NO_KU] = { ROOT, { .cn = "No KU leaf", .ext = { SAN } } },
	[CA_LEAF] = { ROOT, { .cn = "CA leaf", .ext = { "basicConstraints=critical,CA:TRUE",
		"keyUsage=critical,keyCertSign,digitalSignature", SAN } } },
	[CODE_EKU] = { ROOT, { .cn = "Code", .ext = { CA_EXT_END, SAN, "extendedKeyUsage=codeSigning" } } },
	[IKE_EKU] = { ROOT, { .cn = "IKE", .ext = { CA_EXT_END, SAN, "extendedKeyUsage=ipsecIKE" } } },
	[RSA1024] = { ROOT, { .cn = "RSA 1024", .key = "RSA-1024", .ext = { CA_EXT_END, SAN } } },
	[RSA2048] = { ROOT, { .cn = "RSA 2048", .key = "RSA-2048", .ext = { CA_EXT_END, SAN } } },
	[EC224] = { ROOT, { .cn = "P-224", .key = "P-224", .ext = { CA_EXT_END, SAN } } },
	[EC384] = { ROOT, { .cn = "P-384", .key = "P-384", .ext = { CA_EXT_END, SAN } } },
	[EXPLICIT] = { ROOT, { .cn = "Explicit", .key = "explicit", .ext = { CA_EXT_END, SAN } } },
	[ED] = { ROOT, { .cn = "Ed25519", .key = "ED25519", .ext = { CA_EXT_END, SAN } } },
	[RSA1024_CA] = { ROOT, { .cn = "RSA 1024 CA", .key = "RSA-1024", .ext = { CA_EXT_CA } } },
	[BY_RSA1024] = { RSA1024_CA, { .cn = "By RSA 1024", .ext = { CA_EXT_END, SAN } } },
	[RSA_CA] = { ROOT, { .cn = "RSA CA", .key = "RSA-2048", .ext = { CA_EXT_CA } } },
	[BY_RSA_PSS] = { RSA_CA, { .cn = "PSS", .md = "pss:SHA256", .ext = { CA_EXT_END, SAN } } },
	[BY_RSA_PSS_SHA1] = { RSA_CA, { .cn = "PSS SHA-1", .md = "pss:SHA1",
					.ext = { CA_EXT_END, SAN } } },
	[MD5_LEAF] = { RSA_CA, { .cn = "MD5", .md = "MD5", .ext = { CA_EXT_END, SAN } } },
	[SHA1_LEAF] = { ROOT, { .cn = "SHA-1", .md = "SHA1", .ext = { CA_EXT_END, SAN } } },
	[SHA384_LEAF] = { ROOT, { .cn = "SHA-384", .md = "SHA384", .ext = { CA_EXT_END, SAN } } },
	[CRITICAL] = { ROOT, { .cn = "Critical", .ext = { CA_EXT_END, SAN,
							  "1.3.6.1.4.1.99999.1=critical,DER:0500" } } },
	[CONSTRAINED_CA] = { ROOT, { .cn = "Constrained", .ext = { CA_EXT_CA,
		"nameConstraints=critical,permitted;DNS:elsewhere.test" } } },
	[BY_CONSTRAINED] = { CONSTRAINED_CA, { .cn = "By constrained", .ext = { CA_EXT_END, SAN } } },
	/* The key of Sub 1, from a root that is not ours. */
	[ALT_ROOT] = { 0, { .cn = "Alt root", .ext = { CA_EXT_CA } } },
	[CROSS] = { ALT_ROOT, { .cn = "Sub 1", .ext = { CA_EXT_CA } } },
	[PATHLEN1_CA] = { ROOT, { .cn = "Pathlen 1", .ext = {
		"basicConstraints=critical,CA:TRUE,pathlen:1", "keyUsage=critical,keyCertSign" } } },
	[PATHLEN1_SUB] = { PATHLEN1_CA, { .cn = "Pathlen 1 sub", .ext = { CA_EXT_CA } } },
	[BY_PATHLEN1] = { PATHLEN1_SUB, { .cn = "By pathlen 1", .ext = { CA_EXT_END, SAN } } },
	[TWICE] = { ROOT, { .cn = "Twice", .ext = { CA_EXT_END, SAN,
		"1.3.6.1.4.1.99999.1=DER:0500", "1.3.6.1.4.1.99999.1=DER:0500" } } },
	[NC_LEAF] = { ROOT, { .cn = "NC leaf", .ext = { CA_EXT_END, SAN,
		"nameConstraints=critical,permitted;DNS:operator.test" } } },
	[NC_DOT_CA] = { ROOT, { .cn = "NC dot", .ext = { CA_EXT_CA,
		"nameConstraints=critical,permitted;DNS:.operator.test" } } },
	[BY_NC_DOT] = { NC_DOT_CA, { .cn = "By NC dot", .ext = { CA_EXT_END, SAN } } },
	[NC_EMPTY_CA] = { ROOT, { .cn = "NC empty", .ext = { CA_EXT_CA,
		"2.5.29.30=critical,DER:3000" } } },
	[BY_NC_EMPTY] = { NC_EMPTY_CA, { .cn = "By NC empty", .ext = { CA_EXT_END, SAN } } },
	[EMPTY_LABEL] = { ROOT, { .cn = "Empty label", .ext = { CA_EXT_END,
		"subjectAltName=DNS:" NAME ",DNS:.operator.test" } } },
	[A_LABEL] = { ROOT, { .cn = "A-label", .ext = { CA_EXT_END,
		"subjectAltName=DNS:xn--sgw-5la.operator.test" } } },
	[POLICY_LEAF] = { ROOT, { .cn = "Policy", .ext = { CA_EXT_END, SAN,
		"2.5.29.32=DER:300D300B06092B06010401868D1F02" } } },
	[VENDOR_LEAF] = { ALT_ROOT, { .cn = "Vendor leaf", .ext = { CA_EXT_END, SAN } } },
	/* segw.operator.test, behind a length in one octet too many */
	[BER_NAME] = { ROOT, { .cn = "BER name", .ext = { CA_EXT_END, "2.5.29.17=DER:30:81:14:82:12:"
		"73:65:67:77:2e:6f:70:65:72:61:74:6f:72:2e:74:65:73:74" } } },
	[SKI_CA] = { ROOT, { .cn = "SKI", .ext = { CA_EXT_CA, "subjectKeyIdentifier=01020304" } } },
	[AKI_LEAF] = { SKI_CA, { .cn = "AKI", .ext = { CA_EXT_END, SAN,
		"2.5.29.35=DER:30:06:80:04:01:02:03:04" } } },
	[AKI_OTHER] = { SKI_CA, { .cn = "AKI other", .ext = { CA_EXT_END, SAN,
		"2.5.29.35=DER:30:06:80:04:01:02:03:05" } } },
	[CRITICAL_CA] = { ROOT, { .cn = "Critical CA", .ext = { CA_EXT_CA,
		"1.3.6.1.4.1.99999.1=critical,DER:0500" } } },
	[BY_CRITICAL] = { CRITICAL_CA, { .cn = "By critical", .ext = { CA_EXT_END, SAN } } },
	[V1_CA] = { ROOT, { .cn = "V1", .v1 = true } },
	[BY_V1] = { V1_CA, { .cn = "By V1", .ext = { CA_EXT_END, SAN } } },
	[NAMELESS_CA] = { ROOT, { .subject = "", .ext = { CA_EXT_CA } } },
	[BY_NAMELESS] = { NAMELESS_CA, { .cn = "By nameless", .ext = { CA_EXT_END, SAN } } },
	[NC_STAR_CA] = { ROOT, { .cn = "NC star", .ext = { CA_EXT_CA,
		"nameConstraints=critical,excluded;DNS:*.operator.test" } } },
	[BY_NC_STAR] = { NC_STAR_CA, { .cn = "By NC star", .ext = { CA_EXT_END, SAN } } },
	[NC_MASK_CA] = { ROOT, { .cn = "NC mask", .ext = { CA_EXT_CA,
		"nameConstraints=critical,excluded;IP:192.0.2.0/255.0.255.0" } } },
	[BY_NC_MASK] = { NC_MASK_CA, { .cn = "By NC mask", .ext = { CA_EXT_END, SAN } } },
	/* excluded: an iPAddress of four octets */
	[NC_HALF_CA] = { ROOT, { .cn = "NC half", .ext = { CA_EXT_CA,
		"2.5.29.30=critical,DER:30:0a:a1:08:30:06:87:04:c0:00:02:00" } } },
	[BY_NC_HALF] = { NC_HALF_CA, { .cn = "By NC half", .ext = { CA_EXT_END, SAN } } },
	[NC_NET_CA] = { ROOT, { .cn = "NC net", .ext = { CA_EXT_CA,
		"nameConstraints=critical,excluded;IP:198.51.100.0/255.255.255.128" } } },
	[BY_NC_NET] = { NC_NET_CA, { .cn = "By NC net", .ext = { CA_EXT_END, SAN } } },
	[CRITICAL_ROOT] = { 0, { .cn = "Critical root", .ext = { CA_EXT_CA,
		"1.3.6.1.4.1.99999.1=critical,DER:0500" } } },
	[BY_CRITICAL_ROOT] = { CRITICAL_ROOT, { .cn = "By critical root", .ext = { CA_EXT_END, SAN } } },
	[NO_BC_ROOT] = { 0, { .cn = "No BC root", .ext = { "keyUsage=critical,keyCertSign" } } },
	[BY_NO_BC_ROOT] = { NO_BC_ROOT, { .cn = "By no BC root", .ext = { CA_EXT_END, SAN } } },
	[EMPTY_EKU] = { ROOT, { .cn = "Empty EKU", .ext = { CA_EXT_END, SAN, "2.5.29.37=DER:30:00" } } },
	[CRITICAL_AIA] = { ROOT, { .cn = "Critical AIA", .ext = { CA_EXT_END, SAN,
		"authorityInfoAccess=critical,OCSP;URI:http://a.test/" } } },
	[CRITICAL_AKI] = { SKI_CA, { .cn = "Critical AKI", .ext = { CA_EXT_END, SAN,
		"2.5.29.35=critical,DER:30:06:80:04:01:02:03:04" } } },
	[CRITICAL_SKI_CA] = { ROOT, { .cn = "Critical SKI", .ext = { CA_EXT_CA,
		"2.5.29.14=critical,DER:04:04:01:02:03:04" } } },
	[BY_CRITICAL_SKI] = { CRITICAL_SKI_CA, { .cn = "By critical SKI",
						 .ext = { CA_EXT_END, SAN } } },
	[SERIAL0] = { ROOT, { .cn = "Serial 0", .serial = "0", .ext = { CA_EXT_END, SAN } } },
	[SERIAL_NEG] = { ROOT, { .cn = "Serial -1", .serial = "-1", .ext = { CA_EXT_END, SAN } } },
	[SERIAL21] = { ROOT, { .cn = "Serial 21", .ext = { CA_EXT_END, SAN },
		.serial = "7f00000000000000000000000000000000000000ff" } },
	[SERIAL0_CA] = { ROOT, { .cn = "Serial 0 CA", .serial = "0", .ext = { CA_EXT_CA } } },
	[BY_SERIAL0] = { SERIAL0_CA, { .cn = "By serial 0", .ext = { CA_EXT_END, SAN } } },
	[NO_SAN] = { ROOT, { .cn = NAME, .ext = { CA_EXT_END } } },
	[WILDCARD] = { ROOT, { .cn = "Wildcard", .ext = { CA_EXT_END,
		"subjectAltName=DNS:*.operator.test" } } },
	/* segw.operator.test, NUL, .evil */
	[NUL_NAME] = { ROOT, { .cn = "NUL", .ext = { CA_EXT_END, "subjectAltName=DER:30:1a:82:18:"
		"73:65:67:77:2e:6f:70:65:72:61:74:6f:72:2e:74:65:73:74:00:2e:65:76:69:6c" } } },
	/* segw.operator.test; a, NUL */
	[NUL_SECOND] = { ROOT, { .cn = "NUL 2", .ext = { CA_EXT_END, "subjectAltName=DER:30:18:82:12:"
		"73:65:67:77:2e:6f:70:65:72:61:74:6f:72:2e:74:65:73:74:82:02:61:00" } } },
	[IP_AS_DNS] = { ROOT, { .cn = "IP as DNS", .ext = { CA_EXT_END,
		"subjectAltName=DNS:192.0.2.1" } } },
	[DOT_NAME] = { ROOT, { .cn = "Dot", .ext = { CA_EXT_END, "subjectAltName=DNS:" NAME "." } } },
	[UPPER_NAME] = { ROOT, { .cn = "Upper", .ext = { CA_EXT_END,
		"subjectAltName=DNS:SEGW.Operator.TEST" } } },
	[MAPPED_IP] = { ROOT, { .cn = "Mapped", .ext = { CA_EXT_END,
		"subjectAltName=IP:::ffff:192.0.2.1" } } },
	[ZERO_IP] = { ROOT, { .cn = "Zero", .ext = { CA_EXT_END, "subjectAltName=IP:0.0.0.0" } } },
};

static struct entity entities[ENTITIES];

enum bend { STRAIGHT, FLIP_LEAF, FLIP_CA, TAIL_LEAF, TAIL_CA, TAIL_ANCHOR, EMPTY, GARBAGE, BER,
	    INNER_BER };

struct chain_case {
	const char *row, *what;
	enum who sent[6];
	const char *rule;	/* NULL: good */
	const char *name;	/* NULL: NAME; "-": no name at all */
	enum who anchor;	/* 0: ROOT */
	int64_t now;		/* 0: CA_NOW */
	int64_t expires;	/* seconds from CA_NOW; 0: not looked at */
	enum bend bend;
	int issuer;		/* index expected, counted from 1; 0: the anchor */
	const char *profile;	/* NULL: seed; "-": none */
	const char *from, *to;	/* what is replaced in its text */
	unsigned int sha1;	/* signatures over SHA-1 expected */
	enum pki_role role;
};

static const struct chain_case cases[] = {
	/* Length and building. */
	{ "HNB-PATH-02", "1 certificate is accepted", { LEAF0 } },
	{ "HNB-PATH-02", "2 certificates are accepted", { LEAF1, SUB1 }, .issuer = 2 },
	{ "HNB-PATH-02", "3 certificates are accepted", { LEAF2, SUB2, SUB1 }, .issuer = 2 },
	{ "HNB-PATH-02", "4 certificates are accepted", { LEAF3, SUB3, SUB2, SUB1 }, .issuer = 2 },
	{ "PIT-37", "5 certificates are refused", { LEAF4, SUB4, SUB3, SUB2, SUB1 }, "path.length" },
	{ "HNB-PATH-02", "5 certificates are refused though 1 would do",
	  { LEAF0, SUB4, SUB3, SUB2, SUB1 }, "path.length" },
	{ "HNB-PATH-02", "CAs in another order are accepted", { LEAF3, SUB1, SUB2, SUB3 },
	  .issuer = 4 },
	{ "HNB-PATH-02", "the root sent as one of 4 changes nothing", { LEAF2, SUB2, SUB1, ROOT },
	  .issuer = 2 },
	{ "HNB-PATH-02", "the root sent as issuer of the leaf is still the anchor", { LEAF0, ROOT } },
	{ "HNB-F1-11", "a root that is sent is not trusted", { TWIN_LEAF, TWIN_ROOT },
	  "path.signature" },
	{ "HNB-F1-11", "a root of the same name is not the anchor", { TWIN_LEAF }, "path.signature" },
	{ "HNB-F1-11", "a self-signed leaf is refused", { LONE_LEAF }, "path.issuer" },
	{ "HNB-F1-11", "a missing CA is refused", { LEAF2, SUB2 }, "path.issuer" },
	{ "HNB-F1-11", "another root with its own leaf is refused",
	  { BY_EXPIRED_ROOT, EXPIRED_ROOT }, "path.issuer" },
	{ "HNB-F1-11", "no certificate is refused", { NOBODY }, "path.empty" },
	{ "HNB-TRE-07", "a flipped bit in the leaf's signature is refused", { LEAF2, SUB2, SUB1 },
	  "path.signature", .bend = FLIP_LEAF },
	{ "HNB-TRE-07", "a flipped bit in a CA's signature is refused", { LEAF2, SUB2, SUB1 },
	  "path.signature", .bend = FLIP_CA },
	{ "HNB-PATH-02", "a cross certificate to a root that is not ours leads nowhere",
	  { LEAF1, CROSS }, "path.issuer" },
	{ "HNB-PATH-02", "the other way is tried when the cross certificate comes first",
	  { LEAF1, CROSS, SUB1 }, .issuer = 3 },
	{ "HNB-PATH-02", "to the other root the cross certificate is the way",
	  { LEAF1, SUB1, CROSS }, .issuer = 3, .anchor = ALT_ROOT },
	{ "HNB-PATH-02", "a CA sent twice changes nothing", { LEAF1, SUB1, SUB1 }, .issuer = 2 },
	{ "HNB-PATH-02", "the leaf sent twice changes nothing", { LEAF1, LEAF1, SUB1 },
	  .issuer = 3 },
	{ "HNB-PATH-02", "certificates of no path change nothing", { LEAF1, BY_SHORT, SHORT_CA,
	  SUB1 }, .issuer = 4 },
	{ "HNB-TRE-07", "a CA below a root may be the anchor", { LEAF1 }, .anchor = SUB1 },
	{ "HNB-F1-11", "the anchor itself is no peer", { LONE_LEAF }, "path.issuer|path.ca",
	  .anchor = LONE_LEAF },
	/* CAs. */
	{ "CA-03", "one CA below a pathlen of 1 is accepted",
	  { BY_PATHLEN1, PATHLEN1_SUB, PATHLEN1_CA }, .issuer = 2 },
	{ "CA-04", "constraints in a leaf are refused", { NC_LEAF }, "path.constraint" },
	{ "CA-04", "a constraint on nothing is refused", { BY_NC_EMPTY, NC_EMPTY_CA },
	  "path.constraint|path.invalid" },
	{ "CA-04", "a constraint that begins with a dot is refused", { BY_NC_DOT, NC_DOT_CA },
	  "path.constraint" },
	{ "CA-04", "an excluded wildcard is refused: no name would be within it",
	  { BY_NC_STAR, NC_STAR_CA }, "path.constraint" },
	{ "CA-04", "a mask with holes is refused", { BY_NC_MASK, NC_MASK_CA }, "path.constraint" },
	{ "CA-04", "an address without a mask is refused", { BY_NC_HALF, NC_HALF_CA },
	  "path.constraint" },
	{ "CA-04", "a network that excludes others is accepted", { BY_NC_NET, NC_NET_CA },
	  .issuer = 2 },
	{ "CRT-13", "an unknown critical extension in the root is refused", { BY_CRITICAL_ROOT },
	  "path.extension", .anchor = CRITICAL_ROOT },
	{ "HNB-PATH-02", "a root without basicConstraints is refused", { BY_NO_BC_ROOT },
	  "path.ca", .anchor = NO_BC_ROOT },
	{ "CRT-13", "an empty extendedKeyUsage is refused", { EMPTY_EKU },
	  "profile.ike-entity.extended-key-usage|path.invalid|path.extension" },
	{ "CRT-13", "a critical AIA is refused", { CRITICAL_AIA }, "path.extension" },
	{ "CRT-13", "a critical AKI is refused", { CRITICAL_AKI, SKI_CA }, "path.extension" },
	{ "CRT-13", "a CA's critical SKI is refused", { BY_CRITICAL_SKI, CRITICAL_SKI_CA },
	  "path.extension" },
	{ "HNB-PATH-02", "a leaf can't issue", { BY_LEAF, LEAF1, SUB1 }, "path.ca" },
	{ "HNB-PATH-02", "a CA without basicConstraints is refused", { BY_NO_BC, NO_BC_CA },
	  "path.ca" },
	{ "HNB-PATH-02", "a CA without keyCertSign is refused", { BY_NO_SIGN, NO_SIGN_CA },
	  "path.ca|path.issuer" },
	{ "HNB-PATH-02", "a CA without keyUsage is refused by the profile", { BY_NO_KU, NO_KU_CA },
	  "profile.ike-ca.key-usage" },
	{ "HNB-PATH-02", "a pathlen exceeded is refused", { BY_PATHLEN, PATHLEN_SUB, PATHLEN_CA },
	  "path.pathlen" },
	{ "HNB-PATH-02", "a name constraint violated is refused", { BY_CONSTRAINED, CONSTRAINED_CA },
	  "path.constraint" },
	/* Time. */
	{ "HNB-PATH-03", "an expired leaf is refused", { EXPIRED }, "time.expired" },
	{ "HNB-PATH-03", "a leaf of the future is refused", { FUTURE }, "time.future" },
	{ "HNB-PATH-03", "an expired CA is refused", { BY_EXPIRED, EXPIRED_CA }, "time.expired" },
	{ "HNB-PATH-03", "an expired root is refused", { BY_EXPIRED_ROOT }, "time.expired",
	  .anchor = EXPIRED_ROOT },
	{ "HNB-PATH-03", "a clock at 1970 is refused", { LEAF1, SUB1 }, "time.future", .now = 1 },
	{ "HNB-PATH-03", "the leaf bounds the verdict", { LEAF1, SUB1 }, .expires = 30 * CA_DAY,
	  .issuer = 2 },
	{ "HNB-PATH-03", "a CA that ends earlier bounds it", { BY_SHORT, SHORT_CA },
	  .expires = CA_HOUR, .issuer = 2 },
	{ "HNB-PATH-03", "the second of notAfter is the last", { LEAF0 },
	  .now = CA_NOW + 30 * CA_DAY, .expires = 30 * CA_DAY },
	{ "HNB-PATH-03", "the second after is refused", { LEAF0 }, "time.expired",
	  .now = CA_NOW + 30 * CA_DAY + 1 },
	{ "HNB-PATH-03", "a clock at 2100 is refused", { LEAF1, SUB1 }, "time.expired",
	  .now = 4102444800 },
	/* What the leaf is for. */
	{ "CRT-12", "a leaf without digitalSignature is refused", { NO_DS },
	  "profile.ike-entity.key-usage-bits" },
	{ "CRT-12", "a CA as leaf is refused", { CA_LEAF }, "leaf.ca" },
	{ "CRT-12", "the root as leaf is refused", { ROOT }, "leaf.ca" },
	{ "CRT-13", "a leaf for code signing is refused", { CODE_EKU },
	  "profile.ike-entity.extended-key-usage" },
	{ "CRT-13", "a leaf for IKE is accepted", { IKE_EKU } },
	{ "CRT-13", "an unknown critical extension is refused", { CRITICAL }, "path.extension" },
	/* Strength. */
	{ "CRT-13", "one in a CA is refused", { BY_CRITICAL, CRITICAL_CA }, "path.extension" },
	{ "HNB-PATH-02", "the key that the AKI names is accepted", { AKI_LEAF, SKI_CA }, .issuer = 2 },
	{ "HNB-PATH-02", "another key than the AKI names is refused", { AKI_OTHER, SKI_CA },
	  "path.aki" },
	{ "CRT-02", "a CA of version 1 is refused", { BY_V1, V1_CA }, "path.ca" },
	{ "CRT-02", "a CA without a name is refused", { BY_NAMELESS, NAMELESS_CA },
	  "profile.ike-entity.issuer|profile.ike-ca.subject" },
	{ "CRT-13", "a serial number of 0 is refused", { SERIAL0 }, "profile.ike-entity.serial" },
	{ "CRT-13", "a negative one is refused", { SERIAL_NEG }, "profile.ike-entity.serial" },
	{ "CRT-13", "one of 21 octets is refused", { SERIAL21 }, "profile.ike-entity.serial" },
	{ "CRT-13", "a CA's of 0 is accepted, as RFC 5280 4.1.2.2 asks of who verifies",
	  { BY_SERIAL0, SERIAL0_CA }, .issuer = 2 },
	{ "CRT-13", "and refused by a profile that holds CAs to it", { BY_SERIAL0, SERIAL0_CA },
	  "profile.ike-ca.serial", .from = "serial = warn 20", .to = "serial = error 20" },
	{ "CRT-04", "RSA 1024 is refused", { RSA1024 }, "profile.ike-entity.rsa-bits" },
	{ "CRT-04", "RSA 2048 is accepted", { RSA2048 } },
	{ "CRT-04", "an RSA 1024 CA is refused", { BY_RSA1024, RSA1024_CA },
	  "profile.ike-ca.rsa-bits" },
	{ "CRT-04", "P-224 is refused", { EC224 }, "profile.ike-entity.ec-curve" },
	{ "CRT-04", "P-384 is accepted", { EC384 } },
	{ "CRT-04", "a curve spelled out is refused", { EXPLICIT }, "path.key|path.invalid" },
	{ "CRT-03", "Ed25519 is refused", { ED }, "path.key" },
	{ "CRT-03", "RSASSA-PSS is accepted", { BY_RSA_PSS, RSA_CA }, .issuer = 2 },
	{ "CRT-03", "MD5 is refused", { MD5_LEAF, RSA_CA }, "path.digest" },
	{ "CRT-03", "SHA-384 is accepted", { SHA384_LEAF } },
	/* A SeGW that looks at a H(e)NB. */
	{ "SGW-PATH-05", "4 certificates of a H(e)NB are accepted", { LEAF3, SUB3, SUB2, SUB1 },
	  .issuer = 2, .role = PKI_HENB },
	{ "SGW-PATH-05", "5 are refused", { LEAF4, SUB4, SUB3, SUB2, SUB1 }, "path.length",
	  .role = PKI_HENB },
	{ "SGW-PATH-06", "a H(e)NB whose certificate expired is refused", { EXPIRED },
	  "time.expired", .role = PKI_HENB },
	{ "SGW-PATH-06", "one of the future is refused", { FUTURE }, "time.future",
	  .role = PKI_HENB },
	{ "SGW-PATH-06", "one whose CA expired is refused", { BY_EXPIRED, EXPIRED_CA },
	  "time.expired", .role = PKI_HENB },
	{ "SGW-PATH-06", "one whose root expired is refused", { BY_EXPIRED_ROOT }, "time.expired",
	  .anchor = EXPIRED_ROOT, .role = PKI_HENB },
	{ "HNB-AUTH-06, CRT-06", "a H(e)NB of a vendor that is not authorised is refused",
	  { VENDOR_LEAF, ALT_ROOT }, "path.issuer", .role = PKI_HENB },
	{ "HNB-AUTH-06, CRT-06", "one of a vendor that is, is accepted", { VENDOR_LEAF },
	  .anchor = ALT_ROOT, .role = PKI_HENB },
	{ "CA-04", "a vendor's certificate with the SeGW's name is refused", { VENDOR_LEAF },
	  "path.issuer" },
	/* Profiles. */
	{ "CRT-14", "without a profile nothing is good", { LEAF0 }, "path.profile",
	  .profile = "-" },
	{ "CRT-14", "a path that keeps the profile is accepted", { LEAF3, SUB3, SUB2, SUB1 },
	  .issuer = 2 },
	{ "CRT-14", "a leaf that does not is refused", { NO_KU },
	  "profile.ike-entity.key-usage" },
	{ "CRT-14", "a CA that does not is refused", { BY_NO_SIGN, NO_SIGN_CA },
	  "path.ca|profile.ike-ca.cert-sign" },
	{ "CRT-12", "a SeGW without CRL distribution point under rel17 is refused", { LEAF0 },
	  "profile.ike-entity.crl-distribution-point", .profile = "rel17" },
	{ "HASH-02", "SHA-1 is accepted and counted by default", { SHA1_LEAF },
	  .sha1 = 1 },
	{ "HASH-03", "SHA-1 is refused by rel17", { SHA1_LEAF }, "path.digest",
	  .profile = "rel17" },
	{ "HASH-03", "SHA-1 is refused by rel17-strict", { SHA1_LEAF }, "path.digest",
	  .profile = "rel17-strict" },
	{ "HASH-02", "SHA-1 from before the cut-off is accepted", { SHA1_LEAF },
	  .from = "certificate = allow", .to = "certificate = legacy-before=2026-10-01",
	  .sha1 = 1 },
	{ "HASH-02", "SHA-1 from after the cut-off is refused", { SHA1_LEAF }, "path.digest",
	  .from = "certificate = allow",
	  .to = "certificate = legacy-before=2026-09-01" },
	{ "PIT-49", "RSASSA-PSS over SHA-1 is SHA-1", { BY_RSA_PSS_SHA1, RSA_CA }, .issuer = 2,
	  .sha1 = 1 },
	{ "HASH-04", "MD5 is refused whatever the profile says", { MD5_LEAF, RSA_CA },
	  "path.digest", .profile = "rel9", .from = "digest = error", .to = "digest = off" },
	{ "CRT-04", "a curve spelled out is refused whatever the profile says", { EXPLICIT },
	  "path.key", .from = "ec-curve = error", .to = "ec-curve = off" },
	{ "CRT-04", "RSA 1024 is accepted by rel9", { RSA1024 }, .profile = "rel9",
	  .from = "crl-distribution-point = error", .to = "crl-distribution-point = off" },
	{ "CRT-14", "a policy that is asked for and there is accepted", { POLICY_LEAF },
	  .from = "name = seed",
	  .to = "name = seed\npolicies = 1.3.6.1.4.1.99999.2" },
	{ "CRT-14", "another one is refused", { POLICY_LEAF }, "path.policy",
	  .from = "name = seed", .to = "name = seed\npolicies = 1.3.6.1.4.1.99999.3" },
	{ "CRT-14", "none is refused", { LEAF0 }, "path.policy",
	  .from = "name = seed", .to = "name = seed\nexplicit-policy = yes" },
	/* Bytes. */
	{ "PIT-15", "a length in BER is refused", { LEAF1, SUB1 }, "path.encoding", .bend = BER },
	{ "PIT-15", "a length in BER inside is refused", { LEAF1, SUB1 }, "path.encoding",
	  .bend = INNER_BER },
	{ "PIT-15", "an extension in BER is refused", { BER_NAME }, "path.encoding" },
	{ "PIT-15", "an extension twice is refused", { TWICE }, "path.encoding" },
	{ "PIT-15", "a byte behind the leaf is refused", { LEAF1, SUB1 }, "path.encoding",
	  .bend = TAIL_LEAF },
	{ "PIT-15", "a byte behind a CA is refused", { LEAF1, SUB1 }, "path.encoding",
	  .bend = TAIL_CA },
	{ "PIT-15", "a byte behind the anchor is refused", { LEAF1, SUB1 }, "path.anchor",
	  .bend = TAIL_ANCHOR },
	{ "PIT-15", "an empty certificate is refused", { LEAF1, SUB1 }, "path.encoding",
	  .bend = EMPTY },
	{ "PIT-15", "garbage is refused", { LEAF1, SUB1 }, "path.encoding", .bend = GARBAGE },
	/* Names. */
	{ "HNB-AUTH-09", "the second name of the SAN is accepted", { LEAF0 } },
	{ "HNB-AUTH-09", "another SeGW of the operator is refused", { LEAF0 }, "name.mismatch",
	  .name = "segw2.operator.test" },
	{ "HNB-AUTH-09", "a right common name alone is refused", { NO_SAN }, "name.absent",
	  .from = "san = error", .to = "san = off" },
	{ "HNB-AUTH-09", "a wildcard is refused", { WILDCARD }, "name.mismatch" },
	{ "HNB-AUTH-09", "a wildcard as the name wanted is refused", { WILDCARD }, "name.invalid",
	  .name = "*.operator.test" },
	{ "HNB-AUTH-09", "a longer name is refused", { LEAF0 }, "name.mismatch",
	  .name = NAME ".evil" },
	{ "HNB-AUTH-09", "a shorter name is refused", { LEAF0 }, "name.mismatch",
	  .name = "operator.test" },
	{ "HNB-AUTH-09", "no name to compare is refused", { LEAF0 }, "name.invalid", .name = "-" },
	{ "HNB-AUTH-09", "an empty name is refused", { LEAF0 }, "name.invalid", .name = "" },
	{ "PIT-48", "case does not count", { UPPER_NAME } },
	{ "PIT-48", "a last dot in the SAN does not count", { DOT_NAME } },
	{ "PIT-48", "a last dot in the name wanted does not count", { LEAF0 }, .name = NAME "." },
	{ "PIT-48", "a NUL in the name is refused", { NUL_NAME }, "name.encoding" },
	{ "PIT-48", "a NUL in another name is refused", { NUL_SECOND }, "name.encoding" },
	{ "PIT-48", "an empty label in another name is refused", { EMPTY_LABEL }, "name.encoding" },
	{ "PIT-48", "an A-label is a name like others", { A_LABEL },
	  .name = "XN--SGW-5LA.operator.test" },
	{ "PIT-48", "a U-label is no name", { A_LABEL }, "name.invalid",
	  .name = "s\303\251gw.operator.test" },
	{ "HNB-AUTH-10", "an IPv4 address is accepted", { LEAF0 }, .name = "192.0.2.1" },
	{ "HNB-AUTH-10", "an IPv6 address is accepted", { LEAF0 }, .name = "2001:db8:1::1" },
	{ "PIT-48", "an IPv6 address written otherwise is accepted", { LEAF0 },
	  .name = "2001:0DB8:0001:0:0:0:0:1" },
	{ "HNB-AUTH-10", "another IPv4 address is refused", { LEAF0 }, "name.mismatch",
	  .name = "192.0.2.2" },
	{ "HNB-AUTH-10", "another IPv6 address is refused", { LEAF0 }, "name.mismatch",
	  .name = "2001:db8:1::2" },
	{ "HNB-AUTH-10", "an address as dNSName is refused", { IP_AS_DNS }, "name.mismatch",
	  .name = "192.0.2.1" },
	{ "HNB-AUTH-10", "an address is no name of as many octets", { ZERO_IP }, "name.mismatch",
	  .name = "a.de" },
	{ "HNB-AUTH-10", "a mapped address is not the IPv4 address", { MAPPED_IP }, "name.mismatch",
	  .name = "192.0.2.1" },
};

static void bend_chain(enum bend bend, struct pki_der *certs, struct pki_der *anchor)
{
	static const uint8_t garbage[] = "-----BEGIN CERTIFICATE-----";

	switch (bend) {
	case STRAIGHT:
		break;
	case FLIP_LEAF:
		certs[0] = ca_flip(certs[0], -1);
		break;
	case FLIP_CA:
		certs[2] = ca_flip(certs[2], -1);
		break;
	case TAIL_LEAF:
		certs[0] = ca_append(certs[0]);
		break;
	case TAIL_CA:
		certs[1] = ca_append(certs[1]);
		break;
	case TAIL_ANCHOR:
		*anchor = ca_append(*anchor);
		break;
	case EMPTY:
		certs[1] = (struct pki_der){ 0 };
		break;
	case BER:
		certs[1] = ca_lengthen(certs[1]);
		break;
	case INNER_BER:
		certs[0] = ca_lengthen_tbs(certs[0]);
		break;
	case GARBAGE:
		certs[1] = (struct pki_der){ garbage, sizeof(garbage) - 1 };
		break;
	}
}

/* "a|b": either. */
static bool rule_is(const char *rule, const char *wanted)
{
	const char *bar = strchr(wanted, '|');
	size_t len = bar ? (size_t)(bar - wanted) : strlen(wanted);

	if (strlen(rule) == len && !strncmp(rule, wanted, len))
		return true;
	return bar && rule_is(rule, bar + 1);
}

static bool as_expected(const struct chain_case *c, const struct pki_der *certs, int issuer,
			const struct pki_result *r)
{
	uint8_t digest[PKI_DIGEST_LEN];

	if (c->rule)
		return r->verdict == (c->profile && *c->profile == '-' ? PKI_INDETERMINATE :
				      PKI_BAD) && rule_is(r->rule, c->rule) && r->detail[0] &&
		       !r->expires;
	SHA256(certs[0].data, certs[0].len, digest);
	return r->verdict == PKI_GOOD && issuer == c->issuer - 1 && r->expires > CA_NOW &&
	       r->sha1 == c->sha1 &&
	       (!c->expires || r->expires == CA_NOW + c->expires) &&
	       !memcmp(digest, r->cert_digest, sizeof(digest));
}

static void run_case(const struct chain_case *c)
{
	static struct pki_profile profile;
	struct pki_chain_policy policy = { .max_sent = 4, .name = NAME };
	struct pki_der certs[6] = { 0 };
	struct pki_result r;
	size_t n = 0;
	int issuer;

	while (n < 6 && c->sent[n]) {
		certs[n] = entities[c->sent[n]].der;
		n++;
	}
	policy.anchor = entities[c->anchor ? c->anchor : ROOT].der;
	if (c->name)
		policy.name = strcmp(c->name, "-") ? c->name : NULL;
	policy.role = c->role;
	ca_profile(&profile, c->profile && *c->profile != '-' ? c->profile : "seed", c->from, c->to);
	if (!c->profile || *c->profile != '-')
		policy.profile = &profile;
	bend_chain(c->bend, certs, &policy.anchor);
	pki_check_chain(certs, n, &policy, c->now ? c->now : CA_NOW, &issuer, &r);
	if (!tap_ok(as_expected(c, certs, issuer, &r), "%s: %s", c->row, c->what))
		printf("# verdict %d, rule %s, issuer %d, expires %+lld, wanted %s\n# %s\n",
		       r.verdict, r.rule, issuer, (long long)r.expires - CA_NOW,
		       c->rule ? c->rule : "good", r.detail);
	else
		printf("# %s: %s\n", r.rule, r.detail);
}

int main(void)
{
	size_t i;

	for (i = ROOT; i < ENTITIES; i++) {
		struct ca_spec spec = specs[i].spec;

		spec.issuer = specs[i].issuer ? &entities[specs[i].issuer] : NULL;
		if (i == CROSS) {
			EVP_PKEY_up_ref(entities[SUB1].key);
			entities[i].key = entities[SUB1].key;
		}
		ca_issue(&entities[i], &spec);
	}
	tap_start();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		run_case(&cases[i]);
	return tap_end();
}
