// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * charon calls the hooks one at a time, with the bus locked and the IKE SA
 * checked out: what a hook waits for, all of charon soon waits for. Hence the
 * bounds, and hence the announcement never waits for a reply: it runs with IKE
 * SAs locked that a hook may be about to use.
 *
 * Whoever tells of an IKE SA has it to himself, so its messages never overtake
 * each other.
 */
#include "trustgate_listener.h"

#include <daemon.h>
#include <processing/jobs/callback_job.h>
#include <time.h>

#include "trustgate_describe.h"
#include "trustgate_gate.h"
#include "trustgate_inband.h"
#include "trustgate_notify.h"
#include "trustgate_report.h"
#include "trustgate_told.h"

#define AUTHORIZE_MS	3000
#define KEYS_MS		1000

typedef struct private_trustgate_listener_t private_trustgate_listener_t;

struct private_trustgate_listener_t {
	trustgate_listener_t public;
	trustgate_link_t *link;
	trustgate_told_t *ikes, *children;
	trustgate_seen_t *seen;
	trustgate_staple_t *staples;
	trustgate_report_t *reports;
};

/* Who wants every peer refused that no agent answers for; NULL: nobody. */
static const char *require_agent(private_trustgate_listener_t *this)
{
	if (lib->settings->get_bool(lib->settings, "%s.plugins.trustgate.require_agent",
				    FALSE, lib->ns))
		return "require_agent";
	return this->link->required(this->link) ? "the agent's policy" : NULL;
}

/* Does the kernel have its SAs, and are both SPIs known? */
static bool has_keys(child_sa_t *child)
{
	if (!child->get_spi(child, TRUE) || !child->get_spi(child, FALSE))
		return FALSE;
	switch (child->get_state(child)) {
	case CHILD_INSTALLED:
	case CHILD_UPDATING:
	case CHILD_REKEYING:
	case CHILD_REKEYED:
	case CHILD_DELETING:
		return TRUE;
	default:
		return FALSE;
	}
}

static bool is_up(child_sa_t *child)
{
	switch (child->get_state(child)) {
	case CHILD_INSTALLED:
	case CHILD_UPDATING:
	case CHILD_REKEYING:
		return TRUE;
	default:
		return FALSE;
	}
}

static void announce_child(private_trustgate_listener_t *this, ike_sa_t *ike_sa, child_sa_t *child)
{
	uint32_t sent;

	sent = this->link->send(this->link,
		tg_describe_child(ike_sa, child, ike_sa->get_my_host(ike_sa),
				  ike_sa->get_other_host(ike_sa), TG_WIRE_FLAG_RESUMED));
	if (!sent)
		return;
	this->children->mark(this->children, child->get_unique_id(child), sent);
	if (is_up(child))
		this->link->send(this->link, tg_describe_up(ike_sa, child));
}

/* Tell again of an IKE SA that came up while this agent was not there. */
static void announce_ike(private_trustgate_listener_t *this, ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	child_sa_t *child;
	uint32_t sent;

	sent = this->link->send(this->link, tg_describe_peer(ike_sa, this->seen, this->reports,
							     TG_WIRE_FLAG_RESUMED));
	if (!sent)
		return;
	this->ikes->mark(this->ikes, ike_sa->get_unique_id(ike_sa), sent);
	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child))
		if (has_keys(child))
			announce_child(this, ike_sa, child);
	enumerator->destroy(enumerator);
}

/*
 * Before telling of anything below an IKE SA: the agent must know that one.
 * Return: the connection to tell it on, 0 if there is none: then it will be
 * announced once there is.
 */
static uint32_t ready(private_trustgate_listener_t *this, ike_sa_t *ike_sa)
{
	uint32_t id = ike_sa->get_unique_id(ike_sa);
	uint32_t now = this->link->generation(this->link);

	if (now && !this->ikes->check(this->ikes, id, now))
		announce_ike(this, ike_sa);
	return this->ikes->check(this->ikes, id, now) ? now : 0;
}

static job_requeue_t announce_all(private_trustgate_listener_t *this)
{
	enumerator_t *enumerator;
	ike_sa_t *ike_sa;

	/* Waits for those that a hook has: they were told by it, or will be here. */
	enumerator = charon->ike_sa_manager->create_enumerator(charon->ike_sa_manager, TRUE);
	while (enumerator->enumerate(enumerator, &ike_sa)) {
		switch (ike_sa->get_state(ike_sa)) {
		case IKE_ESTABLISHED:
		case IKE_REKEYING:
			ready(this, ike_sa);
			break;
		default:
			break;
		}
	}
	enumerator->destroy(enumerator);
	return JOB_REQUEUE_NONE;
}

static void announce(void *listener)
{
	lib->processor->queue_job(lib->processor, (job_t *)
		callback_job_create_with_prio((callback_job_cb_t)announce_all, listener, NULL,
					      NULL, JOB_PRIO_HIGH));
}

/* SGW-F1-02: a gateway has to ask; who waits to be asked is refused by one that does not. */
static void tell_unasked(ike_sa_t *ike_sa, message_t *message)
{
	if (!message->get_request(message) && message->get_payload(message, PLV2_KEY_EXCHANGE) &&
	    !message->get_payload(message, PLV2_CERTREQ))
		DBG1(DBG_IKE, "trustgate: %H asks for no certificate: ours is sent if send_cert "
		     "is always (say send_certreq = yes there)",
		     ike_sa->get_other_host(ike_sa));
}

METHOD(listener_t, message, bool, private_trustgate_listener_t *this, ike_sa_t *ike_sa,
       message_t *message, bool incoming, bool plain)
{
	exchange_type_t type = message->get_exchange_type(message);

	if (!plain || message->get_major_version(message) != IKEV2_MAJOR_VERSION)
		return TRUE;
	if (type == INFORMATIONAL && incoming && message->get_request(message) &&
	    this->link->devid(this->link) && ready(this, ike_sa))
		tg_notify_received(this->link, ike_sa, message);
	if (type == IKE_SA_INIT && incoming)
		tell_unasked(ike_sa, message);
	if (type == IKE_SA_INIT || type == IKE_AUTH)
		this->reports->message(this->reports, ike_sa, message, incoming);
	if (type == IKE_AUTH) {
		if (message->get_request(message))
			this->seen->round(this->seen, ike_sa, message);
		if (incoming)
			this->seen->keep(this->seen, ike_sa, message);
		else
			tg_inband_send(ike_sa, message, this->seen, this->staples);
	}
	return TRUE;
}

/* FALSE, and said, when IPsec SAs of this peer would be without a gate, and may not be. */
static bool gate_is_there(ike_sa_t *ike_sa, child_sa_t *child)
{
	const char *why = tg_gate_missing(child);

	if (!why)
		return TRUE;
	if (tg_gate_may_be_absent()) {
		DBG1(DBG_IKE, "trustgate: no gate for SAs with %Y: %s; they pass, as gate = "
		     "absent-ok wants", ike_sa->get_other_id(ike_sa), why);
		return TRUE;
	}
	DBG1(DBG_IKE, "trustgate: no SA with %Y: nothing would hold it: %s",
	     ike_sa->get_other_id(ike_sa), why);
	return FALSE;
}

/*
 * The last hook before the SAs of a CHILD_SA are installed, on either side and also when it
 * is rekeyed: with no selector left charon installs none. The agent may be away, and the
 * module may have gone since IKE_AUTH.
 */
METHOD(listener_t, narrow, bool, private_trustgate_listener_t *this, ike_sa_t *ike_sa,
       child_sa_t *child, narrow_hook_t type, linked_list_t *local, linked_list_t *remote)
{
	traffic_selector_t *ts;

	(void)this;
	if (type == NARROW_INITIATOR_PRE_NOAUTH || type == NARROW_INITIATOR_PRE_AUTH ||
	    gate_is_there(ike_sa, child))
		return TRUE;
	while (local->remove_last(local, (void **)&ts) == SUCCESS)
		ts->destroy(ts);
	while (remote->remove_last(remote, (void **)&ts) == SUCCESS)
		ts->destroy(ts);
	return TRUE;
}

/*
 * Asked after the last round, and after one that another follows: A.2-6, a SeGW that is
 * refused by its certificate learns nothing of the hosting party.
 */
METHOD(listener_t, authorize, bool, private_trustgate_listener_t *this, ike_sa_t *ike_sa,
       bool final, bool *success)
{
	struct tg_reply reply;
	uint32_t answered;
	const char *who;

	if (!final && !this->seen->more(this->seen, ike_sa->get_unique_id(ike_sa)))
		return TRUE;
	/* The agent, if there is one, need not be asked what no gate would enforce. */
	if (final && !gate_is_there(ike_sa, NULL)) {
		*success = FALSE;
		return TRUE;
	}
	answered = this->link->request(this->link,
				       tg_describe_peer(ike_sa, this->seen, this->reports,
							final ? 0 : TG_WIRE_FLAG_MORE),
				       AUTHORIZE_MS, &reply);
	if (!answered) {
		who = require_agent(this);
		*success = *success && !who;
		DBG1(DBG_IKE, "trustgate: no agent to ask about %Y: %s%s%s",
		     ike_sa->get_other_id(ike_sa), who ? "refused, as " : "nothing is proven of it",
		     who ?: "", who ? " wants" : "");
		return TRUE;
	}
	this->ikes->mark(this->ikes, ike_sa->get_unique_id(ike_sa), answered);
	if (reply.status) {
		DBG1(DBG_IKE, "trustgate: %Y is refused: %s", ike_sa->get_other_id(ike_sa),
		     reply.text[0] ? reply.text : strerror((int)reply.status));
		*success = FALSE;
	}
	return TRUE;
}

static unsigned int left_ms(const struct timespec *start, unsigned int limit)
{
	struct timespec now;
	int64_t passed;

	clock_gettime(CLOCK_MONOTONIC, &now);
	passed = (int64_t)(now.tv_sec - start->tv_sec) * 1000 +
		 (now.tv_nsec - start->tv_nsec) / 1000000;
	return passed < limit ? (unsigned int)(limit - passed) : 0;
}

/* Tell of the SPIs and wait until the kernel knows them, or @timeout_ms. */
static void tell_keys(private_trustgate_listener_t *this, ike_sa_t *ike_sa, child_sa_t *child,
		      host_t *local, host_t *remote, uint32_t flags, unsigned int timeout_ms)
{
	struct tg_reply reply;
	uint32_t answered;

	answered = this->link->request(this->link,
		tg_describe_child(ike_sa, child, local, remote, flags), timeout_ms, &reply);
	if (!answered)
		return;
	this->children->mark(this->children, child->get_unique_id(child), answered);
	if (reply.status)
		DBG1(DBG_CHD, "trustgate: CHILD_SA %s{%u} is not proven: %s", child->get_name(child),
		     child->get_unique_id(child),
		     reply.text[0] ? reply.text : strerror((int)reply.status));
}

/*
 * Of the two hooks that come when the SAs of a CHILD_SA are in the kernel and
 * before the peer or a policy can use them, this is the one whose prototype is
 * the same in every strongSwan; the keys are no business of ours. On rekeying,
 * the outbound SA takes over only after it.
 */
METHOD(listener_t, child_derived_keys, bool, private_trustgate_listener_t *this,
       ike_sa_t *ike_sa, child_sa_t *child, bool initiator, chunk_t encr_i, chunk_t encr_r,
       chunk_t integ_i, chunk_t integ_r)
{
	uint32_t flags = 0;

	(void)initiator;
	(void)encr_i;
	(void)encr_r;
	(void)integ_i;
	(void)integ_r;
	if (!ike_sa || !ready(this, ike_sa))
		return TRUE;
	/* Only a rekeying registers the outbound SA before it uses it. */
	if (child->get_outbound_state(child) & CHILD_OUTBOUND_REGISTERED)
		flags = TG_WIRE_FLAG_REKEY;
	tell_keys(this, ike_sa, child, ike_sa->get_my_host(ike_sa),
		  ike_sa->get_other_host(ike_sa), flags, KEYS_MS);
	return TRUE;
}

/* Before the kernel's SAs get their new addresses, as after it they are in use. */
METHOD(listener_t, ike_update, bool, private_trustgate_listener_t *this, ike_sa_t *ike_sa,
       host_t *local, host_t *remote)
{
	enumerator_t *enumerator;
	struct timespec start;
	unsigned int left;
	child_sa_t *child;

	if (!ike_sa->get_child_count(ike_sa) || !ready(this, ike_sa))
		return TRUE;
	clock_gettime(CLOCK_MONOTONIC, &start);
	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child)) {
		left = left_ms(&start, KEYS_MS);
		if (has_keys(child) && left)
			tell_keys(this, ike_sa, child, local, remote, 0, left);
	}
	enumerator->destroy(enumerator);
	return TRUE;
}

static void tell_ids(private_trustgate_listener_t *this, uint16_t type, uint32_t ike_id,
		     uint16_t item, uint32_t other_id)
{
	struct tg_msg *m = tg_msg_create(type);

	if (m) {
		tg_msg_put_u32(m, TG_WIRE_IKE_ID, ike_id);
		if (item)
			tg_msg_put_u32(m, item, other_id);
	}
	this->link->send(this->link, m);
}

static void child_is_up(private_trustgate_listener_t *this, ike_sa_t *ike_sa, child_sa_t *child)
{
	uint32_t now = ready(this, ike_sa);

	if (!now)
		return;
	if (this->children->check(this->children, child->get_unique_id(child), now))
		this->link->send(this->link, tg_describe_up(ike_sa, child));
	else
		announce_child(this, ike_sa, child);
}

static void child_is_down(private_trustgate_listener_t *this, ike_sa_t *ike_sa,
			  child_sa_t *child)
{
	uint32_t now = this->link->generation(this->link);
	uint32_t id = child->get_unique_id(child);

	if (!this->children->forget(this->children, id, now) || !ike_sa)
		return;
	/* Of an IKE SA that is down all else is. */
	if (this->ikes->check(this->ikes, ike_sa->get_unique_id(ike_sa), now))
		tell_ids(this, TG_WIRE_CHILD_DOWN, ike_sa->get_unique_id(ike_sa),
			 TG_WIRE_CHILD_ID, id);
}

METHOD(listener_t, child_updown, bool, private_trustgate_listener_t *this, ike_sa_t *ike_sa,
       child_sa_t *child, bool up)
{
	if (!up)
		child_is_down(this, ike_sa, child);
	else if (ike_sa)
		child_is_up(this, ike_sa, child);
	return TRUE;
}

/* charon says up and down only of the first and the last of a line. */
METHOD(listener_t, child_rekey, bool, private_trustgate_listener_t *this, ike_sa_t *ike_sa,
       child_sa_t *old, child_sa_t *new)
{
	(void)old;
	if (ike_sa)
		child_is_up(this, ike_sa, new);
	return TRUE;
}

METHOD(listener_t, child_state_change, bool, private_trustgate_listener_t *this,
       ike_sa_t *ike_sa, child_sa_t *child, child_sa_state_t state)
{
	if (state == CHILD_DESTROYING)
		child_is_down(this, ike_sa, child);
	return TRUE;
}

static void ike_is_down(private_trustgate_listener_t *this, ike_sa_t *ike_sa)
{
	uint32_t id = ike_sa->get_unique_id(ike_sa);

	this->seen->forget(this->seen, id);
	this->reports->forget(this->reports, id);
	if (this->ikes->forget(this->ikes, id, this->link->generation(this->link)))
		tell_ids(this, TG_WIRE_IKE_DOWN, id, 0, 0);
}

METHOD(listener_t, ike_updown, bool, private_trustgate_listener_t *this, ike_sa_t *ike_sa,
       bool up)
{
	if (!up)
		ike_is_down(this, ike_sa);
	return TRUE;
}

/* The ends that ike_updown() never says: refused peers, failed set-ups. */
METHOD(listener_t, ike_state_change, bool, private_trustgate_listener_t *this,
       ike_sa_t *ike_sa, ike_sa_state_t state)
{
	if (state == IKE_DESTROYING)
		ike_is_down(this, ike_sa);
	return TRUE;
}

METHOD(listener_t, ike_rekey, bool, private_trustgate_listener_t *this, ike_sa_t *old,
       ike_sa_t *new)
{
	uint32_t now = this->link->generation(this->link);
	uint32_t from = old->get_unique_id(old), to = new->get_unique_id(new);

	this->seen->move(this->seen, from, to);
	this->reports->move(this->reports, from, to);
	/* What was not told under the old number is announced under the new one. */
	if (this->ikes->forget(this->ikes, from, now)) {
		tell_ids(this, TG_WIRE_IKE_REKEY, from, TG_WIRE_NEW_IKE_ID, to);
		this->ikes->mark(this->ikes, to, now);
	}
	return TRUE;
}

static void staple(void *listener, const struct tg_staple *staple)
{
	private_trustgate_listener_t *this = listener;

	this->staples->set(this->staples, staple);
}

static void order(void *listener, const struct tg_order *order)
{
	private_trustgate_listener_t *this = listener;

	if (this->reports->shown(this->reports, order->ike_id))
		tg_notify_send(order);
	else
		DBG1(DBG_IKE, "trustgate: the peer of IKE_SA %u did not show that it knows device "
		     "identifiers: it is not asked (is [devid] configured there?)", order->ike_id);
}

METHOD(trustgate_listener_t, destroy, void, private_trustgate_listener_t *this)
{
	this->seen->destroy(this->seen);
	this->staples->destroy(this->staples);
	this->reports->destroy(this->reports);
	this->ikes->destroy(this->ikes);
	this->children->destroy(this->children);
	free(this);
}

trustgate_listener_t *trustgate_listener_create(trustgate_link_t *link)
{
	private_trustgate_listener_t *this;

	INIT(this,
		.public = {
			.listener = {
				.message = _message,
				.authorize = _authorize,
				.narrow = _narrow,
				.child_derived_keys = _child_derived_keys,
				.child_updown = _child_updown,
				.child_rekey = _child_rekey,
				.child_state_change = _child_state_change,
				.ike_update = _ike_update,
				.ike_updown = _ike_updown,
				.ike_rekey = _ike_rekey,
				.ike_state_change = _ike_state_change,
			},
			.announce = announce,
			.staple = staple,
			.order = order,
			.destroy = _destroy,
		},
		.link = link,
		.ikes = trustgate_told_create(),
		.children = trustgate_told_create(),
		.seen = trustgate_seen_create(),
		.staples = trustgate_staple_create(),
		.reports = trustgate_report_create(link),
	);
	return &this->public;
}
