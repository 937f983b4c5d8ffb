// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate tre show: the keys, the identity, the root; what deviates, and the remedy. */
#include <inttypes.h>
#include <string.h>
#include "tre/state.h"
#include "tre.h"

static json_t *number(uint32_t v)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%08" PRIx32, v);
	return json_string(text);
}

static json_t *problem(const struct tre_result *r)
{
	if (r->verdict == TRE_PASS)
		return json_null();
	return json_pack("{s:o, s:o}", "rule", json_text(r->rule), "detail", json_text(r->detail));
}

static json_t *json_key(const struct tre_key_state *k, enum tre_key which)
{
	char name[2 * sizeof(k->name.name) + 1];

	return json_pack("{s:s, s:o, s:b, s:o, s:o, s:o}",
			 "key", tre_key_word(which), "handle", number(tre_key_handle(which)),
			 "present", k->there, "attributes", number(k->attributes),
			 "name", k->there ? json_string(hex_text(name, sizeof(name), k->name.name,
								  k->name.size)) : json_null(),
			 "problem", problem(&k->check));
}

static json_t *json_anchor(const struct tre_state *st)
{
	char digest[TRE_HEX_ROOM], policy[TRE_HEX_ROOM];
	bool good = st->anchor_check.verdict == TRE_PASS;

	tre_anchor_hex(&st->anchor, digest);
	hex_text(policy, sizeof(policy), st->anchor_policy, sizeof(st->anchor_policy));
	return json_pack("{s:o, s:b, s:o, s:o, s:o, s:o, s:o}",
			 "index", number(TRE_NV_ANCHOR), "present", st->anchor_attributes != 0,
			 "attributes", number(st->anchor_attributes),
			 "policy", st->anchor_attributes ? json_string(policy) : json_null(),
			 "version", good ? json_integer((json_int_t)st->anchor.version) :
					   json_null(),
			 "sha256", good ? json_string(digest) : json_null(),
			 "problem", problem(&st->anchor_check));
}

static int print_json(const struct tre_state *st, int status)
{
	json_t *keys = json_array(), *doc;

	for (unsigned int i = 0; i < TRE_KEYS; i++)
		json_array_append_new(keys, json_key(&st->keys[i], (enum tre_key)i));
	doc = json_pack("{s:o, s:{s:o, s:o, s:o, s:o}, s:{s:o, s:o, s:o, s:o}, s:o, s:{s:b, s:b, s:b, s:o}, s:{s:b, s:I, s:I, s:I, s:I, s:o}}",
			"keys", keys,
			"identity", "index", number(TRE_NV_IDENTITY),
			"attributes", number(st->identity_attributes),
			"text", *st->identity ? json_text(st->identity) : json_null(),
			"problem", problem(&st->identity_check),
			"operator", "index", number(TRE_NV_OPERATOR),
			"attributes", number(st->operator_attributes),
			"text", *st->operator ? json_text(st->operator) : json_null(),
			"problem", st->operator_attributes ? problem(&st->operator_check) :
			json_null(),
			"anchor", json_anchor(st),
			"passwords", "owner", st->owner_auth, "endorsement", st->endorsement_auth,
			"lockout", st->lockout_auth, "problem", problem(&st->owner_check),
			"lockout", "locked", st->locked,
			"tries", (json_int_t)st->lockout_tries, "max", (json_int_t)st->lockout_max,
			"interval_s", (json_int_t)st->lockout_interval_s,
			"recovery_s", (json_int_t)st->lockout_recovery_s,
			"problem", problem(&st->lockout_check));
	return json_emit(doc, "trustgate.tre/1", true, status);
}

static void print_text(const struct tre_state *st)
{
	char text[TEXT_ROOM];

	for (unsigned int i = 0; i < TRE_KEYS; i++) {
		const struct tre_key_state *k = &st->keys[i];

		printf("%-9s 0x%08x %s\n", tre_key_word((enum tre_key)i),
		       tre_key_handle((enum tre_key)i),
		       k->there ? hex_text(text, sizeof(text), k->name.name, k->name.size) : "-");
	}
	printf("identity  0x%08x %s\n", TRE_NV_IDENTITY,
	       *st->identity ? clean(text, sizeof(text), st->identity) : "-");
	/* A box that is not enrolled to the operator's PKI has none. */
	if (st->operator_attributes)
		printf("operator  0x%08x %s\n", TRE_NV_OPERATOR,
		       *st->operator ? clean(text, sizeof(text), st->operator) : "-");
	if (st->anchor_check.verdict != TRE_PASS) {
		printf("anchor    0x%08x -\n", TRE_NV_ANCHOR);
		return;
	}
	printf("anchor    0x%08x version %" PRIu64 " sha256 %s\n", TRE_NV_ANCHOR,
	       st->anchor.version, tre_anchor_hex(&st->anchor, text));
}

static int print(const struct ctl *ctl, const struct tre_state *st)
{
	const struct { const char *what; const struct tre_result *check; } parts[] = {
		{ "ek", &st->keys[TRE_KEY_EK].check }, { "srk", &st->keys[TRE_KEY_SRK].check },
		{ "ak", &st->keys[TRE_KEY_AK].check }, { "ike", &st->keys[TRE_KEY_IKE].check },
		{ "identity", &st->identity_check }, { "anchor", &st->anchor_check },
		{ "operator", &st->operator_check }, { "passwords", &st->owner_check }, { "lockout", &st->lockout_check },
	};
	int status = EXIT_OPEN;

	if (!ctl->json)
		print_text(st);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (parts[i].check->verdict == TRE_PASS ||
		    (parts[i].check == &st->operator_check && !st->operator_attributes))
			continue;
		status = EXIT_FAILED;
		if (!ctl->json)
			tre_failed(parts[i].what, parts[i].check);
	}
	return ctl->json ? print_json(st, status) : status;
}

int tre_verb_show(struct tre_args *a)
{
	struct tre_vendor vendor;
	struct tre_state state;
	struct tre_result result;
	struct tre_session s;
	bool there, ok;
	int rc = tre_vendor(a, &vendor, &there);

	if (!rc)
		rc = tre_open(a, &s);
	if (rc)
		return rc;
	ok = tre_state_read(&s, there ? &vendor : NULL, &state, &result);
	tre_session_close(&s);
	return ok ? print(a->ctl, &state) : tre_failed("TPM", &result);
}
