// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Role segw: lists that H(e)NBs' certificates point to (SGW-REV-06). One at a time: a
 * worker with a network fetches it, one without looks at it, and what is written to
 * the store is octets that this process never read. A check waits for none of it; when
 * a list is there, it is noticed as any other import.
 */
#include "agent/segw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/log.h"
#include "segw/crl_get.h"
#include "segw/crlstore_dir.h"

#define FETCH_MS	30000
#define JUDGE_MS	30000
#define MARGIN_MS	1000
#define AGAIN_MS	200		/* for a process to end, or an importer */
#define AGAIN_MAX	50
#define NOT_BEFORE_MS	60000		/* after a failure */
#define REFRESH_MS	900000		/* after a success: the CA makes no others so soon */
#define TRIED_MAX	32

static struct {
	struct crl_want want;
	struct pki_der issuer;		/* a copy */
	char interface[SEGW_IFNAME_MAX + 1];
	int fd, lock;
	struct crl_got *got;
	struct worker worker;
	struct timer timer;
	unsigned int again;
	bool busy, begun;
} now;

static struct {
	char uri[URI_MAX + 1];
	uint64_t not_before;
} tried[TRIED_MAX];

static bool too_soon(const char *uri)
{
	for (size_t i = 0; i < TRIED_MAX; i++)
		if (!strcmp(tried[i].uri, uri))
			return loop_now() < tried[i].not_before;
	return false;
}

static void remember(const char *uri, uint64_t ms)
{
	size_t at = 0;

	for (size_t i = 0; i < TRIED_MAX; i++) {
		if (!strcmp(tried[i].uri, uri)) {
			at = i;
			break;
		}
		if (tried[i].not_before < tried[at].not_before)
			at = i;
	}
	snprintf(tried[at].uri, sizeof(tried[at].uri), "%s", uri);
	tried[at].not_before = loop_now() + ms;
}

static void finish(int priority, const char *rule, const char *detail)
{
	struct log l;

	log_begin(&l, priority, "segw-list");
	log_str(&l, "uri", now.want.uri);
	log_str(&l, "rule", rule);
	log_str(&l, "value", detail);
	log_end(&l);
	remember(now.want.uri, priority == LOG_WARNING ? NOT_BEFORE_MS : REFRESH_MS);
	if (now.got)
		munmap(now.got, sizeof(*now.got));
	if (now.lock >= 0)
		crlstore_dir_unlock(now.lock);
	if (now.fd >= 0)
		close(now.fd);
	free((void *)now.issuer.data);
	now.got = NULL;
	now.lock = now.fd = -1;
	now.issuer.data = NULL;
	now.busy = false;
}

static void no_result(struct worker_result *out)
{
	memset(out, 0, sizeof(*out));
	out->tre.verdict = TRE_UNAVAILABLE;
}

static void fetch_job(const void *arg, struct worker_result *out)
{
	(void)arg;
	no_result(out);
	crl_get_fetch(&now.want, &conf.segw.segw.pointers, now.interface, FETCH_MS, now.got,
		      &out->ocsp);
}

static void judge_job(const void *arg, struct worker_result *out)
{
	const struct segw_world *w = arg;
	const struct pki_der crl = { now.got->data, now.got->len };
	struct pki_crl_policy policy;

	no_result(out);
	out->want = now.want;
	pki_crl_policy_default(&policy, &profile);
	policy.skew_s = conf.ocsp.skew_ms / 1000;
	crl_get_judge(w, &out->want, crl, now.issuer, &policy, clock_ms() / 1000, &out->ocsp);
}

static void judged(struct worker *w, const struct worker_result *r)
{
	const struct pki_der crl = { now.got->data, now.got->len };
	int err;

	(void)w;
	if (r->ocsp.verdict != PKI_GOOD) {
		finish(LOG_WARNING, r->ocsp.rule, r->ocsp.detail);
		return;
	}
	if (!strcmp(r->ocsp.rule, "crl.import.same")) {
		finish(LOG_INFO, r->ocsp.rule, r->ocsp.detail);
		return;
	}
	/* Who looked at the list may say which part of this CA's it is, and no other CA. */
	if (!memchr(r->want.name, '\0', sizeof(r->want.name)) ||
	    !crlstore_name_is_of(r->want.name, now.want.name)) {
		finish(LOG_WARNING, "crl.import.name", "the process that judged it names another CA");
		return;
	}
	err = crlstore_dir_put(conf.segw.segw.crl_dir, r->want.name, now.issuer, crl);
	if (err)
		finish(LOG_WARNING, "crl.import.write", strerror(-err));
	else
		finish(LOG_NOTICE, r->ocsp.rule, r->ocsp.detail);
}

static void judge(struct timer *t)
{
	if (now.lock < 0)
		now.lock = crlstore_dir_trylock(conf.segw.segw.crl_dir);
	if (now.lock == -EWOULDBLOCK && now.again++ < AGAIN_MAX) {
		timer_start(t, AGAIN_MS, judge);
		return;
	}
	if (now.lock < 0) {
		finish(LOG_WARNING, "crl.import.directory", strerror(-now.lock));
		return;
	}
	/* What is there is now what will be there: nobody else may write. */
	if (worker_start(&now.worker, WORKER_PKI, judge_job, segw_look(), -1, JUDGE_MS, judged))
		finish(LOG_WARNING, "worker.start", "no process to look at the list");
}

/*
 * From here on nobody can change it: the seal is refused while the process that
 * fetched it, or whatever made it do so, still can.
 */
static void seal(struct timer *t)
{
	struct crl_got *got = now.got;

	if (got)
		munmap(got, sizeof(*got));
	now.got = NULL;
	if (fcntl(now.fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)) {
		if (errno == EBUSY && now.again++ < AGAIN_MAX)
			timer_start(t, AGAIN_MS, seal);
		else
			finish(LOG_WARNING, "crl.import.seal", strerror(errno));
		return;
	}
	got = mmap(NULL, sizeof(*got), PROT_READ, MAP_SHARED, now.fd, 0);
	if (got == MAP_FAILED) {
		finish(LOG_WARNING, "memory", strerror(errno));
		return;
	}
	now.got = got;
	if (!got->len || got->len > CRL_GET_MAX) {
		finish(LOG_WARNING, "crl.http.size", "the process that fetched it names no length");
		return;
	}
	now.again = 0;
	judge(t);
}

static void fetched(struct worker *w, const struct worker_result *r)
{
	(void)w;
	if (r->ocsp.verdict != PKI_GOOD) {
		finish(LOG_WARNING, r->ocsp.rule, r->ocsp.detail);
		return;
	}
	now.again = 0;
	seal(&now.timer);
}

static bool make_room(void)
{
	now.fd = memfd_create("trustgate-list", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (now.fd < 0 || ftruncate(now.fd, sizeof(*now.got)))
		return false;
	now.got = mmap(NULL, sizeof(*now.got), PROT_READ | PROT_WRITE, MAP_SHARED, now.fd, 0);
	if (now.got != MAP_FAILED)
		return true;
	now.got = NULL;
	return false;
}

/* The process that checked says which certificate; its octets are not looked at here. */
static bool keep_issuer(const struct context *c, const struct worker_result *r)
{
	const struct segw_world *w = segw_files();
	struct pki_der der = { 0 };
	uint8_t *copy;

	if (r->want.issuer < 0 && r->vendor < w->config.nvendors)
		der = w->anchors[r->vendor];
	else if (r->want.issuer >= 0 && (size_t)r->want.issuer < c->ncerts)
		der = c->certs[r->want.issuer];
	copy = der.len ? malloc(der.len) : NULL;
	if (!copy)
		return false;
	memcpy(copy, der.data, der.len);
	now.issuer = (struct pki_der){ copy, der.len };
	return true;
}

/* Through what the operator's source of that class is reached. */
static void find_interface(const struct segw_world *w, uint32_t vendor)
{
	const struct segw_source *s = NULL;

	if (vendor < w->config.nvendors && now.want.class < REV_CLASSES)
		s = segw_config_source(&w->config, &w->config.vendors[vendor], now.want.class);
	snprintf(now.interface, sizeof(now.interface), "%s", s ? s->interface : "");
}

void segw_want_list(const struct context *c, const struct worker_result *r)
{
	if (!now.begun) {
		worker_init(&now.worker);
		now.fd = now.lock = -1;
		now.begun = true;
	}
	if (now.busy || !memchr(r->want.uri, '\0', sizeof(r->want.uri)) || !*r->want.uri ||
	    !memchr(r->want.name, '\0', sizeof(r->want.name)) || too_soon(r->want.uri))
		return;
	now.want = r->want;
	if (!keep_issuer(c, r))
		return;
	now.busy = true;
	find_interface(segw_files(), r->vendor);
	if (!make_room())
		finish(LOG_WARNING, "memory", strerror(errno));
	else if (worker_start(&now.worker, WORKER_FETCH, fetch_job, NULL, -1,
			      FETCH_MS + MARGIN_MS, fetched))
		finish(LOG_WARNING, "worker.start", "no process to fetch the list");
}
