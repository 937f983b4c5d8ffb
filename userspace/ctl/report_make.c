// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate report make: what the agent sends, made by hand. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <openssl/evp.h>
#include <sys/random.h>
#include <sys/timex.h>
#include "report.h"
#include "tre/keys.h"
#include "tre/policy.h"
#include "tre/report.h"

#define TCTI	"device:/dev/tpmrm0"

struct making {
	const char *tcti;
	uint32_t mask;
	struct tre_claims claims;
	uint8_t record[TRE_RECORD_MAX];
	size_t len;
};

static int failed(const char *what, const struct tre_result *r)
{
	char text[TEXT_ROOM], why[TEXT_ROOM + 80];

	snprintf(why, sizeof(why), "%s: %s", r->rule, clean(text, sizeof(text), r->detail));
	complain(what, why, NULL);
	return EXIT_FAILED;
}

/* PCR values alone: the logs are for the agent, which keeps up with them. */
static int judge(struct making *m, const char *path, const char *text, size_t len)
{
	char err[TRE_TEXT_MAX + 1];
	struct tre_policy *policy = tre_policy_parse(text, len, err, sizeof(err));
	uint8_t nonce[TRE_DIGEST_LEN];
	struct tre_result r;
	int rc = 0;

	if (!policy || tre_policy_has_ima(policy) || tre_policy_has_events(policy)) {
		complain(path, policy ? "has rules for files or events" : err,
			 "give a policy of PCR values; the agent judges by others");
		tre_policy_free(policy);
		return EXIT_USAGE;
	}
	if (getrandom(nonce, sizeof(nonce), 0) != sizeof(nonce))
		abort();
	tre_quote(m->tcti, m->mask, nonce, policy, &r);
	m->claims.verdict = r.verdict == TRE_PASS ? TRE_CLAIM_PASS : TRE_CLAIM_FAIL;
	if (r.verdict == TRE_UNAVAILABLE)
		rc = failed("TPM", &r);
	else if (r.verdict == TRE_FAIL)
		failed("this box", &r);
	m->claims.has_policy = true;
	snprintf(m->claims.policy_version, sizeof(m->claims.policy_version), "%s",
		 tre_policy_name(policy));
	tre_policy_free(policy);
	return rc;
}

static int digest(const char *path, uint8_t out[TRE_DIGEST_LEN], struct check_items *items)
{
	/* No label: a manifest is taken as it is, PEM or not. */
	int rc = check_load_one(path, "", items);

	if (!rc && EVP_Digest(items->item[0].data, items->item[0].len, out, NULL, EVP_sha256(), NULL) != 1)
		rc = EXIT_FAILED;
	return rc;
}

/* What this box can say of itself without the agent. */
static int claim(struct making *m, const struct report_args *a)
{
	const char *policy = report_option(a, RO_POLICY), *firmware = report_option(a, RO_FIRMWARE);
	struct tre_claims *c = &m->claims;
	struct check_items items = { 0 };
	struct timex tx = { 0 };
	int rc = 0;

	c->verdict = TRE_CLAIM_FAIL;
	c->with_pcrs = report_option(a, RO_WITH_PCRS);
	c->clock_s = (uint64_t)time(NULL);
	c->clock = adjtimex(&tx) != TIME_ERROR ? TRE_CLOCK_SYNCED : TRE_CLOCK_UNKNOWN;
	if (policy) {
		rc = digest(policy, c->policy_digest, &items);
		if (!rc)
			rc = judge(m, policy, (const char *)items.item[0].data, items.item[0].len);
		check_items_free(&items);
	}
	if (!rc && firmware) {
		rc = digest(firmware, c->firmware, &items);
		c->has_firmware = !rc;
		check_items_free(&items);
	}
	return rc;
}

static int write_ak(const struct making *m, const char *path)
{
	struct tre_session s;
	struct tre_result r;
	ESYS_TR ak = ESYS_TR_NONE;
	uint8_t public[TRE_PUBLIC_MAX];
	size_t len = 0;
	bool ok = tre_session_open(&s, m->tcti, &r) && tre_ak_load(&s, &ak, public, &len, &r);

	tre_ak_drop(&s, &ak);
	tre_session_close(&s);
	return ok ? report_write(path, public, len) : failed("TPM", &r);
}

static int print(const struct report_args *a, const struct making *m)
{
	struct tre_record record;
	struct tre_result r;

	if (!a->ctl->json)
		return EXIT_GOOD;
	if (!tre_record_decode(m->record, m->len, &record, &r))
		return failed("record", &r);
	return json_emit(report_json(&record), "trustgate.report/1", true, EXIT_GOOD);
}

int report_make(struct report_args *a)
{
	const char *out = report_option(a, RO_OUTPUT), *ak = report_option(a, RO_AK_OUTPUT);
	struct making m = { .tcti = report_option(a, RO_TCTI) };
	struct report_binding binding;
	struct tre_result r;
	int rc = report_binding(a, &binding);

	if (!rc && !out)
		rc = usage_error("report make", "needs --output");
	if (!m.tcti)
		m.tcti = getenv("TRUSTGATE_TCTI");
	if (!m.tcti || !*m.tcti)
		m.tcti = TCTI;
	rc = rc ? rc : report_pcrs(report_option(a, RO_PCRS), &m.mask);
	rc = rc ? rc : claim(&m, a);
	if (rc)
		return rc;
	tre_report_make(m.tcti, m.mask, &binding.b, &m.claims, m.record, &m.len, &r);
	if (!m.len)
		return failed("TPM", &r);
	rc = report_write(out, m.record, m.len);
	if (!rc && ak)
		rc = write_ak(&m, ak);
	return rc ? rc : print(a, &m);
}
