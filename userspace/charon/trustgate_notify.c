// SPDX-License-Identifier: GPL-2.0-or-later
#include "trustgate_notify.h"

#include <daemon.h>
#include <processing/jobs/callback_job.h>
#include <sa/task.h>

/* --- to the peer ------------------------------------------------------------------ */

struct order {
	uint32_t ike_id;
	notify_type_t type;
	chunk_t data;
};

typedef struct private_task_t private_task_t;

struct private_task_t {
	task_t public;
	notify_type_t type;
	chunk_t data;
};

/*
 * charon knows its tasks by their types, and one that is not among them is never begun.
 * Checking whether the peer is alive is what an INFORMATIONAL with nothing else does.
 */
METHOD(task_t, get_type, task_type_t, private_task_t *this)
{
	(void)this;
	return TASK_IKE_DPD;
}

METHOD(task_t, build, status_t, private_task_t *this, message_t *message)
{
	message->add_notify(message, FALSE, this->type, this->data);
	return NEED_MORE;
}

/* The response is empty. */
METHOD(task_t, process, status_t, private_task_t *this, message_t *message)
{
	(void)this;
	(void)message;
	return SUCCESS;
}

/* To the IKE SA that takes this one's place: it is the same peer's. */
METHOD(task_t, migrate, void, private_task_t *this, ike_sa_t *ike_sa)
{
	(void)this;
	(void)ike_sa;
}

METHOD(task_t, destroy, void, private_task_t *this)
{
	chunk_clear(&this->data);
	free(this);
}

static task_t *create_task(const struct order *order)
{
	private_task_t *this;

	INIT(this,
		.public = {
			.get_type = _get_type,
			.build = _build,
			.process = _process,
			.migrate = _migrate,
			.destroy = _destroy,
		},
		.type = order->type,
		.data = chunk_clone(order->data),
	);
	return &this->public;
}

static void free_order(struct order *order)
{
	chunk_clear(&order->data);
	free(order);
}

/* As a job of its own: who has that IKE SA may be waiting for the agent. */
static job_requeue_t start(struct order *order)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	ike_sa_t *ike_sa = manager->checkout_by_id(manager, order->ike_id);

	if (!ike_sa)
		return JOB_REQUEUE_NONE;
	if (ike_sa->get_version(ike_sa) != IKEV2) {
		manager->checkin(manager, ike_sa);
		return JOB_REQUEUE_NONE;
	}
	ike_sa->queue_task(ike_sa, create_task(order));
	/* No CHILD_SA: only what is queued. */
	if (ike_sa->initiate(ike_sa, NULL, NULL) == DESTROY_ME)
		manager->checkin_and_destroy(manager, ike_sa);
	else
		manager->checkin(manager, ike_sa);
	return JOB_REQUEUE_NONE;
}

void tg_notify_send(const struct tg_order *order)
{
	struct order *copy;

	INIT(copy,
		.ike_id = order->ike_id,
		.type = (notify_type_t)order->notify,
		.data = chunk_clone(chunk_create((u_char *)order->data.ptr, order->data.len)),
	);
	lib->processor->queue_job(lib->processor, (job_t *)
		callback_job_create((callback_job_cb_t)start, copy, (void *)free_order, NULL));
}

/* --- from the peer ---------------------------------------------------------------- */

static bool is_ours(payload_t *payload)
{
	notify_payload_t *notify = (notify_payload_t *)payload;

	if (payload->get_type(payload) != PLV2_NOTIFY)
		return FALSE;
	return notify->get_notify_type(notify) == TG_WIRE_CHALLENGE_TYPE ||
	       notify->get_notify_type(notify) == TG_WIRE_PROOF_TYPE;
}

static bool is_fit(notify_payload_t *notify)
{
	chunk_t data = notify->get_notification_data(notify);

	return data.len && data.len <= TG_WIRE_DATA_MAX && !notify->get_protocol_id(notify) &&
	       !notify->get_spi_data(notify).len;
}

void tg_notify_received(trustgate_link_t *link, ike_sa_t *ike_sa, message_t *message)
{
	enumerator_t *enumerator = message->create_payload_enumerator(message);
	notify_payload_t *found = NULL;
	payload_t *payload;
	struct tg_msg *m;
	int n = 0;

	while (enumerator->enumerate(enumerator, &payload)) {
		if (!is_ours(payload))
			continue;
		found = (notify_payload_t *)payload;
		n++;
	}
	enumerator->destroy(enumerator);
	if (!n)
		return;
	if (n > 1 || !is_fit(found)) {
		DBG1(DBG_IKE, "trustgate: a device identifier's Notify from %Y is not the only "
		     "one, empty, too long or of a protocol: not told",
		     ike_sa->get_other_id(ike_sa));
		return;
	}
	m = tg_msg_create(TG_WIRE_NOTIFIED);
	if (m) {
		chunk_t data = found->get_notification_data(found);

		tg_msg_put_u32(m, TG_WIRE_IKE_ID, ike_sa->get_unique_id(ike_sa));
		tg_msg_put_u32(m, TG_WIRE_NOTIFY, found->get_notify_type(found));
		tg_msg_put(m, TG_WIRE_DATA, data.ptr, data.len);
	}
	link->send(link, m);
}
