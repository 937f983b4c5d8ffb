// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * trustgate policy apply: a new policy first holds beside the old one, under the same name
 * and ".next", so that no box is held for having been updated before or after; then it
 * takes its place. Each step is one rename(2).
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "policy.h"

struct apply {
	const char *config, *policy, *key, *file;
	bool finish, cancel, now, force, json;
	char next[PATH_MAX];
	struct config c;
};

enum { OPT_POLICY = 256, OPT_KEY, OPT_FINISH, OPT_CANCEL, OPT_NOW, OPT_FORCE, OPT_CONFIG };

static const struct option options[] = {
	{ "policy", required_argument, NULL, OPT_POLICY },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "finish", no_argument, NULL, OPT_FINISH },
	{ "cancel", no_argument, NULL, OPT_CANCEL },
	{ "now", no_argument, NULL, OPT_NOW },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int usage(void)
{
	puts("usage: trustgate policy apply NEW | --finish | --cancel [OPTIONS]\n\n"
	     "NEW holds from now on, beside the policy that is in force: what either allows is\n"
	     "good, what either denies is bad. --finish puts it in the place of the old one. A\n"
	     "policy that can't be read, is not signed or is no newer changes nothing.\n\n"
	     "  --finish        end the window: only the new policy holds\n"
	     "  --cancel        end it the other way: the new policy is taken back\n"
	     "  --now           no window: NEW takes the old one's place at once\n"
	     "  --force         finish though this box does not conform, or can't be looked at\n"
	     "  --policy FILE   the policy in force ([tre] policy)\n"
	     "  --key FILE      the public key it has to be signed for ([tre] policy_key)\n"
	     "  --config FILE   for [tre] (" CONFIG_PATH ")\n"
	     "  -j, --json      print one JSON document\n\n"
	     "exit status: 0 done, 1 refused, 64 usage, 77 not permitted");
	return EXIT_OPEN;
}

/* -1: go on; else the exit status. */
static int take_options(struct apply *a, int argc, char **argv)
{
	int opt;

	optind = 0;
	while ((opt = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		switch (opt) {
		case OPT_POLICY:	a->policy = optarg; break;
		case OPT_KEY:		a->key = optarg; break;
		case OPT_FINISH:	a->finish = true; break;
		case OPT_CANCEL:	a->cancel = true; break;
		case OPT_NOW:		a->now = true; break;
		case OPT_FORCE:		a->force = true; break;
		case OPT_CONFIG:	a->config = optarg; break;
		case 'j':		a->json = true; break;
		case 'h':		return usage();
		default:		return option_error(argc, argv);
		}
	}
	if (optind < argc)
		a->file = argv[optind++];
	if (optind < argc)
		return usage_error(argv[optind], "too much");
	if (!a->file + !a->finish + !a->cancel != 2)
		return usage_error("policy apply", "name one new policy, or say --finish, or --cancel");
	return -1;
}

/* The agent finds out within [tre] watch; this way it is at once. */
static void tell_agent(const struct ctl *ctl)
{
	char err[TEXT_ROOM + 128];
	json_t *reply;
	int rc = control_ask(ctl, json_pack("{s:s}", "verb", "recheck"), &reply, err, sizeof(err));

	json_decref(reply);
	if (rc)
		fprintf(stderr, "trustgate: the agent was not told: %s\n", err);
}

static struct tre_policy *load(const struct apply *a, const char *path, struct policy_text *t)
{
	struct tre_policy *p = policy_load(path, t);
	struct policy_text key = { 0 };
	char err[256];

	if (!p || !a->key || !*a->key)
		return p;
	if (policy_need(a->key, TRE_KEY_MAX, &key) ||
	    !tre_policy_signed_by(p, t->data, key.data, key.len, err, sizeof(err))) {
		if (key.data)
			complain(path, err, NULL);
		tre_policy_free(p);
		p = NULL;
	}
	free(key.data);
	return p;
}

/*
 * 0: @p is newer than the policy of @path, or there is none; 1: it is the very same; -1
 * after having complained. One that can't be read is no reason to keep it.
 */
static int compare(const struct tre_policy *p, const struct policy_text *text, const char *path)
{
	struct policy_text old;
	struct tre_policy *before;
	uint64_t version = 0;
	char why[160];
	int rc = policy_read(path, TRE_POLICY_MAX, &old);

	if (rc == -ENOENT)
		return 0;
	if (rc) {
		complain(path, strerror(-rc), "run as root");
		return -1;
	}
	before = tre_policy_parse(old.data, old.len, NULL, 0);
	if (before)
		version = tre_policy_version(before);
	rc = old.len == text->len && !memcmp(old.data, text->data, text->len);
	if (!rc && before && tre_policy_version(p) <= version && (version || tre_policy_version(p))) {
		snprintf(why, sizeof(why), "version %llu is no newer than the %llu of %.80s",
			 (unsigned long long)tre_policy_version(p), (unsigned long long)version,
			 path);
		complain("roll-back", why, "build it anew from that one: trustgate policy build");
		rc = -1;
	}
	tre_policy_free(before);
	free(old.data);
	return rc;
}

static int apply_new(const struct apply *a)
{
	struct policy_text text;
	struct tre_policy *p = load(a, a->file, &text);
	bool first = access(a->policy, F_OK) != 0;
	int rc = EXIT_FAILED, order;

	if (p) {
		order = compare(p, &text, a->policy);
		if (order == 1)
			fprintf(stderr, "trustgate: %s is in force already\n", a->file);
		rc = order == 1 ? EXIT_OPEN : EXIT_FAILED;
		if (!order && compare(p, &text, a->next) >= 0)
			rc = policy_write(first || a->now ? a->policy : a->next, text.data,
					  text.len);
		if (!order && !rc && (first || a->now) && unlink(a->next) && errno != ENOENT) {
			complain(a->next, strerror(errno), "remove it");
			rc = EXIT_FAILED;
		}
		if (!order && !rc)
			fprintf(stderr, "trustgate: policy %s, version %llu, %s\n",
				tre_policy_name(p), (unsigned long long)tre_policy_version(p),
				first || a->now ? "is in force" :
				"holds beside the old one (trustgate policy apply --finish, when all boxes are updated)");
	}
	tre_policy_free(p);
	free(text.data);
	return rc;
}

/* A box that still needs the old policy would be held. */
static bool conforms(const struct apply *a, const struct tre_policy *p)
{
	struct policy_state s = { 0 };
	struct tre_result r = { .verdict = TRE_UNAVAILABLE };
	struct tre_judged judged;
	struct tre_measured m;
	bool ok = false;

	if (!state_live(&s, &a->c, a->c.tre.pcrs | tre_policy_needs(p))) {
		m = state_measured(&s);
		tre_judge(&p, 1, a->c.tre.pcrs, &m, &judged, &r, NULL, NULL);
		ok = r.verdict == TRE_PASS;
		if (!ok)
			fprintf(stderr, "trustgate: %s: %s\n", r.rule, r.detail);
	}
	state_free(&s);
	if (!ok)
		complain("policy apply", "this box would be held by the new policy alone",
			 "update and reboot it first, or --force");
	return ok;
}

static int finish(const struct apply *a)
{
	struct policy_text text;
	struct tre_policy *p;
	int rc = EXIT_FAILED, order;

	if (access(a->next, F_OK)) {
		complain(a->next, strerror(errno), "there is no window to end: trustgate policy apply NEW opens one");
		return EXIT_FAILED;
	}
	p = load(a, a->next, &text);
	order = p ? compare(p, &text, a->policy) : -1;
	if (order == 1)
		rc = EXIT_OPEN;		/* the power went in the middle of this */
	else if (!order && (a->force || conforms(a, p)))
		rc = policy_write(a->policy, text.data, text.len);
	/* In this order: in between both hold, and are the same. */
	if (p && !rc && unlink(a->next)) {
		complain(a->next, strerror(errno), "remove it");
		rc = EXIT_FAILED;
	}
	tre_policy_free(p);
	free(text.data);
	return rc;
}

static int cancel(const struct apply *a)
{
	if (!unlink(a->next))
		return EXIT_OPEN;
	complain(a->next, strerror(errno), errno == ENOENT ? "there is no window" : "run as root");
	return EXIT_FAILED;
}

/* What is in force now. */
static int report(const struct ctl *ctl, const struct apply *a)
{
	struct policy_text text;
	struct tre_policy *p = policy_load(a->policy, &text);
	int rc = EXIT_FAILED;

	if (p)
		rc = policy_done(ctl, a->policy, tre_policy_name(p), tre_policy_version(p),
				 !access(a->next, F_OK));
	tre_policy_free(p);
	free(text.data);
	return rc;
}

int policy_apply(struct ctl *ctl, int argc, char **argv)
{
	struct apply a = { 0 };
	int rc = take_options(&a, argc, argv);

	if (rc >= 0)
		return rc;
	if (policy_config(a.config, &a.c))
		return EXIT_USAGE;
	if (!a.policy)
		a.policy = a.c.tre.policy;
	if (!a.key)
		a.key = a.c.tre.policy_key;
	snprintf(a.next, sizeof(a.next), "%s" POLICY_NEXT, a.policy);
	if (a.finish)
		rc = finish(&a);
	else
		rc = a.cancel ? cancel(&a) : apply_new(&a);
	if (rc)
		return rc;
	tell_agent(ctl);
	ctl->json |= a.json;
	return ctl->json ? report(ctl, &a) : rc;
}
