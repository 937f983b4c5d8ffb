// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate devid serve and aaa: the services, in the foreground. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "devid.h"
#include "devid/aaa_serve.h"
#include "devid/files.h"
#include "devid/repository.h"

#define CONFIG_PATH	"/etc/trustgate/devid.conf"

static void report(void *arg, int line, const char *key, const char *why)
{
	if (line)
		fprintf(stderr, "trustgate: %s:%d: %s: %s\n", (const char *)arg, line, key, why);
	else
		fprintf(stderr, "trustgate: %s: %s: %s\n", (const char *)arg, key, why);
}

static int load(const char *path, struct devid_config *c)
{
	char err[256], *text = file_text(path, err, sizeof(err));
	int errors;

	if (!text) {
		complain("configuration", err, NULL);
		return EXIT_USAGE;
	}
	errors = devid_config_parse(text, strlen(text), c, report, (void *)(uintptr_t)path);
	file_free(text);
	return errors ? EXIT_USAGE : 0;
}

static int usage(const char *verb, const char *what)
{
	printf("usage: trustgate devid %s [--config FILE] [--check]\n\n%s\n\n"
	       "Options:\n"
	       "  --config FILE  " CONFIG_PATH " unless given\n"
	       "  --check        read it, say what is wrong with it, and end\n\n"
	       "exit status: 0 ended by a signal, 1 can't serve, 64 usage or configuration\n", verb, what);
	return EXIT_GOOD;
}

struct service {
	const char *what, *section;
	int (*run)(const struct devid_config *c, char *err, size_t errlen);
	bool is_aaa;
};

static int parse(int argc, char **argv, const char **path, bool *check, bool *help)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 256 }, { "check", no_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' }, { 0 },
	};
	int opt;

	optind = 0;
	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt == '?')
			return option_error(argc, argv);
		if (opt == 256)
			*path = optarg;
		*check |= opt == 'c';
		*help |= opt == 'h';
	}
	return optind == argc ? 0 : usage_error(argv[optind], "takes no argument");
}

static int run(const struct service *s, int argc, char **argv)
{
	struct devid_config *c = calloc(1, sizeof(*c));
	const char *path = CONFIG_PATH;
	bool check = false, help = false;
	char err[512] = "";
	int rc = c ? parse(argc, argv, &path, &check, &help) : EXIT_FAILED;

	if (!rc && help) {
		free(c);
		return usage(argv[0], s->what);
	}
	rc = rc ? rc : load(path, c);
	if (!rc && !check && !(s->is_aaa ? c->has_aaa : c->has_repository)) {
		complain(path, "has no section for this service", s->section);
		rc = EXIT_USAGE;
	}
	if (!rc && !check && s->run(c, err, sizeof(err))) {
		complain(argv[0], err, NULL);
		rc = EXIT_FAILED;
	}
	free(c);
	return rc;
}

int devid_serve(struct ctl *ctl, int argc, char **argv)
{
	static const struct service service = {
		"The repository of bindings, over HTTPS with client certificates.",
		"write [repository]", repository_serve, false,
	};

	(void)ctl;
	return run(&service, argc, argv);
}

int devid_aaa(struct ctl *ctl, int argc, char **argv)
{
	static const struct service service = {
		"The AAA front end: answers the network's verifier by what the repository has.",
		"write [aaa]", aaa_serve, true,
	};

	(void)ctl;
	return run(&service, argc, argv);
}
