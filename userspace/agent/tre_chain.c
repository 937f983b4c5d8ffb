// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The second half of a chain's verdict, in the TPM (HNB-TRE-04 to -07, -09): what the
 * first worker found good goes on to another that has the TPM and no more.
 */
#include "agent/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/log.h"

#define TPM_MS		2500	/* of the 3 s that charon waits */
#define VENDOR_MAX	16384

static struct tre_links total;

bool tre_chain_wanted(void)
{
	return conf.agent.role == CONFIG_ROLE_HENB &&
	       (conf.tre.anchor == CONFIG_TRE_ANCHOR_NV ||
		conf.tre.identity == CONFIG_TRE_IDENTITY_NV ||
		conf.tre.key != CONFIG_TRE_KEY_ANY);
}

static void unreadable(void *arg, const char *file, int line, const char *key, const char *value,
		       const char *rule, const char *remedy)
{
	struct log l;

	(void)arg;
	(void)line;
	(void)value;
	log_begin(&l, LOG_ERR, "no-root");
	log_str(&l, "file", file);
	log_str(&l, "key", key);
	log_str(&l, "rule", rule);
	log_str(&l, "remedy", remedy);
	log_end(&l);
}

/*
 * The file as it is now, so that an update needs no restart. For an IKE SA that has
 * its root already that one counts: an update is for new SAs.
 */
struct pki_der tre_chain_root(struct context *c)
{
	if (conf.agent.role != CONFIG_ROLE_HENB || conf.tre.anchor != CONFIG_TRE_ANCHOR_NV)
		return anchor;
	if (!c->root.len && anchor_load(&conf, &c->root, unreadable, NULL))
		c->root = (struct pki_der){ NULL, 0 };
	return c->root;
}

void tre_chain_forget(struct context *c)
{
	free((void *)c->root.data);
	c->root = (struct pki_der){ NULL, 0 };
}

static size_t read_key(const char *path, char out[VENDOR_MAX])
{
	FILE *f = *path ? fopen(path, "re") : NULL;
	size_t len = f ? fread(out, 1, VENDOR_MAX, f) : 0;

	if (f)
		fclose(f);
	return len;
}

static void not_started(struct worker *w, const struct worker_result *r)
{
	struct worker_result late = *r;

	late.chain.verdict = PKI_INDETERMINATE;
	snprintf(late.chain.rule, sizeof(late.chain.rule), "worker.start");
	snprintf(late.chain.detail, sizeof(late.chain.detail),
		 "no room, memory or process to ask the TPM with: it is tried again");
	w->then(w, &late);
}

static void finished(struct worker *w, const struct worker_result *r)
{
	struct context *c = w->owner;
	struct log l;

	total.in_tpm += r->links.in_tpm;
	total.in_software += r->links.in_software;
	if (r->links.in_software) {
		memcpy(total.fallback, r->links.fallback, sizeof(total.fallback));
		/* PIT-43: never silently. */
		log_begin(&l, LOG_WARNING, "tre-fallback");
		log_num(&l, "ike", c->ike_id);
		log_num(&l, "in_tpm", r->links.in_tpm);
		log_num(&l, "in_software", r->links.in_software);
		log_str(&l, "rule", r->links.fallback);
		log_end(&l);
	} else if (r->links.in_tpm) {
		log_begin(&l, LOG_INFO, "tre-chain");
		log_num(&l, "ike", c->ike_id);
		log_num(&l, "in_tpm", r->links.in_tpm);
		log_end(&l);
	}
	if (r->chain.verdict == PKI_GOOD)
		c->root_known = true;
	/* It may be mended by the next try. */
	if (!c->root_known)
		tre_chain_forget(c);
	w->then(w, r);
}

/* The path is indices that a child told: its first is the leaf that signed AUTH. */
static bool take_path(const struct context *c, const struct pki_path *path,
		      struct job_tre_chain *job)
{
	if (!path->n || path->n > PKI_PATH_MAX || path->index[0])
		return false;
	for (size_t i = 0; i < path->n; i++) {
		if (path->index[i] >= c->ncerts)
			return false;
		job->certs[i] = c->certs[path->index[i]];
	}
	job->ncerts = path->n;
	return true;
}

void tre_chain_next(struct worker *w, const struct worker_result *r)
{
	static char vendor[VENDOR_MAX], approver[VENDOR_MAX];
	struct context *c = w->owner;
	struct job_tre_chain job = {
		.tcti = conf.tre.tcti, .anchor = conf.tre.anchor, .identity = conf.tre.identity,
		.profile = conf.credential.profile,
		.key = conf.tre.key, .vendor = vendor, .approver = approver, .root = c->root, .own_cert = c->own_cert,
		.own_id = c->own_id, .fresh = !c->root_known, .pki = r,
	};
	uint64_t now = loop_now(), left = TPM_MS;

	if (r->chain.verdict != PKI_GOOD) {
		w->then(w, r);
		return;
	}
	if (w == &c->authorize && c->authorize_by_ms < now + left)
		left = c->authorize_by_ms > now ? c->authorize_by_ms - now : 1;
	job.vendor_len = read_key(conf.tre.anchor_key, vendor);
	job.approver_len = read_key(conf.tre.approval_key, approver);
	if (!take_path(c, &r->path, &job) ||
	    worker_start(w, WORKER_TRE, job_tre_chain, &job, -1, (uint32_t)left, finished))
		not_started(w, r);
}

json_t *tre_chain_json(void)
{
	return json_pack("{s:b, s:I, s:I, s:o}", "wanted", tre_chain_wanted(),
			 "in_tpm", (json_int_t)total.in_tpm,
			 "in_software", (json_int_t)total.in_software,
			 "fallback", control_text(total.fallback));
}
