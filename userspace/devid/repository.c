// SPDX-License-Identifier: GPL-2.0-or-later
#include "devid/repository.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

/* The one answer: there is nothing, or nothing for you. */
static const char nothing[] = "binding.none: there is no such binding, or you may not know of it\n";

static void answer(struct repository_answer *a, unsigned int status, const char *text)
{
	a->status = status;
	a->record = false;
	a->len = strlen(text);
	memcpy(a->body, text, a->len);
}

static void answer_rule(struct repository_answer *a, unsigned int status, const struct devid_result *why)
{
	char text[REPOSITORY_TEXT_MAX];

	snprintf(text, sizeof(text), "%s: %s\n", why->rule, why->detail);
	answer(a, status, text);
}

static void answer_store(struct repository *r, struct repository_answer *a)
{
	/* Why is the operator's to know, not the client's. */
	fprintf(stderr, "devid: store: %s\n", store_error(r->store));
	answer(a, 503, "store.unavailable: the repository can't look just now (try again)\n");
}

static void answer_record(struct repository_answer *a, unsigned int status, const struct store_record *rec)
{
	a->status = status;
	a->record = true;
	a->len = rec->len;
	memcpy(a->body, rec->data, rec->len);
}

/* Before it leaves: a row that was exchanged, or half of one, is not served. */
static int get(struct repository *r, const struct devid_request *q, struct store_record *rec,
	       struct devid_binding *b)
{
	struct devid_result ignored;
	int rc = store_get(r->store, q->solution, q->imei, rec);

	if (rc != 1)
		return rc;
	if (devid_binding_decode(rec->data, rec->len, b, &ignored) && b->solution == q->solution &&
	    !strcmp(b->imei, q->imei) && b->status == rec->status)
		return 1;
	fprintf(stderr, "devid: store: a record is not that of its row (restore a backup)\n");
	return -EBADMSG;
}

static void do_query(struct repository *r, const struct devid_request *q, struct repository_answer *a)
{
	struct store_record rec;
	struct devid_binding b;
	int rc = get(r, q, &rec, &b);

	if (rc < 0)
		answer_store(r, a);
	else if (rc)
		answer_record(a, 200, &rec);
	else
		answer(a, 404, nothing);
}

/* Sign @b and put it in the place of @rec, which becomes it. */
static void sign_and_put(struct repository *r, struct devid_binding *b, struct store_record *rec,
			 unsigned int status, struct repository_answer *a)
{
	uint8_t record[DEVID_RECORD_MAX];
	struct devid_result why;
	size_t len = devid_binding_sign(b, r->key, record, &why);
	int rc;

	if (!len) {
		fprintf(stderr, "devid: %s: %s\n", why.rule, why.detail);
		answer(a, 500, "repository.sign: the repository can't sign (look at its log)\n");
		return;
	}
	rec->status = b->status;
	rec->time_s = b->time_s;
	memcpy(rec->data, record, len);
	rec->len = len;
	rc = store_put(r->store, b->solution, b->imei, rec);
	if (rc == -EEXIST)
		answer(a, 409, "binding.exists: somebody else changed it meanwhile (look at it again)\n");
	else if (rc)
		answer_store(r, a);
	else
		answer_record(a, status, rec);
}

static void do_publish(struct repository *r, const struct devid_request *q, int64_t now,
		       struct repository_answer *a)
{
	struct devid_binding old, b = { .solution = q->solution, .status = DEVID_ACTIVE, .time_s = now };
	struct store_record rec;
	struct devid_result why;
	int rc;

	memcpy(b.imei, q->imei, sizeof(b.imei));
	if (q->solution == DEVID_X)
		b.certificate = q->subject;
	else
		b.public_key = q->subject;
	b.ca = q->ca;
	if (!devid_binding_admit(&b, &why)) {
		answer_rule(a, 422, &why);
		return;
	}
	rc = get(r, q, &rec, &old);
	if (rc < 0) {
		answer_store(r, a);
		return;
	}
	if (rc && !q->replace) {
		answer(a, 409, "binding.exists: there is one (say that it is to be replaced)\n");
		return;
	}
	if (!rc)
		rec.version = 0;
	sign_and_put(r, &b, &rec, rc ? 200 : 201, a);
}

static void do_withdraw(struct repository *r, const struct devid_request *q, int64_t now,
			struct repository_answer *a)
{
	struct store_record rec, old;
	struct devid_binding b = { 0 };
	int rc = get(r, q, &old, &b);

	if (rc < 0) {
		answer_store(r, a);
	} else if (!rc) {
		answer(a, 404, nothing);
	} else if (b.status == DEVID_WITHDRAWN) {
		answer(a, 409, "binding.withdrawn: it was withdrawn before (nothing is to be done)\n");
	} else {
		b.status = DEVID_WITHDRAWN;
		b.time_s = now;
		rec.version = old.version;
		sign_and_put(r, &b, &rec, 200, a);
	}
}

void repository_do(struct repository *r, const struct devid_request *q, int64_t now,
		   struct repository_answer *a)
{
	switch (q->verb) {
	case DEVID_QUERY:
		do_query(r, q, a);
		break;
	case DEVID_PUBLISH:
		do_publish(r, q, now, a);
		break;
	case DEVID_WITHDRAW:
		do_withdraw(r, q, now, a);
		break;
	default:
		answer(a, 404, nothing);
	}
}

void repository_pseudonym(const struct repository *r, const char *imei, char out[17])
{
	uint8_t mac[32];
	unsigned int len = sizeof(mac);

	memcpy(out, "?", 2);
	if (HMAC(EVP_sha256(), r->log_key, sizeof(r->log_key), (const uint8_t *)imei, strlen(imei), mac, &len))
		for (int i = 0; i < 8; i++)
			snprintf(out + 2 * i, 3, "%02x", mac[i]);
}

/* As long as looking for one that is not there, whether there is one or not. */
static void refuse(struct repository *r, const struct devid_request *q, struct repository_answer *a)
{
	if (store_miss(r->store, q->solution, q->imei) < 0)
		answer_store(r, a);
	else
		answer(a, 404, nothing);
}

static void note(struct repository_answer *a, const char *what, const char *client, const char *device)
{
	snprintf(a->log, sizeof(a->log), "%s client=%s device=%s answer=%u", what, client, device, a->status);
}

void repository_handle(struct repository *r, const char *const *names, size_t nnames,
		       const uint8_t *request, size_t len, int64_t now, struct repository_answer *a)
{
	static const char *const verbs[] = { "?", "query", "publish", "withdraw" };
	struct devid_result why;
	struct devid_request q;
	char device[17] = "-";
	int client = -1;
	bool parsed, allowed;

	memset(a, 0, offsetof(struct repository_answer, body));
	parsed = devid_request_decode(request, len, &q, &why);
	allowed = access_allows(r->config, names, nnames, q.verb, parsed ? q.imei : "00000000", &client);
	if (client >= 0 && store_generation(r->store, &a->generation))
		answer_store(r, a);
	else if (client < 0 || (parsed && !allowed))
		refuse(r, &q, a);
	else if (!parsed)
		answer_rule(a, 400, &why);
	else
		repository_do(r, &q, now, a);
	if (parsed)
		repository_pseudonym(r, q.imei, device);
	note(a, verbs[q.verb], client < 0 ? "-" : r->config->clients[client].label, device);
}

bool repository_init(struct repository *r, const struct devid_config *config, struct store *store,
		     EVP_PKEY *key)
{
	r->config = config;
	r->store = store;
	r->key = key;
	return RAND_bytes(r->log_key, sizeof(r->log_key)) == 1;
}
