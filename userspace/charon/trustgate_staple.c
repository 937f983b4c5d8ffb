// SPDX-License-Identifier: GPL-2.0-or-later
#include "trustgate_staple.h"

#include <collections/linked_list.h>
#include <encoding/payloads/cert_payload.h>
#include <threading/mutex.h>
#include <time.h>

#include "trustgate_payload.h"

/* Certificates of our own; a SeGW has a few, one a CA it is known by. */
#define STAPLES_MAX	16

typedef struct private_trustgate_staple_t private_trustgate_staple_t;

struct entry {
	chunk_t cert;
	chunk_t ocsps[TG_WIRE_OCSPS_MAX];
	int nocsps;
	int64_t until_ms;	/* CLOCK_BOOTTIME: nothing that sleeps or steps extends it */
};

struct private_trustgate_staple_t {
	trustgate_staple_t public;
	mutex_t *mutex;
	linked_list_t *entries;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void free_entry(struct entry *e)
{
	for (int i = 0; i < e->nocsps; i++)
		chunk_free(&e->ocsps[i]);
	chunk_free(&e->cert);
	free(e);
}

/* With the mutex held. */
static struct entry *find(private_trustgate_staple_t *this, chunk_t cert)
{
	enumerator_t *enumerator = this->entries->create_enumerator(this->entries);
	struct entry *e, *found = NULL;

	while (!found && enumerator->enumerate(enumerator, &e))
		if (chunk_equals(e->cert, cert))
			found = e;
	enumerator->destroy(enumerator);
	return found;
}

METHOD(trustgate_staple_t, set, void, private_trustgate_staple_t *this,
       const struct tg_staple *staple)
{
	chunk_t cert = chunk_create((u_char *)staple->cert.ptr, staple->cert.len);
	struct entry *e;

	this->mutex->lock(this->mutex);
	e = find(this, cert);
	if (e) {
		this->entries->remove(this->entries, e, NULL);
		free_entry(e);
	}
	if (staple->nocsps && this->entries->get_count(this->entries) < STAPLES_MAX) {
		INIT(e,
			.cert = chunk_clone(cert),
			.until_ms = now_ms() + staple->life_ms,
		);
		for (; e->nocsps < staple->nocsps; e->nocsps++)
			e->ocsps[e->nocsps] = chunk_clone(chunk_create(
				(u_char *)staple->ocsps[e->nocsps].ptr,
				staple->ocsps[e->nocsps].len));
		this->entries->insert_last(this->entries, e);
	}
	this->mutex->unlock(this->mutex);
}

/* The first certificate is the one that AUTH is signed with. */
static chunk_t first_cert(message_t *message)
{
	enumerator_t *enumerator = message->create_payload_enumerator(message);
	chunk_t cert = chunk_empty;
	payload_t *payload;

	while (!cert.len && enumerator->enumerate(enumerator, &payload))
		if (payload->get_type(payload) == PLV2_CERTIFICATE &&
		    tg_payload_encoding(payload) == ENC_X509_SIGNATURE)
			cert = tg_payload_data(payload);
	enumerator->destroy(enumerator);
	return cert;
}

METHOD(trustgate_staple_t, attach, int, private_trustgate_staple_t *this, message_t *message)
{
	chunk_t cert = first_cert(message);
	struct entry *e;
	int n = 0;

	this->mutex->lock(this->mutex);
	e = cert.len ? find(this, cert) : NULL;
	/* An expired one proves nothing; the peer is better off knowing we have none. */
	if (e && now_ms() < e->until_ms)
		for (; n < e->nocsps; n++)
			message->add_payload(message, (payload_t *)
				cert_payload_create_custom(PLV2_CERTIFICATE, ENC_OCSP_CONTENT,
							   chunk_clone(e->ocsps[n])));
	this->mutex->unlock(this->mutex);
	return n;
}

METHOD(trustgate_staple_t, destroy, void, private_trustgate_staple_t *this)
{
	this->entries->destroy_function(this->entries, (void *)free_entry);
	this->mutex->destroy(this->mutex);
	free(this);
}

trustgate_staple_t *trustgate_staple_create(void)
{
	private_trustgate_staple_t *this;

	INIT(this,
		.public = {
			.set = _set,
			.attach = _attach,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.entries = linked_list_create(),
	);
	return &this->public;
}
