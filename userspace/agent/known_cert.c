// SPDX-License-Identifier: GPL-2.0-or-later
/* In a worker: what certificates of a path are known by, and what follows of it. */
#include "agent/known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "agent/worker.h"

static int id_of(X509 *cert, uint8_t out[PKI_DIGEST_LEN])
{
	unsigned char *name = NULL, *serial = NULL;
	int nlen = i2d_X509_NAME(X509_get_issuer_name(cert), &name);
	int slen = i2d_ASN1_INTEGER(X509_get0_serialNumber(cert), &serial);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = md && nlen > 0 && slen > 0 && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
		  EVP_DigestUpdate(md, name, (size_t)nlen) == 1 &&
		  EVP_DigestUpdate(md, serial, (size_t)slen) == 1 &&
		  EVP_DigestFinal_ex(md, out, NULL) == 1;

	EVP_MD_CTX_free(md);
	OPENSSL_free(name);
	OPENSSL_free(serial);
	return ok ? 0 : -1;
}

int known_cert_of(struct pki_der der, struct known_cert *out)
{
	const unsigned char *p = der.data;
	X509 *cert = d2i_X509(NULL, &p, (long)der.len);
	struct tm tm;
	int err = -1;

	memset(out, 0, sizeof(*out));
	if (cert && !id_of(cert, out->id) && ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) &&
	    EVP_Digest(der.data, der.len, out->digest, NULL, EVP_sha256(), NULL) == 1) {
		out->not_after = timegm(&tm);
		/* Its escapes leave printable ASCII alone. */
		if (!X509_NAME_oneline(X509_get_subject_name(cert), out->name, KNOWN_NAME))
			snprintf(out->name, sizeof(out->name), "?");
		err = 0;
	}
	X509_free(cert);
	ERR_clear_error();
	return err;
}

/* Whether any configured mode could show that the certificate at @at is good again. */
static bool can_clear(const struct job_pki *job, size_t at)
{
	struct job_pki other = *job;

	if (job->ocsp->nonce != PKI_NONCE_REQUIRED)
		return false;
	for (uint32_t i = 0; i < job->ocsp->nmodes; i++) {
		other.mode = job->ocsp->modes[i];
		if (other.mode != CONFIG_OCSP_INBAND && job_source(&other, at))
			return true;
	}
	return false;
}

static void when(int64_t seconds, char out[24])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(out, 24, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(out, 24, "?");
}

/*
 * It stays revoked: a good answer that may be older is none. Whoever may know better is
 * asked, as if nothing had come; where nobody is, it is bad.
 */
static void stays(const struct job_pki *job, size_t at, const struct known_cert *cert,
		  struct worker_result *out)
{
	struct pki_result *r = &out->ocsp;
	bool ask = job->known->lost || can_clear(job, at);
	char since[24];

	out->known = true;
	if (r->verdict != PKI_GOOD)
		return;
	r->verdict = ask ? PKI_INDETERMINATE : PKI_BAD;
	r->provisional = false;
	out->absent = ask;
	when(cert->since, since);
	if (job->known->lost)
		job_unknown(r, "ocsp.known.lost", "what is known revoked can't be read, so only "
			    "answers with our nonce about each certificate count (see [ocsp] revoked, "
			    "and the agent's log)");
	else
		snprintf(r->detail, sizeof(r->detail),
			 "%.60s is known revoked since %s, and this is no answer with our nonce (%s)",
			 cert->name, since, ask ? "renew it, or let the responder answer" :
			 "renew it; only [ocsp] direct or intunnel with nonce = required can show "
			 "that it is good");
	if (!job->known->lost)
		snprintf(r->rule, sizeof(r->rule), "ocsp.known");
}

void job_known(const struct job_pki *job, const struct pki_path *path,
	       const struct job_seen *seen, struct worker_result *out)
{
	for (size_t at = 0; at < path->n; at++) {
		struct known_cert cert, known;

		if (known_cert_of(job_cert(job, path, at), &cert)) {
			job_unknown(&out->ocsp, "memory", "out of memory (free some)");
			return;
		}
		if (seen->revoked[at]) {
			cert.since = job_now(job);
			out->revoked = cert;
			out->is_revoked = true;
		} else if (!known_find(job->known, &cert, &known)) {
			continue;
		} else if (!seen->fresh[at]) {
			stays(job, at, &known, out);
		} else if (out->ncleared < WORKER_CLEARED_MAX) {
			memcpy(out->cleared[out->ncleared++], known.id, PKI_DIGEST_LEN);
		}
	}
}
