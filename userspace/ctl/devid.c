// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate devid: which of its verbs. */
#include <string.h>
#include "devid.h"
#include "devid_local.h"

static const struct {
	const char *name;
	verb_fn run;
	const char *help;
} verbs[] = {
	{ "serve", devid_serve, "the repository of bindings, over HTTPS" },
	{ "aaa", devid_aaa, "what stands between the network's verifier and the repository" },
	{ "publish", devid_publish, "bind an IMEI to a certificate or a public key" },
	{ "query", devid_query, "the binding of an IMEI, verified" },
	{ "withdraw", devid_withdraw, "end a binding" },
	{ "provision", devid_provision, "make the device key, keep the IMEI, in this box's TPM" },
	{ "show", devid_show, "whether this box can prove its identifier" },
	{ "challenge", devid_challenge_verb, "make an identity request" },
	{ "prove", devid_prove_verb, "answer one, signed by the TPM" },
	{ "verify", devid_verify_verb, "judge an answer" },
	{ "ask", devid_ask_verb, "have a device asked once more" },
	{ "status", devid_status, "whether an IMEI has a binding; how many a store has" },
};

static int usage(void)
{
	puts("usage: trustgate devid VERB [OPTIONS]\n");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		printf("  %-10s %s\n", verbs[i].name, verbs[i].help);
	puts("\nEach has its own --help.");
	return EXIT_OPEN;
}

int verb_devid(struct ctl *ctl, int argc, char **argv)
{
	for (; argc && *argv[0] == '-'; argc--, argv++) {
		if (!strcmp(argv[0], "-h") || !strcmp(argv[0], "--help"))
			return usage();
		if (strcmp(argv[0], "-j") && strcmp(argv[0], "--json"))
			return usage_error(argv[0], "no such option");
		ctl->json = true;
	}
	for (size_t i = 0; argc && i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(argv[0], verbs[i].name))
			return verbs[i].run(ctl, argc, argv);
	return usage_error(argc ? argv[0] : "devid", "no such verb");
}
