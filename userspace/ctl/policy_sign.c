// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate policy sign: with the operator's key, in the file. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "policy.h"

enum { OPT_KEY = 256 };

static const struct option options[] = {
	{ "key", required_argument, NULL, OPT_KEY },
	{ "output", required_argument, NULL, 'o' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int usage(void)
{
	puts("usage: trustgate policy sign --key FILE POLICY [-o FILE]\n\n"
	     "Signs POLICY with a private key in PEM, EC over P-256 or Ed25519; a signature that\n"
	     "it has is replaced. Agents with [tre] policy_key take no policy without one.\n\n"
	     "  --key FILE          the operator's private key\n"
	     "  -o, --output FILE   (POLICY)\n"
	     "  -j, --json          print one JSON document, where a file is written\n\n"
	     "exit status: 0 signed, 1 failed, 64 usage");
	return EXIT_OPEN;
}

/* @text without an old signature, ending in a newline, and with @line. */
static char *join(const char *text, size_t body, const char *line, size_t *len)
{
	char *out = NULL;
	int n = asprintf(&out, "%.*s%s", (int)body, text, line);

	*len = n < 0 ? 0 : (size_t)n;
	return n < 0 ? NULL : out;
}

static int sign(const struct ctl *ctl, const char *path, const char *key_path, const char *output)
{
	struct policy_text text = { 0 }, key = { 0 };
	char err[256], *line = NULL, *signed_text = NULL;
	struct tre_policy *policy = policy_load(path, &text);
	size_t body, len;
	int rc = EXIT_FAILED;

	if (policy && !policy_need(key_path, TRE_KEY_MAX, &key)) {
		body = tre_policy_body(policy);
		if (!tre_policy_version(policy))
			complain(path, "has no version", "add 'version N': without, an old policy can't be told from a new one");
		else if (!body || text.data[body - 1] != '\n')
			complain(path, "does not end in a newline", "add one");
		else if (!tre_policy_sign(text.data, body, key.data, key.len, &line, err, sizeof(err)))
			complain(key_path, err, NULL);
		else
			signed_text = join(text.data, body, line, &len);
		if (signed_text)
			rc = policy_write(output, signed_text, len);
		if (signed_text && !rc && strcmp(output, "-"))
			rc = policy_done(ctl, output, tre_policy_name(policy),
					 tre_policy_version(policy), false);
	}
	/* The private key: not for whoever gets this memory next. */
	if (key.data)
		explicit_bzero(key.data, key.len);
	tre_policy_free(policy);
	free(text.data);
	free(key.data);
	free(line);
	free(signed_text);
	return rc;
}

int policy_sign(struct ctl *ctl, int argc, char **argv)
{
	const char *key = NULL, *output = NULL;
	int opt;

	optind = 0;
	while ((opt = getopt_long(argc, argv, "o:jh", options, NULL)) != -1) {
		if (opt == OPT_KEY)
			key = optarg;
		else if (opt == 'o')
			output = optarg;
		else if (opt == 'j')
			ctl->json = true;
		else if (opt == 'h')
			return usage();
		else
			return option_error(argc, argv);
	}
	if (!key || optind + 1 != argc)
		return usage_error("policy sign", key ? "name one policy" : "name the key, --key FILE");
	return sign(ctl, argv[optind], key, output ? output : argv[optind]);
}
