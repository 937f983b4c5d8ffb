// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * OCSP responses that came in IKE: which of several counts, and what counts as none.
 * What each single one proves is tested with libtrustgate-pki.
 */
#include <stdlib.h>
#include <string.h>
#include <openssl/ocsp.h>

#include "../lib/tap.h"
#include "../pki/ca.h"
#include "agent/worker.h"
#include "pki/profile.h"

static struct entity root, ca, leaf, sibling, root_ocsp, ca_ocsp, evil, evil_ocsp;
static struct config_ocsp conf;

int64_t job_now(const struct job_pki *job)
{
	return job->wall_ms / 1000;
}

static void make_pki(void)
{
#define OCSP_EXT CA_EXT_END, "extendedKeyUsage=critical,OCSPSigning", "noCheck=ignored"
	ca_issue(&root, &(struct ca_spec){ .cn = "Root", .ext = { CA_EXT_CA } });
	ca_issue(&ca, &(struct ca_spec){ .cn = "CA", .issuer = &root, .ext = { CA_EXT_CA } });
	ca_issue(&leaf, &(struct ca_spec){ .cn = "segw", .issuer = &ca, .ext = { CA_EXT_END } });
	ca_issue(&sibling, &(struct ca_spec){ .cn = "other", .issuer = &ca, .ext = { CA_EXT_END } });
	ca_issue(&ca_ocsp, &(struct ca_spec){ .cn = "O", .issuer = &ca, .ext = { OCSP_EXT } });
	ca_issue(&root_ocsp, &(struct ca_spec){ .cn = "RO", .issuer = &root, .ext = { OCSP_EXT } });
	ca_issue(&evil, &(struct ca_spec){ .cn = "CA", .ext = { CA_EXT_CA } });
	ca_issue(&evil_ocsp, &(struct ca_spec){ .cn = "O", .issuer = &evil, .ext = { OCSP_EXT } });
}

/* A response by @signer that @about, issued by @issuer, has @status since @age. */
static struct pki_der answer(const struct entity *about, const struct entity *issuer,
			     const struct entity *signer, int status, int age)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha256(), about->cert, issuer->cert);
	ASN1_TIME *from = ASN1_TIME_set(NULL, CA_NOW - age);
	ASN1_TIME *to = ASN1_TIME_set(NULL, CA_NOW - age + CA_HOUR);
	unsigned char *der = NULL;
	struct pki_der copy;
	OCSP_RESPONSE *r;
	int len;

	if (!basic || !id || !from || !to ||
	    !OCSP_basic_add1_status(basic, id, status,
				    status == V_OCSP_CERTSTATUS_REVOKED ? OCSP_REVOKED_STATUS_KEYCOMPROMISE : 0,
				    status == V_OCSP_CERTSTATUS_REVOKED ? from : NULL, from, to))
		ca_die("response");
	/* The only way to another time than now. */
	ASN1_GENERALIZEDTIME_set((ASN1_GENERALIZEDTIME *)OCSP_resp_get0_produced_at(basic),
				 CA_NOW - age);
	if (!OCSP_basic_sign(basic, signer->cert, signer->key, EVP_sha256(), NULL, OCSP_NOTIME))
		ca_die("signature");
	r = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	len = i2d_OCSP_RESPONSE(r, &der);
	if (len <= 0)
		ca_die("DER");
	copy = ca_copy((struct pki_der){ .data = der, .len = (size_t)len });
	OPENSSL_free(der);
	OCSP_RESPONSE_free(r);
	OCSP_BASICRESP_free(basic);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	return copy;
}

static struct pki_result result;
static bool absent;

static void judge(const struct pki_der *ocsps, size_t n, bool cut, bool synced)
{
	static const struct pki_profile profile = { .signer[PKI_SIGNER_NOCHECK].level = PKI_ERROR };
	static const struct pki_signers nobody;
	const struct pki_path path = { .n = 2, .index = { 0, 1 } };
	struct pki_der certs[] = { leaf.der, ca.der };
	struct job_pki job = {
		.certs = certs, .ncerts = 2, .policy.anchor = root.der, .ocsp = &conf,
		.mode = CONFIG_OCSP_INBAND, .ocsps = ocsps, .nocsps = n, .cut = cut,
		.wall_ms = CA_NOW * 1000ll, .synced = synced, .policy.profile = &profile,
		.signers = &nobody,
	};

	job_inband(&job, &path, &result, &absent);
}

static bool is(enum pki_verdict verdict, const char *rule, bool none)
{
	bool ok = result.verdict == verdict && !strncmp(result.rule, rule, strlen(rule)) &&
		  absent == none && *result.detail;

	if (!ok)
		printf("# %d %s%s: %s\n", result.verdict, result.rule, absent ? ", absent" : "",
		       result.detail);
	return ok;
}

static bool about_leaf(void)
{
	uint8_t digest[PKI_DIGEST_LEN];

	return EVP_Digest(leaf.der.data, leaf.der.len, digest, NULL, EVP_sha256(), NULL) == 1 &&
	       !memcmp(digest, result.cert_digest, sizeof(digest));
}

#define JUDGE(...) do { \
	const struct pki_der list[] = { __VA_ARGS__ }; \
	judge(list, sizeof(list) / sizeof(list[0]), false, true); \
} while (0)

static void test_all(void)
{
	struct pki_der good = answer(&leaf, &ca, &ca_ocsp, V_OCSP_CERTSTATUS_GOOD, 60);
	struct pki_der revoked = answer(&leaf, &ca, &ca_ocsp, V_OCSP_CERTSTATUS_REVOKED, 60);
	struct pki_der other = answer(&sibling, &ca, &ca_ocsp, V_OCSP_CERTSTATUS_GOOD, 60);
	struct pki_der stale = answer(&leaf, &ca, &ca_ocsp, V_OCSP_CERTSTATUS_GOOD, 2 * CA_HOUR);
	struct pki_der forged = answer(&leaf, &ca, &evil_ocsp, V_OCSP_CERTSTATUS_GOOD, 60);
	struct pki_der ca_good = answer(&ca, &root, &root_ocsp, V_OCSP_CERTSTATUS_GOOD, 60);
	struct pki_der ca_bad = answer(&ca, &root, &root_ocsp, V_OCSP_CERTSTATUS_REVOKED, 60);
	struct pki_der ca_forged = answer(&ca, &root, &ca_ocsp, V_OCSP_CERTSTATUS_REVOKED, 60);

	judge(NULL, 0, false, true);
	tap_ok(is(PKI_INDETERMINATE, "ocsp.inband.absent", true), "CON-06: nothing came");
	JUDGE(good);
	tap_ok(is(PKI_GOOD, "ocsp.good", false) && !result.provisional && about_leaf(),
	       "HNB-OCSP-04: good");
	JUDGE(revoked);
	tap_ok(is(PKI_BAD, "ocsp.revoked", false) && about_leaf(), "HNB-OCSP-05: revoked");
	JUDGE(good, revoked);
	tap_ok(is(PKI_BAD, "ocsp.revoked", false), "HNB-OCSP-10: good and revoked: revoked");
	JUDGE(stale);
	tap_ok(is(PKI_INDETERMINATE, "ocsp.", false), "HNB-OCSP-09: stale: there, and not good");
	JUDGE(stale, good);
	tap_ok(is(PKI_GOOD, "ocsp.good", false), "HNB-OCSP-09: stale and good: good");
	JUDGE(good, stale);
	tap_ok(is(PKI_GOOD, "ocsp.good", false), "HNB-OCSP-09: in either order");
	JUDGE(forged);
	tap_ok(is(PKI_INDETERMINATE, "ocsp.signer", false), "CON-06: another CA's word: there, not good");
	JUDGE(other);
	tap_ok(is(PKI_INDETERMINATE, "ocsp.inband.absent", true),
	       "HNB-OCSP-15: of another certificate: as if nothing had come");
	JUDGE(other, good);
	tap_ok(is(PKI_GOOD, "ocsp.good", false), "HNB-OCSP-15: another's and ours: good");
	JUDGE(good, ca_good);
	tap_ok(is(PKI_GOOD, "ocsp.good", false), "HNB-OCSP-11: leaf and CA good");
	JUDGE(good, ca_bad);
	tap_ok(is(PKI_BAD, "ocsp.revoked", false) && about_leaf(),
	       "HNB-OCSP-11: leaf good, CA revoked: revoked, and it is the leaf that falls");
	JUDGE(good, ca_forged);
	tap_ok(!is(PKI_BAD, "ocsp.revoked", false),
	       "HNB-OCSP-11: a CA is revoked only by who issued it");
	JUDGE(ca_good);
	tap_ok(is(PKI_INDETERMINATE, "ocsp.inband.absent", true),
	       "HNB-OCSP-11: of the CA alone: nothing was said of the leaf");
	JUDGE(ca_flip(good, -1));
	tap_ok(is(PKI_INDETERMINATE, "ocsp.", false), "HNB-OCSP-09: an octet changed");
	conf.scope = CONFIG_SCOPE_CHAIN;
	JUDGE(good, ca_good);
	tap_ok(is(PKI_GOOD, "ocsp.good", false) && about_leaf(), "HNB-OCSP-11: chain: both good");
	JUDGE(good);
	tap_ok(is(PKI_INDETERMINATE, "ocsp.inband.absent", true) && strstr(result.detail, "CN=CA"),
	       "HNB-OCSP-11: chain: nothing of the CA: as if nothing had come");
	JUDGE(good, ca_forged);
	tap_ok(is(PKI_INDETERMINATE, "ocsp.signer", false),
	       "HNB-OCSP-11: chain: another's word of the CA: there, and not good");
	JUDGE(good, ca_bad);
	tap_ok(is(PKI_BAD, "ocsp.revoked", false) && about_leaf(), "HNB-OCSP-11: chain: CA revoked");
	conf.scope = CONFIG_SCOPE_AVAILABLE;
	judge(&good, 1, false, false);
	tap_ok(is(PKI_GOOD, "ocsp.good", false) && result.provisional,
	       "FFS-16: by a clock that nobody keeps right: provisional");
	judge(NULL, 0, true, true);
	tap_ok(is(PKI_INDETERMINATE, "ocsp.inband.size", false), "PIT-38: too much came: not good");
	conf.inband_max = (uint32_t)good.len - 1;
	JUDGE(good);
	tap_ok(is(PKI_INDETERMINATE, "ocsp.size", false), "PIT-38: longer than inband_max");
	conf.inband_max = 16384;
	conf.inband_age_max_ms = 30000;
	JUDGE(good);
	tap_ok(is(PKI_INDETERMINATE, "ocsp.", false), "FFS-15, PIT-16: alone: older than inband_age_max");
	conf.inband_age_max_ms = 3600000;
	conf.age_max_ms = 30000;
	JUDGE(good);
	tap_ok(is(PKI_INDETERMINATE, "ocsp.", false), "FFS-15, PIT-16: nor than age_max, if that is less");
	conf.inband_age_max_ms = 30000;
	conf.age_max_ms = 86400000;
	conf.modes[conf.nmodes++] = CONFIG_OCSP_INTUNNEL;
	JUDGE(good);
	tap_ok(is(PKI_GOOD, "ocsp.good", false), "FFS-15: beside intunnel: until that has answered");
	conf.age_max_ms = 30000;
	JUDGE(good);
	tap_ok(is(PKI_INDETERMINATE, "ocsp.", false), "FFS-15, PIT-16: but not older than age_max");
}

int main(void)
{
	conf.skew_ms = 300000;
	conf.age_max_ms = 86400000;
	conf.inband_age_max_ms = 3600000;
	conf.age_no_next_ms = 300000;
	conf.inband_max = 16384;
	make_pki();
	tap_start();
	test_all();
	return tap_end();
}
