// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate check config: errors of a configuration, all of them, each with its line. */
#include <string.h>
#include "agent/config.h"
#include "check.h"

struct lint {
	const struct ctl *ctl;
	json_t *errors;
	unsigned int n;
};

static void print_error(const char *file, int line, const char *key, const char *value,
			const char *rule, const char *remedy)
{
	char k[TEXT_ROOM], v[TEXT_ROOM], where[64] = "";

	if (line)
		snprintf(where, sizeof(where), ":%d", line);
	clean(k, sizeof(k), key);
	clean(v, sizeof(v), value);
	fprintf(stderr, "trustgate: %s%s: %s%s%s%s%s", file, where, k, *k && *v ? " = " : "", v,
		*k || *v ? ": " : "", rule);
	fprintf(stderr, *remedy ? " (%s)\n" : "%s\n", remedy);
}

static void on_error(void *arg, const char *file, int line, const char *key, const char *value,
		     const char *rule, const char *remedy)
{
	struct lint *lint = arg;
	json_t *e;

	key = key ? key : "";
	value = value ? value : "";
	remedy = remedy ? remedy : "";
	lint->n++;
	print_error(file, line, key, value, rule, remedy);
	if (!lint->ctl->json)
		return;
	e = json_object();
	json_object_set_new(e, "file", json_text(file));
	json_object_set_new(e, "line", json_integer(line));
	json_object_set_new(e, "key", json_text(key));
	json_object_set_new(e, "value", json_text(value));
	json_object_set_new(e, "rule", json_text(rule));
	json_object_set_new(e, "remedy", json_text(remedy));
	json_array_append_new(lint->errors, e);
}

/* 0, or the exit status; the files are what is left from optind. */
static int parse_options(struct ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { { "json", no_argument, NULL, 'j' }, { 0 } };
	int opt;

	optind = 0;
	while ((opt = getopt_long(argc, argv, "j", options, NULL)) != -1) {
		if (opt != 'j')
			return option_error(argc, argv);
		ctl->json = true;
	}
	return 0;
}

int check_config(struct ctl *ctl, int argc, char **argv)
{
	char *standard[] = { (char *)CONFIG_PATH };
	struct lint lint = { .ctl = ctl, .errors = json_array() };
	struct config config;
	json_t *doc, *files = json_array();
	int status = parse_options(ctl, argc, argv);

	if (status)
		return status;
	argc -= optind;
	argv += optind;
	if (!argc) {
		argc = 1;
		argv = standard;
	}
	for (int i = 0; i < argc; i++) {
		if (config_load(argv[i], &config, on_error, &lint) && !lint.n)
			on_error(&lint, argv[i], 0, "", "", "can't be used", "");
		json_array_append_new(files, json_text(argv[i]));
	}
	status = lint.n ? EXIT_FAILED : EXIT_OPEN;
	doc = json_object();
	json_object_set_new(doc, "ok", json_boolean(!lint.n));
	json_object_set_new(doc, "files", files);
	json_object_set_new(doc, "errors", lint.errors);
	if (ctl->json)
		return json_emit(doc, "trustgate.check-config/1", true, status);
	json_decref(doc);
	return status;
}
