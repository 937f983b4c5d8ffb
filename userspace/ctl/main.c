// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate: the operator's view of the gate. Options, verbs, usage. */
#include <getopt.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ctl.h"
#include "pki/hidden.h"

struct verb {
	const char *name;
	verb_fn run;
	int min, max;		/* arguments */
	bool timed;		/* takes --timeout */
	bool own;		/* parses its options itself */
	const char *args, *help;
};

static const struct verb verbs[] = {
	{ "status", verb_status, 0, 0, false, false, "[-j]",
	  "one line a tunnel: peer, state, what is missing, since when, expiry" },
	{ "show", verb_show, 1, 2, false, false,
	  "context|sa|evidence|bootstrap|config|stats|agent [ID] [-j]",
	  "the kernel's own view; needs no agent" },
	{ "why", verb_why, 0, 1, false, false, "[ID|0xSPI] [-j]",
	  "which proof is missing or bad, by which rule, and the remedy" },
	{ "monitor", verb_monitor, 0, 0, false, false, "[-j]",
	  "events as they happen" },
	{ "wait", verb_wait, 0, 1, true, false, "[--timeout S] [ID]",
	  "block until open" },
	{ "recheck", verb_recheck, 0, 1, false, false, "[ID]",
	  "have the agent prove everything again, now" },
	{ "clock", verb_clock, 0, 1, false, false, "[show | reset] [-j]",
	  "what the agent takes for the time; reset: the wall clock is right" },
	{ "close", verb_close, 1, 1, false, false, "ID|all",
	  "close; new proofs open it again" },
	{ "quarantine", verb_quarantine, 1, 1, false, false, "ID",
	  "close for good; only a new IKE SA opens again" },
	{ "config", verb_config, 0, INT_MAX, false, false, "[show [-j] | set [--delete-held] KEY=VALUE...]",
	  "mode, scope, timers and limits of this network namespace" },
	{ "check", verb_check, 1, INT_MAX, false, true,
	  "chain|crl|config [OPTIONS] [FILE...] [-j]",
	  "judge certificates, revocation lists and configurations offline" },
	{ "revocation", verb_revocation, 1, INT_MAX, false, true,
	  "import [--class C] [--issuer F] FILE... | fetch | show [-j]",
	  "revocation lists that a security gateway keeps" },
	{ "policy", verb_policy, 1, INT_MAX, false, true,
	  "init|build|sign|check|apply [OPTIONS] [-j]",
	  "the reference policy: what may be measured on this box" },
	{ "report", verb_report, 1, INT_MAX, false, true,
	  "make|show|verify|validate [OPTIONS] [FILE] [-j]",
	  "INTEGRITY_INFO outside of IKE" },
	{ "devices", verb_devices, 1, INT_MAX, false, true,
	  "enrol|list|remove [OPTIONS] [NAME...] [-j]",
	  "whose INTEGRITY_INFO a security gateway believes" },
	{ "devid", verb_devid, 1, INT_MAX, false, true,
	  "serve|aaa|publish|query|withdraw|status [OPTIONS] [-j]",
	  "device identifiers: whose certificate or key an IMEI is bound to" },
	{ "sinks", verb_sinks, 1, INT_MAX, false, true,
	  "deliver --figs URL | show [OPTIONS] [-j]",
	  "what a security gateway keeps of INTEGRITY_INFO, and tells on" },
	{ "tre", verb_tre, 1, INT_MAX, false, true,
	  "provision|show|anchor|approval|credential [OPTIONS] [-j]",
	  "keys, identity and root certificate in the TPM" },
};

/* What is named may be a store with its password in it, and so may what a library says. */
void complain(const char *what, const char *why, const char *todo)
{
	char shown[4096], said[4096];

	hidden_urls(what, shown, sizeof(shown));
	hidden_urls(why, said, sizeof(said));
	fflush(stdout);
	if (todo && *todo)
		fprintf(stderr, "trustgate: %s: %s (%s)\n", shown, said, todo);
	else
		fprintf(stderr, "trustgate: %s: %s\n", shown, said);
}

int usage_error(const char *what, const char *why)
{
	complain(what, why, "see trustgate --help");
	return EXIT_USAGE;
}

static void usage(FILE *f)
{
	fputs("usage: trustgate [-j] [--socket PATH] [VERB [ARGS...]]\n\n"
	      "Without a verb: status.\n\n", f);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		fprintf(f, "  %s %s\n      %s\n", verbs[i].name, verbs[i].args, verbs[i].help);
	fputs("\n"
	      "  -j, --json      print one JSON document (monitor: one a line)\n"
	      "  --socket PATH   the agent's control socket (TRUSTGATE_CONTROL, or\n"
	      "                  " CONTROL_PATH ")\n"
	      "  --timeout S     of wait: seconds; ms, min and h are known\n"
	      "  -h, --help      this text; after a verb, that verb's\n"
	      "  -V, --version   the version\n\n"
	      "exit status of status, why and wait: 0 all open, 3 some held, 4 some rejected,\n"
	      "5 no agent or no module; of every verb: 1 failed, 64 usage, 77 not permitted.\n"
	      "See trustgate(8).\n", f);
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

enum { OPT_SOCKET = 256, OPT_TIMEOUT, OPT_DELETE_HELD };

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "delete-held", no_argument, NULL, OPT_DELETE_HELD },
	{ 0 },
};

struct args {
	bool help, version;
};

int option_error(int argc, char **argv)
{
	const char *name = optind > 0 && optind <= argc ? argv[optind - 1] : "option";
	char letter[] = { '-', (char)optopt, '\0' };

	/* optopt is 0 for an unknown long option, else the one that is misused. */
	if (optopt && strncmp(name, "--", 2) != 0)
		return usage_error(letter, "no such option");
	if (optopt >= OPT_SOCKET)
		return usage_error(name, "needs a value");
	return usage_error(name, optopt ? "takes no value" : "no such option");
}

/* 0, or the exit status. @order: "+" to stop at the verb. */
static int parse_some(struct ctl *ctl, struct args *args, int argc, char **argv, const char *order)
{
	int opt;

	optind = 0;
	while ((opt = getopt_long(argc, argv, order, options, NULL)) != -1) {
		switch (opt) {
		case 'j':
			ctl->json = true;
			break;
		case 'h':
			args->help = true;
			break;
		case 'V':
			args->version = true;
			break;
		case OPT_SOCKET:
			ctl->socket = optarg;
			break;
		case OPT_TIMEOUT:
			if (parse_duration(optarg, 0, UINT32_MAX, &ctl->timeout_ms))
				return usage_error(optarg, "not a time, as 30 or 500ms");
			ctl->timed = true;
			break;
		case OPT_DELETE_HELD:
			ctl->delete_held = true;
			break;
		default:
			return option_error(argc, argv);
		}
	}
	return 0;
}

/* Options may stand before and after the verb, unless those after it are its own. */
static int parse_options(struct ctl *ctl, struct args *args, int argc, char **argv)
{
	const struct verb *verb;
	int rc = parse_some(ctl, args, argc, argv, "+jhV");

	verb = !rc && optind < argc ? find_verb(argv[optind]) : NULL;
	if (rc || (verb && verb->own))
		return rc;
	return parse_some(ctl, args, argc, argv, "jhV");
}

static int verb_help(const struct verb *verb)
{
	printf("usage: trustgate %s %s\n%s\n", verb->name, verb->args, verb->help);
	return EXIT_OPEN;
}

static int run(struct ctl *ctl, const struct args *args, int argc, char **argv)
{
	const struct verb *verb = find_verb(argc ? argv[0] : "status");

	if (!verb) {
		complain(argv[0], "no such verb", NULL);
		usage(stderr);
		return EXIT_USAGE;
	}
	if (args->help)
		return verb_help(verb);
	if (argc) {
		argc--;
		argv++;
	}
	if (argc < verb->min || argc > verb->max || (ctl->timed && !verb->timed) ||
	    (ctl->delete_held && verb->run != verb_config)) {
		fprintf(stderr, "usage: trustgate %s %s\n", verb->name, verb->args);
		return EXIT_USAGE;
	}
	return verb->run(ctl, argc, argv);
}

int main(int argc, char **argv)
{
	const char *env = getenv("TRUSTGATE_CONTROL");
	struct ctl ctl = { .socket = env && *env ? env : CONTROL_PATH };
	struct args args = { 0 };
	int rc;

	setlocale(LC_CTYPE, "");
	opterr = 0;
	rc = parse_options(&ctl, &args, argc, argv);
	if (rc)
		return rc;
	ctl.color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	if (args.version) {
		printf("trustgate %s\n", TG_VERSION);
	} else if (args.help && optind == argc) {
		usage(stdout);
	} else {
		rc = run(&ctl, &args, argc - optind, argv + optind);
		tg_close(ctl.tg);
	}
	if (fflush(stdout) || ferror(stdout)) {
		complain("output", "can't be written", "is the disk full?");
		return EXIT_FAILED;
	}
	return rc;
}
