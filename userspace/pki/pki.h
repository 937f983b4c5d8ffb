/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libtrustgate-pki: path, profile, name, time and OCSP, as pure functions over
 * bytes, a policy and an injected clock. Nothing here opens a file, a socket or
 * looks at the time. Whatever is not proven good is not good.
 */
#ifndef TRUSTGATE_PKI_H
#define TRUSTGATE_PKI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define PKI_DIGEST_LEN	32
#define PKI_TEXT_MAX	255
#define PKI_NONCE_MAX	128	/* RFC 9654 2.1 */

/* 0 is the one that opens nothing, whoever forgot to say. */
enum pki_verdict { PKI_INDETERMINATE, PKI_GOOD, PKI_BAD };

struct pki_der {
	const uint8_t *data;
	size_t len;
};

/* Plain data, so that a confined child can write it to its parent as it is. */
struct pki_result {
	enum pki_verdict verdict;
	bool provisional;
	/* Second at which a good verdict stops being true (wall clock). */
	int64_t expires;
	/* SHA-256 of the leaf, and of the OCSP response. */
	uint8_t cert_digest[PKI_DIGEST_LEN];
	uint8_t proof_digest[PKI_DIGEST_LEN];
	/* Machine-readable rule, for example "ocsp.nonce.mismatch". */
	char rule[64];
	/* One line for a person: rule, value seen, remedy. */
	char detail[PKI_TEXT_MAX + 1];
	/* Signatures over SHA-1 that a good verdict rests on: to be logged and counted. */
	unsigned int sha1;
	/* Of a good path: index of its anchor. */
	unsigned int anchor;
};

/* Whose certificate the leaf is. The one an H(e)NB checks comes first. */
enum pki_role { PKI_SEGW, PKI_HENB, PKI_HEMS, PKI_ROLES };

struct pki_profile;
struct pki_finding;

struct pki_chain_policy {
	struct pki_der anchor;		/* root certificate, DER; not used with @anchors */
	const struct pki_der *anchors;	/* the roots of this role (row CA-04) */
	size_t nanchors;
	const char *name;		/* FQDN or IP literal the peer must have in its SAN */
	bool any_name;			/* do not look at the name; @name is ignored */
	unsigned int max_sent;		/* certificates sent, TS 33.320 7.2.3: 4 */
	enum pki_role role;
	bool tls;			/* used for TLS, not IKE; always so of PKI_HEMS */
	/* pki/profile.h; without one nothing is good */
	const struct pki_profile *profile;
	/* Told every departure from the profile; NULL: nobody. Called for the path
	 * that the result is about.
	 */
	void (*found)(void *arg, const struct pki_finding *finding);
	void *arg;
};

/*
 * Path from @certs[0] (the leaf) over the others, in any order, to an anchor, at
 * @now: path length, signatures, validity, CA and key usage, constraints, profile,
 * name. @issuer, when not NULL, gets the index in @certs of the leaf's issuer, or
 * -1 for the anchor, which result->anchor tells.
 */
void pki_check_chain(const struct pki_der *certs, size_t ncerts,
		     const struct pki_chain_policy *policy, time_t now,
		     int *issuer, struct pki_result *result);

#define PKI_PATH_MAX	16

/* Indices in what was sent, leaf first; the anchor, which result->anchor tells, follows. */
struct pki_path {
	size_t n;
	uint8_t index[PKI_PATH_MAX];
};

/* The same, for whoever looks at each certificate of the path, as for its revocation. */
void pki_check_path(const struct pki_der *certs, size_t ncerts,
		    const struct pki_chain_policy *policy, time_t now,
		    struct pki_path *path, struct pki_result *result);

/*
 * What a signature over SHA-1 is worth (TS 33.320 7.2.2, 8.3.2.1): it is accepted
 * and counted, accepted when what it signs was made before a date, or refused.
 */
enum pki_sha1_mode { PKI_SHA1_ALLOW, PKI_SHA1_LEGACY, PKI_SHA1_DENY };

struct pki_sha1 {
	enum pki_sha1_mode mode;
	int64_t before;		/* PKI_SHA1_LEGACY: second of the cut-off */
};

/* How a responder is asked. What is none can't be matched, and age alone bounds the answer. */
enum pki_nonce { PKI_NONCE_REQUIRED, PKI_NONCE_PREFERRED, PKI_NONCE_NONE };

#define PKI_NONCE_LEN		32	/* octets sent where nothing else is said, RFC 9654 2.1 */
#define PKI_OCSP_SIGNERS_MAX	16

/* Responders' certificates that the operator trusts besides issuers and their delegates. */
struct pki_signers {
	struct pki_der cert[PKI_OCSP_SIGNERS_MAX];
	size_t n;
};

/*
 * Take @len octets of @text, one certificate as DER or any number as PEM, for @out, which
 * pki_signers_free() frees. NULL, or what is wrong; @out is then empty.
 */
const char *pki_signers_read(const uint8_t *text, size_t len, struct pki_signers *out);
void pki_signers_free(struct pki_signers *signers);

struct pki_ocsp_policy {
	/* Without: preferred. A nonce that was sent and isn't copied then leaves
	 * age_no_nonce_s. Whoever sends none, as in IKE, does not require one.
	 */
	bool nonce_required;
	/* No trusted time since the start: without our nonce, good is provisional. */
	bool clock_unsynced;
	struct pki_sha1 sha1;		/* response, by producedAt; delegate, by notBefore */
	/*
	 * Of a delegate that no configuration names: whether one without
	 * id-pkix-ocsp-nocheck counts, and for how long its certificate may be issued,
	 * from notBefore to notAfter; 0: for any time (RFC 6960 4.2.2.2.1).
	 */
	bool nocheck_optional;
	int64_t signer_life_s;
	int64_t skew_s;			/* SKEW */
	int64_t age_max_s;		/* AGE_MAX, from thisUpdate */
	int64_t age_no_next_s;		/* AGE_NO_NEXT, from thisUpdate */
	int64_t age_no_nonce_s;		/* from thisUpdate */
	size_t response_max;		/* OCSP_MAX, octets */
};

void pki_ocsp_policy_default(struct pki_ocsp_policy *policy);

/* The same for a response that comes in IKE: no nonce, a smaller response. */
void pki_ocsp_policy_inband(struct pki_ocsp_policy *policy);

/*
 * DER of an OCSP request for @leaf with a nonce of @nonce_len octets. *@out is
 * the caller's to free(). 0, or -1 when a certificate can't be parsed.
 */
int pki_ocsp_request(struct pki_der leaf, struct pki_der issuer,
		     const uint8_t *nonce, size_t nonce_len, uint8_t **out, size_t *len);

/*
 * What @response proves of @leaf at @now. @nonce NULL: none was sent. @signers:
 * responder certificates trusted besides the issuer and its delegates.
 */
void pki_ocsp_evaluate(struct pki_der leaf, struct pki_der issuer,
		       const struct pki_der *signers, size_t nsigners,
		       struct pki_der response, const uint8_t *nonce, size_t nonce_len,
		       const struct pki_ocsp_policy *policy, time_t now,
		       struct pki_result *result);

/*
 * The same in two steps, for whoever asks of one certificate more than once: the
 * certificates are parsed once, and a responder's certificate that was verified
 * is remembered. NULL when there is no memory. A certificate that doesn't parse
 * or fit is no error here: every judgement then says so.
 */
struct pki_ocsp_subject *pki_ocsp_subject_new(struct pki_der leaf, struct pki_der issuer,
					      const struct pki_der *signers, size_t nsigners);
void pki_ocsp_subject_free(struct pki_ocsp_subject *subject);
void pki_ocsp_judge(struct pki_ocsp_subject *subject, struct pki_der response,
		    const uint8_t *nonce, size_t nonce_len,
		    const struct pki_ocsp_policy *policy, time_t now,
		    struct pki_result *result);

#endif /* TRUSTGATE_PKI_H */
