// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate devid provision, show: the identifier and its key in this box's TPM. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include "check.h"
#include "devid.h"
#include "devid_local.h"
#include "pki/mention.h"
#include "tre.h"
#include "tre/device.h"
#include "tre/state.h"

#define DIR_PRESET	"/var/lib/trustgate/devid"

enum { DD_IMEI = 300, DD_SOLUTION, DD_CERT, DD_OWNER_AUTH, DD_DIR, DD_TCTI, DD_REPLACE, DD_END };

static const struct option options[] = {
	{ "imei", required_argument, NULL, DD_IMEI },
	{ "solution", required_argument, NULL, DD_SOLUTION },
	{ "cert", required_argument, NULL, DD_CERT },
	{ "owner-auth", required_argument, NULL, DD_OWNER_AUTH },
	{ "dir", required_argument, NULL, DD_DIR },
	{ "tcti", required_argument, NULL, DD_TCTI },
	{ "replace", no_argument, NULL, DD_REPLACE },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct args {
	struct ctl *ctl;
	const char *option[DD_END - DD_IMEI];
	bool help;
};

static const char *opt(const struct args *a, int o)
{
	return a->option[o - DD_IMEI];
}

static int parse(struct args *a, int argc, char **argv)
{
	int o;

	optind = 0;
	while ((o = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		if (o == '?')
			return option_error(argc, argv);
		a->help |= o == 'h';
		a->ctl->json |= o == 'j';
		if (o == 'h' || o == 'j')
			continue;
		if (opt(a, o))
			return usage_error(argv[0], "is given an option twice");
		a->option[o - DD_IMEI] = optarg ? optarg : "";
	}
	return optind == argc ? 0 : usage_error(argv[optind], "takes no argument");
}

int devid_tpm_open(struct ctl *ctl, const char *tcti, struct tre_session *s)
{
	struct tre_args t = { .ctl = ctl };

	t.option[TRE_OPT_TCTI - TRE_OPT_TCTI] = tcti;
	return tre_open(&t, s);
}

static int write_pem(const char *dir, const char *name, const char *label, const uint8_t *der,
		     size_t len)
{
	char *pem = tre_pem(label, der, len);
	int rc = pem ? tre_write(dir, name, pem, strlen(pem), false) : EXIT_FAILED;

	free(pem);
	return rc;
}

static int write_request(struct tre_session *s, const char *dir)
{
	struct tre_result result;
	uint8_t *der;
	size_t len;
	int rc;

	if (!tre_device_csr(s, &der, &len, &result))
		return tre_failed("request", &result);
	rc = write_pem(dir, "device.csr", "CERTIFICATE REQUEST", der, len);
	OPENSSL_free(der);
	return rc;
}

/* DID-X-P4, FFS-09: one that names the device would tell on it wherever it is published. */
static int take_certificate(const char *path, const char *dir, const struct tre_device *d)
{
	struct pki_result r = { 0 };
	struct check_items items = { 0 };
	const uint8_t *p;
	X509 *cert;
	uint8_t *spki = NULL;
	int len, rc = check_load_one(path, "CERTIFICATE", &items);

	if (rc)
		return rc;
	p = items.item[0].data;
	cert = d2i_X509(NULL, &p, (long)items.item[0].len);
	len = cert ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki) : -1;
	if (len < 0 || (size_t)len != d->spki_len || memcmp(spki, d->spki, d->spki_len) != 0) {
		complain(path, "certificate.key: it is no certificate of this TPM's device key",
			 "have device.csr certified");
		rc = EXIT_FAILED;
	} else if (!pki_no_imei(items.item[0], d->imei, &r) ||
		   !pki_opaque_names(items.item[0], &r)) {
		char text[TEXT_ROOM], why[TEXT_ROOM + 80];

		snprintf(why, sizeof(why), "%s: %s", r.rule, clean(text, sizeof(text), r.detail));
		complain(path, why, NULL);
		rc = EXIT_FAILED;
	}
	if (!rc)
		rc = write_pem(dir, "device.crt", "CERTIFICATE", items.item[0].data,
			       items.item[0].len);
	OPENSSL_free(spki);
	X509_free(cert);
	check_items_free(&items);
	return rc;
}

static const char *outcome_word(enum tre_outcome o)
{
	static const char *const words[] = { "untouched", "kept", "made", "replaced" };

	return words[o];
}

static int print(const struct args *a, enum tre_outcome key, enum tre_outcome imei,
		 const struct tre_device *d, const char *dir)
{
	char name[TRE_DEVICE_NAME_LEN + 1] = "";

	tre_device_name(d, name);
	if (a->ctl->json)
		return json_emit(json_pack("{s:s, s:s, s:s, s:o}", "key", outcome_word(key),
					   "imei", outcome_word(imei), "name", name,
					   "dir", json_text(dir)),
				 "trustgate.devid-provision/1", true, EXIT_OPEN);
	printf("key   %s\nimei  %s\nname  %s\nfor the repository: %s\n", outcome_word(key),
	       outcome_word(imei), name, dir);
	return EXIT_OPEN;
}

static int provision(const struct args *a, struct tre_session *s, const char *imei,
		     enum devid_solution solution)
{
	const char *dir = opt(a, DD_DIR) ? opt(a, DD_DIR) : DIR_PRESET;
	enum tre_outcome key, index;
	struct tre_result result;
	struct tre_device d;
	int rc = tre_be_owner(opt(a, DD_OWNER_AUTH), s);

	if (rc)
		return rc;
	if (!tre_device_provision(s, imei, opt(a, DD_REPLACE), &key, &index, &result) ||
	    !tre_device_read(s, &d, &result))
		return tre_failed("TPM", &result);
	if (mkdir(dir, 0755) && errno != EEXIST) {
		complain(dir, strerror(errno), "make the directory above it, or name another with --dir");
		return EXIT_FAILED;
	}
	rc = write_pem(dir, "device.pub", "PUBLIC KEY", d.spki, d.spki_len);
	if (!rc && solution == DEVID_X)
		rc = opt(a, DD_CERT) ? take_certificate(opt(a, DD_CERT), dir, &d) :
				       write_request(s, dir);
	rc = rc ? rc : print(a, key, index, &d, dir);
	OPENSSL_cleanse(&d, sizeof(d));
	return rc;
}

static int do_provision(const struct args *a)
{
	enum devid_solution solution = DEVID_SOLUTION_NONE;
	char imei[DEVID_IMEI_MAX + 1];
	struct tre_session s;
	int rc = 0;

	if (opt(a, DD_SOLUTION))
		solution = devid_solution_parse(opt(a, DD_SOLUTION));
	if (!solution)
		return usage_error("--solution", "is x (a certificate) or y (a public key)");
	if (opt(a, DD_CERT) && solution != DEVID_X)
		return usage_error("--cert", "is of solution x");
	if (opt(a, DD_REPLACE) && !opt(a, DD_IMEI))
		return usage_error("--replace", "needs --imei");
	if (opt(a, DD_IMEI))
		rc = devid_imei_arg(opt(a, DD_IMEI), imei);
	rc = rc ? rc : devid_tpm_open(a->ctl, opt(a, DD_TCTI), &s);
	if (rc)
		return rc;
	rc = provision(a, &s, opt(a, DD_IMEI) ? imei : NULL, solution);
	tre_session_close(&s);
	OPENSSL_cleanse(imei, sizeof(imei));
	return rc;
}

int devid_provision(struct ctl *ctl, int argc, char **argv)
{
	struct args a = { .ctl = ctl };
	int rc = parse(&a, argc, argv);

	if (rc || !a.help)
		return rc ? rc : do_provision(&a);
	puts("usage: trustgate devid provision --solution x|y [--imei IMEI] [--cert FILE] [OPTIONS]\n\n"
	     "Makes the device key in the TPM, and keeps the IMEI there. Writes device.pub and,\n"
	     "for solution x, device.csr; with --cert takes the certificate that came of it.\n\n"
	     "  --imei IMEI           15 digits, or 16; @FILE or - keeps them from other users\n"
	     "  --cert FILE           of the device key, with no IMEI and no name in it\n"
	     "  --dir DIR             where to write; " DIR_PRESET "\n"
	     "  --replace             key and IMEI that are there, by new ones\n"
	     "  --owner-auth FILE     the TPM owner's password\n"
	     "  --tcti TCTI           the TPM; device:/dev/tpmrm0\n"
	     "  -j, --json            print one JSON document");
	return EXIT_OPEN;
}

/* The IMEI itself is shown to nobody. */
static int do_show(const struct args *a)
{
	char name[TRE_DEVICE_NAME_LEN + 1] = "";
	struct tre_result result;
	struct tre_device d;
	struct tre_session s;
	int rc = devid_tpm_open(a->ctl, opt(a, DD_TCTI), &s);
	bool good;

	if (rc)
		return rc;
	good = tre_device_read(&s, &d, &result);
	tre_session_close(&s);
	if (d.spki_len)
		tre_device_name(&d, name);
	OPENSSL_cleanse(d.imei, sizeof(d.imei));
	if (a->ctl->json)
		return json_emit(json_pack("{s:b, s:s, s:s, s:o}", "ready", good, "name", name,
					   "rule", result.rule, "detail", json_text(result.detail)),
				 "trustgate.devid-device/1", true, good ? EXIT_OPEN : EXIT_FAILED);
	if (!good)
		return tre_failed("device", &result);
	printf("ready: the TPM has an IMEI and the device key %s\n", name);
	return EXIT_OPEN;
}

int devid_show(struct ctl *ctl, int argc, char **argv)
{
	struct args a = { .ctl = ctl };
	int rc = parse(&a, argc, argv);

	if (rc || !a.help)
		return rc ? rc : do_show(&a);
	puts("usage: trustgate devid show [--tcti TCTI] [-j]\n\n"
	     "Whether this box's TPM can prove a device identifier. Exit status 0: it can.");
	return EXIT_OPEN;
}
