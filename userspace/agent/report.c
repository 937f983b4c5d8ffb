// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * INTEGRITY_INFO of this box (TS 33.320 A.1, step 4): the IKE plugin is about to send
 * its first IKE_AUTH request, all of charon waits, and the TPM signs for this very IKE
 * SA what the latest verdict was. Without a record IKE goes on without: what that is
 * worth is the SeGW's to say, and this box starts no IKE while its own verdict is bad.
 */
#include "agent/agent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/log.h"

/* Of the plugin's patience beyond the TPM's deadline. */
#define MARGIN_MS	300

_Static_assert(TG_WIRE_INTEGRITY_MAX == TRE_RECORD_MAX, "the plugin carries every record");
_Static_assert(TG_WIRE_NONCE_MIN == TRE_IKE_NONCE_MIN && TG_WIRE_NONCE_MAX == TRE_IKE_NONCE_MAX &&
	       TG_WIRE_IDI_MAX == TRE_IDI_MAX, "and tells of each IKE SA that has one");

/* The plugin waits for one at a time. */
static struct {
	struct worker worker;
	bool ready;
	uint32_t seq, ike_id;
	uint32_t resets, restarts;
	uint64_t started_ms;
	uint64_t made, failed;
} making;

static uint32_t mode(void)
{
	if (conf.agent.role == CONFIG_ROLE_HENB)
		return conf.integrity.mode;
	return conf.integrity.policy == INTEGRITY_IGNORE ? TG_WIRE_MODE_OFF : TG_WIRE_MODE_AUTO;
}

void report_hello(struct decode_hello *hello)
{
	hello->mode = mode();
	hello->notify = conf.integrity.notify_type;
	hello->wait_ms = conf.integrity.deadline_ms + MARGIN_MS;
}

/* Answer with none, and why. */
static void none(uint32_t seq, uint32_t ike_id, uint32_t status, const char *rule,
		 const char *detail)
{
	struct log l;

	making.failed++;
	log_begin(&l, LOG_WARNING, "no-report");
	log_num(&l, "ike", ike_id);
	log_str(&l, "rule", rule);
	log_str(&l, "value", detail);
	log_end(&l);
	plugin_reply(seq, status, detail);
}

static void made(struct worker *w, const struct worker_result *r)
{
	struct log l;

	(void)w;
	if (r->tre.verdict != TRE_PASS || !r->record_len) {
		none(making.seq, making.ike_id, EIO, r->tre.rule, r->tre.detail);
		return;
	}
	/* HNB-TRE-11: what was measured is of another boot than what the TPM signs. */
	if (r->tre.reset_count != making.resets || r->tre.restart_count != making.restarts) {
		none(making.seq, making.ike_id, ESTALE, "report.boot",
		     "the TPM was reset since this box was measured: it is measured anew before "
		     "the next try");
		return;
	}
	log_begin(&l, LOG_NOTICE, "report");
	log_num(&l, "ike", making.ike_id);
	log_num(&l, "octets", r->record_len);
	log_num(&l, "took_ms", loop_now() - making.started_ms);
	log_end(&l);
	making.made++;
	plugin_record(making.seq, r->record, r->record_len);
}

static void binding_of(struct tre_binding *b, const struct decode_msg *m)
{
	memcpy(b->spi_i, m->spi_i, sizeof(b->spi_i));
	memcpy(b->spi_r, m->spi_r, sizeof(b->spi_r));
	b->ni = m->ni.data;
	b->ni_len = m->ni.len;
	b->nr = m->nr.data;
	b->nr_len = m->nr.len;
	b->idi = m->idi.data;
	b->idi_len = m->idi.len;
}

void report_make(const struct decode_msg *m)
{
	struct job_report job = { .tcti = conf.tre.tcti, .pcrs = conf.tre.pcrs };

	if (!making.ready)
		worker_init(&making.worker);
	making.ready = true;
	report_stop();
	if (conf.agent.role != CONFIG_ROLE_HENB || mode() == TG_WIRE_MODE_OFF) {
		none(m->seq, m->ike_id, EPERM, "report.off",
		     "this box sends none: see [integrity] integrity_info");
		return;
	}
	if (!integrity_claims(&job.claims, &making.resets, &making.restarts)) {
		none(m->seq, m->ike_id, EAGAIN, "report.verdict",
		     "this box was not measured, or too long ago: see trustgate status");
		return;
	}
	binding_of(&job.binding, m);
	making.seq = m->seq;
	making.ike_id = m->ike_id;
	making.started_ms = loop_now();
	if (worker_start(&making.worker, WORKER_TRE, job_report, &job, -1,
			 conf.integrity.deadline_ms, made))
		none(m->seq, m->ike_id, EAGAIN, "report.worker", "no process to make it");
}

json_t *report_json(void)
{
	static const char *const names[] = { "off", "auto", "force" };

	return json_pack("{s:s, s:I, s:I, s:I}", "mode", names[mode()],
			 "notify_type", (json_int_t)conf.integrity.notify_type,
			 "made", (json_int_t)making.made, "failed", (json_int_t)making.failed);
}

void report_stop(void)
{
	if (making.ready)
		worker_cancel(&making.worker);
}
