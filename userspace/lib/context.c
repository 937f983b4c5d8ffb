// SPDX-License-Identifier: GPL-2.0-or-later
/* Contexts and their proofs. */
#include <string.h>
#include "internal.h"

/* The short replies: a context the caller has, brought up to date. */
static int read_update(struct nlmsghdr *nlh, void *arg)
{
	struct tg_context *c = arg, reply = { 0 };
	int rc = tg_read_context(nlh, &reply);

	if (rc)
		return rc;
	c->id = reply.id;
	c->generation = reply.generation;
	c->state = reply.state;
	return 0;
}

static int read_satisfied(struct nlmsghdr *nlh, void *arg)
{
	struct tg_context *c = arg, reply = { 0 };
	int rc = tg_read_context(nlh, &reply);

	if (rc)
		return rc;
	c->satisfied = reply.satisfied;
	return read_update(nlh, arg);
}

int tg_context_announce(struct tg *tg, struct tg_context *c)
{
	struct tg_req req;

	tg_req_init(&req, tg, TRUSTGATE_CMD_CONTEXT_SET, "context announce");
	tg_req_u64(&req, TRUSTGATE_A_CONTEXT_IKE_INSTANCE, c->ike_instance);
	tg_req_u32(&req, TRUSTGATE_A_CONTEXT_IKE_ID, c->ike_id);
	tg_req_u32(&req, TRUSTGATE_A_CONTEXT_ROLE, c->role);
	tg_req_data(&req, TRUSTGATE_A_CONTEXT_CERT_DIGEST, c->cert_digest, sizeof(c->cert_digest));
	tg_req_text(&req, TRUSTGATE_A_CONTEXT_PEER, c->peer);
	tg_req_u32(&req, TRUSTGATE_A_CONTEXT_REQUIRED, c->required);
	return tg_req_send(&req, read_update, c);
}

int tg_context_del(struct tg *tg, uint32_t id, uint32_t reason)
{
	struct tg_req req;

	tg_req_init(&req, tg, TRUSTGATE_CMD_CONTEXT_DEL, "context delete");
	tg_req_u32(&req, TRUSTGATE_A_CONTEXT_ID, id);
	tg_req_u32(&req, TRUSTGATE_A_CONTEXT_REASON, reason);
	return tg_req_send(&req, NULL, NULL);
}

int tg_context_get(struct tg *tg, uint32_t id, struct tg_context *out)
{
	struct tg_req req;

	memset(out, 0, sizeof(*out));
	tg_req_init(&req, tg, TRUSTGATE_CMD_CONTEXT_GET, "context get");
	tg_req_u32(&req, TRUSTGATE_A_CONTEXT_ID, id);
	return tg_req_send(&req, tg_read_context, out);
}

int tg_context_close(struct tg *tg, uint32_t id, uint32_t reason, const char *detail)
{
	struct tg_req req;

	tg_req_init(&req, tg, TRUSTGATE_CMD_CONTEXT_CLOSE, "context close");
	if (id)
		tg_req_u32(&req, TRUSTGATE_A_CONTEXT_ID, id);
	tg_req_u32(&req, TRUSTGATE_A_CONTEXT_REASON, reason);
	if (detail)
		tg_req_text(&req, TRUSTGATE_A_CONTEXT_DETAIL, detail);
	return tg_req_send(&req, NULL, NULL);
}

int tg_context_quarantine(struct tg *tg, uint32_t id, const char *detail)
{
	struct tg_req req;

	tg_req_init(&req, tg, TRUSTGATE_CMD_CONTEXT_QUARANTINE, "context quarantine");
	tg_req_u32(&req, TRUSTGATE_A_CONTEXT_ID, id);
	if (detail)
		tg_req_text(&req, TRUSTGATE_A_CONTEXT_DETAIL, detail);
	return tg_req_send(&req, NULL, NULL);
}

int tg_context_reverify(struct tg *tg, uint32_t id, uint64_t generation)
{
	struct tg_req req;

	tg_req_init(&req, tg, TRUSTGATE_CMD_CONTEXT_REVERIFY, "context reverify");
	tg_req_u32(&req, TRUSTGATE_A_CONTEXT_ID, id);
	tg_req_u64(&req, TRUSTGATE_A_CONTEXT_GENERATION, generation);
	return tg_req_send(&req, NULL, NULL);
}

int tg_context_require(struct tg *tg, struct tg_context *c)
{
	struct tg_req req;

	tg_req_init(&req, tg, TRUSTGATE_CMD_CONTEXT_REQUIRE, "context require");
	tg_req_u32(&req, TRUSTGATE_A_CONTEXT_ID, c->id);
	tg_req_u64(&req, TRUSTGATE_A_CONTEXT_GENERATION, c->generation);
	tg_req_u32(&req, TRUSTGATE_A_CONTEXT_REQUIRED, c->required);
	return tg_req_send(&req, read_update, c);
}

static void put_evidence(struct tg_req *req, const struct tg_evidence *e)
{
	struct nlattr *nest = tg_req_nest(req, TRUSTGATE_A_CONTEXT_EVIDENCE);

	tg_req_u32(req, TRUSTGATE_A_EVIDENCE_KIND, e->kind);
	tg_req_u32(req, TRUSTGATE_A_EVIDENCE_RESULT, e->result);
	tg_req_data(req, TRUSTGATE_A_EVIDENCE_CERT_DIGEST, e->cert_digest, sizeof(e->cert_digest));
	tg_req_data(req, TRUSTGATE_A_EVIDENCE_PROOF_DIGEST, e->proof_digest,
		    sizeof(e->proof_digest));
	/* Zero is below the policy's minimum; a bad proof has no expiry. */
	if (e->expires_ms)
		tg_req_u32(req, TRUSTGATE_A_EVIDENCE_EXPIRES_MS, e->expires_ms);
	if (e->provisional)
		tg_req_flag(req, TRUSTGATE_A_EVIDENCE_PROVISIONAL);
	if (*e->detail)
		tg_req_text(req, TRUSTGATE_A_EVIDENCE_DETAIL, e->detail);
	tg_req_nest_end(req, nest);
}

int tg_evidence_set(struct tg *tg, struct tg_context *c, const struct tg_evidence *evidence)
{
	struct tg_req req;

	tg_req_init(&req, tg, TRUSTGATE_CMD_EVIDENCE_SET, "evidence set");
	tg_req_u32(&req, TRUSTGATE_A_CONTEXT_ID, c->id);
	tg_req_u64(&req, TRUSTGATE_A_CONTEXT_GENERATION, c->generation);
	put_evidence(&req, evidence);
	return tg_req_send(&req, read_satisfied, c);
}

int tg_context_dump(struct tg *tg, struct tg_context **out, size_t *n)
{
	struct tg_table t = { .size = sizeof(**out), .read = tg_read_context };
	int rc = tg_dump(tg, TRUSTGATE_CMD_CONTEXT_GET, "context dump", &t);

	*out = t.items;
	*n = t.n;
	return rc;
}
