// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * trustgate tre approval: which states of a box the IKE key signs in (HNB-TRE-10). sign
 * is the operator's and needs no TPM; install and check are the box's.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include "tre/policy.h"
#include "tre/sign.h"
#include "tre.h"

#define APPROVAL_FILE	"ike.approval"

static int cant(const char *what, const char *why, const char *todo)
{
	complain(what, why, todo);
	return EXIT_FAILED;
}

int tre_approval_load(const char *dir, const char *name, struct tre_approval *out)
{
	static uint8_t text[TRE_FILE_MAX];
	struct tre_result result;
	size_t len;
	int rc = tre_read(dir, name, text, &len);

	if (rc)
		return rc;
	return tre_approval_parse((const char *)text, len, out, &result) ? 0 :
	       tre_failed(name, &result);
}

int tre_approval_save(const char *dir, const char *name, const struct tre_approval *a)
{
	char *text = tre_approval_text(a);
	int rc = text ? tre_write(dir, name, text, strlen(text), false) :
			cant(name, "there is no memory to write it", "free some");

	free(text);
	return rc;
}

int tre_approval_keep(const char *dir, const struct tre_approval *a)
{
	return tre_approval_save(dir, APPROVAL_FILE, a);
}

/* One value of each PCR: a state is not a choice of several. */
static bool take_rule(void *arg, const struct tre_rule *rule)
{
	struct tre_approval_state *st = arg;

	if (rule->kind != TRE_RULE_PCR)
		return true;
	if (st->mask & 1u << rule->pcr)
		return false;
	st->mask |= 1u << rule->pcr;
	memcpy(st->pcrs[rule->pcr], rule->digest, TRE_DIGEST_LEN);
	return true;
}

static int read_state(const char *path, struct tre_approval_state *st)
{
	static uint8_t text[TRE_FILE_MAX];
	char err[TEXT_ROOM] = "";
	struct tre_policy *policy;
	size_t len;
	bool one;
	int rc = tre_read(NULL, path, text, &len);

	if (rc)
		return rc;
	policy = tre_policy_parse((const char *)text, len, err, sizeof(err));
	if (!policy)
		return cant(path, err, "a state is a reference policy: 'trustgate policy init --live'");
	one = tre_policy_walk(policy, take_rule, st) && st->mask;
	snprintf(st->name, sizeof(st->name), "%s", tre_policy_name(policy));
	tre_policy_free(policy);
	if (one && *st->name)
		return 0;
	return cant(path, "has no name, no pcr, or several values for one PCR",
		    "give each state of a box a policy of its own: 'trustgate policy init --live'");
}

static int approval_sign(struct tre_args *a)
{
	const char *number = tre_option(a, TRE_OPT_VERSION), *path = tre_option(a, TRE_OPT_KEY);
	const char *out = tre_option(a, TRE_OPT_OUTPUT);
	static struct tre_approval approval;
	struct tre_result result;
	uint32_t version;
	EVP_PKEY *key;
	char *pem;
	int rc = 0;

	if (!number || !path || !out)
		return usage_error("tre approval sign", "needs --version, --key and -o");
	if (parse_u32(number, 1, UINT32_MAX, &version))
		return usage_error(number, "is no version: a number from 1");
	approval.version = version;
	for (; !rc && approval.n < (size_t)a->argc; approval.n++)
		rc = read_state(a->argv[approval.n], &approval.states[approval.n]);
	if (rc)
		return rc;
	key = tre_private(path);
	if (!key)
		return cant(path, "is no private key in PEM", "use one of EC P-256");
	pem = tre_public_pem(key);
	if (!pem || !tre_vendor_load(pem, strlen(pem), &approval.authority, &result))
		rc = pem ? tre_failed(path, &result) : EXIT_FAILED;
	else if (!tre_approval_sign(key, &approval))
		rc = cant(path, "does not sign", "use a private key of EC P-256");
	free(pem);
	EVP_PKEY_free(key);
	return rc ? rc : tre_approval_save(NULL, out, &approval);
}

static int print(const struct tre_args *a, const struct tre_approval *approval,
		 const char *state, const char *text)
{
	if (a->ctl->json)
		return json_emit(json_pack("{s:I, s:o}", "version", (json_int_t)approval->version,
					   "state", state ? json_text(state) : json_null()),
				 "trustgate.tre-approval/1", true, EXIT_OPEN);
	printf("version %" PRIu64 " %s%s\n", approval->version, text, state ? state : "");
	return EXIT_OPEN;
}

static int approval_install(struct tre_args *a)
{
	const char *dir = tre_option(a, TRE_OPT_DIR);
	static struct tre_approval approval;
	struct tre_result result;
	struct tre_session s;
	bool ok;
	int rc = tre_approval_load(NULL, a->argv[0], &approval);

	if (!rc)
		rc = tre_open(a, &s);
	if (rc)
		return rc;
	ok = tre_approval_install(&s, &approval, &result);
	tre_session_close(&s);
	if (!ok)
		return tre_failed(a->argv[0], &result);
	rc = tre_approval_keep(dir ? dir : TRE_DIR, &approval);
	return rc ? rc : print(a, &approval, NULL,
			       "is in force: the TPM takes none below it");
}

/* All that AUTH needs but the signature, which would be for anybody. */
static bool check(struct tre_session *s, const struct tre_approval *approval, size_t *state,
		  struct tre_result *result)
{
	struct tre_ike ike;
	bool ok;

	ok = tre_ike_open(s, &ike, result) &&
	     tre_ike_bound(&ike.public, &approval->authority, result) &&
	     tre_ike_use(s, &ike, approval, result) &&
	     tre_approval_find(s, approval, state, result);
	tre_ike_close(s, &ike);
	return ok;
}

static int approval_check(struct tre_args *a)
{
	const char *dir = tre_option(a, TRE_OPT_DIR);
	static struct tre_approval approval;
	struct tre_result result;
	struct tre_session s;
	size_t state = 0;
	bool ok;
	int rc = a->argc ? tre_approval_load(NULL, a->argv[0], &approval) :
			   tre_approval_load(dir ? dir : TRE_DIR, APPROVAL_FILE, &approval);

	if (!rc)
		rc = tre_open(a, &s);
	if (rc)
		return rc;
	ok = check(&s, &approval, &state, &result);
	tre_session_close(&s);
	if (!ok)
		return tre_failed("approval", &result);
	return print(a, &approval, approval.states[state].name,
		     "lets the IKE key sign: this box is in the state ");
}

int tre_approval(struct ctl *ctl, int argc, char **argv)
{
	static const struct tre_verb verbs[] = {
		{ "sign", approval_sign, TRE_TAKES(VERSION) | TRE_TAKES(KEY) | TRE_TAKES(OUTPUT),
		  1, TRE_APPROVAL_STATES,
		  "tre approval sign --version N --key FILE -o FILE POLICY..." },
		{ "install", approval_install, TRE_TAKES(TCTI) | TRE_TAKES(DIR), 1, 1,
		  "tre approval install FILE [--dir DIR] [-j]" },
		{ "check", approval_check, TRE_TAKES(TCTI) | TRE_TAKES(DIR), 0, 1,
		  "tre approval check [FILE] [--dir DIR] [-j]" },
	};

	return tre_run(ctl, verbs, ARRAY_SIZE(verbs), argc, argv);
}
