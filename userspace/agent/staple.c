// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Role segw: the status of our own certificate, which the plugin sends to an H(e)NB
 * that asks for it in IKE (RFC 4806, SGW-F2-10). It is fetched at half of its life, so
 * that no IKE_AUTH ever waits for a responder; a responder that is down takes nothing
 * away before the last answer is over.
 */
#include "agent/agent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "agent/log.h"
#include "segw/own.h"
#include "segw/world.h"

#define ASK_MS		5000
#define MARGIN_MS	1500	/* of the worker beyond that */
#define RETRY_MIN_MS	5000
#define RETRY_MAX_MS	60000

static struct pki_der cert, issuer;
static struct pki_signers status_signers;
static struct own_response *fetched;	/* shared with the worker */
static struct own_response kept;
static int64_t kept_until;		/* clock_ms(); 0: there is none */
static struct worker worker;
static struct timer again;
static uint64_t retry_ms;
static bool begun;

static void ask(struct timer *t);

static void report(void *arg, const char *file, int line, const char *key, const char *value,
		   const char *rule, const char *remedy)
{
	char text[512];

	(void)arg;
	(void)line;
	snprintf(text, sizeof(text), "%.200s: %.60s%.60s %.100s", file, key, value, rule);
	log_say(LOG_ERR, "no-staple", text, remedy);
}

static void tell(void)
{
	static uint8_t msg[TG_WIRE_MAX];
	struct pki_der response = { kept.data, kept.len };
	int64_t left = kept_until - clock_ms();
	size_t len;

	if (!kept.len || left <= 0)
		len = encode_staple(msg, cert, NULL, 0, 0);
	else
		len = encode_staple(msg, cert, &response, 1, left < UINT32_MAX ? (uint32_t)left :
				    UINT32_MAX);
	if (len)
		plugin_tell(msg, len);
}

static void log_result(const struct pki_result *r)
{
	struct log l;

	/* Peers will hear that we are revoked, or nothing: somebody has to act. */
	log_begin(&l, r->verdict == PKI_GOOD ? LOG_INFO : r->verdict == PKI_BAD ? LOG_ALERT :
		  LOG_WARNING, "own-status");
	log_str(&l, "rule", r->rule);
	log_str(&l, "value", r->detail);
	log_end(&l);
}

static void asked(struct worker *w, const struct worker_result *r)
{
	int64_t now = clock_ms(), left = (r->ocsp.expires - now / 1000) * 1000;

	(void)w;
	log_result(&r->ocsp);
	if (r->ocsp.verdict == PKI_GOOD && fetched->len && fetched->len <= OWN_RESPONSE_MAX &&
	    r->ocsp.expires > now / 1000 && left < TRUSTGATE_PROOF_MAX_MS * 10ll) {
		memcpy(&kept, fetched, sizeof(kept));
		kept_until = now + left;
		retry_ms = 0;
		tell();
		/* And young enough for an H(e)NB that has nothing else to go by. */
		if (left > conf.ocsp.inband_age_max_ms)
			left = conf.ocsp.inband_age_max_ms;
		timer_start(&again, (uint64_t)left / 2, ask);
		return;
	}
	if (r->ocsp.verdict == PKI_BAD && kept.len) {
		kept.len = 0;
		tell();
	}
	retry_ms = retry_ms ? retry_ms * 2 : RETRY_MIN_MS;
	if (retry_ms > RETRY_MAX_MS)
		retry_ms = RETRY_MAX_MS;
	timer_start(&again, retry_ms, ask);
}

static void job(const void *arg, struct worker_result *out)
{
	memset(out, 0, sizeof(*out));
	out->tre.verdict = TRE_UNAVAILABLE;
	out->chain.verdict = PKI_INDETERMINATE;
	out->authz.verdict = PKI_INDETERMINATE;
	own_job(arg, &out->ocsp);
}

static void ask(struct timer *t)
{
	struct own_job j = {
		.cert = cert, .issuer = issuer, .uri = &conf.segw.segw.status_uri,
		.now = clock_ms() / 1000, .deadline_ms = ASK_MS, .response = fetched,
		.signers = &status_signers, .nonce = conf.segw.segw.status_nonce,
		.nonce_len = conf.segw.segw.status_nonce_length,
	};

	pki_ocsp_policy_default(&j.policy);
	pki_ocsp_policy_profile(&j.policy, &profile);
	j.policy.nonce_required = j.nonce == PKI_NONCE_REQUIRED;
	j.policy.skew_s = conf.ocsp.skew_ms / 1000;
	j.policy.age_max_s = conf.ocsp.age_max_ms / 1000;
	if (worker_running(&worker) ||
	    worker_start(&worker, WORKER_FETCH, job, &j, -1, ASK_MS + MARGIN_MS, asked))
		timer_start(t, RETRY_MIN_MS, ask);
}

static bool begin(void)
{
	const struct segw_main *s = &conf.segw.segw;

	if (conf.agent.role != CONFIG_ROLE_SEGW || !*s->status_uri.text)
		return false;
	worker_init(&worker);
	fetched = mmap(NULL, sizeof(*fetched), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (fetched == MAP_FAILED) {
		log_say(LOG_ERR, "no-staple", strerror(errno), "free memory and restart");
		return false;
	}
	if (world_cert(s->certificate, &cert, report, NULL) ||
	    world_cert(s->issuer, &issuer, report, NULL) ||
	    (*s->status_signer && world_signers(s->status_signer, &status_signers, report, NULL)))
		return false;
	ask(&again);
	return true;
}

void staple_plugin(void)
{
	static bool able;

	if (!begun)
		able = begin();
	begun = true;
	if (able && kept.len)
		tell();
}
