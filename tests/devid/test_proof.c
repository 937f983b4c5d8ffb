// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a verifier asks, what a device answers, and in which order the answer is looked at:
 * DID-X-03, DID-X-04, DID-X-05, DID-X-07, DID-X-09, DID-X-10, DID-X-P7, DID-Y-03, DID-Y-04,
 * DID-Y-05, DID-Y-09, DID-Y-P3, CRT-04.
 */
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include "devid/proof.h"
#include "lib/tap.h"
#include "maker.h"
#include "pki/ca.h"
#include "pki/profile.h"

#define IMEISV	"3520990017614812"

static EVP_PKEY *stranger, *rsa, *short_rsa, *short_ec;
static struct entity root, other_root, device, other_device, late_device;
static struct pki_profile rules;
static struct devid_issued asked_x, asked_y;
static uint8_t channel[DEVID_CHANNEL_LEN], other_channel[DEVID_CHANNEL_LEN];

/* --- what is asked ------------------------------------------------------------------ */

static const uint8_t spi_i[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static const uint8_t spi_r[8] = { 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18 };

static void make_channels(void)
{
	uint8_t ni[16], nr[32], unused[DEVID_CHANNEL_LEN];

	memset(ni, 0x22, sizeof(ni));
	memset(nr, 0x33, sizeof(nr));
	if (!devid_channel(spi_i, spi_r, ni, sizeof(ni), nr, sizeof(nr), channel))
		ca_die("channel");
	nr[31] ^= 1;
	if (!devid_channel(spi_i, spi_r, ni, sizeof(ni), nr, sizeof(nr), other_channel))
		ca_die("channel");
	tap_ok(!devid_channel(spi_i, spi_r, ni, 15, nr, sizeof(nr), unused) &&
	       !devid_channel(spi_i, spi_r, ni, sizeof(ni), nr, 257, unused),
	       "DID-X-04: nonces of 15 or 257 octets are none of IKE's");
}

static void ask(struct devid_issued *i, enum devid_solution solution)
{
	uint8_t nonce[CHALLENGE_NONCE_LEN];

	for (size_t n = 0; n < sizeof(nonce); n++)
		nonce[n] = (uint8_t)n;
	devid_issue(i, solution, nonce, channel, 1000);
}

static bool is_hex(const uint8_t *data, size_t len, const char *hex)
{
	char text[2 * 64 + 1] = "";

	for (size_t i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", data[i]);
	return !strcmp(text, hex);
}

/* Computed elsewhere, from the row's own words. */
static void known_answers(void)
{
	uint8_t digest[PROOF_DIGEST_LEN];

	tap_ok(is_hex(channel, sizeof(channel), "ea6a96127a56a96e2d28faeadca80a9f59d5c7da8013dbb2766d6d52e3d21b77"),
	       "DID-X-04: the channel is SHA-256 of SPIi, SPIr, Ni, Nr");
	tap_ok(devid_proof_digest(&asked_x.challenge, MAKER_IMEI, channel, digest) &&
	       is_hex(digest, sizeof(digest), "502f5ae6cdb9e874ba0d25e1b323af4da695f3199c9ecf11b19a23aaaefb1764"), "DID-X-04: known answer of the hash input, x");
	tap_ok(devid_proof_digest(&asked_y.challenge, MAKER_IMEI, channel, digest) &&
	       is_hex(digest, sizeof(digest), "dd8ff609ee7de4c3e58dd4ab2ac34c17e18d7f65fa2a7c278dddb579c72fefd8"), "DID-Y-04: known answer of the hash input, y");
	tap_ok(devid_proof_digest(&asked_x.challenge, IMEISV, channel, digest) &&
	       is_hex(digest, sizeof(digest), "4e6f88b9ead0e1908cc021db142d5c96941b01b690197f79c88a20a6d9e99221"), "DID-X-04: and of an IMEISV");
	tap_ok(!devid_proof_digest(&asked_x.challenge, "35209900176148", channel, digest) &&
	       !devid_proof_digest(&asked_x.challenge, "35209900176148x", channel, digest) &&
	       !devid_proof_digest(&(struct devid_challenge){ 0 }, MAKER_IMEI, channel, digest),
	       "DID-X-04: nothing is hashed of what is no IMEI, or for no solution");
}

static void challenges(void)
{
	uint8_t msg[CHALLENGE_LEN + 1] = { 0 }, bent[CHALLENGE_LEN + 1];
	struct devid_challenge c;
	struct devid_result r;
	bool refused;

	tap_ok(devid_challenge_encode(&asked_x.challenge, msg) == CHALLENGE_LEN &&
	       devid_challenge_decode(msg, CHALLENGE_LEN, &c, &r) && c.solution == DEVID_X &&
	       !memcmp(c.nonce, asked_x.challenge.nonce, sizeof(c.nonce)),
	       "DID-X-03: a challenge has 32 octets, and is read as it was written");
	refused = !devid_challenge_decode(msg, CHALLENGE_LEN - 1, &c, &r) &&
		  !devid_challenge_decode(msg, CHALLENGE_LEN + 1, &c, &r) &&
		  !devid_challenge_decode(msg, 0, &c, &r) && !c.solution;
	memcpy(bent, msg, sizeof(bent));
	bent[0] = 2;
	refused = refused && !devid_challenge_decode(bent, CHALLENGE_LEN, &c, &r) &&
		  !strcmp(r.rule, "challenge.version");
	bent[0] = 1;
	for (int s = 0; s < 256; s++) {
		bent[1] = (uint8_t)s;
		if (s != DEVID_X && s != DEVID_Y)
			refused = refused && !devid_challenge_decode(bent, CHALLENGE_LEN, &c, &r);
	}
	tap_ok(refused, "DID-X-03: of another length, version or solution it is refused");
}

static bool redeems(struct devid_issued *i, uint64_t now, const char *rule)
{
	struct devid_issued taken;
	struct devid_result r = { 0 };
	bool ok = devid_redeem(i, now, &taken, &r);

	return rule ? !ok && !strcmp(r.rule, rule) && r.verdict == DEVID_BAD : ok;
}

static void lives(void)
{
	struct devid_issued i = { 0 };

	tap_ok(redeems(&i, 1000, "challenge.none"), "DID-X-03: an answer to no challenge is refused");
	ask(&i, DEVID_X);
	tap_ok(redeems(&i, 1000 + CHALLENGE_LIFE_MS, NULL), "DID-X-03: an answer after 10 s counts");
	tap_ok(redeems(&i, 1000 + CHALLENGE_LIFE_MS, "challenge.none"),
	       "DID-Y-03: a second answer to it does not: single use");
	ask(&i, DEVID_X);
	tap_ok(redeems(&i, 1001 + CHALLENGE_LIFE_MS, "challenge.late"),
	       "DID-X-03: an answer after 10 s and 1 ms is late");
	tap_ok(redeems(&i, 1002, "challenge.none"), "DID-X-03: and ends the challenge");
	ask(&i, DEVID_X);
	tap_ok(redeems(&i, 999, "challenge.late"), "DID-X-03: an answer before the question is none");
}

/* --- what is answered ----------------------------------------------------------------- */

struct answer {
	uint8_t octets[PROOF_MAX], sig[PROOF_SIG_MAX];
	size_t len;
	struct devid_proof p;
};

static size_t sign(EVP_PKEY *key, const uint8_t digest[32], uint8_t out[PROOF_SIG_MAX])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	size_t len = PROOF_SIG_MAX;

	if (EVP_PKEY_sign_init(ctx) != 1 || EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1 ||
	    EVP_PKEY_sign(ctx, out, &len, digest, 32) != 1)
		ca_die("signature");
	EVP_PKEY_CTX_free(ctx);
	return len;
}

static struct answer answer(const struct devid_issued *to, const char *imei, EVP_PKEY *key)
{
	struct answer a = { 0 };
	uint8_t digest[PROOF_DIGEST_LEN];

	if (!devid_proof_digest(&to->challenge, imei, to->channel, digest))
		ca_die("digest");
	a.p.solution = to->challenge.solution;
	snprintf(a.p.imei, sizeof(a.p.imei), "%s", imei);
	a.p.sig_len = sign(key, digest, a.sig);
	return a;
}

static struct devid_binding bound_x(const struct entity *e)
{
	struct devid_binding b = maker_y((struct pki_der){ 0 });

	b.solution = DEVID_X;
	b.certificate = e->der;
	return b;
}

static struct devid_policy trusting(const struct entity *anchor)
{
	return (struct devid_policy){ .anchors = &anchor->der, .nanchors = 1, .profile = &rules,
				      .now = CA_NOW };
}

static bool verdict(struct answer *a, const struct devid_issued *to, const struct devid_binding *b,
		    const struct devid_policy *policy, const char *rule)
{
	struct devid_result r = { 0 };
	bool ok;

	a->p.sig = a->sig;
	ok = devid_proof_verify(&a->p, to, b, policy, &r);
	if (!strcmp(r.rule, rule) && ok == (r.verdict == DEVID_GOOD) && ok == !strcmp(rule, "proof.good") &&
	    !strstr(r.detail, a->p.imei))
		return true;
	printf("# %s: %s\n", r.rule, r.detail);
	return false;
}

static void encodings(void)
{
	struct answer a = answer(&asked_x, MAKER_IMEI, device.key);
	struct devid_proof p;
	struct devid_result r;
	bool refused = true;

	a.p.sig = a.sig;
	a.len = devid_proof_encode(&a.p, a.octets);
	tap_ok(a.len && devid_proof_decode(a.octets, a.len, &p, &r) && p.solution == DEVID_X &&
	       !strcmp(p.imei, MAKER_IMEI) && p.sig_len == a.p.sig_len &&
	       !memcmp(p.sig, a.sig, p.sig_len), "DID-X-05: IMEI and signature, read as written");
	tap_ok(a.len < 128, "DID-X-10: %zu octets: no certificate is in it", a.len);
	for (size_t n = 0; n < a.len; n++)
		refused = refused && !devid_proof_decode(a.octets, n, &p, &r) && !p.solution;
	a.octets[a.len] = 0;
	refused = refused && !devid_proof_decode(a.octets, a.len + 1, &p, &r);
	tap_ok(refused, "DID-X-05: cut anywhere, or with an octet behind it, it is refused");
	refused = true;
	for (size_t at = 0; at < 3 + 15 + 2; at++) {
		uint8_t was = a.octets[at];

		a.octets[at] = 'x';
		refused = refused && !devid_proof_decode(a.octets, a.len, &p, &r);
		a.octets[at] = was;
	}
	tap_ok(refused, "DID-X-05: and with anything else in its head, digits or lengths");
}

/* --- the verdict ------------------------------------------------------------------------- */

static void good(void)
{
	const struct devid_policy policy = trusting(&root);
	struct devid_binding x = bound_x(&device), y = maker_y(maker_spki(device.key));
	struct devid_binding y_rsa = maker_y(maker_spki(rsa));
	struct answer a = answer(&asked_x, MAKER_IMEI, device.key);

	tap_ok(verdict(&a, &asked_x, &x, &policy, "proof.good"), "DID-X-09: x: authenticated");
	a = answer(&asked_y, MAKER_IMEI, device.key);
	tap_ok(verdict(&a, &asked_y, &y, &policy, "proof.good"), "DID-Y-09: y: authenticated");
	a = answer(&asked_y, MAKER_IMEI, rsa);
	tap_ok(verdict(&a, &asked_y, &y_rsa, &policy, "proof.good"), "DID-Y-09, CRT-04: and with RSA of 2048 bit");
}

static void other_signatures(void)
{
	const struct devid_policy policy = trusting(&root);
	struct devid_binding x = bound_x(&device), y = maker_y(maker_spki(device.key));
	struct answer a = answer(&asked_x, MAKER_IMEI, device.key), b;
	struct devid_issued again = asked_x, elsewhere = asked_x;
	uint8_t digest[32];

	EVP_Digest(MAKER_IMEI, strlen(MAKER_IMEI), digest, NULL, EVP_sha256(), NULL);
	b = a;
	b.p.sig_len = sign(device.key, digest, b.sig);
	tap_ok(verdict(&b, &asked_x, &x, &policy, "proof.signature"),
	       "DID-X-04: a signature over the IMEI alone is refused");
	tap_ok(verdict(&a, &asked_y, &y, &policy, "proof.solution"),
	       "DID-Y-04: an answer for x to a question for y is refused");
	b = a;
	b.p.solution = DEVID_Y;
	tap_ok(verdict(&b, &asked_y, &y, &policy, "proof.signature"),
	       "DID-Y-04: a signature made for x, presented as y, by the same key, is refused");
	again.challenge.nonce[31] ^= 1;
	tap_ok(verdict(&a, &again, &x, &policy, "proof.signature"),
	       "DID-X-09: a replayed answer, to the challenge before, is refused");
	memcpy(elsewhere.channel, other_channel, sizeof(other_channel));
	tap_ok(verdict(&a, &elsewhere, &x, &policy, "proof.signature"),
	       "DID-X-03: one made on another IKE SA is refused");
	b = answer(&asked_x, MAKER_IMEI, stranger);
	tap_ok(verdict(&b, &asked_x, &x, &policy, "proof.signature"),
	       "DID-X-09: a signature by another key is refused");
	b = answer(&asked_y, MAKER_IMEI, stranger);
	tap_ok(verdict(&b, &asked_y, &y, &policy, "proof.signature"), "DID-Y-09: and of y");
	b = a;
	b.sig[b.p.sig_len - 1] ^= 1;
	tap_ok(verdict(&b, &asked_x, &x, &policy, "proof.signature"), "DID-X-09: and one with a bit changed");
}

static void other_bindings(void)
{
	const struct devid_policy policy = trusting(&root);
	struct devid_binding y = maker_y(maker_spki(device.key)), x = bound_x(&device), weak;
	struct answer a = answer(&asked_x, MAKER_IMEI, device.key), b;
	struct devid_binding others = bound_x(&other_device);

	tap_ok(verdict(&a, &asked_x, &others, &policy, "proof.signature"),
	       "DID-X-09: another device's certificate is refused");
	tap_ok(verdict(&a, &asked_x, &y, &policy, "binding.solution"),
	       "DID-X-09: a binding of y says nothing of x");
	x.status = DEVID_WITHDRAWN;
	tap_ok(verdict(&a, &asked_x, &x, &policy, "binding.withdrawn"), "DID-X-07: a withdrawn binding is none");
	x.status = DEVID_STATUS_NONE;
	tap_ok(verdict(&a, &asked_x, &x, &policy, "binding.withdrawn"), "DID-X-07: nor one without a status");
	y.status = DEVID_WITHDRAWN;
	b = answer(&asked_y, MAKER_IMEI, device.key);
	tap_ok(verdict(&b, &asked_y, &y, &policy, "binding.withdrawn"), "DID-Y-P3: withdrawn, of y: refused");
	weak = maker_y(maker_spki(short_rsa));
	b = answer(&asked_y, MAKER_IMEI, short_rsa);
	tap_ok(verdict(&b, &asked_y, &weak, &policy, "binding.weak-key"),
	       "DID-Y-09, CRT-04: a key of RSA-1024 in the repository is refused");
	weak = maker_y(maker_spki(short_ec));
	b = answer(&asked_y, MAKER_IMEI, short_ec);
	tap_ok(verdict(&b, &asked_y, &weak, &policy, "binding.weak-key"), "DID-Y-09, CRT-04: and one of P-224");
}

static void other_certificates(void)
{
	struct devid_policy policy = trusting(&root), none = trusting(&root);
	struct answer a = answer(&asked_x, MAKER_IMEI, device.key);
	struct devid_binding x = bound_x(&device), late = bound_x(&late_device);
	struct answer l = answer(&asked_x, MAKER_IMEI, late_device.key);

	tap_ok(verdict(&l, &asked_x, &late, &policy, "time.expired"),
	       "DID-X-09: an expired certificate is refused, before its signature is looked at");
	l.sig[8] ^= 1;
	tap_ok(verdict(&l, &asked_x, &late, &policy, "time.expired"),
	       "DID-X-09: certificate first, then signature: of two faults the first is told");
	policy = trusting(&other_root);
	tap_ok(verdict(&a, &asked_x, &x, &policy, "path.issuer"), "DID-X-09: another CA's certificate is refused");
	x.ca = root.der;
	tap_ok(verdict(&a, &asked_x, &x, &policy, "path.issuer"),
	       "DID-X-P7: the repository's own CA is no root of a verifier with local ones");
	policy.binding_ca = true;
	tap_ok(verdict(&a, &asked_x, &x, &policy, "proof.good"),
	       "DID-X-P7: and is, where the operator says so");
	none.nanchors = 0;
	x.ca = (struct pki_der){ 0 };
	tap_ok(verdict(&a, &asked_x, &x, &none, "proof.anchor"), "DID-X-P7: without a root nothing is good");
}

static void imeis(void)
{
	const struct devid_policy policy = trusting(&root);
	struct devid_binding x = bound_x(&device);
	struct answer a = answer(&asked_x, "352099001761482", device.key);

	tap_ok(verdict(&a, &asked_x, &x, &policy, "imei.check-digit"),
	       "DID-X-09: an IMEI with a wrong check digit is refused, signed or not");
	a = answer(&asked_x, MAKER_OTHER, device.key);
	tap_ok(verdict(&a, &asked_x, &x, &policy, "proof.imei"),
	       "DID-X-09: another IMEI than the binding's is refused, though the key signed it");
	a = answer(&asked_x, IMEISV, device.key);
	snprintf(x.imei, sizeof(x.imei), "%s", IMEISV);
	tap_ok(verdict(&a, &asked_x, &x, &policy, "proof.good"), "DID-X-09: an IMEISV has no check digit");
}

static void issue(struct entity *out, const struct entity *issuer, const char *key, int from, int to)
{
	const struct ca_spec spec = {
		.issuer = issuer, .key = key, .from = from, .to = to,
		.subject = "CN=5f0c1d9a0b7e4c3d8a2f6e1b9d7c5a3f10293847",
		.ext = { CA_EXT_END },
	};

	ca_issue(out, &spec);
}

static void set_up(void)
{
	ca_issue(&root, &(struct ca_spec){ .cn = "devices", .ext = { CA_EXT_CA } });
	ca_issue(&other_root, &(struct ca_spec){ .cn = "others", .ext = { CA_EXT_CA } });
	issue(&device, &root, NULL, 0, 0);
	issue(&other_device, &root, "P-384", 0, 0);
	issue(&late_device, &root, "fixed-1", -2 * CA_DAY, -CA_HOUR);
	stranger = ca_key("fixed-2");
	rsa = ca_key("RSA-2048");
	short_rsa = ca_key("RSA-1024");
	short_ec = ca_key("P-224");
	ca_profile(&rules, "devid", NULL, NULL);
	make_channels();
	ask(&asked_x, DEVID_X);
	ask(&asked_y, DEVID_Y);
}

int main(void)
{
	tap_start();
	set_up();
	known_answers();
	challenges();
	lives();
	encodings();
	good();
	other_signatures();
	other_bindings();
	other_certificates();
	imeis();
	return tap_end();
}
