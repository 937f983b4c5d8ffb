// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Role segw: the peers are H(e)NBs, and what is checked of them, by whom and by which
 * rule is in segw/. This is where that meets the agent: it runs in workers, which have
 * all they need by being forked, and what an operator changes is looked at again.
 */
#include "agent/segw.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>

#include "agent/appraisal.h"
#include "agent/log.h"
#include "agent/references.h"
#include "segw/job.h"
#include "segw/rounds.h"

#define LOOK_MS		1000	/* for files that changed */
#define MARGIN_MS	2000	/* of a worker beyond its sources' deadline */
#define PATH_MS		2700	/* the plugin waits for 3 s */
#define FIRST_MS	(PATH_MS - SEGW_AUTHZ_MS - 200)

#define INDEX_MS	60000	/* to verify and index a list of 256 MiB */

static struct segw_world *world;
static struct timer looker;

/* The list whose index is being made, and where. */
static struct worker indexer;
static struct world_crl *indexed;
static struct pki_der room;
static bool recheck_due;

static void report(void *arg, const char *file, int line, const char *key, const char *value,
		   const char *rule, const char *remedy)
{
	struct log l;

	(void)arg;
	log_begin(&l, LOG_ERR, "segw-file");
	log_str(&l, "file", file);
	if (line)
		log_num(&l, "line", (uint64_t)line);
	log_str(&l, "rule", rule);
	log_str(&l, "value", *value ? value : key);
	log_str(&l, "remedy", remedy);
	log_end(&l);
}

static void index_next(void);

static void index_job(const void *arg, struct worker_result *out)
{
	memset(out, 0, sizeof(*out));
	out->tre.verdict = TRE_UNAVAILABLE;
	world_index_make(arg, room, &world->profile, &out->ocsp);
}

static void index_done(struct worker *w, const struct worker_result *r)
{
	struct world_crl *crl = indexed;

	(void)w;
	indexed = NULL;
	world_index_end(crl, room, r->ocsp.verdict == PKI_GOOD);
	if (crl->index.data)
		log_say(LOG_INFO, "segw-index", crl->name, NULL);
	else
		report(NULL, crl->name, 0, "", r->ocsp.detail, r->ocsp.rule,
		       "until then every check reads the list itself");
	index_next();
}

/*
 * SGW-REV-15: a list is verified and read once for each change, not for each H(e)NB.
 * Those that are open are looked at when that is done, or all would read it again.
 */
static void index_next(void)
{
	while ((indexed = world_unindexed(world))) {
		if (world_index_begin(indexed, &room))
			continue;
		if (!worker_start(&indexer, WORKER_PKI, index_job, indexed, -1, INDEX_MS, index_done))
			return;
		world_index_end(indexed, room, false);
	}
	if (recheck_due)
		context_recheck(0);
	recheck_due = false;
}

static void index_stop(void)
{
	if (!indexed)
		return;
	worker_cancel(&indexer);
	world_index_end(indexed, room, false);
	indexed->index_tried = false;
	indexed = NULL;
}

static void refresh(void)
{
	bool busy = indexed;

	/* What is being read may be what changed. */
	if (world_changed(world))
		index_stop();
	if (world_refresh(world, report, NULL)) {
		/* SGW-REV: whoever is on a new list is out at once. */
		log_say(LOG_NOTICE, "segw-changed", "allow-list or revocation lists", NULL);
		recheck_due = true;
	}
	if (references_refresh())
		recheck_due = true;
	if (!indexed && (busy || recheck_due))
		index_next();
}

const struct segw_world *segw_files(void)
{
	return world;
}

const struct segw_world *segw_look(void)
{
	refresh();
	return world;
}

static void look(struct timer *t)
{
	refresh();
	timer_start(t, LOOK_MS, look);
}

struct segw_world *segw_load(const struct config *c, const struct pki_profile *rules,
			     segw_report_fn *tell, void *arg)
{
	struct segw_world *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->config = c->segw;
	w->profile = *rules;
	if (!world_load(w, tell, arg))
		return w;
	free(w);
	return NULL;
}

void segw_replace(struct segw_world *new)
{
	index_stop();
	/* By the profile before: each check holds the list against the new one. */
	memcpy(new->crls, world->crls, sizeof(new->crls));
	new->ncrls = world->ncrls;
	new->crl_stamp = world->crl_stamp;
	authz_list_free(world->list);
	OPENSSL_cleanse(world->secret, sizeof(world->secret));
	free(world);
	world = new;
	world_refresh(world, report, NULL);
	recheck_due = true;
}

int segw_start(void)
{
	world = segw_load(&conf, &profile, report, NULL);
	if (!world || appraisal_start())
		return -1;
	world_refresh(world, report, NULL);
	worker_init(&indexer);
	/* Indexes are made by workers, for which there is no loop yet. */
	recheck_due = true;
	timer_start(&looker, 0, look);
	return 0;
}

static void job(const void *arg, struct worker_result *out)
{
	struct segw_job_result r;

	segw_job(arg, &r);
	memset(out, 0, sizeof(*out));
	out->tre.verdict = TRE_UNAVAILABLE;
	out->chain = r.chain;
	out->ocsp = r.revocation;
	out->authz = r.authz;
	out->vendor = r.vendor;
	out->follow = r.follow;
	out->want = r.want;
}

int segw_run(struct context *c, struct worker *w, enum segw_extent extent,
	     void (*done)(struct worker *w, const struct worker_result *r))
{
	struct segw_job j = {
		.world = world, .certs = c->certs, .ncerts = c->ncerts, .identity = c->k.peer,
		.extent = extent == SEGW_PATH ? SEGW_JOB_PATH :
			  extent == SEGW_FOLLOW ? SEGW_JOB_FOLLOW : SEGW_JOB_ALL,
		.now = clock_ms() / 1000, .deadline_ms = conf.segw.segw.deadline_ms,
		.skew_s = conf.ocsp.skew_ms / 1000, .crl_age_max_s = conf.ocsp.age_max_ms / 1000,
	};

	pki_ocsp_policy_default(&j.ocsp);
	j.ocsp.clock_unsynced = !clock_synced();
	pki_ocsp_policy_profile(&j.ocsp, &profile);
	j.ocsp.skew_s = conf.ocsp.skew_ms / 1000;
	j.ocsp.age_max_s = conf.ocsp.age_max_ms / 1000;
	j.ocsp.age_no_next_s = conf.ocsp.age_no_next_ms / 1000;
	j.ocsp.response_max = conf.ocsp.response_max;
	if (extent == SEGW_FIRST && j.deadline_ms > FIRST_MS)
		j.deadline_ms = FIRST_MS;
	return worker_start(w, extent == SEGW_PATH ? WORKER_PKI : WORKER_FETCH, job, &j, -1,
			    extent == SEGW_PATH || extent == SEGW_FIRST ? PATH_MS :
			    j.deadline_ms + MARGIN_MS, done);
}

bool segw_combined(const char *peer)
{
	return rounds_combined(conf.segw.segw.combined, peer);
}

void segw_let_verify(struct context *c)
{
	const struct config_uri *uri = &conf.ocsp.uri;

	if (!uri->addr.family ||
	    !tg_bootstrap_forward(gate(), &c->k, uri->addr.addr, uri->addr.family, uri->port))
		return;
	log_say(LOG_WARNING, "no-bootstrap", tg_error(gate()),
		"the H(e)NB can't verify through the tunnel until its own proofs are good");
}
