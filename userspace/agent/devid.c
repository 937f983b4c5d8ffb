// SPDX-License-Identifier: GPL-2.0-or-later
/* Device identifiers: what both roles share, and how they hang on an IKE SA. */
#include "agent/devid.h"

#include <stdlib.h>

#include "agent/log.h"

struct devid_count devid_count;

static bool is_segw(void)
{
	return conf.agent.role == CONFIG_ROLE_SEGW;
}

bool devid_wanted(void)
{
	return conf.devid.solutions;
}

int devid_start(void)
{
	if (!devid_wanted())
		return 0;
	if (is_segw() && devid_verifier_start())
		return -1;
	return conf.devid.transport == CONFIG_DEVID_TCP ? devid_tcp_start() : 0;
}

void devid_stop(void)
{
	devid_tcp_stop();
}

bool devid_ready(const struct context *c)
{
	switch (c->k.state) {
	case TRUSTGATE_STATE_OPEN:
	case TRUSTGATE_STATE_REVERIFY:
		return true;
	case TRUSTGATE_STATE_PENDING:
	case TRUSTGATE_STATE_SUSPENDED:
		return conf.devid.after == CONFIG_DEVID_AUTHENTICATED;
	default:
		return false;
	}
}

bool devid_authorized(struct context *c)
{
	const struct tre_binding *b = &c->binding;
	struct devid *d = c->devid;

	if (!devid_wanted())
		return true;
	if (!d) {
		d = calloc(1, sizeof(*d));
		if (!d)
			return false;
		d->c = c;
		worker_init(&d->worker);
		c->devid = d;
	}
	if (!d->channel_known && b->ni_len)
		d->channel_known = devid_channel(b->spi_i, b->spi_r, b->ni, b->ni_len, b->nr,
						 b->nr_len, d->channel);
	if (!d->channel_known)
		log_say(LOG_WARNING, "devid-channel", "it is not known which IKE SA this is: nobody "
			"can ask about its device identifier, or answer",
			"authenticate anew: it began before charon knew of [devid]");
	return true;
}

void devid_progress(struct context *c)
{
	if (!c->devid || !context_up(c))
		return;
	if (conf.devid.transport == CONFIG_DEVID_TCP)
		devid_tcp_progress(c);
	else if (is_segw())
		devid_ask(c);
}

const char *devid_ask_anew(struct context *c)
{
	if (!is_segw() || !c->devid)
		return "no verifier of device identifiers (see [devid] in its configuration)";
	if (conf.devid.transport != CONFIG_DEVID_IKE)
		return "with transport tcp the device connects once (see [devid] transport)";
	if (!devid_ready(c) || !context_up(c))
		return "it is not open (see trustgate status)";
	timer_stop(&c->devid->again);
	c->devid->asked = false;
	c->devid->tries = 0;
	devid_ask(c);
	return NULL;
}

void devid_forget(struct context *c)
{
	struct devid *d = c->devid;

	if (!d)
		return;
	devid_tcp_forget(c);
	worker_cancel(&d->worker);
	timer_stop(&d->timeout);
	timer_stop(&d->again);
	free(d);
	c->devid = NULL;
}

void devid_send(const struct context *c, uint32_t type, const uint8_t *data, size_t len)
{
	uint8_t buf[ENCODE_SEND_MAX];

	len = encode_send(buf, c->ike_id, type, data, len);
	if (len)
		plugin_tell(buf, len);
}

static void send_proof(struct context *c, const uint8_t *proof, size_t len)
{
	devid_send(c, TG_WIRE_PROOF_TYPE, proof, len);
}

/* What has no place at this end, or with this transport, is dropped. */
void devid_notified(struct context *c, uint32_t type, struct pki_der data)
{
	if (!devid_wanted() || conf.devid.transport != CONFIG_DEVID_IKE)
		return;
	if (!is_segw() && type == TG_WIRE_CHALLENGE_TYPE)
		devid_prove(c, data, send_proof);
	else if (is_segw() && type == TG_WIRE_PROOF_TYPE && c->devid)
		devid_answered(c, &c->devid->issued, data);
	else
		devid_count.stray++;
}

json_t *devid_json(void)
{
	static const char *const transports[] = { "ike", "tcp" };
	json_t *solutions = json_array();

	for (int s = DEVID_X; s <= DEVID_Y; s++)
		if (conf.devid.solutions & 1u << s)
			json_array_append_new(solutions, json_string(
				devid_solution_name((enum devid_solution)s)));
	return json_pack("{s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "solutions", solutions,
			 "transport", transports[conf.devid.transport],
			 "asked", (json_int_t)devid_count.asked,
			 "proven", (json_int_t)devid_count.proven,
			 "early", (json_int_t)devid_count.early,
			 "unfit", (json_int_t)devid_count.unfit,
			 "bad", (json_int_t)devid_count.bad,
			 "unanswered", (json_int_t)devid_count.unanswered,
			 "stray", (json_int_t)devid_count.stray);
}

json_t *devid_context_json(const struct context *c)
{
	static const char *const words[] = { "unknown", "good", "bad" };
	const struct devid *d = c->devid;

	if (!d || !d->judged)
		return json_null();
	return json_pack("{s:s, s:s, s:o}", "result", words[d->verdict.verdict],
			 "rule", d->verdict.rule, "detail", control_text(d->verdict.detail));
}
