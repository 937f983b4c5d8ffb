// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate report show: what is in a record, believed or not. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "report.h"
#include "tre/attest.h"

#define HEX_ROOM	(2 * TRE_RECORD_MAX + 1)

static json_t *json_hex(const uint8_t *data, size_t len)
{
	char buf[HEX_ROOM];

	return json_string(hex_text(buf, sizeof(buf), data, len));
}

/* NULL: it is no quote. */
static json_t *json_quote(const struct tre_record *r)
{
	struct tre_result result;
	const TPMS_QUOTE_INFO *q;
	TPMS_ATTEST a;
	json_t *pcrs;

	if (!tre_attest_parse(r->attest, r->attest_len, TPM2_ST_ATTEST_QUOTE, &a, &result))
		return json_null();
	q = &a.attested.quote;
	pcrs = json_array();
	for (unsigned int i = 0; q->pcrSelect.count == 1 && i < TRE_PCRS; i++)
		if (q->pcrSelect.pcrSelections[0].pcrSelect[i / 8] & 1u << i % 8)
			json_array_append_new(pcrs, json_integer(i));
	return json_pack("{s:o, s:I, s:I, s:I, s:b, s:o, s:o, s:o}",
			 "qualifying", json_hex(a.extraData.buffer, a.extraData.size),
			 "clock_ms", (json_int_t)a.clockInfo.clock,
			 "reset_count", (json_int_t)a.clockInfo.resetCount,
			 "restart_count", (json_int_t)a.clockInfo.restartCount,
			 "safe", a.clockInfo.safe == TPM2_YES,
			 "firmware_version", json_sprintf("%016" PRIx64, a.firmwareVersion),
			 "pcrs", pcrs, "pcr_digest", json_hex(q->pcrDigest.buffer, q->pcrDigest.size));
}

static json_t *json_pcrs(const struct tre_record *r)
{
	json_t *o = json_object();
	char n[16];

	for (unsigned int i = 0; i < TRE_PCRS; i++) {
		snprintf(n, sizeof(n), "%u", i);
		if (r->pcr_mask & 1u << i)
			json_object_set_new(o, n, json_hex(r->pcrs[i], TRE_DIGEST_LEN));
	}
	return o;
}

json_t *report_json(const struct tre_record *r)
{
	const struct tre_claims *c = &r->claims;
	json_t *o = json_pack("{s:i, s:s, s:o, s:o, s:I, s:s, s:o, s:o, s:o, s:o, s:i}",
			      "version", TRE_RECORD_VERSION, "verdict", tre_claim_name(c->verdict),
			      "nonce", json_hex(r->nonce, sizeof(r->nonce)),
			      "ak_name", json_hex(r->ak_name, sizeof(r->ak_name)),
			      "clock_s", (json_int_t)c->clock_s, "clock", tre_clock_name(c->clock),
			      "claims_digest", json_hex(r->claims_digest, TRE_DIGEST_LEN),
			      "attestation", json_hex(r->attest, r->attest_len),
			      "signature", json_hex(r->sig, r->sig_len), "quote", json_quote(r),
			      "skipped", (int)r->skipped);

	json_object_set_new(o, "firmware", c->has_firmware ?
			    json_hex(c->firmware, TRE_DIGEST_LEN) : json_null());
	json_object_set_new(o, "policy", c->has_policy ?
			    json_pack("{s:o, s:o}", "version", json_text(c->policy_version),
				      "digest", json_hex(c->policy_digest, TRE_DIGEST_LEN)) : json_null());
	json_object_set_new(o, "pcrs", c->with_pcrs ? json_pcrs(r) : json_null());
	json_object_set_new(o, "made_for", r->has_made_for ?
			    json_hex(r->made_for[0], sizeof(r->made_for)) : json_null());
	return o;
}

static void print_text(json_t *o, const char *indent)
{
	const char *key;
	json_t *value;

	json_object_foreach(o, key, value) {
		if (json_is_object(value)) {
			printf("%s%s\n", indent, key);
			print_text(value, "  ");
		} else if (json_is_string(value)) {
			printf("%s%-16s %s\n", indent, key, json_string_value(value));
		} else {
			char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

			printf("%s%-16s %s\n", indent, key, text ? text : "?");
			free(text);
		}
	}
}

static int write_raw(const char *dir, const struct tre_record *r)
{
	char path[PATH_MAX];
	int rc;

	if (mkdir(dir, 0755) && errno != EEXIST) {
		complain(dir, strerror(errno), "name another directory");
		return EXIT_FAILED;
	}
	snprintf(path, sizeof(path), "%s/quote.attest", dir);
	rc = report_write(path, r->attest, r->attest_len);
	snprintf(path, sizeof(path), "%s/quote.sig", dir);
	return rc ? rc : report_write(path, r->sig, r->sig_len);
}

/* What the quote has to be over, with the binding that was given. */
static int add_expected(const struct report_args *a, const struct tre_record *r, json_t *o)
{
	uint8_t qualifying[TRE_DIGEST_LEN];
	struct report_binding binding;
	int rc;

	if (!report_has_binding(a))
		return 0;
	rc = report_binding(a, &binding);
	if (rc)
		return rc;
	if (tre_record_qualifying(&binding.b, r->nonce, r->claims_digest, qualifying))
		json_object_set_new(o, "qualifying_expected", json_hex(qualifying, sizeof(qualifying)));
	return 0;
}

int report_show(struct report_args *a)
{
	uint8_t data[REPORT_FILE_MAX];
	struct tre_record record;
	struct tre_result r;
	char text[TEXT_ROOM], why[TEXT_ROOM + 80];
	json_t *o;
	size_t len;
	int rc = report_read(a->file, data, sizeof(data), &len);

	if (rc)
		return rc;
	if (!tre_record_decode(data, len, &record, &r)) {
		snprintf(why, sizeof(why), "%s: %s", r.rule, clean(text, sizeof(text), r.detail));
		complain(a->file, why, NULL);
		return EXIT_BAD;
	}
	o = report_json(&record);
	rc = add_expected(a, &record, o);
	if (!rc && report_option(a, RO_RAW))
		rc = write_raw(report_option(a, RO_RAW), &record);
	if (!rc && a->ctl->json)
		return json_emit(o, "trustgate.report/1", true, EXIT_GOOD);
	if (!rc)
		print_text(o, "");
	json_decref(o);
	return rc;
}
