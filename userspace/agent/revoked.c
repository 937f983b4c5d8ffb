// SPDX-License-Identifier: GPL-2.0-or-later
/* What is known revoked, for as long as the agent runs and in its file. */
#include "agent/agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/known.h"
#include "agent/log.h"
#include "agent/state_file.h"

static struct known known;
static struct timer others;
/* Its file is not to be written: a person has to look at it first. */
static bool damaged;

const struct known *revoked_known(void)
{
	return &known;
}

void revoked_start(void)
{
	char *text = malloc(KNOWN_FILE_MAX + 1);
	ssize_t n = text ? state_file_read(conf.ocsp.revoked, text, KNOWN_FILE_MAX + 1) : -ENOMEM;

	if (n != -ENOENT) {
		damaged = n < 0 || !known_read(&known, text, (size_t)n);
		known.lost = damaged;
	}
	free(text);
	if (damaged)
		log_say(LOG_ERR, "revoked-not-loaded", n < 0 ? strerror((int)-n) :
			"it is not a whole list of revoked certificates: until it is, only answers "
			"with our nonce, about each certificate of the path, open", "restore the file of [ocsp] revoked, or "
			"remove it if no certificate of the peer's was revoked; then restart");
}

static void save(void)
{
	char *text;
	int err;

	if (damaged)
		return;
	text = malloc(KNOWN_FILE_MAX);
	err = text ? state_file_write(conf.ocsp.revoked, text, known_write(&known, text)) : -ENOMEM;
	free(text);
	if (err)
		log_say(LOG_ERR, "revoked-not-saved", strerror(-err),
			"a restart forgets it: make the directory of [ocsp] revoked, writable by root");
}

static void tell(const char *decision, const struct known_cert *cert, const char *remedy)
{
	struct log l;

	log_begin(&l, LOG_WARNING, decision);
	log_str(&l, "value", cert->name);
	log_str(&l, "remedy", remedy);
	log_end(&l);
}

/* What is open by an older answer about the same certificate. */
static void look_at_others(struct timer *t)
{
	(void)t;
	context_recheck(0);
}

void revoked_learn(const struct worker_result *r)
{
	bool changed = false;

	for (size_t i = 0; i < r->ncleared && i < WORKER_CLEARED_MAX; i++) {
		if (!known_del(&known, r->cleared[i]))
			continue;
		log_say(LOG_NOTICE, "known-cleared", "good again, by an answer with our nonce", NULL);
		changed = true;
	}
	if (r->is_revoked && known_add(&known, &r->revoked, clock_least_s())) {
		tell("known-revoked", &r->revoked, "it stays so until an answer with our nonce says "
		     "otherwise: renew the certificate");
		timer_start(&others, 0, look_at_others);
		changed = true;
	}
	if (changed)
		save();
}

json_t *revoked_json(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < known.n; i++) {
		char digest[2 * PKI_DIGEST_LEN + 1];

		for (size_t j = 0; j < PKI_DIGEST_LEN; j++)
			sprintf(digest + 2 * j, "%02x", known.list[i].digest[j]);
		json_array_append_new(list, json_pack("{s:o, s:s, s:I, s:I}", "subject",
				      control_text(known.list[i].name), "sha256", digest,
				      "since", (json_int_t)known.list[i].since,
				      "not_after", (json_int_t)known.list[i].not_after));
	}
	return json_pack("{s:b, s:o}", "complete", !known.lost, "certificates", list);
}
