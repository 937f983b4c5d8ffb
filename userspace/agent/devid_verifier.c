// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Role segw: the network entity of both solutions, that asks an H(e)NB for its device
 * identifier and judges the answer with the AAA's help (steps 3, 6, 8 and 9). The verdict
 * is one line in the log, with the IMEI as a hash; the device is told nothing. What a
 * verdict that is not good does is [devid] on_bad.
 */
#include "agent/devid.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <openssl/pem.h>

#include "agent/log.h"
#include "agent/profile.h"
#include "agent/seen.h"

#define VERIFY_MS	8000
/* It may take the device that much longer than us to open its own gate. */
#define TRIES		30
#define FIRST_MS	3000	/* as long as the plugin may wait for the agent */
#define ANCHORS_MAX	16
/* The key of this boot: a file that does not outlive it. */
#define KEY_PATH	"/run/trustgate/devid.key"

static struct pki_profile rules;
static struct pki_der anchors[ANCHORS_MAX];
static size_t nanchors;
static unsigned char *crl;
static size_t crl_len;
static struct stat crl_seen;
static uint8_t hash_key[DEVID_KEY_LEN];

/* --- what the configuration names -------------------------------------------------- */

static int complain(const char *file, const char *key, const char *why)
{
	struct log l;

	log_begin(&l, LOG_ERR, "devid-file");
	log_str(&l, "file", file);
	log_str(&l, "key", key);
	log_str(&l, "value", why);
	log_str(&l, "remedy", "mend the file; see trustgated.conf(5), [devid]");
	log_end(&l);
	return -1;
}

static void told(void *arg, const char *file, int line, const char *key, const char *value,
		 const char *rule, const char *remedy)
{
	(void)arg;
	(void)line;
	(void)value;
	(void)remedy;
	complain(file, key, rule);
}

static int load_anchors(const char *path)
{
	unsigned char *der;
	BIO *bio = BIO_new_file(path, "r");
	long len;

	if (!bio)
		return complain(path, "devid.ca", "can't be read");
	while (nanchors < ANCHORS_MAX &&
	       PEM_bytes_read_bio(&der, &len, NULL, PEM_STRING_X509, bio, NULL, NULL) == 1)
		anchors[nanchors++] = (struct pki_der){ der, (size_t)len };
	BIO_free(bio);
	return nanchors ? 0 : complain(path, "devid.ca", "has no certificate in PEM");
}

static int load_crl(const char *path)
{
	unsigned char *der = NULL;
	BIO *bio;
	long len = 0;
	bool ok;

	if (stat(path, &crl_seen))
		memset(&crl_seen, 0, sizeof(crl_seen));
	bio = BIO_new_file(path, "r");
	ok = bio && PEM_bytes_read_bio(&der, &len, NULL, PEM_STRING_X509_CRL, bio, NULL, NULL) == 1;
	BIO_free(bio);
	if (!ok)
		return complain(path, "devid.crl", "has no list in PEM");
	OPENSSL_free(crl);
	crl = der;
	crl_len = (size_t)len;
	return 0;
}

/*
 * The next list comes before the last one ends (RFC 5280 5.1.2.5). What can't be read is told
 * once and doesn't take the place of what could.
 */
static void refresh_crl(void)
{
	struct stat now;

	if (*conf.devid.crl && !stat(conf.devid.crl, &now) && !seen_same(&now, &crl_seen))
		(void)load_crl(conf.devid.crl);
}

/* PRIV-02: the same hash for the same IMEI until the machine is started again. */
static int load_key(void)
{
	int fd = open(KEY_PATH, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	ssize_t n = fd >= 0 ? read(fd, hash_key, sizeof(hash_key)) : -1;

	if (fd >= 0 && n != sizeof(hash_key)) {
		n = getrandom(hash_key, sizeof(hash_key), 0);
		if (n == sizeof(hash_key))
			n = pwrite(fd, hash_key, sizeof(hash_key), 0);
	}
	if (fd >= 0)
		close(fd);
	return n == sizeof(hash_key) ? 0 : complain(KEY_PATH, "", strerror(errno));
}

int devid_verifier_start(void)
{
	if (load_key())
		return -1;
	if (profile_load(conf.devid.profile, &rules, told, NULL))
		return complain(conf.devid.profile, "devid.profile", "is no profile");
	if (*conf.devid.ca && load_anchors(conf.devid.ca))
		return -1;
	return *conf.devid.crl ? load_crl(conf.devid.crl) : 0;
}

/* --- one IKE SA --------------------------------------------------------------------- */

static const char *verdict_word(enum devid_verdict v)
{
	return v == DEVID_GOOD ? "good" : v == DEVID_BAD ? "bad" : "unknown";
}

static void log_verdict(const struct devid *d, const char *hash)
{
	const struct devid_result *r = &d->verdict;
	struct log l;

	log_begin(&l, r->verdict == DEVID_GOOD ? LOG_NOTICE : LOG_WARNING, "devid");
	log_num(&l, "context", d->c->k.id);
	log_num(&l, "ike", d->c->ike_id);
	log_str(&l, "peer", d->c->k.peer);
	log_str(&l, "solution", devid_solution_name((enum devid_solution)conf.devid.ask));
	log_str(&l, "imei", hash);
	log_str(&l, "result", verdict_word(r->verdict));
	log_str(&l, "rule", r->rule);
	log_str(&l, "value", r->detail);
	log_num(&l, "took_ms", loop_now() - d->started_ms);
	log_end(&l);
}

static void ask_again(struct timer *t)
{
	struct devid *d = container_of(t, struct devid, again);

	d->asked = false;
	d->lost = false;
	devid_progress(d->c);
}

static void settle(struct devid *d, const char *hash)
{
	struct context *c = d->c;

	d->judged = true;
	d->lost = false;
	d->tries = 0;
	log_verdict(d, hash);
	if (conf.devid.every_ms && conf.devid.transport == CONFIG_DEVID_IKE)
		timer_start(&d->again, conf.devid.every_ms, ask_again);
	if (d->verdict.verdict == DEVID_GOOD) {
		devid_count.proven++;
		return;
	}
	devid_count.bad++;
	if (conf.devid.on_bad != CONFIG_DEVID_CLOSE || !c->k.id)
		return;
	/* For good: no proof of another kind makes up for it. */
	if (tg_context_quarantine(gate(), c->k.id, d->verdict.detail))
		log_say(LOG_ERR, "not-closed", tg_error(gate()), NULL);
}

static bool once_more(struct devid *d, const char *why)
{
	if (conf.devid.transport != CONFIG_DEVID_IKE || ++d->tries >= TRIES)
		return false;
	log_say(LOG_INFO, "devid-again", why, NULL);
	d->asked = false;
	devid_ask(d->c);
	return true;
}

static void unanswered(struct timer *t)
{
	struct devid *d = container_of(t, struct devid, timeout);

	d->issued.pending = false;
	d->lost = true;
	devid_count.unanswered++;
	if (once_more(d, "no answer in time"))
		return;
	devid_set(&d->verdict, DEVID_INDETERMINATE, "challenge.unanswered",
		  "no answer in time, however often (does the device have [devid], and is it open there?)");
	settle(d, NULL);
}

static void verified(struct worker *w, const struct worker_result *r)
{
	struct devid *d = container_of(w, struct devid, worker);
	char hash[2 * DEVID_HASH_LEN + 1] = "";

	for (size_t i = 0; i < DEVID_HASH_LEN && r->record_len == DEVID_HASH_LEN; i++)
		snprintf(hash + 2 * i, 3, "%02x", r->record[i]);
	/* Once, and when nothing of before is on its way: who answers wrongly then is wrong. */
	if (r->chain.verdict == PKI_BAD && d->lost) {
		log_say(LOG_INFO, "devid-again", "a wrong answer, or one to what was asked before", NULL);
		timer_start(&d->again, CHALLENGE_LIFE_MS, ask_again);
		return;
	}
	devid_set(&d->verdict, r->chain.verdict == PKI_GOOD ? DEVID_GOOD :
		  r->chain.verdict == PKI_BAD ? DEVID_BAD : DEVID_INDETERMINATE,
		  r->chain.rule, "%s", r->chain.detail);
	settle(d, hash);
}

/* A connection to the AAA, which the worker may not make; -1 with why in @why. */
static int connect_aaa(char why[128])
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", conf.devid.aaa);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	snprintf(why, 128, "%.90s: %s", conf.devid.aaa, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

bool devid_challenge(struct context *c, struct devid_issued *issued, uint8_t out[CHALLENGE_LEN])
{
	uint8_t nonce[CHALLENGE_NONCE_LEN];
	struct devid *d = c->devid;

	if (!d || !d->channel_known || getrandom(nonce, sizeof(nonce), 0) != sizeof(nonce))
		return false;
	devid_issue(issued, (enum devid_solution)conf.devid.ask, nonce, d->channel, loop_now());
	devid_count.asked++;
	d->started_ms = loop_now();
	return devid_challenge_encode(&issued->challenge, out);
}

void devid_expect(struct context *c, uint64_t ms)
{
	struct devid *d = c->devid;

	d->asked = true;
	d->started_ms = loop_now();
	timer_start(&d->timeout, ms, unanswered);
}

void devid_ask(struct context *c)
{
	struct devid *d = c->devid;
	uint8_t msg[CHALLENGE_LEN];

	if (!d || d->asked || !devid_ready(c))
		return;
	d->asked = true;
	/* A device that still reads our IKE_AUTH drops what comes before it is through, and has
	 * it again only when IKE repeats it.
	 */
	if (!d->waited) {
		d->waited = true;
		timer_start(&d->again, FIRST_MS, ask_again);
		return;
	}
	d->lost |= d->issued.pending;
	if (!devid_challenge(c, &d->issued, msg)) {
		devid_set(&d->verdict, DEVID_INDETERMINATE, "devid.channel",
			  "it is not known which IKE SA this is (let the device authenticate anew)");
		settle(d, NULL);
		return;
	}
	devid_expect(c, CHALLENGE_LIFE_MS);
	devid_send(c, TG_WIRE_CHALLENGE_TYPE, msg, sizeof(msg));
}

bool devid_answered(struct context *c, struct devid_issued *issued, struct pki_der data)
{
	struct devid *d = c->devid;
	struct devid_issued taken;
	struct devid_result r;
	struct job_devid_verify job = {
		.issued = &taken, .proof = data, .anchors = anchors, .nanchors = nanchors,
		.profile = &rules, .now = clock_ms() / 1000,
	};
	char why[128];
	int err;

	/* One that nobody asked for is no verdict on the device that was. */
	if (!d || !devid_redeem(issued, loop_now(), &taken, &r)) {
		devid_count.stray++;
		log_say(LOG_WARNING, "devid-stray", d ? r.detail : "of an IKE SA that is unknown",
			NULL);
		return false;
	}
	timer_stop(&d->timeout);
	memcpy(job.key, hash_key, sizeof(job.key));
	refresh_crl();
	job.crl = (struct pki_der){ crl, crl_len };
	job.aaa = connect_aaa(why);
	job.aaa_error = why;
	err = worker_start(&d->worker, WORKER_PKI, job_devid_verify, &job, job.aaa, VERIFY_MS,
			   verified);
	if (job.aaa >= 0)
		close(job.aaa);
	if (err) {
		devid_set(&d->verdict, DEVID_INDETERMINATE, "devid.worker",
			  "no process to verify with (%s)", strerror(-err));
		settle(d, NULL);
	}
	return true;
}
