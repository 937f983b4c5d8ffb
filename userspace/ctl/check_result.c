// SPDX-License-Identifier: GPL-2.0-or-later
/* The verdict of "trustgate check", for people and as JSON. */
#include "check.h"

static void print_text(const struct pki_result *r, const char *word)
{
	char detail[TEXT_ROOM], until[32];

	clean(detail, sizeof(detail), r->detail);
	printf("%s: %s: %s\n", word, r->rule, detail);
	if (r->verdict == PKI_GOOD)
		printf("until %s\n", check_time_text(until, sizeof(until), r->expires));
}

int check_print(const struct ctl *ctl, const struct pki_result *r, const char *word,
		time_t at, json_t *doc, const char *schema, int status)
{
	char buf[2 * PKI_DIGEST_LEN + 1];
	json_t *out;

	if (!ctl->json) {
		json_decref(doc);
		print_text(r, word);
		return status;
	}
	out = json_object();
	json_object_set_new(out, "verdict", json_text(word));
	json_object_set_new(out, "rule", json_text(r->rule));
	json_object_set_new(out, "detail", json_text(r->detail));
	json_object_set_new(out, "at_s", json_integer(at));
	json_object_set_new(out, "expires_s", r->verdict == PKI_GOOD ?
			    json_integer(r->expires) : json_null());
	json_object_set_new(out, "cert_digest",
			    json_text(hex_text(buf, sizeof(buf), r->cert_digest, PKI_DIGEST_LEN)));
	json_object_set_new(out, "proof_digest",
			    json_text(hex_text(buf, sizeof(buf), r->proof_digest, PKI_DIGEST_LEN)));
	if (doc)
		json_object_update(out, doc);
	json_decref(doc);
	return json_emit(out, schema, true, status);
}
