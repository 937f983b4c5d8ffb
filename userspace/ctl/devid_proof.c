// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * trustgate devid challenge, prove, verify: the messages of the two agents made and judged
 * by hand, for provisioning and for a network entity that has its own way to carry them.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <openssl/crypto.h>
#include "check.h"
#include "devid.h"
#include "devid/aaa.h"
#include "devid/files.h"
#include "devid/proof.h"
#include "devid_local.h"
#include "report.h"
#include "tre.h"
#include "tre/device.h"

#define AAA_MS	10000

enum {
	DP_SOLUTION = 300, DP_CHALLENGE, DP_PROOF, DP_CHANNEL, DP_OUTPUT, DP_RECORD,
	DP_REPOSITORY_KEY, DP_AAA, DP_CA, DP_PROFILE, DP_CRL, DP_AT, DP_TCTI, DP_END,
};

#define BIT(o)	(1u << ((o) - DP_SOLUTION))

static const struct option options[] = {
	{ "solution", required_argument, NULL, DP_SOLUTION },
	{ "challenge", required_argument, NULL, DP_CHALLENGE },
	{ "proof", required_argument, NULL, DP_PROOF },
	{ "channel", required_argument, NULL, DP_CHANNEL },
	{ "output", required_argument, NULL, DP_OUTPUT },
	{ "record", required_argument, NULL, DP_RECORD },
	{ "repository-key", required_argument, NULL, DP_REPOSITORY_KEY },
	{ "aaa", required_argument, NULL, DP_AAA },
	{ "ca", required_argument, NULL, DP_CA },
	{ "profile", required_argument, NULL, DP_PROFILE },
	{ "crl", required_argument, NULL, DP_CRL },
	{ "at", required_argument, NULL, DP_AT },
	{ "tcti", required_argument, NULL, DP_TCTI },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct args {
	struct ctl *ctl;
	const char *option[DP_END - DP_SOLUTION];
	bool help;
};

static const char *opt(const struct args *a, int o)
{
	return a->option[o - DP_SOLUTION];
}

static int parse(struct args *a, uint32_t takes, int argc, char **argv)
{
	int o;

	optind = 0;
	while ((o = getopt_long(argc, argv, "jho:", options, NULL)) != -1) {
		o = o == 'o' ? DP_OUTPUT : o;
		if (o == '?')
			return option_error(argc, argv);
		a->help |= o == 'h';
		a->ctl->json |= o == 'j';
		if (o == 'h' || o == 'j')
			continue;
		if (!(takes & BIT(o)))
			return usage_error(argv[0], "does not take one of these options");
		if (opt(a, o))
			return usage_error(argv[0], "is given an option twice");
		a->option[o - DP_SOLUTION] = optarg;
	}
	return optind == argc ? 0 : usage_error(argv[optind], "takes no argument");
}

static int refused(const char *what, const struct devid_result *r)
{
	char text[TEXT_ROOM], why[TEXT_ROOM + 80];

	snprintf(why, sizeof(why), "%s: %s", r->rule, clean(text, sizeof(text), r->detail));
	complain(what, why, NULL);
	return EXIT_FAILED;
}

/* The IKE SA's, of 64 hexadecimal digits. */
static int channel(const struct args *a, uint8_t out[DEVID_CHANNEL_LEN])
{
	const char *s = opt(a, DP_CHANNEL);

	if (!s || strlen(s) != 2 * DEVID_CHANNEL_LEN ||
	    strspn(s, "0123456789abcdefABCDEF") != 2 * DEVID_CHANNEL_LEN)
		return usage_error("--channel",
				   "is SHA-256 of SPIi, SPIr, Ni and Nr, 64 hexadecimal digits");
	for (size_t i = 0; i < DEVID_CHANNEL_LEN; i++) {
		const char octet[3] = { s[2 * i], s[2 * i + 1] };

		out[i] = (uint8_t)strtoul(octet, NULL, 16);
	}
	return 0;
}

static int read_challenge(const struct args *a, struct devid_challenge *c)
{
	const char *path = opt(a, DP_CHALLENGE);
	uint8_t buf[CHALLENGE_LEN + 1];
	struct devid_result r;
	size_t len;
	int rc;

	if (!path)
		return usage_error("--challenge", "is missing");
	rc = report_read(path, buf, sizeof(buf), &len);
	if (!rc && !devid_challenge_decode(buf, len, c, &r))
		rc = refused(path, &r);
	return rc;
}

/* --- the network's question ------------------------------------------------------- */

static int do_challenge(const struct args *a)
{
	struct devid_challenge c = { DEVID_SOLUTION_NONE };
	uint8_t out[CHALLENGE_LEN];
	size_t len;

	if (opt(a, DP_SOLUTION))
		c.solution = devid_solution_parse(opt(a, DP_SOLUTION));
	if (getrandom(c.nonce, sizeof(c.nonce), 0) != sizeof(c.nonce))
		return EXIT_FAILED;
	len = devid_challenge_encode(&c, out);
	if (!len)
		return usage_error("--solution", "is x (a certificate) or y (a public key)");
	return report_write(opt(a, DP_OUTPUT) ? opt(a, DP_OUTPUT) : "-", out, len);
}

int devid_challenge_verb(struct ctl *ctl, int argc, char **argv)
{
	struct args a = { .ctl = ctl };
	int rc = parse(&a, BIT(DP_SOLUTION) | BIT(DP_OUTPUT), argc, argv);

	if (rc || !a.help)
		return rc ? rc : do_challenge(&a);
	puts("usage: trustgate devid challenge --solution x|y [-o FILE]\n\n"
	     "Makes an identity request: 32 random octets, for one solution. To be answered\n"
	     "within 10 s, and once.");
	return EXIT_OPEN;
}

/* --- the device's answer ------------------------------------------------------------ */

static int sign(const struct args *a, const struct devid_challenge *c, const uint8_t *ch,
		uint8_t out[PROOF_MAX], size_t *len)
{
	uint8_t digest[PROOF_DIGEST_LEN], sig[TRE_SIGNATURE_DER_MAX];
	struct devid_proof proof = { .solution = c->solution, .sig = sig };
	struct tre_device device = { 0 };
	struct tre_result result;
	struct tre_session s;
	int rc = devid_tpm_open(a->ctl, opt(a, DP_TCTI), &s);

	if (rc)
		return rc;
	if (!tre_device_read(&s, &device, &result)) {
		rc = tre_failed("device", &result);
	} else {
		memcpy(proof.imei, device.imei, sizeof(device.imei));
		if (!devid_proof_digest(c, proof.imei, ch, digest))
			rc = EXIT_FAILED;
		else if (!tre_device_sign(&s, digest, sig, &proof.sig_len, &result))
			rc = tre_failed("TPM", &result);
		*len = rc ? 0 : devid_proof_encode(&proof, out);
	}
	tre_session_close(&s);
	OPENSSL_cleanse(&device, sizeof(device));
	OPENSSL_cleanse(&proof, sizeof(proof));
	return rc;
}

static int do_prove(const struct args *a)
{
	uint8_t ch[DEVID_CHANNEL_LEN], out[PROOF_MAX];
	struct devid_challenge c;
	size_t len = 0;
	int rc = channel(a, ch);

	rc = rc ? rc : read_challenge(a, &c);
	rc = rc ? rc : sign(a, &c, ch, out, &len);
	rc = rc ? rc : report_write(opt(a, DP_OUTPUT) ? opt(a, DP_OUTPUT) : "-", out, len);
	OPENSSL_cleanse(out, sizeof(out));
	return rc;
}

int devid_prove_verb(struct ctl *ctl, int argc, char **argv)
{
	struct args a = { .ctl = ctl };
	int rc = parse(&a, BIT(DP_CHALLENGE) | BIT(DP_CHANNEL) | BIT(DP_OUTPUT) | BIT(DP_TCTI), argc,
		       argv);

	if (rc || !a.help)
		return rc ? rc : do_prove(&a);
	puts("usage: trustgate devid prove --challenge FILE --channel HEX [-o FILE] [--tcti TCTI]\n\n"
	     "Answers an identity request with this box's IMEI, signed in the TPM. The answer has\n"
	     "the IMEI in it: whoever carries it has to keep it from others.");
	return EXIT_OPEN;
}

/* --- the network's verdict ----------------------------------------------------------- */

struct verifying {
	struct devid_issued asked;
	struct devid_proof proof;
	uint8_t octets[PROOF_MAX + 1];
	uint8_t *record;			/* room for DEVID_RECORD_MAX + 1 */
	struct aaa_answer answer;
	struct devid_binding binding;
	struct pki_profile rules;
	struct check_items ca, crl;
	struct devid_policy policy;
	struct devid_result result;
};

static bool from_record(const struct args *a, struct verifying *v, int *rc)
{
	char err[DEVID_TEXT_MAX + 1];
	EVP_PKEY *key = NULL;
	size_t len;
	bool ok = false;

	v->record = malloc(DEVID_RECORD_MAX + 1);
	*rc = v->record ? report_read(opt(a, DP_RECORD), v->record, DEVID_RECORD_MAX + 1, &len) :
			  EXIT_FAILED;
	if (!*rc)
		key = file_public_key(opt(a, DP_REPOSITORY_KEY), err, sizeof(err));
	if (!*rc && !key) {
		complain("devid", err, NULL);
		*rc = EXIT_USAGE;
	}
	if (!*rc)
		ok = devid_binding_verify(v->record, len, key, &v->binding, &v->result);
	EVP_PKEY_free(key);
	return ok;
}

/* The binding of whoever @v->proof says it is. *@rc: an exit status, told. */
static bool find_binding(const struct args *a, struct verifying *v, int *rc)
{
	const char *socket = opt(a, DP_AAA) ? opt(a, DP_AAA) : AAA_SOCKET;

	*rc = 0;
	if (opt(a, DP_RECORD))
		return from_record(a, v, rc);
	if (!aaa_ask(socket, AAA_MS, v->proof.solution, v->proof.imei, &v->answer, &v->result))
		return false;
	v->binding = v->answer.binding;
	v->policy.binding_ca = v->answer.ca_usable;
	return true;
}

static int load(const struct args *a, struct verifying *v)
{
	size_t len;
	int rc = channel(a, v->asked.channel);

	rc = rc ? rc : read_challenge(a, &v->asked.challenge);
	if (!rc && !opt(a, DP_PROOF))
		rc = usage_error("--proof", "is missing");
	if (!rc && !opt(a, DP_RECORD) != !opt(a, DP_REPOSITORY_KEY))
		rc = usage_error("--record", "and --repository-key go together");
	rc = rc ? rc : report_read(opt(a, DP_PROOF), v->octets, sizeof(v->octets), &len);
	rc = rc ? rc : check_at(opt(a, DP_AT), &v->policy.now);
	rc = rc ? rc : check_profile(opt(a, DP_PROFILE) ? opt(a, DP_PROFILE) : "devid", &v->rules);
	if (!rc && opt(a, DP_CA))
		rc = check_load(opt(a, DP_CA), "CERTIFICATE", &v->ca);
	if (!rc && opt(a, DP_CRL) && !v->ca.n)
		rc = usage_error("--crl", "needs --ca, its issuer first");
	if (!rc && opt(a, DP_CRL))
		rc = check_load_one(opt(a, DP_CRL), "X509 CRL", &v->crl);
	v->policy.profile = &v->rules;
	v->policy.anchors = v->ca.item;
	v->policy.nanchors = v->ca.n;
	if (!rc && v->crl.n) {
		v->policy.crl = v->crl.item[0];
		v->policy.crl_issuer = v->ca.item[0];
	}
	if (!rc && !devid_proof_decode(v->octets, len, &v->proof, &v->result))
		rc = -1;
	return rc;
}

static int print(const struct args *a, const struct verifying *v)
{
	static const char *const words[] = { "indeterminate", "good", "bad" };
	static const int status[] = { EXIT_INDETERMINATE, EXIT_GOOD, EXIT_BAD };
	const struct devid_result *r = &v->result;
	char text[TEXT_ROOM];

	if (a->ctl->json)
		return json_emit(json_pack("{s:s, s:s, s:s, s:o}", "result", words[r->verdict],
					   "solution",
					   devid_solution_name(v->asked.challenge.solution),
					   "rule", r->rule, "detail", json_text(r->detail)),
				 "trustgate.devid-verify/1", true, status[r->verdict]);
	printf("%s: %s: %s\n", words[r->verdict], r->rule, clean(text, sizeof(text), r->detail));
	return status[r->verdict];
}

static int do_verify(const struct args *a)
{
	struct verifying *v = calloc(1, sizeof(*v));
	int rc = v ? load(a, v) : EXIT_FAILED;

	if (!rc && find_binding(a, v, &rc))
		devid_proof_verify(&v->proof, &v->asked, &v->binding, &v->policy, &v->result);
	if (rc <= 0)
		rc = print(a, v);
	if (v) {
		check_items_free(&v->ca);
		check_items_free(&v->crl);
		free(v->record);
		OPENSSL_cleanse(v, sizeof(*v));
	}
	free(v);
	return rc;
}

int devid_verify_verb(struct ctl *ctl, int argc, char **argv)
{
	struct args a = { .ctl = ctl };
	int rc = parse(&a, BIT(DP_CHALLENGE) | BIT(DP_PROOF) | BIT(DP_CHANNEL) | BIT(DP_RECORD) |
		       BIT(DP_REPOSITORY_KEY) | BIT(DP_AAA) | BIT(DP_CA) | BIT(DP_PROFILE) |
		       BIT(DP_CRL) | BIT(DP_AT), argc, argv);

	if (rc || !a.help)
		return rc ? rc : do_verify(&a);
	puts("usage: trustgate devid verify --challenge FILE --proof FILE --channel HEX BINDING [OPTIONS]\n\n"
	     "Judges an answer to an identity request. Who asked sees to it that it came in time,\n"
	     "and was the only one.\n\n"
	     "The binding:\n"
	     "  --record FILE         a record of the repository, and\n"
	     "  --repository-key FILE PEM, the public key that it is signed with; or\n"
	     "  --aaa SOCKET          who is to be asked for it\n"
	     "Options:\n"
	     "  --ca FILE             PEM, roots that device certificates are issued below\n"
	     "  --crl FILE            PEM, the list of the first of them\n"
	     "  --profile NAME        of certificates; devid\n"
	     "  --at TIME             RFC 3339, or @ and seconds\n"
	     "  -j, --json            print one JSON document\n\n"
	     "exit status: 0 good, 1 bad, 2 can't be told, 64 usage");
	return EXIT_OPEN;
}
