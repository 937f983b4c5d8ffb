// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate report validate: what a validation entity says of a record. */
#include <string.h>
#include "report.h"
#include "segw/post.h"

#define ASK_MS	10000

int report_validate(struct report_args *a)
{
	struct post entity = {
		.url = report_option(a, RO_URL), .ca = report_option(a, RO_CA),
		.cert = report_option(a, RO_TLS_CERT), .key = report_option(a, RO_TLS_KEY),
		.timeout_ms = ASK_MS,
	};
	static const struct { const char *word; int status; } outcomes[] = {
		[VALIDATION_NONE] = { "none", EXIT_INDETERMINATE },
		[VALIDATION_BAD] = { "bad", EXIT_BAD },
		[VALIDATION_GOOD] = { "good", EXIT_GOOD },
	};
	uint8_t data[REPORT_FILE_MAX], qualifying[TRE_DIGEST_LEN];
	struct report_binding binding;
	struct tre_record record;
	struct tre_result r;
	enum validation v;
	char why[256];
	size_t len;
	int rc = report_binding(a, &binding);

	if (!rc && !entity.url)
		rc = usage_error("report validate", "needs --url");
	rc = rc ? rc : report_read(a->file, data, sizeof(data), &len);
	if (rc)
		return rc;
	if (!tre_record_decode(data, len, &record, &r) ||
	    !tre_record_qualifying(&binding.b, record.nonce, record.claims_digest, qualifying)) {
		complain(a->file, "is no record", "see trustgate report show");
		return EXIT_BAD;
	}
	v = validate(&entity, data, len, qualifying, why);
	if (*why)
		complain(entity.url, why, NULL);
	if (a->ctl->json)
		return json_emit(json_pack("{s:s}", "verdict", outcomes[v].word), "trustgate.report-validate/1",
				 true, outcomes[v].status);
	puts(outcomes[v].word);
	return outcomes[v].status;
}
