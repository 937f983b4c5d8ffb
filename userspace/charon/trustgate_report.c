// SPDX-License-Identifier: GPL-2.0-or-later
#include "trustgate_report.h"

#include <collections/hashtable.h>
#include <collections/linked_list.h>
#include <daemon.h>
#include <encoding/payloads/id_payload.h>
#include <encoding/payloads/nonce_payload.h>
#include <encoding/payloads/vendor_id_payload.h>
#include <threading/mutex.h>
#include <time.h>

#include "trustgate_payload.h"

/* FFS-01: the first 16 octets of SHA-256 over "3gpp-hnb-trust INTEGRITY_INFO v1". */
static const uint8_t vendor_id[16] = {
	0x66, 0xbb, 0x45, 0xcc, 0xf2, 0x8b, 0xc9, 0x27,
	0x7b, 0x09, 0xa4, 0xe3, 0x04, 0x41, 0x4f, 0x3b,
};

/* Of an IKE_SA_INIT that nobody answers; longer than charon tries. */
#define STALE_S		1800

typedef struct private_trustgate_report_t private_trustgate_report_t;

struct entry {
	uint64_t spi_i, spi_r;		/* octets as in IKE's header */
	chunk_t ni, nr, idi;
	chunk_t record;			/* as responder, what the peer sent */
	uint32_t flags;			/* TG_WIRE_FLAG_* */
	bool shown;			/* by the peer: our Vendor ID */
	bool done;			/* the first IKE_AUTH request, sent or received */
	bool received;
	time_t when;			/* that was, or IKE_SA_INIT; CLOCK_BOOTTIME */
};

struct private_trustgate_report_t {
	trustgate_report_t public;
	trustgate_link_t *link;
	mutex_t *mutex;
	hashtable_t *entries;
	/*
	 * As initiator, until IKE_AUTH: by SPI, as for a reauthentication charon's
	 * hook has the IKE SA that is to be replaced, and not the new one.
	 */
	linked_list_t *begun;
};

static void *as_pointer(uint32_t number)
{
	return (void *)(uintptr_t)number;
}

static time_t now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec;
}

static void free_entry(struct entry *e)
{
	if (!e)
		return;
	chunk_free(&e->ni);
	chunk_free(&e->nr);
	chunk_free(&e->idi);
	chunk_free(&e->record);
	free(e);
}

/* With the mutex held, as all that has an entry. */
static struct entry *find(private_trustgate_report_t *this, uint32_t id)
{
	return this->entries->get(this->entries, as_pointer(id));
}

static struct entry *find_begun(private_trustgate_report_t *this, uint64_t spi_i)
{
	enumerator_t *enumerator = this->begun->create_enumerator(this->begun);
	struct entry *e, *found = NULL;

	while (!found && enumerator->enumerate(enumerator, &e))
		if (e->spi_i == spi_i)
			found = e;
	enumerator->destroy(enumerator);
	return found;
}

/* Remove it, and those that came to nothing. */
static struct entry *take_begun(private_trustgate_report_t *this, uint64_t spi_i)
{
	enumerator_t *enumerator = this->begun->create_enumerator(this->begun);
	struct entry *e, *found = NULL;
	time_t now = now_s();

	while (enumerator->enumerate(enumerator, &e)) {
		if (e->spi_i != spi_i && now - e->when < STALE_S)
			continue;
		this->begun->remove_at(this->begun, enumerator);
		if (e->spi_i == spi_i)
			found = e;
		else
			free_entry(e);
	}
	enumerator->destroy(enumerator);
	return found;
}

METHOD(trustgate_report_t, forget, void, private_trustgate_report_t *this, uint32_t id)
{
	this->mutex->lock(this->mutex);
	free_entry(this->entries->remove(this->entries, as_pointer(id)));
	this->mutex->unlock(this->mutex);
}

METHOD(trustgate_report_t, move, void, private_trustgate_report_t *this, uint32_t from,
       uint32_t to)
{
	struct entry *e;

	this->mutex->lock(this->mutex);
	e = this->entries->remove(this->entries, as_pointer(from));
	if (e)
		free_entry(this->entries->put(this->entries, as_pointer(to), e));
	this->mutex->unlock(this->mutex);
}

/* --- IKE_SA_INIT -------------------------------------------------------------- */

static bool shows_vendor_id(message_t *message)
{
	enumerator_t *enumerator = message->create_payload_enumerator(message);
	chunk_t ours = chunk_from_thing(vendor_id);
	payload_t *payload;
	bool found = FALSE;

	while (!found && enumerator->enumerate(enumerator, &payload)) {
		vendor_id_payload_t *vid = (vendor_id_payload_t *)payload;

		found = payload->get_type(payload) == PLV2_VENDOR_ID &&
			chunk_equals(vid->get_data(vid), ours);
	}
	enumerator->destroy(enumerator);
	return found;
}

/* Allocated; empty if there is none, as in a refusal or a request for a cookie. */
static chunk_t nonce_of(message_t *message)
{
	nonce_payload_t *payload = (nonce_payload_t *)message->get_payload(message, PLV2_NONCE);

	return payload ? payload->get_nonce(payload) : chunk_empty;
}

/*
 * A request begins anew, whatever was before: one more with a cookie or for another
 * group, or of an IKE SA that charon reset to try again. The last pair of nonces is
 * what the keys are made of.
 */
static void begin(private_trustgate_report_t *this, uint32_t id, message_t *message,
		  bool incoming)
{
	struct entry *e;

	INIT(e,
		.spi_i = message->get_initiator_spi(message),
		.ni = nonce_of(message),
		.shown = incoming && shows_vendor_id(message),
		.when = now_s(),
	);
	this->mutex->lock(this->mutex);
	if (incoming) {
		free_entry(this->entries->put(this->entries, as_pointer(id), e));
	} else {
		free_entry(take_begun(this, e->spi_i));
		this->begun->insert_last(this->begun, e);
	}
	this->mutex->unlock(this->mutex);
}

static void respond(private_trustgate_report_t *this, uint32_t id, message_t *message,
		    bool incoming)
{
	struct entry *e;

	this->mutex->lock(this->mutex);
	e = incoming ? find_begun(this, message->get_initiator_spi(message)) : find(this, id);
	if (e && !e->done) {
		chunk_free(&e->nr);
		e->nr = nonce_of(message);
		if (incoming)
			e->shown = shows_vendor_id(message);
	}
	this->mutex->unlock(this->mutex);
}

static void init(private_trustgate_report_t *this, ike_sa_t *ike_sa, message_t *message,
		 bool incoming)
{
	uint32_t id = ike_sa->get_unique_id(ike_sa);

	if (message->get_request(message))
		begin(this, id, message, incoming);
	else
		respond(this, id, message, incoming);
	/* A refusal needs none, and the peer may not have to be one of ours. */
	if (!incoming && message->get_payload(message, PLV2_NONCE))
		message->add_payload(message, (payload_t *)
			vendor_id_payload_create_data(PLV2_VENDOR_ID,
				chunk_clone(chunk_from_thing(vendor_id))));
}

/* --- IKE_AUTH ----------------------------------------------------------------- */

/* The first request of it. Of the later ones of EAP none has both. */
static bool is_first(message_t *message)
{
	return message->get_request(message) && message->get_payload(message, PLV2_ID_INITIATOR);
}

/* Return: whether it was not yet */
static bool mark(struct entry *e, message_t *message)
{
	if (!e || e->done)
		return FALSE;
	e->done = TRUE;
	e->when = now_s();
	e->spi_i = message->get_initiator_spi(message);
	e->spi_r = message->get_responder_spi(message);
	e->idi = tg_payload_identity((id_payload_t *)
				     message->get_payload(message, PLV2_ID_INITIATOR));
	return TRUE;
}

static bool is_nonce(chunk_t nonce)
{
	return nonce.len >= TG_WIRE_NONCE_MIN && nonce.len <= TG_WIRE_NONCE_MAX;
}

/* Is it known which IKE SA this is, within the agent's bounds? */
static bool is_bound(const struct entry *e)
{
	return e->done && e->spi_i && e->spi_r && is_nonce(e->ni) && is_nonce(e->nr) &&
	       e->idi.len >= 4 && e->idi.len <= TG_WIRE_IDI_MAX;
}

static void put_binding(struct tg_msg *m, const struct entry *e)
{
	tg_msg_put_u64(m, TG_WIRE_SPI_I, e->spi_i);
	tg_msg_put_u64(m, TG_WIRE_SPI_R, e->spi_r);
	tg_msg_put(m, TG_WIRE_NI, e->ni.ptr, e->ni.len);
	tg_msg_put(m, TG_WIRE_NR, e->nr.ptr, e->nr.len);
	tg_msg_put(m, TG_WIRE_IDI, e->idi.ptr, e->idi.len);
}

/* A cipher that hides nothing was agreed on: to us that is in clear. */
static bool is_in_clear(ike_sa_t *ike_sa)
{
	proposal_t *proposal = ike_sa->get_proposal(ike_sa);
	uint16_t cipher = ENCR_NULL;

	return !proposal ||
	       !proposal->get_algorithm(proposal, ENCRYPTION_ALGORITHM, &cipher, NULL) ||
	       cipher == ENCR_NULL;
}

/* REPORT, or NULL when none is to be asked for, with why for the log in @why. */
static struct tg_msg *question(private_trustgate_report_t *this, ike_sa_t *ike_sa,
			       message_t *message, uint32_t mode, const char **why)
{
	uint32_t id = ike_sa->get_unique_id(ike_sa);
	struct tg_msg *m = NULL;
	struct entry *e;

	*why = NULL;
	this->mutex->lock(this->mutex);
	e = take_begun(this, message->get_initiator_spi(message));
	if (e)
		free_entry(this->entries->put(this->entries, as_pointer(id), e));
	if (!mark(e, message) || mode == TG_WIRE_MODE_OFF)
		;
	else if (!message->get_payload(message, PLV2_AUTH))
		*why = "its AUTH does not come in the first message";
	else if (!e->shown && mode != TG_WIRE_MODE_FORCE)
		*why = "it did not show that it reads it";
	else if (is_in_clear(ike_sa))
		*why = "it would not be encrypted";
	else if (!is_bound(e))
		*why = "of SPIs, nonces and identity not all are known, or one is too long";
	else
		m = tg_msg_create(TG_WIRE_REPORT);
	if (m) {
		tg_msg_put_u32(m, TG_WIRE_IKE_ID, id);
		put_binding(m, e);
	}
	this->mutex->unlock(this->mutex);
	return m;
}

static void ask(private_trustgate_report_t *this, ike_sa_t *ike_sa, message_t *message,
		const struct tg_integrity *policy)
{
	struct tg_reply reply;
	const char *why;
	struct tg_msg *m = question(this, ike_sa, message, policy->mode, &why);

	if (m && !this->link->request(this->link, m, policy->wait_ms, &reply))
		why = "no agent answered";
	else if (m && reply.status)
		why = reply.text[0] ? reply.text : strerror((int)reply.status);
	else if (m && !reply.integrity_len)
		why = "the agent's answer has none";
	else if (m)
		message->add_notify(message, FALSE, policy->notify,
				    chunk_create(reply.integrity, reply.integrity_len));
	if (why)
		DBG1(DBG_IKE, "trustgate: no integrity information for %Y: %s",
		     ike_sa->get_other_id(ike_sa), why);
	else if (m)
		DBG1(DBG_IKE, "trustgate: sending integrity information (%zu octets) to %Y",
		     reply.integrity_len, ike_sa->get_other_id(ike_sa));
}

/* Octets for octets: what they say is read by others, and later. */
static void keep_notify(struct entry *e, notify_payload_t *notify)
{
	chunk_t data = notify->get_notification_data(notify);

	if (e->record.len || !data.len || data.len > TG_WIRE_INTEGRITY_MAX ||
	    notify->get_protocol_id(notify) || notify->get_spi_data(notify).len) {
		e->flags |= TG_WIRE_FLAG_INTEGRITY_CUT;
		chunk_free(&e->record);
		return;
	}
	e->record = chunk_clone(data);
}

static void keep_notifies(struct entry *e, message_t *message, notify_type_t type)
{
	enumerator_t *enumerator = message->create_payload_enumerator(message);
	payload_t *payload;

	while (enumerator->enumerate(enumerator, &payload)) {
		notify_payload_t *notify = (notify_payload_t *)payload;

		if (payload->get_type(payload) == PLV2_NOTIFY &&
		    notify->get_notify_type(notify) == type &&
		    !(e->flags & TG_WIRE_FLAG_INTEGRITY_CUT))
			keep_notify(e, notify);
	}
	enumerator->destroy(enumerator);
}

/* Before AUTH is verified: whoever knows our address gets this far. */
static void keep(private_trustgate_report_t *this, ike_sa_t *ike_sa, message_t *message,
		 notify_type_t type)
{
	struct entry *e;

	this->mutex->lock(this->mutex);
	e = find(this, ike_sa->get_unique_id(ike_sa));
	if (mark(e, message)) {
		e->received = TRUE;
		if (type && message->get_payload(message, PLV2_AUTH))
			keep_notifies(e, message, type);
	}
	/* An identity can be as long as a message; none that matters is. */
	if (e && e->idi.len > TG_WIRE_IDI_MAX) {
		chunk_free(&e->idi);
		chunk_free(&e->record);
		e->flags |= TG_WIRE_FLAG_INTEGRITY_CUT;
	}
	this->mutex->unlock(this->mutex);
}

METHOD(trustgate_report_t, message_, void, private_trustgate_report_t *this, ike_sa_t *ike_sa,
       message_t *message, bool incoming)
{
	struct tg_integrity policy = this->link->integrity(this->link);

	if (policy.mode == TG_WIRE_MODE_OFF && !this->link->devid(this->link))
		return;
	if (message->get_exchange_type(message) == IKE_SA_INIT)
		init(this, ike_sa, message, incoming);
	else if (is_first(message) && incoming)
		keep(this, ike_sa, message, policy.notify);
	else if (is_first(message))
		ask(this, ike_sa, message, &policy);
}

METHOD(trustgate_report_t, put, uint32_t, private_trustgate_report_t *this, uint32_t id,
       struct tg_msg *m)
{
	uint32_t flags = 0;
	struct entry *e;

	this->mutex->lock(this->mutex);
	e = find(this, id);
	/* As initiator the agent was asked for a record by it, and keeps nothing. */
	if (e && !e->received && is_bound(e) && this->link->devid(this->link))
		put_binding(m, e);
	if (e && e->received && is_bound(e)) {
		put_binding(m, e);
		tg_msg_put_u32(m, TG_WIRE_AGE, (uint32_t)(now_s() - e->when));
		if (e->record.len)
			tg_msg_put(m, TG_WIRE_INTEGRITY, e->record.ptr, e->record.len);
	}
	if (e)
		flags = e->flags;
	this->mutex->unlock(this->mutex);
	return flags;
}

METHOD(trustgate_report_t, shown, bool, private_trustgate_report_t *this, uint32_t id)
{
	struct entry *e;
	bool shown;

	this->mutex->lock(this->mutex);
	e = find(this, id);
	shown = e && e->shown;
	this->mutex->unlock(this->mutex);
	return shown;
}

METHOD(trustgate_report_t, destroy, void, private_trustgate_report_t *this)
{
	enumerator_t *enumerator = this->entries->create_enumerator(this->entries);
	struct entry *e;
	void *id;

	while (enumerator->enumerate(enumerator, &id, &e))
		free_entry(e);
	enumerator->destroy(enumerator);
	this->entries->destroy(this->entries);
	this->begun->destroy_function(this->begun, (void *)free_entry);
	this->mutex->destroy(this->mutex);
	free(this);
}

trustgate_report_t *trustgate_report_create(trustgate_link_t *link)
{
	private_trustgate_report_t *this;

	INIT(this,
		.public = {
			.message = _message_,
			.put = _put,
			.shown = _shown,
			.move = _move,
			.forget = _forget,
			.destroy = _destroy,
		},
		.link = link,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.entries = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 32),
		.begun = linked_list_create(),
	);
	return &this->public;
}
