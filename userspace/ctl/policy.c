// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate policy: reference policies, made, signed, explained and put in force. */
#include <string.h>
#include <unistd.h>
#include "policy.h"

static const struct {
	const char *name;
	verb_fn run;
} verbs[] = {
	{ "init", policy_init }, { "build", policy_build }, { "sign", policy_sign },
	{ "check", policy_check }, { "apply", policy_apply },
};

static int usage(void)
{
	puts("usage: trustgate policy init|build|sign|check|apply [OPTIONS]\n\n"
	     "  init    a policy from this box, or offline from a root tree and logs\n"
	     "  build   a policy from another one and what is new\n"
	     "  sign    sign it with the operator's key\n"
	     "  check   hold a box's measured state against it\n"
	     "  apply   put it in force: beside the old one, then in its place\n\n"
	     "Each has --help. See trustgate(8).");
	return EXIT_OPEN;
}

int policy_done(const struct ctl *ctl, const char *path, const char *name, uint64_t version,
		bool window)
{
	if (!ctl->json)
		return EXIT_OPEN;
	return json_emit(json_pack("{s:o, s:o, s:I, s:b}", "file", json_text(path),
				   "name", json_text(name), "version", (json_int_t)version,
				   "window", window),
			 "trustgate.policy/1", isatty(STDOUT_FILENO), EXIT_OPEN);
}

int verb_policy(struct ctl *ctl, int argc, char **argv)
{
	if (!argc)
		return usage_error("policy", "say init, build, sign, check or apply");
	if (!strcmp(argv[0], "-h") || !strcmp(argv[0], "--help"))
		return usage();
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(argv[0], verbs[i].name))
			return verbs[i].run(ctl, argc, argv);
	return usage_error(argv[0], "not one of init, build, sign, check, apply");
}
