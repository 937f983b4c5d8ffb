// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate report verify: the SeGW's appraisal, offline. */
#include <string.h>
#include <openssl/evp.h>
#include "report.h"
#include "segw/devices.h"

struct verifying {
	struct appraise_device device;
	struct report_binding binding;
	struct check_items cert;
	struct appraise_reference *reference;
	uint8_t record[REPORT_FILE_MAX];
	size_t len;
};

static int take_ak(struct verifying *v, const char *path)
{
	uint8_t ak[REPORT_FILE_MAX];
	size_t len;
	int rc = report_read(path, ak, sizeof(ak), &len);

	if (rc)
		return rc;
	/* One that is too long is for the appraisal to refuse; so is an empty one. */
	v->device.ak_public_len = len < sizeof(v->device.ak_public) ? len : 0;
	memcpy(v->device.ak_public, ak, v->device.ak_public_len);
	snprintf(v->device.identity, sizeof(v->device.identity), "this attestation key");
	return 0;
}

/* 1: there is no such device, which is for the appraisal to tell. */
static int take_device(struct verifying *v, const struct report_args *a)
{
	const char *path = report_option(a, RO_DEVICES);
	char name[AUTHZ_IDENTITY_MAX + 1], err[256];
	struct devices *d;
	int rc;

	if (!authz_canonical(report_option(a, RO_DEVICE), strlen(report_option(a, RO_DEVICE)), name))
		return usage_error(report_option(a, RO_DEVICE), "is no FQDN");
	d = devices_open(path ? path : DEVICES_PATH, false, 2000, err, sizeof(err));
	if (!d) {
		complain(path ? path : DEVICES_PATH, err, NULL);
		return EXIT_USAGE;
	}
	rc = devices_find(d, name, &v->device);
	devices_close(d);
	return rc ? -1 : 0;
}

static int take_reference(struct verifying *v, const struct report_args *a)
{
	const char *path = report_option(a, RO_REFERENCE);
	struct check_items items = { 0 };
	struct tre_policy *policy;
	char err[TRE_TEXT_MAX + 1];
	uint32_t mask;
	int rc = report_pcrs(report_option(a, RO_PCRS), &mask);

	if (rc || !path)
		return rc;
	rc = check_load_one(path, "", &items);
	if (rc)
		return rc;
	policy = tre_policy_parse((const char *)items.item[0].data, items.item[0].len, err, sizeof(err));
	if (policy)
		v->reference = appraise_reference_make(policy, mask, err, sizeof(err));
	check_items_free(&items);
	if (v->reference)
		return 0;
	complain(path, err, "give a policy with values for every PCR that is quoted, or other --pcrs");
	return EXIT_USAGE;
}

static int status_of(enum appraise_verdict verdict)
{
	switch (verdict) {
	case APPRAISE_GOOD:
		return EXIT_GOOD;
	case APPRAISE_UNKNOWN:
	case APPRAISE_UNJUDGED:
		return EXIT_INDETERMINATE;
	default:
		return EXIT_BAD;
	}
}

static int print(const struct report_args *a, const struct appraise_result *r)
{
	char buf[2 * PKI_DIGEST_LEN + 1], text[TEXT_ROOM];
	const char *word = appraise_verdict_name(r->verdict);
	json_t *o;

	if (!a->ctl->json) {
		printf("%s: %s: %s\n", word, r->rule, clean(text, sizeof(text), r->detail));
		return status_of(r->verdict);
	}
	o = json_pack("{s:s, s:o, s:o, s:s}", "verdict", word, "rule", json_text(r->rule), "detail",
		      json_text(r->detail), "proof_digest",
		      hex_text(buf, sizeof(buf), r->proof_digest, PKI_DIGEST_LEN));
	json_object_set_new(o, "claim", r->claims.verdict ?
			    json_string(tre_claim_name(r->claims.verdict)) : json_null());
	json_object_set_new(o, "reset_count", r->now.seen ? json_integer(r->now.reset) : json_null());
	json_object_set_new(o, "restart_count", r->now.seen ? json_integer(r->now.restart) : json_null());
	return json_emit(o, "trustgate.report-verify/1", true, status_of(r->verdict));
}

static int load(struct verifying *v, const struct report_args *a, bool *enrolled)
{
	const char *ak = report_option(a, RO_AK), *device = report_option(a, RO_DEVICE);
	const char *cert = report_option(a, RO_CERT);
	int rc;

	if (!ak == !device)
		return usage_error("report verify", "needs either --ak or --device");
	/* The device's certificate is what its enrolment is held against. */
	if (!device != !cert)
		return usage_error("report verify", "--device and --cert go together");
	rc = report_binding(a, &v->binding);
	rc = rc ? rc : report_read(a->file, v->record, sizeof(v->record), &v->len);
	rc = rc ? rc : take_reference(v, a);
	if (!rc && cert)
		rc = check_load_one(cert, "CERTIFICATE", &v->cert);
	if (!rc)
		rc = ak ? take_ak(v, ak) : take_device(v, a);
	*enrolled = !rc;
	return rc < 0 ? 0 : rc;
}

int report_verify(struct report_args *a)
{
	static struct verifying v;
	struct appraise_job job = { .record = v.record, .binding = &v.binding.b };
	struct appraise_result r;
	bool enrolled = false;
	int rc = load(&v, a, &enrolled);

	if (!rc) {
		job.len = v.len;
		job.device = enrolled ? &v.device : NULL;
		job.reference = v.reference;
		job.degraded_passes = report_option(a, RO_DEGRADED);
		if (v.cert.n)
			job.certificate = v.cert.item[0];
		if (report_option(a, RO_AK))
			appraise_by_key(&job, &r);
		else
			appraise(&job, &r);
		rc = print(a, &r);
	}
	appraise_reference_free(v.reference);
	check_items_free(&v.cert);
	return rc;
}
