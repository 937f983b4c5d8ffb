// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate policy check: a box's measured state against a policy, all that is wrong. */
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "policy.h"

struct check {
	const char *config, *policy, *next, *key, *eventlog, *ima, *pcrs;
	char beside[PATH_MAX];
	bool live;
	uint32_t mask;
	struct policy_state state;
	const struct ctl *ctl;
	json_t *findings;
};

enum {
	OPT_POLICY = 256, OPT_NEXT, OPT_KEY, OPT_EVENTLOG, OPT_IMA, OPT_PCRS, OPT_LIVE, OPT_MASK,
	OPT_CONFIG,
};

static const struct option options[] = {
	{ "policy", required_argument, NULL, OPT_POLICY },
	{ "next", required_argument, NULL, OPT_NEXT },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "eventlog", required_argument, NULL, OPT_EVENTLOG },
	{ "ima", required_argument, NULL, OPT_IMA },
	{ "pcrs", required_argument, NULL, OPT_PCRS },
	{ "live", no_argument, NULL, OPT_LIVE },
	{ "mask", required_argument, NULL, OPT_MASK },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int usage(void)
{
	puts("usage: trustgate policy check [--policy FILE [--next FILE]] [--key FILE] [STATE] [-j]\n\n"
	     "Everything that was measured on a box and FILE does not allow. Without STATE, this box.\n\n"
	     "  --policy FILE    ([tre] policy, and the one beside it that is to replace it)\n"
	     "  --next FILE      a policy that holds as well\n"
	     "  --key FILE       the public key that policies have to be signed for ([tre] policy_key)\n"
	     "  --live           this box: PCRs as read, not quoted, and both logs\n"
	     "  --pcrs FILE      values, as tpm2_pcrread sha256 prints them; without,\n"
	     "                   those that the logs lead to\n"
	     "  --eventlog FILE  the firmware's event log\n"
	     "  --ima FILE       the kernel's measurement list\n"
	     "  --mask LIST      PCRs that have to be good (those that the policy names)\n"
	     "  --config FILE    for [tre] (" CONFIG_PATH ")\n"
	     "  -j, --json       print one JSON document\n\n"
	     "exit status: 0 conforms, 1 does not, 2 can't be told, 64 usage");
	return EXIT_OPEN;
}

static const char **text_of(struct check *k, int opt)
{
	switch (opt) {
	case OPT_POLICY:	return &k->policy;
	case OPT_NEXT:		return &k->next;
	case OPT_KEY:		return &k->key;
	case OPT_EVENTLOG:	return &k->eventlog;
	case OPT_IMA:		return &k->ima;
	case OPT_PCRS:		return &k->pcrs;
	case OPT_CONFIG:	return &k->config;
	default:		return NULL;
	}
}

static int take_options(struct check *k, struct ctl *ctl, int argc, char **argv)
{
	int opt;

	optind = 0;
	while ((opt = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		const char **text = text_of(k, opt);

		if (text)
			*text = optarg;
		else if (opt == OPT_LIVE)
			k->live = true;
		else if (opt == 'j')
			ctl->json = true;
		else if (opt == 'h')
			return usage();
		else if (opt != OPT_MASK)
			return option_error(argc, argv);
		else if (policy_mask(optarg, &k->mask))
			return EXIT_USAGE;
	}
	return optind < argc ? usage_error(argv[optind], "too much") : -1;
}

static void found(void *arg, const struct tre_result *r)
{
	struct check *k = arg;
	const char *word = r->verdict == TRE_FAIL ? "refused" : "untold";

	if (k->ctl->json)
		json_array_append_new(k->findings, json_pack("{s:s, s:s, s:o}", "result", word,
							     "rule", r->rule,
							     "detail", json_text(r->detail)));
	else
		printf("%s: %s: %s\n", word, r->rule, r->detail);
}

static int load_state(struct check *k, const struct config *c, uint32_t needs)
{
	bool files = k->pcrs || k->eventlog || k->ima;
	int rc = 0;

	if (k->eventlog)
		rc = state_eventlog(&k->state, k->eventlog);
	if (!rc && k->ima)
		rc = state_ima(&k->state, k->ima);
	if (!rc && (k->live || !files)) {
		if (state_live(&k->state, c, k->mask | needs))
			rc = POLICY_UNTOLD;
	}
	if (!rc && k->pcrs)
		rc = state_pcrs(&k->state, k->pcrs);
	if (!rc && !k->pcrs)
		rc = state_replay(&k->state);
	return rc;
}

static const char *verdict_word(enum tre_verdict v)
{
	return v == TRE_PASS ? "conforms" : v == TRE_FAIL ? "refused" : "untold";
}

static int print(const struct check *k, const struct tre_result *r, const struct tre_judged *j)
{
	const int status = r->verdict == TRE_PASS ? POLICY_CONFORMS :
			   r->verdict == TRE_FAIL ? POLICY_REFUSED : POLICY_UNTOLD;

	if (k->ctl->json)
		return json_emit(json_pack("{s:s, s:s, s:o, s:O, s:I, s:I, s:I, s:I, s:I, s:I}",
					   "verdict", verdict_word(r->verdict), "rule", r->rule,
					   "detail", json_text(r->detail), "findings", k->findings,
					   "refused", (json_int_t)j->refused,
					   "untold", (json_int_t)j->untold,
					   "events", (json_int_t)j->events,
					   "files", (json_int_t)j->files,
					   "excluded", (json_int_t)j->excluded,
					   "later", (json_int_t)j->later),
				 "trustgate.policy-check/1", isatty(STDOUT_FILENO), status);
	printf("%s: %u refused, %u untold; %u events, %u files, %u of them excluded, %u measured later\n",
	       verdict_word(r->verdict), j->refused, j->untold, j->events, j->files, j->excluded,
	       j->later);
	return status;
}

/* NULL after having complained. */
static struct tre_policy *load(const struct check *k, const char *path)
{
	struct policy_text text, key = { 0 };
	struct tre_policy *p = policy_load(path, &text);
	char err[256];

	if (p && k->key && *k->key &&
	    (policy_need(k->key, TRE_KEY_MAX, &key) ||
	     !tre_policy_signed_by(p, text.data, key.data, key.len, err, sizeof(err)))) {
		if (key.data)
			complain(path, err, NULL);
		tre_policy_free(p);
		p = NULL;
	}
	free(key.data);
	free(text.data);
	return p;
}

static int check_policies(struct check *k, const struct config *c,
			  const struct tre_policy *const *policies, size_t n)
{
	struct tre_result r = { .verdict = TRE_UNAVAILABLE };
	struct tre_judged judged = { 0 };
	struct tre_measured m;
	bool given = k->mask;
	uint32_t needs = 0;
	int rc;

	for (size_t i = 0; i < n; i++) {
		needs |= tre_policy_needs(policies[i]);
		if (!given)
			k->mask |= tre_policy_pcrs(policies[i]);
	}
	rc = load_state(k, c, needs);
	if (rc)
		return rc;
	m = state_measured(&k->state);
	k->findings = json_array();
	tre_judge(policies, n, k->mask, &m, &judged, &r, found, k);
	rc = print(k, &r, &judged);
	json_decref(k->findings);
	return rc;
}

static int check(struct check *k, const struct config *c)
{
	struct tre_policy *policies[2] = { NULL, NULL };
	int rc = EXIT_USAGE;

	if (!k->policy) {
		k->policy = c->tre.policy;
		snprintf(k->beside, sizeof(k->beside), "%s" POLICY_NEXT, k->policy);
		if (!k->next && !access(k->beside, F_OK))
			k->next = k->beside;
		if (!k->key)
			k->key = c->tre.policy_key;
	}
	policies[0] = load(k, k->policy);
	if (policies[0] && k->next)
		policies[1] = load(k, k->next);
	if (policies[0] && (!k->next || policies[1]))
		rc = check_policies(k, c, (const struct tre_policy *const *)policies, k->next ? 2 : 1);
	tre_policy_free(policies[0]);
	tre_policy_free(policies[1]);
	return rc;
}

int policy_check(struct ctl *ctl, int argc, char **argv)
{
	struct check k = { .ctl = ctl };
	struct config c;
	int rc = take_options(&k, ctl, argc, argv);

	if (rc < 0)
		rc = policy_config(k.config, &c);
	else
		return rc;
	if (!rc)
		rc = check(&k, &c);
	state_free(&k.state);
	return rc;
}
