// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate check: finds errors before what has them is used. */
#include <string.h>
#include "check.h"

static const struct {
	const char *name;
	verb_fn run;
} checks[] = {
	{ "chain", check_chain },
	{ "ocsp", check_ocsp },
	{ "crl", check_crl },
	{ "tls", check_tls },
	{ "config", check_config },
};

static int usage(FILE *f, int status)
{
	fputs("usage: trustgate check chain --anchor FILE --role henb|segw|hems [OPTIONS] LEAF [CA...]\n"
	      "       trustgate check ocsp --cert FILE --issuer FILE --response FILE [OPTIONS]\n"
	      "       trustgate check crl --crl FILE --issuer FILE [--cert FILE] [OPTIONS]\n"
	      "       trustgate check tls --anchor FILE [OPTIONS] HOST:PORT|URL\n"
	      "       trustgate check config [OPTIONS] [FILE...]\n\n"
	      "Each has its own --help. See trustgate(8).\n", f);
	return status;
}

/* Options before the name of what is checked; those after it are its own. */
int verb_check(struct ctl *ctl, int argc, char **argv)
{
	for (; argc && *argv[0] == '-'; argc--, argv++) {
		if (!strcmp(argv[0], "-h") || !strcmp(argv[0], "--help"))
			return usage(stdout, EXIT_GOOD);
		if (strcmp(argv[0], "-j") && strcmp(argv[0], "--json"))
			return usage_error(argv[0], "no such option");
		ctl->json = true;
	}
	for (size_t i = 0; argc && i < ARRAY_SIZE(checks); i++)
		if (strcmp(argv[0], checks[i].name) == 0)
			return checks[i].run(ctl, argc, argv);
	if (!argc)
		return usage(stderr, EXIT_USAGE);
	return usage_error(argv[0], "can't be checked: chain, crl, ocsp, tls and config can");
}
