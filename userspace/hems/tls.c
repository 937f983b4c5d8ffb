// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libssl's side: what it is told to offer and accept, and the two points at which it asks
 * us. Both lie before our certificate, and any data, goes out: the peer's certificates
 * have come, and then its status (of TLS 1.2 with ServerHelloDone, of 1.3 with Finished).
 */
#include "hems/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>

#define PATH_SENT_MAX	4	/* TS 33.320 7.2.3 */

void hems_say(struct pki_result *r, enum pki_verdict verdict, const char *rule,
	      const char *fmt, ...)
{
	va_list ap;

	r->verdict = verdict;
	r->expires = 0;
	snprintf(r->rule, sizeof(r->rule), "%s", rule);
	va_start(ap, fmt);
	vsnprintf(r->detail, sizeof(r->detail), fmt, ap);
	va_end(ap);
}

struct hems *hems_new(const struct hems_policy *policy)
{
	struct hems *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->policy = *policy;
	hems_begin(h, policy->now);
	return h;
}

static void forget(struct hems *h)
{
	for (size_t i = 0; i < h->nsent; i++)
		OPENSSL_free((void *)h->sent[i].data);
	free(h->sent);
	h->sent = NULL;
	h->nsent = 0;
	h->leaf = h->issuer = (struct pki_der){ 0 };
}

void hems_free(struct hems *h)
{
	if (!h)
		return;
	forget(h);
	free(h);
}

void hems_begin(struct hems *h, int64_t now)
{
	forget(h);
	memset(&h->report, 0, sizeof(h->report));
	h->refused = false;
	h->policy.now = now;
	hems_say(&h->report.chain, PKI_INDETERMINATE, "chain.unchecked",
		 "no certificate of the peer was seen");
	hems_say(&h->report.status, PKI_INDETERMINATE, "ocsp.unchecked",
		 "the path is not good, so that nobody was asked about its revocation");
	h->report.result = h->report.chain;
}

/* The octets that were sent, leaf first. False: there is no memory, or none was. */
static bool take_sent(struct hems *h, X509_STORE_CTX *ctx)
{
	const STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(ctx);
	int n = sk_X509_num(sent);

	forget(h);
	h->sent = n > 0 ? calloc((size_t)n, sizeof(*h->sent)) : NULL;
	for (int i = 0; h->sent && i < n; i++) {
		unsigned char *der = NULL;
		int len = i2d_X509(sk_X509_value(sent, i), &der);

		if (len <= 0)
			return false;
		h->sent[h->nsent++] = (struct pki_der){ der, (size_t)len };
	}
	return h->nsent > 0;
}

static void judge_path(struct hems *h)
{
	const struct hems_policy *p = &h->policy;
	struct pki_chain_policy policy = {
		.anchors = p->anchors, .nanchors = p->nanchors, .name = p->name,
		/* An H(e)NB without a name to hold against accepts nobody. */
		.any_name = !p->name && p->peer == PKI_HENB,
		.max_sent = PATH_SENT_MAX, .role = p->peer, .tls = true, .profile = p->profile,
	};
	int issuer = -1;

	pki_check_chain(h->sent, h->nsent, &policy, p->now, &issuer, &h->report.chain);
	if (h->report.chain.verdict != PKI_GOOD)
		return;
	h->leaf = h->sent[0];
	h->issuer = issuer < 0 ? p->anchors[h->report.chain.anchor] : h->sent[issuer];
}

/* The worse of both counts; a good one as long as both. */
static void settle(struct hems *h)
{
	struct hems_report *r = &h->report;

	r->result = r->chain.verdict == PKI_GOOD ? r->status : r->chain;
	memcpy(r->result.cert_digest, r->chain.cert_digest, sizeof(r->result.cert_digest));
	if (r->result.verdict != PKI_GOOD)
		return;
	if (r->chain.expires < r->result.expires)
		r->result.expires = r->chain.expires;
	r->result.sha1 = r->chain.sha1 + (r->source == HEMS_OFF ? 0 : r->status.sha1);
}

/* Who sends the status in the handshake is asked of it behind the certificates. */
static bool waits_for_staple(const struct hems *h)
{
	return h->policy.peer == PKI_HEMS &&
	       (h->policy.revocation == HEMS_ANY || h->policy.revocation == HEMS_STAPLE);
}

static int on_certificates(X509_STORE_CTX *ctx, void *arg)
{
	struct hems *h = arg;
	bool good;

	if (take_sent(h, ctx))
		judge_path(h);
	else
		hems_say(&h->report.chain, PKI_INDETERMINATE, "memory", "out of memory (free some)");
	if (h->report.chain.verdict == PKI_GOOD && !waits_for_staple(h))
		hems_status(h, (struct pki_der){ 0 });
	settle(h);
	good = h->report.chain.verdict == PKI_GOOD &&
	       (waits_for_staple(h) || h->report.result.verdict == PKI_GOOD);
	h->refused = !good;
	X509_STORE_CTX_set_error(ctx, good ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
	return good;
}

/* Called with or without a response, as soon as one was asked for. */
static int on_status(SSL *ssl, void *arg)
{
	struct hems *h = arg;
	const uint8_t *data = NULL;
	long len = SSL_get_tlsext_status_ocsp_resp(ssl, &data);

	h->report.stapled = data && len > 0;
	/* Not after this handshake's certificates: a session of another one. */
	if (h->report.chain.verdict == PKI_GOOD)
		hems_status(h, (struct pki_der){ h->report.stapled ? data : NULL,
						 h->report.stapled ? (size_t)len : 0 });
	settle(h);
	h->refused = h->report.result.verdict != PKI_GOOD;
	return !h->refused;
}

/* Of a client: the peer, which was judged by now, wants its certificate. */
static int on_asked(SSL *ssl, void *arg)
{
	struct hems *h = arg;

	(void)ssl;
	h->report.asked = true;
	hems_prefer_tpm(true);
	return 1;
}

static bool set_up(struct hems *h, SSL_CTX *ctx)
{
	const uint64_t off = SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET;

	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, 0) != 1)
		return false;
	SSL_CTX_set_options(ctx, off);
	SSL_CTX_clear_options(ctx, SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION |
			      SSL_OP_LEGACY_SERVER_CONNECT);
	/* Nothing is verified in a handshake that resumes a session. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, on_certificates, h);
	if (h->policy.peer != PKI_HEMS)
		return true;
	SSL_CTX_set_cert_cb(ctx, on_asked, h);
	return !waits_for_staple(h) ||
	       (SSL_CTX_set_tlsext_status_type(ctx, TLSEXT_STATUSTYPE_ocsp) == 1 &&
		SSL_CTX_set_tlsext_status_cb(ctx, on_status) == 1 &&
		SSL_CTX_set_tlsext_status_arg(ctx, h) == 1);
}

const char *hems_attach(struct hems *h, SSL_CTX *ctx, char *why, size_t whylen)
{
	const struct hems_policy *p = &h->policy;

	if (p->peer == PKI_HENB && p->revocation == HEMS_STAPLE) {
		snprintf(why, whylen, "an H(e)NB staples nothing (say direct, any or off)");
		return "tls.staple.client";
	}
	if (!set_up(h, ctx)) {
		ERR_clear_error();
		snprintf(why, whylen, "libssl refuses TLS 1.2 and later (look at openssl.cnf)");
		return "tls.setup";
	}
	return hems_set_ciphers(ctx, p->ciphers ? p->ciphers : HEMS_CIPHERS, why, whylen);
}

/* Alerts of the peer's, and what libssl ends a handshake for before it asks us. */
static const struct {
	int reason;
	enum pki_verdict verdict;
	const char *rule, *why;
} ends[] = {
	{ SSL_R_UNSUPPORTED_PROTOCOL, PKI_BAD, "tls.version",
	  "the peer speaks nothing later than TLS 1.1 (have it speak TLS 1.2 or 1.3)" },
	{ SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, PKI_BAD, "tls.version",
	  "the peer refuses TLS 1.2 and later (have it speak TLS 1.2 or 1.3)" },
	{ SSL_R_WRONG_SSL_VERSION, PKI_BAD, "tls.version",
	  "the peer speaks another version than was offered (have it speak TLS 1.2 or 1.3)" },
	{ SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, PKI_BAD, "tls.refused",
	  "the peer refuses every cipher suite offered, or us (compare both ends' ciphers; does it want a certificate?)" },
	{ SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, PKI_BAD, "tls.client.required",
	  "the peer wants a certificate of ours (give it one)" },
	{ SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, PKI_BAD, "tls.client.refused",
	  "the peer refuses our certificate (was it issued by whom the peer trusts?)" },
	{ SSL_R_TLSV1_ALERT_UNKNOWN_CA, PKI_BAD, "tls.client.refused",
	  "the peer does not know the CA of our certificate (have it trust the vendor's root)" },
	{ SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, PKI_BAD, "tls.client.refused",
	  "to the peer our certificate is revoked (have another issued)" },
	{ SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, PKI_BAD, "tls.client.refused",
	  "to the peer our certificate is expired (have another issued)" },
	{ SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, PKI_BAD, "tls.client.refused",
	  "the peer refuses our certificate (look at its log)" },
	{ SSL_R_TLSV1_ALERT_ACCESS_DENIED, PKI_BAD, "tls.client.refused",
	  "the peer denies our certificate access (look at its log)" },
	{ SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, PKI_BAD, "tls.client.missing",
	  "the peer has no certificate (the H(e)NB has to show its own)" },
	{ SSL_R_NO_SHARED_CIPHER, PKI_BAD, "tls.cipher",
	  "the peer offers no cipher suite that is taken (have it offer AES-GCM)" },
	{ SSL_R_UNKNOWN_CIPHER_RETURNED, PKI_BAD, "tls.cipher",
	  "the peer takes a cipher suite that there is none of here (refuse the peer)" },
	{ SSL_R_WRONG_CIPHER_RETURNED, PKI_BAD, "tls.cipher",
	  "the peer takes a cipher suite that was not offered (refuse the peer)" },
};

static void why_ended(struct pki_result *r)
{
	unsigned long e = ERR_peek_error();
	const char *text = e ? ERR_reason_error_string(e) : NULL;

	for (size_t i = 0; ERR_GET_LIB(e) == ERR_LIB_SSL && i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (ERR_GET_REASON(e) != ends[i].reason)
			continue;
		hems_say(r, ends[i].verdict, ends[i].rule, "%s", ends[i].why);
		return;
	}
	hems_say(r, PKI_INDETERMINATE, "tls.handshake", "the handshake ended: %s (is it a TLS server?)",
		 text ? text : "the peer closed, or did not answer");
}

void hems_end(struct hems *h, SSL *ssl, bool ok, struct hems_report *out)
{
	struct hems_report *r = &h->report;

	hems_prefer_tpm(false);
	if (ssl && SSL_is_init_finished(ssl) && SSL_session_reused(ssl))
		hems_say(&r->result, PKI_BAD, "tls.resumed",
			 "a session of another handshake was resumed, in which nothing is verified (switch session caches off)");
	else if (!ok && !h->refused)
		why_ended(&r->result);
	if (!ok)
		ERR_clear_error();
	*out = *r;
}
