// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate policy init, build: rules from what a good box is, or is to become. */
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "policy.h"
#include "tre/eventlog.h"
#include "tre/imalog.h"
#include "tre/reset.h"

#define KIND(k)		(1u << TRE_RULE_##k)
#define ALLOWS		(KIND(PCR) | KIND(EVENT) | KIND(IMA_ALLOW))
#define BUILT		".new"
#define IMA_BIT		(1u << TRE_IMA_PCR)

struct make {
	struct ctl *ctl;
	bool build, live, drop_old, no_excludes;
	const char *config, *base, *output, *root, *eventlog, *ima, *pcrs, *keylime, *name;
	uint32_t mask, events;	/* PCRs, and those of them that get rules for events */
	uint64_t version;
	struct book book;
	struct policy_state state;
	size_t violations, strange;
};

enum {
	OPT_ROOT = 256, OPT_EVENTLOG, OPT_IMA, OPT_PCRS, OPT_LIVE, OPT_KEYLIME, OPT_NAME, OPT_MASK,
	OPT_EVENTS, OPT_NO_EXCLUDES, OPT_VERSION, OPT_POLICY, OPT_DROP_OLD, OPT_ALLOW, OPT_PCR,
	OPT_EVENT, OPT_DENY, OPT_DENY_EVENT, OPT_EXCLUDE, OPT_CONFIG,
};

static const struct option options[] = {
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "eventlog", required_argument, NULL, OPT_EVENTLOG },
	{ "ima", required_argument, NULL, OPT_IMA },
	{ "pcrs", required_argument, NULL, OPT_PCRS },
	{ "live", no_argument, NULL, OPT_LIVE },
	{ "keylime", required_argument, NULL, OPT_KEYLIME },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "mask", required_argument, NULL, OPT_MASK },
	{ "events", required_argument, NULL, OPT_EVENTS },
	{ "no-excludes", no_argument, NULL, OPT_NO_EXCLUDES },
	{ "version", required_argument, NULL, OPT_VERSION },
	{ "allow", required_argument, NULL, OPT_ALLOW },
	{ "pcr", required_argument, NULL, OPT_PCR },
	{ "event", required_argument, NULL, OPT_EVENT },
	{ "deny", required_argument, NULL, OPT_DENY },
	{ "deny-event", required_argument, NULL, OPT_DENY_EVENT },
	{ "exclude", required_argument, NULL, OPT_EXCLUDE },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "output", required_argument, NULL, 'o' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	/* Of build alone, at the end. */
	{ "policy", required_argument, NULL, OPT_POLICY },
	{ "drop-old", no_argument, NULL, OPT_DROP_OLD },
	{ 0 },
};

static int usage(const struct make *m)
{
	if (m->build)
		puts("usage: trustgate policy build [--policy BASE] [SOURCES] [--drop-old] [-o FILE]\n\n"
		     "A policy from BASE and what is new; what BASE allows stays allowed, so that boxes\n"
		     "before and after an update both conform. Its version is one more than BASE's.\n\n"
		     "  --policy BASE     the policy to start from ([tre] policy)\n"
		     "  --drop-old        what BASE allows is kept only where no source is new\n"
		     "  -o, --output FILE (BASE" BUILT ")\n");
	else
		puts("usage: trustgate policy init [SOURCES] [-o FILE]\n\n"
		     "A policy from a box that is known good: without sources, from this one.\n\n"
		     "  -o, --output FILE (standard output)\n");
	puts("Sources:\n"
	     "  --live            this box: PCRs from the TPM, logs of firmware and kernel\n"
	     "  --root TREE       all regular files of a root tree, by path and digest\n"
	     "  --eventlog FILE   a firmware's event log (binary_bios_measurements)\n"
	     "  --ima FILE        a kernel's measurement list (binary_runtime_measurements)\n"
	     "  --pcrs FILE       values, as tpm2_pcrread sha256 prints them\n"
	     "  --keylime FILE    digests and excludes of a Keylime runtime policy\n"
	     "  --allow PATH=DIGEST, --pcr N=VALUE, --event N=DIGEST\n"
	     "                    one more file, value of a PCR, event\n"
	     "  --deny DIGEST|PATTERN, --deny-event DIGEST, --exclude PATTERN\n\n"
	     "  --mask LIST       PCRs to take values of (0-7)\n"
	     "  --events LIST     of these, the ones to describe by their events\n"
	     "  --no-excludes     without the default ones, see the policy written\n"
	     "  --name NAME, --version N\n"
	     "  --config FILE     for [tre] (" CONFIG_PATH ")\n"
	     "  -j, --json        print one JSON document, where -o names a file\n\n"
	     "exit status: 0 written, 1 failed, 64 usage");
	return EXIT_OPEN;
}

/* ------------------------------------------------------------------------ options */

static int take_digest(const char *hex, uint8_t out[TRE_DIGEST_LEN])
{
	static const char digits[] = "0123456789abcdef";

	if (strlen(hex) != (size_t)2 * TRE_DIGEST_LEN)
		return usage_error(hex, "not 64 hex digits, a SHA-256 value");
	for (int i = 0; i < 2 * TRE_DIGEST_LEN; i++) {
		const char *at = strchr(digits, hex[i] | (hex[i] >= 'A' ? 0x20 : 0));

		if (!at)
			return usage_error(hex, "not 64 hex digits, a SHA-256 value");
		out[i / 2] = (uint8_t)((i % 2 ? out[i / 2] : 0) << 4 | (at - digits));
	}
	return 0;
}

/* WHAT=DIGEST; with @numbered WHAT is a PCR. */
static int take_pair(struct make *m, enum tre_rule_kind kind, char *arg, bool numbered)
{
	char *equals = strrchr(arg, '=');
	uint8_t digest[TRE_DIGEST_LEN];
	uint32_t pcr = 0;

	if (!equals || equals == arg)
		return usage_error(arg, numbered ? "write N=DIGEST" : "write PATH=DIGEST");
	*equals = '\0';
	if (take_digest(equals + 1, digest))
		return EXIT_USAGE;
	if (numbered && parse_u32(arg, 0, TRE_PCRS - 1, &pcr))
		return usage_error(arg, "not a PCR, 0 to 23");
	book_add(&m->book, kind, pcr, digest, numbered ? NULL : arg, strlen(arg));
	return 0;
}

static int take_deny(struct make *m, const char *arg)
{
	uint8_t digest[TRE_DIGEST_LEN];

	if (strlen(arg) != (size_t)2 * TRE_DIGEST_LEN || strchr(arg, '/')) {
		book_add(&m->book, TRE_RULE_IMA_DENY_PATH, 0, NULL, arg, strlen(arg));
		return 0;
	}
	if (take_digest(arg, digest))
		return EXIT_USAGE;
	book_add(&m->book, TRE_RULE_IMA_DENY, 0, digest, NULL, 0);
	return 0;
}

static int take_rule(struct make *m, int opt)
{
	uint8_t digest[TRE_DIGEST_LEN];

	switch (opt) {
	case OPT_ALLOW:
		return take_pair(m, TRE_RULE_IMA_ALLOW, optarg, false);
	case OPT_PCR:
		return take_pair(m, TRE_RULE_PCR, optarg, true);
	case OPT_EVENT:
		return take_pair(m, TRE_RULE_EVENT, optarg, true);
	case OPT_DENY:
		return take_deny(m, optarg);
	case OPT_DENY_EVENT:
		if (take_digest(optarg, digest))
			return EXIT_USAGE;
		book_add(&m->book, TRE_RULE_EVENT_DENY, 0, digest, NULL, 0);
		return 0;
	default:
		book_add(&m->book, TRE_RULE_IMA_EXCLUDE, 0, NULL, optarg, strlen(optarg));
		return 0;
	}
}

static int take_version(struct make *m, const char *arg)
{
	char *end;

	m->version = strtoull(arg, &end, 10);
	if (arg[0] < '1' || arg[0] > '9' || *end || strlen(arg) > 18)
		return usage_error(arg, "not a version, a number from 1");
	return 0;
}

/* A place for the value of an option that is a text; NULL: it is another. */
static const char **text_of(struct make *m, int opt)
{
	switch (opt) {
	case OPT_ROOT:		return &m->root;
	case OPT_EVENTLOG:	return &m->eventlog;
	case OPT_IMA:		return &m->ima;
	case OPT_PCRS:		return &m->pcrs;
	case OPT_KEYLIME:	return &m->keylime;
	case OPT_NAME:		return &m->name;
	case OPT_POLICY:	return &m->base;
	case OPT_CONFIG:	return &m->config;
	case 'o':		return &m->output;
	default:		return NULL;
	}
}

/* -1: go on; else the exit status. */
static int take_option(struct make *m, int argc, char **argv, int opt)
{
	const char **text = text_of(m, opt);

	if (text)
		*text = optarg;
	else if (opt == OPT_LIVE)
		m->live = true;
	else if (opt == OPT_DROP_OLD)
		m->drop_old = true;
	else if (opt == OPT_NO_EXCLUDES)
		m->no_excludes = true;
	else if (opt == OPT_MASK || opt == OPT_EVENTS)
		return policy_mask(optarg, opt == OPT_MASK ? &m->mask : &m->events) ? EXIT_USAGE : -1;
	else if (opt == OPT_VERSION)
		return take_version(m, optarg) ? EXIT_USAGE : -1;
	else if (opt >= OPT_ALLOW && opt <= OPT_EXCLUDE)
		return take_rule(m, opt) ? EXIT_USAGE : -1;
	else if (opt == 'j')
		m->ctl->json = true;
	else if (opt == 'h')
		return usage(m);
	else
		return option_error(argc, argv);
	return -1;
}

static int take_options(struct make *m, int argc, char **argv)
{
	int opt, rc;

	optind = 0;
	while ((opt = getopt_long(argc, argv, "o:jh", options, NULL)) != -1) {
		if (!m->build && (opt == OPT_POLICY || opt == OPT_DROP_OLD))
			return usage_error(argv[optind - 1], "only build has a policy to start from");
		rc = take_option(m, argc, argv, opt);
		if (rc >= 0)
			return rc;
	}
	if (optind < argc)
		return usage_error(argv[optind], "too much");
	return -1;
}

/* ------------------------------------------------------------------------ sources */

static bool no_source(const struct make *m)
{
	return !m->root && !m->eventlog && !m->ima && !m->pcrs && !m->keylime &&
	       !book_count(&m->book, TRE_RULE_PCR) && !book_count(&m->book, TRE_RULE_EVENT) &&
	       !book_count(&m->book, TRE_RULE_IMA_ALLOW);
}

static int load_state(struct make *m, const struct config *c)
{
	int rc = 0;

	if (m->eventlog)
		rc = state_eventlog(&m->state, m->eventlog);
	if (!rc && m->ima)
		rc = state_ima(&m->state, m->ima);
	if (!rc && m->live)
		rc = state_live(&m->state, c, m->mask);
	if (!rc && m->pcrs)
		rc = state_pcrs(&m->state, m->pcrs);
	if (!rc && m->live && !m->state.has_ima)
		fprintf(stderr, "trustgate: no measurement list, and so no rules for files: %s (boot with ima_policy=tcb, or give --root or --ima)\n",
			m->state.why_ima);
	return rc ? rc : state_replay(&m->state);
}

/* Values of the PCRs asked for that no rules of another kind describe. */
static void add_values(struct make *m)
{
	uint32_t mask = m->state.mask & m->mask & ~m->events;

	if (m->state.has_ima || m->root || m->keylime || book_count(&m->book, TRE_RULE_IMA_ALLOW))
		mask &= ~IMA_BIT;
	for (uint32_t i = 0; i < TRE_PCRS; i++)
		if (mask & 1u << i)
			book_add(&m->book, TRE_RULE_PCR, i, m->state.pcrs[i], NULL, 0);
}

static int add_events(struct make *m)
{
	struct tre_eventlog log;
	struct tre_event e;

	if (!m->events)
		return 0;
	if (!m->state.has_eventlog) {
		complain("--events", "there is no firmware event log", "give --eventlog, or list no PCRs");
		return EXIT_FAILED;
	}
	if (tre_eventlog_begin(&log, (const uint8_t *)m->state.eventlog.data, m->state.eventlog.len))
		while (tre_eventlog_next(&log, &e) > 0)
			if (e.extends && m->events & 1u << e.pcr)
				book_add(&m->book, TRE_RULE_EVENT, e.pcr, e.digest, NULL, 0);
	return 0;
}

static void add_files(struct make *m)
{
	struct tre_ima_entry e;
	struct tre_imalog log;

	if (!m->state.has_ima)
		return;
	tre_imalog_begin(&log, (const uint8_t *)m->state.ima.data, m->state.ima.len);
	while (tre_imalog_next(&log, &e) > 0) {
		if (e.path_len == 14 && !memcmp(e.path, "boot_aggregate", 14))
			continue;
		m->violations += e.violation;
		m->strange += !e.violation && !(e.known && e.sha256);
		if (e.known && e.sha256 && !e.violation)
			book_add(&m->book, TRE_RULE_IMA_ALLOW, 0, e.digest, e.path, e.path_len);
	}
	if (m->violations)
		fprintf(stderr, "trustgate: %zu entries are violations, files that were written while they were measured: exclude them, or the policy refuses this box as well (--exclude PATTERN)\n",
			m->violations);
	if (m->strange)
		fprintf(stderr, "trustgate: %zu entries have no SHA-256 digest, or an unknown template: boot with ima_hash=sha256, or the policy refuses this box as well\n",
			m->strange);
}

/* Data that root reads and the kernel's own policies measure. Written out, since
 * whatever runs from there is let pass.
 */
static void add_excludes(struct make *m)
{
	static const char * const patterns[] = { "/var/log/*", "/var/cache/*", "/var/spool/*" };

	if (m->no_excludes || !book_count(&m->book, TRE_RULE_IMA_ALLOW))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		book_add(&m->book, TRE_RULE_IMA_EXCLUDE, 0, NULL, patterns[i], strlen(patterns[i]));
}

/* Said here, where it is known which bank has values; the parser would refuse them too. */
static int refuse_nothing(const struct make *m)
{
	const uint32_t mask = m->state.mask & m->mask;
	struct tre_result nothing;

	if (!mask || tre_pcrs_prove(mask, (const uint8_t (*)[TRE_DIGEST_LEN])m->state.pcrs))
		return 0;
	tre_set_nothing(&nothing, mask);
	tre_remark_elsewhere(&nothing, m->state.elsewhere);
	complain(nothing.rule, nothing.detail, NULL);
	return EXIT_FAILED;
}

static int add_sources(struct make *m, const struct config *c)
{
	int rc = load_state(m, c);

	if (!rc)
		rc = refuse_nothing(m);

	if (!rc && m->root)
		rc = book_add_tree(&m->book, m->root);
	if (!rc && m->keylime)
		rc = book_add_keylime(&m->book, m->keylime);
	if (!rc)
		rc = add_events(m);
	if (rc)
		return rc;
	add_files(m);
	add_values(m);
	return 0;
}

/* ------------------------------------------------------------------------- writing */

/* What a base allows of a kind that there is something new of may go. */
static uint32_t kinds_kept(const struct make *m)
{
	uint32_t kinds = ~0u;

	for (int kind = TRE_RULE_PCR; m->drop_old && kind <= TRE_RULE_IMA_ALLOW; kind++)
		if (ALLOWS & 1u << kind && book_count(&m->book, (enum tre_rule_kind)kind))
			kinds &= ~(1u << kind);
	return kinds;
}

static int add_base(struct make *m)
{
	struct policy_text text;
	struct tre_policy *p = policy_load(m->base, &text);

	free(text.data);
	if (!p)
		return EXIT_FAILED;
	if (!m->name)
		snprintf(m->book.name, sizeof(m->book.name), "%s", tre_policy_name(p));
	if (!m->version)
		m->version = tre_policy_version(p) + 1;
	book_add_policy(&m->book, p, kinds_kept(m));
	tre_policy_free(p);
	return 0;
}

/* What was asked for, or was told of when the list was read, contradicts nothing. */
static bool is_expected(const char *rule)
{
	static const char *const rules[] = {
		"tre.event.denied", "tre.ima.denied", "tre.ima.violation", "tre.ima.algorithm",
		"tre.ima.template",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (!strcmp(rules[i], rule))
			return true;
	return false;
}

/* @arg counts what is wrong. */
static void found(void *arg, const struct tre_result *r)
{
	unsigned int *wrong = arg;

	if (r->verdict != TRE_FAIL || is_expected(r->rule))
		return;
	complain(r->rule, r->detail, NULL);
	++*wrong;
}

/*
 * A policy that refuses what it was made from holds every box. What can't be told, for
 * want of a source, is no reason; what a log that was given leads to and the values
 * given are not, is one also where the policy has values alone.
 */
static int judge_itself(const struct make *m, const char *text, size_t len)
{
	struct tre_policy *policy = tre_policy_parse(text, len, NULL, 0);
	struct tre_measured measured = state_measured(&m->state);
	const uint32_t mask = m->state.mask & m->mask;
	struct tre_measured given = measured;
	struct tre_judged judged = { 0 };
	struct tre_result r = { 0 };
	unsigned int wrong = 0;

	if (!m->eventlog)
		given.eventlog.octets = NULL;
	if (!m->ima)
		given.imalog.octets = NULL;
	tre_judge_logs(&given, mask | IMA_BIT, found, &wrong);
	if (!wrong && mask)
		tre_judge((const struct tre_policy *const *)&policy, 1, mask, &measured, &judged, &r,
			  found, &wrong);
	tre_policy_free(policy);
	if (!wrong)
		return 0;
	complain("policy", "it refuses the very state it was made from, and is not written",
		 "see above; give values and logs of one boot of one box");
	return EXIT_FAILED;
}

static int write_policy(struct make *m, const char *output)
{
	size_t len;
	char *text;
	int rc;

	m->book.version = m->version ? m->version : 1;
	if (m->name)
		snprintf(m->book.name, sizeof(m->book.name), "%s", m->name);
	if (!*m->book.name)
		snprintf(m->book.name, sizeof(m->book.name), "reference");
	text = book_write(&m->book, &len);
	if (!text)
		return EXIT_FAILED;
	rc = judge_itself(m, text, len);
	if (!rc)
		rc = policy_write(output, text, len);
	free(text);
	if (rc || !output || !strcmp(output, "-"))
		return rc;
	if (m->ctl->json)
		return policy_done(m->ctl, output, m->book.name, m->book.version, false);
	fprintf(stderr, "trustgate: wrote %s, version %llu, %zu rules (trustgate policy sign, then apply)\n",
		output, (unsigned long long)m->book.version, m->book.n);
	return EXIT_OPEN;
}

static int make(struct make *m, int argc, char **argv)
{
	char output[PATH_MAX];
	struct config c;
	int rc = take_options(m, argc, argv);

	if (rc >= 0)
		return rc;
	if (m->name && strlen(m->name) >= sizeof(m->book.name))
		return usage_error("--name", "longer than 63 characters");
	if (policy_config(m->config, &c))
		return EXIT_USAGE;
	if (m->build && !m->base)
		m->base = c.tre.policy;
	if (m->build && !m->output) {
		snprintf(output, sizeof(output), "%s" BUILT, m->base);
		m->output = output;
	}
	if (!m->build && no_source(m))
		m->live = true;
	/* A PCR that is to be described by its events has to be read as well. */
	m->mask |= m->events;
	rc = add_sources(m, &c);
	if (!rc && m->build)
		rc = add_base(m);
	if (!rc && !m->build)
		add_excludes(m);
	return rc ? rc : write_policy(m, m->output);
}

static int run(struct ctl *ctl, bool build, int argc, char **argv)
{
	struct make m = { .ctl = ctl, .build = build, .mask = 0xff };
	int rc = make(&m, argc, argv);

	state_free(&m.state);
	book_free(&m.book);
	return rc;
}

int policy_init(struct ctl *ctl, int argc, char **argv)
{
	return run(ctl, false, argc, argv);
}

int policy_build(struct ctl *ctl, int argc, char **argv)
{
	return run(ctl, true, argc, argv);
}
