// SPDX-License-Identifier: GPL-2.0-or-later
#include "trustgate_seen.h"

#include <collections/hashtable.h>
#include <encoding/payloads/cert_payload.h>
#include <threading/mutex.h>

#include "trustgate_payload.h"

typedef struct private_trustgate_seen_t private_trustgate_seen_t;

struct entry {
	uint32_t certs;		/* most of one message */
	uint32_t flags;		/* TG_WIRE_FLAG_* */
	bool wants_ocsp, asked;
	bool more;		/* another round follows (RFC 4739) */
	chunk_t ocsps[TG_WIRE_OCSPS_MAX];
	int nocsps;
};

struct private_trustgate_seen_t {
	trustgate_seen_t public;
	mutex_t *mutex;
	hashtable_t *entries;
};

static void *as_pointer(uint32_t number)
{
	return (void *)(uintptr_t)number;
}

static void free_entry(struct entry *e)
{
	if (!e)
		return;
	for (int i = 0; i < e->nocsps; i++)
		chunk_free(&e->ocsps[i]);
	free(e);
}

/* With the mutex held. */
static struct entry *find(private_trustgate_seen_t *this, uint32_t id)
{
	return this->entries->get(this->entries, as_pointer(id));
}

static struct entry *obtain(private_trustgate_seen_t *this, uint32_t id)
{
	struct entry *e = find(this, id);

	if (!e) {
		INIT(e);
		this->entries->put(this->entries, as_pointer(id), e);
	}
	return e;
}

static void keep_ocsp(struct entry *e, chunk_t data)
{
	if (!data.len || data.len > TG_WIRE_OCSP_MAX || e->nocsps == TG_WIRE_OCSPS_MAX)
		e->flags |= TG_WIRE_FLAG_OCSP_CUT;
	else
		e->ocsps[e->nocsps++] = chunk_clone(data);
}

METHOD(trustgate_seen_t, keep, void, private_trustgate_seen_t *this, ike_sa_t *ike_sa,
       message_t *message)
{
	/* Only who asks gets answers: a SeGW keeps nothing that long of strangers. */
	bool initiator = ike_sa->has_condition(ike_sa, COND_ORIGINAL_INITIATOR);
	enumerator_t *enumerator;
	payload_t *payload;
	uint32_t certs = 0;
	struct entry *e;

	this->mutex->lock(this->mutex);
	e = obtain(this, ike_sa->get_unique_id(ike_sa));
	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &payload)) {
		bool request = payload->get_type(payload) == PLV2_CERTREQ;

		/* 0 for other payloads. */
		switch (tg_payload_encoding(payload)) {
		case ENC_X509_SIGNATURE:
			certs += !request;
			break;
		case ENC_X509_HASH_AND_URL:
		case ENC_X509_HASH_AND_URL_BUNDLE:
			if (!request)
				e->flags |= TG_WIRE_FLAG_HASH_URL;
			break;
		case ENC_OCSP_CONTENT:
			if (request)
				e->wants_ocsp = TRUE;
			else if (initiator)
				keep_ocsp(e, tg_payload_data(payload));
			break;
		}
	}
	enumerator->destroy(enumerator);
	if (certs > e->certs)
		e->certs = certs;
	this->mutex->unlock(this->mutex);
}

METHOD(trustgate_seen_t, round_, void, private_trustgate_seen_t *this, ike_sa_t *ike_sa,
       message_t *message)
{
	this->mutex->lock(this->mutex);
	obtain(this, ike_sa->get_unique_id(ike_sa))->more =
		message->get_notify(message, ANOTHER_AUTH_FOLLOWS) != NULL;
	this->mutex->unlock(this->mutex);
}

METHOD(trustgate_seen_t, more, bool, private_trustgate_seen_t *this, uint32_t id)
{
	struct entry *e;
	bool more;

	this->mutex->lock(this->mutex);
	e = find(this, id);
	more = e && e->more;
	this->mutex->unlock(this->mutex);
	return more;
}

METHOD(trustgate_seen_t, wants_ocsp, bool, private_trustgate_seen_t *this, uint32_t id)
{
	struct entry *e;
	bool wants;

	this->mutex->lock(this->mutex);
	e = find(this, id);
	wants = e && e->wants_ocsp;
	this->mutex->unlock(this->mutex);
	return wants;
}

METHOD(trustgate_seen_t, ask, bool, private_trustgate_seen_t *this, uint32_t id)
{
	struct entry *e;
	bool first;

	this->mutex->lock(this->mutex);
	e = obtain(this, id);
	first = !e->asked;
	e->asked = TRUE;
	this->mutex->unlock(this->mutex);
	return first;
}

METHOD(trustgate_seen_t, put, uint32_t, private_trustgate_seen_t *this, uint32_t id,
       struct tg_msg *m, size_t reserve)
{
	uint32_t flags = 0;
	struct entry *e;

	this->mutex->lock(this->mutex);
	e = find(this, id);
	if (e) {
		flags = e->flags;
		tg_msg_put_u32(m, TG_WIRE_SENT, e->certs);
		for (int i = 0; i < e->nocsps; i++) {
			if (tg_msg_fits(m, e->ocsps[i].len + reserve))
				tg_msg_put(m, TG_WIRE_OCSP, e->ocsps[i].ptr, e->ocsps[i].len);
			else
				flags |= TG_WIRE_FLAG_OCSP_CUT;
		}
	}
	this->mutex->unlock(this->mutex);
	return flags;
}

METHOD(trustgate_seen_t, move, void, private_trustgate_seen_t *this, uint32_t from, uint32_t to)
{
	struct entry *e;

	this->mutex->lock(this->mutex);
	e = this->entries->remove(this->entries, as_pointer(from));
	if (e)
		free_entry(this->entries->put(this->entries, as_pointer(to), e));
	this->mutex->unlock(this->mutex);
}

METHOD(trustgate_seen_t, forget, void, private_trustgate_seen_t *this, uint32_t id)
{
	this->mutex->lock(this->mutex);
	free_entry(this->entries->remove(this->entries, as_pointer(id)));
	this->mutex->unlock(this->mutex);
}

METHOD(trustgate_seen_t, destroy, void, private_trustgate_seen_t *this)
{
	enumerator_t *enumerator = this->entries->create_enumerator(this->entries);
	struct entry *e;
	void *id;

	while (enumerator->enumerate(enumerator, &id, &e))
		free_entry(e);
	enumerator->destroy(enumerator);
	this->entries->destroy(this->entries);
	this->mutex->destroy(this->mutex);
	free(this);
}

trustgate_seen_t *trustgate_seen_create(void)
{
	private_trustgate_seen_t *this;

	INIT(this,
		.public = {
			.keep = _keep,
			.round = _round_,
			.more = _more,
			.wants_ocsp = _wants_ocsp,
			.ask = _ask,
			.put = _put,
			.move = _move,
			.forget = _forget,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.entries = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 32),
	);
	return &this->public;
}
