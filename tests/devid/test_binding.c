// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The record of a binding: what is signed is what is read, and nothing else is. What may
 * be published: DID-X-P3, DID-X-P4, DID-X-P5, DID-Y-P3, DID-Y-09, PRIV-01, FFS-09, CRT-04.
 */
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include "lib/tap.h"
#include "maker.h"
#include "pki/ca.h"
#include "pki/mention.h"
#include "tre/cbor.h"

static EVP_PKEY *repository, *stranger, *device;
static struct pki_der spki;
static struct entity ca, leaf;

static struct entity issued[32];
static size_t nissued;

static void issue(struct entity *out, const char *cn, const char *ext, const char *serial)
{
	const struct ca_spec spec = { .cn = cn, .issuer = &ca, .serial = serial, .ext = { CA_EXT_END, ext } };

	ca_issue(out, &spec);
	issued[nissued++] = *out;
}

static struct devid_binding made_x(void)
{
	struct devid_binding b = maker_y(spki);

	b.solution = DEVID_X;
	b.public_key = (struct pki_der){ 0 };
	b.certificate = leaf.der;
	return b;
}

static size_t sign(struct devid_binding b, EVP_PKEY *key, uint8_t out[DEVID_RECORD_MAX])
{
	struct devid_result r;

	return devid_binding_sign(&b, key, out, &r);
}

static bool same(struct pki_der a, struct pki_der b)
{
	return a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len));
}

static void round_trip(const char *name, struct devid_binding in)
{
	uint8_t record[DEVID_RECORD_MAX], again[DEVID_RECORD_MAX];
	size_t len = sign(in, repository, record);
	struct devid_binding b;
	struct devid_result r;
	bool ok = len && devid_binding_verify(record, len, repository, &b, &r) && r.verdict == DEVID_GOOD;

	tap_ok(ok && b.solution == in.solution && b.status == in.status && b.time_s == in.time_s &&
	       !strcmp(b.imei, in.imei) && same(b.certificate, in.certificate) && same(b.ca, in.ca) &&
	       same(b.public_key, in.public_key), "%s: is read as it was signed", name);
	memset(again, 0, sizeof(again));
	tap_ok(!devid_binding_verify(record, len, stranger, &b, &r) && !strcmp(r.rule, "binding.signer") &&
	       r.verdict == DEVID_BAD && !b.solution, "%s: another repository did not sign it", name);
}

/* Each octet of the record, each of its bits by turns: not one is left to whoever stores it. */
static void tamper(const char *name, struct devid_binding in)
{
	uint8_t record[DEVID_RECORD_MAX];
	size_t len = sign(in, repository, record), accepted = 0, signature = 0;
	struct devid_binding b;
	struct devid_result r;

	for (size_t i = 0; i < len; i++) {
		record[i] ^= (uint8_t)(1u << i % 8);
		accepted += devid_binding_verify(record, len, repository, &b, &r) || r.verdict != DEVID_BAD;
		signature += !strcmp(r.rule, "binding.signature");
		record[i] ^= (uint8_t)(1u << i % 8);
	}
	tap_ok(len && !accepted, "%s: any octet changed: not believed (%zu octets)", name, len);
	tap_ok(signature > len / 2, "%s: most are for the signature to notice (%zu)", name, signature);
	accepted = 0;
	for (size_t cut = 0; cut < len; cut++)
		accepted += devid_binding_verify(record, cut, repository, &b, &r);
	record[len] = 0;
	accepted += devid_binding_verify(record, len + 1, repository, &b, &r);
	tap_ok(!accepted, "%s: cut anywhere, or with an octet behind it: not believed", name);
}

/* Where the signature's item begins: behind the array's head and the map. */
static size_t signature_at(const uint8_t *record, size_t len)
{
	struct tre_cbor in = { record, record + len };
	struct tre_cbor_item head, map;

	if (!tre_cbor_next(&in, &head) || !tre_cbor_next(&in, &map))
		ca_die("a record that does not parse");
	return (size_t)(in.p - record);
}

/* Another record of the same repository, under the signature of the first. */
static void exchange(const char *field, struct devid_binding a, struct devid_binding b)
{
	uint8_t first[DEVID_RECORD_MAX], second[DEVID_RECORD_MAX];
	size_t len = sign(a, repository, first), other = sign(b, repository, second);
	size_t from = signature_at(first, len), to = signature_at(second, other);
	struct devid_binding out;
	struct devid_result r;

	memcpy(second + to, first + from, len - from);
	tap_ok(!devid_binding_verify(second, to + len - from, repository, &out, &r) &&
	       !strcmp(r.rule, "binding.signature"), "DID-X-P3: %s: %s", field, r.rule);
}

static void fields(void)
{
	struct devid_binding y = maker_y(spki), x = made_x(), v;
	EVP_PKEY *key = maker_key("P-256");
	struct entity other = { 0 };

	v = y; strcpy(v.imei, MAKER_OTHER); exchange("the IMEI", y, v);
	v = y; v.time_s++; exchange("the time", y, v);
	v = y; v.status = DEVID_WITHDRAWN; exchange("withdrawn for active", y, v);
	v = y; v.status = DEVID_WITHDRAWN; exchange("active for withdrawn", v, y);
	v = y; v.public_key = maker_spki(key); exchange("the key", y, v);
	exchange("the solution", x, y);
	issue(&other, "00000000-0000-4000-8000-000000000001", NULL, NULL);
	v = x; v.certificate = other.der; exchange("the certificate", x, v);
	v = x; v.ca = ca.der; exchange("a CA that was not there", x, v);
}

static void answers(void)
{
	struct devid_binding b = maker_y(spki);
	struct devid_result r;

	tap_ok(devid_binding_answers(&b, DEVID_Y, MAKER_IMEI, &r), "what was asked for");
	tap_ok(!devid_binding_answers(&b, DEVID_X, MAKER_IMEI, &r) && !strcmp(r.rule, "binding.solution"),
	       "DID-Y-04: a binding of y is none of x");
	tap_ok(!devid_binding_answers(&b, DEVID_Y, MAKER_OTHER, &r) && !strcmp(r.rule, "binding.imei") &&
	       !strstr(r.detail, MAKER_IMEI) && !strstr(r.detail, MAKER_OTHER),
	       "DID-X-09: another device's binding; the reason names no IMEI");
	b.status = DEVID_WITHDRAWN;
	tap_ok(!devid_binding_answers(&b, DEVID_Y, MAKER_IMEI, &r) && !strcmp(r.rule, "binding.withdrawn"),
	       "DID-Y-P3: withdrawn: fail");
}

static void imeis(void)
{
	static const struct { const char *imei, *rule; } cases[] = {
		{ MAKER_IMEI, NULL }, { "490154203237518", NULL }, { "3520990017614823", NULL },
		{ "352099001761482", "imei.check-digit" }, { "352099001761841", "imei.check-digit" },
		{ "35209900176148", "imei.length" }, { "35209900176148100", "imei.length" },
		{ "", "imei.length" }, { "35209900176148a", "imei.digits" }, { " 52099001761481", "imei.digits" },
	};
	struct devid_result r;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool ok = devid_imei_ok(cases[i].imei, strlen(cases[i].imei), &r);

		tap_ok(cases[i].rule ? !ok && !strcmp(r.rule, cases[i].rule) : ok,
		       "DID-X-09: IMEI case %zu: %s", i, ok ? "taken" : r.rule);
	}
}

static void admit(const char *name, struct devid_binding b, const char *rule)
{
	struct devid_result r;
	bool ok = devid_binding_admit(&b, &r);

	tap_ok(rule ? !ok && r.verdict == DEVID_BAD && !strcmp(r.rule, rule) : ok, "%s: %s", name, r.rule);
}

static void keys(void)
{
	static const struct { const char *key, *name, *rule; } cases[] = {
		{ "P-256", "CRT-04: EC of 256 bit", NULL }, { "P-384", "CRT-04: EC of 384 bit", NULL },
		{ "2048", "CRT-04: RSA of 2048 bit", NULL }, { "4096", "CRT-04: RSA of 4096 bit", NULL },
		{ "P-192", "DID-Y-09: EC of 192 bit", "binding.weak-key" },
		{ "1024", "DID-Y-09: RSA of 1024 bit", "binding.weak-key" },
	};
	struct devid_binding b;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		admit(cases[i].name, maker_y(maker_spki(maker_key(cases[i].key))), cases[i].rule);
	b = maker_y(ca_append(spki));
	admit("a key with an octet behind it", b, "binding.key");
	b = maker_y(ca_flip(spki, 5));
	admit("a key that is none", b, "binding.key");
	b = made_x();
	b.certificate = ca_append(leaf.der);
	admit("a certificate with an octet behind it", b, "binding.key");
}

static void weak_signer(void)
{
	uint8_t record[DEVID_RECORD_MAX];
	struct devid_binding b = maker_y(spki);
	struct devid_result r;

	tap_ok(!devid_binding_sign(&b, maker_key("1024"), record, &r) &&
	       !strcmp(r.rule, "binding.repository-key"), "CRT-04: a repository's key of 1024 bit signs nothing");
}

/* MAKER_IMEI is 352099001761481: its BCD, and as a number. */
static void mentions(void)
{
	static const struct { const char *name, *cn, *ext, *serial, *rule; } cases[] = {
		{ "DID-X-P5: a random UUID", "6f1f3b0e-52d1-4c9c-9a5e-2b7f0a5d9c11", NULL, NULL, NULL },
		{ "DID-X-P5: a digest of the key", "9f86d081884c7d659a2feaa0c55ad015", NULL, NULL, NULL },
		{ "FFS-09: a UUID of digits alone", "12345678-1234-4234-8234-123456789012", NULL, NULL, NULL },
		{ "DID-X-P4: the IMEI as CN", MAKER_IMEI, NULL, NULL, "profile.imei" },
		{ "DID-X-P4: the IMEISV as CN", "3520990017614803", NULL, NULL, "profile.imei" },
		{ "DID-X-P4: within a name", "imei" MAKER_IMEI "x", NULL, NULL, "profile.imei" },
		{ "DID-X-P4: with hyphens", "35-209900-176148-1", NULL, NULL, "profile.imei" },
		{ "PRIV-01: in the SAN", "a", "subjectAltName=DNS:" MAKER_IMEI ".example.org", NULL, "profile.imei" },
		{ "PRIV-01: as a URI", "a", "subjectAltName=URI:urn:gsma:imei:35209900-176148-1", NULL, "profile.imei" },
		{ "DID-X-P4: as BCD, high nibble first", "a", "1.2.3.4=DER:04083520990017614810", NULL, "profile.imei" },
		{ "DID-X-P4: as TBCD", "a", "1.2.3.4=DER:040853029900711684f1", NULL, "profile.imei" },
		{ "DID-X-P4: as TS 24.008 sends it", "a", "1.2.3.4=DER:04083a25900910674118", NULL, "profile.imei" },
		{ "DID-X-P4: another device's TBCD", "a", "1.2.3.4=DER:040853029900711685f1", NULL, NULL },
		{ "DID-X-P4: as the serial number", "a", NULL, "1403b6fecfec9", "profile.imei" },
		{ "FFS-09: another number of 15 digits", "262011234567890", NULL, NULL, "profile.opaque-name" },
		{ "FFS-09: a MAC address", "00:11:22:33:44:55", NULL, NULL, "profile.opaque-name" },
		{ "FFS-09: a MAC address in the SAN", "a", "subjectAltName=DNS:00-11-22-33-44-55.example.org", NULL,
		  "profile.opaque-name" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct devid_binding b = made_x();
		struct entity e = { 0 };

		issue(&e, cases[i].cn, cases[i].ext, cases[i].serial);
		b.certificate = e.der;
		admit(cases[i].name, b, cases[i].rule);
	}
}

int main(void)
{
	const struct ca_spec root = { .cn = "devices", .ext = { CA_EXT_CA } };
	struct devid_binding x;

	tap_start();
	repository = maker_key("P-256");
	stranger = maker_key("P-256");
	device = maker_key("P-256");
	spki = maker_spki(device);
	ca_issue(&ca, &root);
	issue(&leaf, "6f1f3b0e-52d1-4c9c-9a5e-2b7f0a5d9c11", NULL, NULL);
	round_trip("DID-Y-P3: solution y", maker_y(spki));
	round_trip("DID-X-P3: solution x", made_x());
	x = made_x();
	x.ca = ca.der;
	round_trip("DID-X-P7: solution x with its CA", x);
	repository = maker_key("2048");
	round_trip("DID-Y-P3: signed with RSA", maker_y(spki));
	repository = maker_key("P-256");
	tamper("DID-Y-P3", maker_y(spki));
	tamper("DID-X-P3", x);
	fields();
	answers();
	imeis();
	keys();
	weak_signer();
	mentions();
	return tap_end();
}
