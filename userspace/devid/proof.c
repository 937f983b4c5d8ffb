// SPDX-License-Identifier: GPL-2.0-or-later
#include "devid/proof.h"

#include <string.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "pki/crl.h"
#include "pki/profile.h"

/* Its NUL is part of it. */
static const char label[] = "3GPP-DEVID-1";

#define LABEL_LEN	sizeof(label)
#define IMEI_MIN	15
#define SENT_MAX	2	/* the certificate alone, and room for no more */

static bool is_digits(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return len >= IMEI_MIN && len <= DEVID_IMEI_MAX;
}

size_t devid_proof_encode(const struct devid_proof *p, uint8_t out[PROOF_MAX])
{
	size_t imei = strlen(p->imei), n = 0;

	if ((p->solution != DEVID_X && p->solution != DEVID_Y) || !is_digits(p->imei, imei) ||
	    !p->sig_len || p->sig_len > PROOF_SIG_MAX)
		return 0;
	out[n++] = PROOF_VERSION;
	out[n++] = (uint8_t)p->solution;
	out[n++] = (uint8_t)imei;
	memcpy(out + n, p->imei, imei);
	n += imei;
	out[n++] = (uint8_t)(p->sig_len >> 8);
	out[n++] = (uint8_t)p->sig_len;
	memcpy(out + n, p->sig, p->sig_len);
	return n + p->sig_len;
}

static const char *decode(const uint8_t *data, size_t len, struct devid_proof *p)
{
	size_t imei, sig;

	if (len < 3)
		return "it is shorter than its head";
	if (data[0] != PROOF_VERSION)
		return "its version is not 1";
	if (data[1] != DEVID_X && data[1] != DEVID_Y)
		return "its solution is neither 1 (x) nor 2 (y)";
	imei = data[2];
	if (len < 3 + imei + 2)
		return "it ends within its fields";
	if (!is_digits((const char *)data + 3, imei))
		return "its IMEI is not 15 or 16 digits";
	sig = (size_t)data[3 + imei] << 8 | data[4 + imei];
	if (!sig || sig > PROOF_SIG_MAX)
		return "its signature is empty or longer than 512 octets";
	if (len != 5 + imei + sig)
		return "its length is not that of its fields";
	p->solution = (enum devid_solution)data[1];
	memcpy(p->imei, data + 3, imei);
	p->imei[imei] = '\0';
	p->sig = data + 5 + imei;
	p->sig_len = sig;
	return NULL;
}

bool devid_proof_decode(const uint8_t *data, size_t len, struct devid_proof *p,
			struct devid_result *result)
{
	const char *why;

	memset(p, 0, sizeof(*p));
	why = decode(data, len, p);
	if (why)
		devid_set(result, DEVID_BAD, "proof.encoding",
			  "the proof can't be read: %s (same version at both ends?)", why);
	return !why;
}

bool devid_proof_digest(const struct devid_challenge *c, const char *imei,
			const uint8_t channel[DEVID_CHANNEL_LEN],
			uint8_t out[PROOF_DIGEST_LEN])
{
	uint8_t buf[LABEL_LEN + 3 + DEVID_IMEI_MAX + CHALLENGE_NONCE_LEN + DEVID_CHANNEL_LEN];
	size_t digits = strlen(imei), n = LABEL_LEN;

	if ((c->solution != DEVID_X && c->solution != DEVID_Y) || !is_digits(imei, digits))
		return false;
	memcpy(buf, label, LABEL_LEN);
	buf[n++] = (uint8_t)c->solution;
	buf[n++] = (uint8_t)digits;
	for (size_t i = 0; i < digits; i++)
		buf[n++] = (uint8_t)imei[i];
	buf[n++] = CHALLENGE_NONCE_LEN;
	memcpy(buf + n, c->nonce, CHALLENGE_NONCE_LEN);
	n += CHALLENGE_NONCE_LEN;
	memcpy(buf + n, channel, DEVID_CHANNEL_LEN);
	n += DEVID_CHANNEL_LEN;
	return EVP_Digest(buf, n, out, NULL, EVP_sha256(), NULL) == 1;
}

/* --- DID-X-09, DID-Y-09, in their order ------------------------------------------- */

/* Is there a binding that counts, of what was asked for? Of which IMEI comes last. */
static bool binding_ok(const struct devid_proof *p, const struct devid_issued *asked,
		       const struct devid_binding *b, struct devid_result *result)
{
	if (p->solution != asked->challenge.solution) {
		devid_set(result, DEVID_BAD, "proof.solution",
			  "answers for solution %s, %s was asked for (see [devid] solution of both)",
			  devid_solution_name(p->solution),
			  devid_solution_name(asked->challenge.solution));
		return false;
	}
	if (b->solution != p->solution) {
		devid_set(result, DEVID_BAD, "binding.solution",
			  "the binding is of solution %s, %s was asked for (publish the other too)",
			  devid_solution_name(b->solution), devid_solution_name(p->solution));
		return false;
	}
	if (b->status == DEVID_ACTIVE)
		return true;
	devid_set(result, DEVID_BAD, "binding.withdrawn",
		  "the binding is %s (ask whoever published it)", devid_status_name(b->status));
	return false;
}

static void from_pki(struct devid_result *result, const struct pki_result *r)
{
	/* A certificate that is not known to be good is not good. */
	devid_set(result, r->verdict == PKI_BAD ? DEVID_BAD : DEVID_INDETERMINATE, r->rule,
		  "device certificate: %.200s", r->detail);
}

static bool not_revoked(const struct devid_binding *b, const struct devid_policy *policy,
			struct devid_result *result)
{
	struct pki_crl_policy crl_policy;
	struct pki_result r;
	struct pki_crl *crl;

	if (!policy->crl.len)
		return true;
	pki_crl_policy_default(&crl_policy, policy->profile);
	crl = pki_crl_load(policy->crl, policy->crl_issuer, &crl_policy, &r);
	if (crl)
		pki_crl_check(crl, b->certificate, &crl_policy, policy->now, &r);
	pki_crl_free(crl);
	if (crl && r.verdict == PKI_GOOD)
		return true;
	from_pki(result, &r);
	return false;
}

/* DID-X-P7: what comes with a binding is no root unless the operator says so. */
static bool certificate_ok(const struct devid_binding *b, const struct devid_policy *policy,
			   struct devid_result *result)
{
	struct pki_chain_policy chain = {
		.anchors = policy->anchors, .nanchors = policy->nanchors, .any_name = true,
		.max_sent = SENT_MAX, .role = PKI_HENB, .profile = policy->profile,
	};
	struct pki_result r;

	if (policy->binding_ca && b->ca.len) {
		chain.anchors = &b->ca;
		chain.nanchors = 1;
	}
	if (!chain.nanchors) {
		devid_set(result, DEVID_INDETERMINATE, "proof.anchor",
			  "no root for device certificates is configured (see [devid] ca)");
		return false;
	}
	pki_check_chain(&b->certificate, 1, &chain, policy->now, NULL, &r);
	if (r.verdict != PKI_GOOD) {
		from_pki(result, &r);
		return false;
	}
	return not_revoked(b, policy, result);
}

static bool signature_ok(const struct devid_proof *p, const struct devid_issued *asked,
			 EVP_PKEY *key, struct devid_result *result)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	uint8_t digest[PROOF_DIGEST_LEN];
	bool ok;

	ok = ctx && devid_proof_digest(&asked->challenge, p->imei, asked->channel, digest) &&
	     EVP_PKEY_verify_init(ctx) == 1 &&
	     EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	     EVP_PKEY_verify(ctx, p->sig, p->sig_len, digest, sizeof(digest)) == 1;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	if (!ok)
		devid_set(result, DEVID_BAD, "proof.signature",
			  "not signed by the key that is bound, over this challenge, solution and IKE SA (is the right key published?)");
	return ok;
}

static bool imei_ok(const struct devid_proof *p, const struct devid_binding *b,
		    struct devid_result *result)
{
	if (!devid_imei_ok(p->imei, strlen(p->imei), result))
		return false;
	if (!strcmp(p->imei, b->imei))
		return true;
	devid_set(result, DEVID_BAD, "proof.imei",
		  "the binding is of another IMEI than the device says (look at the repository)");
	return false;
}

bool devid_proof_verify(const struct devid_proof *p, const struct devid_issued *asked,
			const struct devid_binding *b, const struct devid_policy *policy,
			struct devid_result *result)
{
	EVP_PKEY *key;
	bool ok;

	if (!binding_ok(p, asked, b, result))
		return false;
	if (b->solution == DEVID_X && !certificate_ok(b, policy, result))
		return false;
	key = devid_binding_key(b, result);
	ok = key && signature_ok(p, asked, key, result) && imei_ok(p, b, result);
	EVP_PKEY_free(key);
	if (ok)
		devid_set(result, DEVID_GOOD, "proof.good", "the IMEI is that of solution %s",
			  devid_solution_name(p->solution));
	return ok;
}
