// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate report: INTEGRITY_INFO outside of IKE, for provisioning and for third parties. */
#include <stdlib.h>
#include <string.h>
#include "report.h"

#define BIT(o)		(1u << ((o) - RO_SPI_I))
#define BINDING		(BIT(RO_SPI_I) | BIT(RO_SPI_R) | BIT(RO_NI) | BIT(RO_NR) | BIT(RO_ID) | \
			 BIT(RO_IDI) | BIT(RO_BINDING))
#define BINDING_HELP							\
	"The IKE SA, hexadecimal where nothing else is said:\n"		\
	"  --spi-i HEX --spi-r HEX   its SPIs, 8 octets each\n"		\
	"  --ni HEX --nr HEX         its nonces, 16 to 256 octets\n"	\
	"  --id NAME                 the H(e)NB's identity, an FQDN\n"	\
	"  --idi HEX                 or the body of its IDi payload\n"	\
	"  --binding FILE            or all of them as JSON: spi_i, spi_r, ni, nr, id or idi\n"

static const struct option options[] = {
	{ "spi-i", required_argument, NULL, RO_SPI_I },
	{ "spi-r", required_argument, NULL, RO_SPI_R },
	{ "ni", required_argument, NULL, RO_NI },
	{ "nr", required_argument, NULL, RO_NR },
	{ "id", required_argument, NULL, RO_ID },
	{ "idi", required_argument, NULL, RO_IDI },
	{ "binding", required_argument, NULL, RO_BINDING },
	{ "tcti", required_argument, NULL, RO_TCTI },
	{ "pcrs", required_argument, NULL, RO_PCRS },
	{ "policy", required_argument, NULL, RO_POLICY },
	{ "firmware", required_argument, NULL, RO_FIRMWARE },
	{ "ak-output", required_argument, NULL, RO_AK_OUTPUT },
	{ "output", required_argument, NULL, RO_OUTPUT },
	{ "raw", required_argument, NULL, RO_RAW },
	{ "ak", required_argument, NULL, RO_AK },
	{ "device", required_argument, NULL, RO_DEVICE },
	{ "devices", required_argument, NULL, RO_DEVICES },
	{ "cert", required_argument, NULL, RO_CERT },
	{ "reference", required_argument, NULL, RO_REFERENCE },
	{ "url", required_argument, NULL, RO_URL },
	{ "ca", required_argument, NULL, RO_CA },
	{ "tls-cert", required_argument, NULL, RO_TLS_CERT },
	{ "tls-key", required_argument, NULL, RO_TLS_KEY },
	{ "with-pcrs", no_argument, NULL, RO_WITH_PCRS },
	{ "accept-degraded", no_argument, NULL, RO_DEGRADED },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const struct report_verb {
	const char *name;
	int (*run)(struct report_args *a);
	uint32_t takes;
	bool file;		/* takes the record as its argument */
	const char *usage;
} verbs[] = {
	{ "make", report_make,
	  BINDING | BIT(RO_TCTI) | BIT(RO_PCRS) | BIT(RO_POLICY) | BIT(RO_FIRMWARE) |
	  BIT(RO_AK_OUTPUT) | BIT(RO_OUTPUT) | BIT(RO_WITH_PCRS), false,
	  "usage: trustgate report make BINDING --output FILE [OPTIONS]\n\n"
	  "Has this box's TPM make an INTEGRITY_INFO record for an IKE SA.\n\n" BINDING_HELP
	  "Options:\n"
	  "  --output FILE     where the record goes; - is standard output\n"
	  "  --ak-output FILE  where the attestation key's TPM2B_PUBLIC goes\n"
	  "  --policy FILE     reference policy of PCR values that the box's verdict is by;\n"
	  "                    without one the verdict is fail\n"
	  "  --firmware FILE   the firmware's manifest, of which the digest is told\n"
	  "  --pcrs LIST       PCRs to quote: 0-7 unless given, as 0,2,7-10\n"
	  "  --with-pcrs       tell their values as well\n"
	  "  --tcti TCTI       the TPM: device:/dev/tpmrm0, or TRUSTGATE_TCTI\n"
	  "  -j, --json        print one JSON document\n\n"
	  "exit status: 0 made, 1 not, 64 usage" },
	{ "show", report_show, BINDING | BIT(RO_RAW), true,
	  "usage: trustgate report show [BINDING] [--raw DIR] [-j] FILE\n\n"
	  "What a record says; nothing of it is verified. With a binding, what its quote has to\n"
	  "be over.\n\n" BINDING_HELP
	  "Options:\n"
	  "  --raw DIR         write its TPM structures: quote.attest, quote.sig\n"
	  "  -j, --json        print one JSON document\n\n"
	  "exit status: 0 a record, 1 none, 64 usage" },
	{ "verify", report_verify,
	  BINDING | BIT(RO_AK) | BIT(RO_DEVICE) | BIT(RO_DEVICES) | BIT(RO_CERT) |
	  BIT(RO_REFERENCE) | BIT(RO_PCRS) | BIT(RO_DEGRADED), true,
	  "usage: trustgate report verify BINDING (--ak FILE | --device NAME --cert FILE)\n"
	  "                               [--reference FILE] [OPTIONS] FILE\n\n"
	  "Whether a record is authentic, of this IKE SA, and of a state that is allowed.\n\n"
	  BINDING_HELP
	  "Options:\n"
	  "  --ak FILE         the attestation key, a TPM2B_PUBLIC\n"
	  "  --device NAME     or the device that is enrolled by this name, and\n"
	  "  --cert FILE       the certificate that it signed AUTH with\n"
	  "  --devices FILE    the store: /var/lib/trustgate/devices.db unless given\n"
	  "  --reference FILE  reference policy; without one nothing is good\n"
	  "  --pcrs LIST       PCRs that have to be quoted: 0-7 unless given\n"
	  "  --accept-degraded the box's own pass-degraded is enough\n"
	  "  -j, --json        print one JSON document\n\n"
	  "exit status: 0 good, 1 bad, 2 indeterminate, 64 usage" },
	{ "validate", report_validate,
	  BINDING | BIT(RO_URL) | BIT(RO_CA) | BIT(RO_TLS_CERT) | BIT(RO_TLS_KEY), true,
	  "usage: trustgate report validate BINDING --url URL [OPTIONS] FILE\n\n"
	  "What a validation entity says of a record, which it is sent unchanged.\n\n" BINDING_HELP
	  "Options:\n"
	  "  --url URL         where to, https:// alone\n"
	  "  --ca FILE         PEM, who may have issued the entity's certificate\n"
	  "  --tls-cert FILE   PEM, to show the entity, and its\n"
	  "  --tls-key FILE    key\n"
	  "  -j, --json        print one JSON document\n\n"
	  "exit status: 0 good, 1 bad, 2 no answer that says either, 64 usage" },
};

static int parse(struct report_args *a, const struct report_verb *verb, int argc, char **argv)
{
	int opt;

	optind = 0;
	while ((opt = getopt_long(argc, argv, "jho:", options, NULL)) != -1) {
		int o = opt == 'o' ? RO_OUTPUT : opt;

		if (opt == '?')
			return option_error(argc, argv);
		if (opt == 'h') {
			puts(verb->usage);
			exit(EXIT_GOOD);
		}
		if (opt == 'j') {
			a->ctl->json = true;
			continue;
		}
		if (!(verb->takes & BIT(o)))
			return usage_error(argv[optind - 1], "no option of this verb");
		if (a->option[o - RO_SPI_I])
			return usage_error(verb->name, "is given an option twice");
		a->option[o - RO_SPI_I] = optarg ? optarg : "";
	}
	if (argc - optind != verb->file)
		return usage_error(verb->name, verb->file ? "takes one record, a file or -" : "takes no file");
	a->file = verb->file ? argv[optind] : NULL;
	return 0;
}

int verb_report(struct ctl *ctl, int argc, char **argv)
{
	struct report_args a = { .ctl = ctl };
	bool help = false;
	int rc;

	for (; argc && *argv[0] == '-'; argc--, argv++) {
		help = !strcmp(argv[0], "-h") || !strcmp(argv[0], "--help");
		if (help)
			break;
		if (strcmp(argv[0], "-j") && strcmp(argv[0], "--json"))
			return usage_error(argv[0], "no such option");
		ctl->json = true;
	}
	for (size_t i = 0; argc && !help && i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(argv[0], verbs[i].name))
			continue;
		rc = parse(&a, &verbs[i], argc, argv);
		return rc ? rc : verbs[i].run(&a);
	}
	if (!help)
		return usage_error(argc ? argv[0] : "report", "make, show, verify or validate");
	puts("usage: trustgate report make|show|verify|validate [OPTIONS]\n\nEach has its own --help.");
	return EXIT_GOOD;
}
