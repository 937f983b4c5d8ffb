// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate tre: the keys, the identity and the root in the TPM. What its verbs share. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include "check.h"
#include "tre.h"

#define DEADLINE_S	60	/* making keys takes a slow TPM seconds each */

static const struct option options[] = {
	{ "tcti", required_argument, NULL, TRE_OPT_TCTI },
	{ "identity", required_argument, NULL, TRE_OPT_IDENTITY },
	{ "operator-identity", required_argument, NULL, TRE_OPT_OPERATOR },
	{ "anchor-key", required_argument, NULL, TRE_OPT_ANCHOR_KEY },
	{ "dir", required_argument, NULL, TRE_OPT_DIR },
	{ "pcr-bound", required_argument, NULL, TRE_OPT_PCR_BOUND },
	{ "owner-auth", required_argument, NULL, TRE_OPT_OWNER_AUTH },
	{ "replace", required_argument, NULL, TRE_OPT_REPLACE },
	{ "secret", required_argument, NULL, TRE_OPT_SECRET },
	{ "root", required_argument, NULL, TRE_OPT_ROOT },
	{ "version", required_argument, NULL, TRE_OPT_VERSION },
	{ "key", required_argument, NULL, TRE_OPT_KEY },
	{ "output", required_argument, NULL, TRE_OPT_OUTPUT },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

int tre_failed(const char *what, const struct tre_result *result)
{
	char text[TEXT_ROOM], why[TEXT_ROOM + 80];

	snprintf(why, sizeof(why), "%s: %s", result->rule,
		 clean(text, sizeof(text), result->detail));
	complain(what, why, NULL);
	return EXIT_FAILED;
}

static void late(int sig)
{
	static const char text[] = "trustgate: TPM: gave no answer in time (look at the TPM, and at what else uses it)\n";

	(void)sig;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) != sizeof(text) - 1)
		_exit(EXIT_FAILED);
	_exit(EXIT_FAILED);
}

int tre_open(const struct tre_args *a, struct tre_session *s)
{
	const char *tcti = tre_option(a, TRE_OPT_TCTI), *wait = getenv("TRUSTGATE_TPM_TIMEOUT");
	uint32_t seconds = DEADLINE_S;
	struct tre_result result;

	if (!tcti)
		tcti = getenv("TRUSTGATE_TCTI");
	if (wait && parse_u32(wait, 1, 3600, &seconds))
		return usage_error("TRUSTGATE_TPM_TIMEOUT", "is no number of seconds");
	signal(SIGALRM, late);
	alarm(seconds);
	if (tre_session_open(s, tcti && *tcti ? tcti : TRE_TCTI, &result))
		return 0;
	tre_session_close(s);
	return tre_failed("TPM", &result);
}

static int cant(const char *path, const char *why)
{
	complain(path, why, "name another file, or see whether it may be used");
	return EXIT_FAILED;
}

static const char *join(char buf[PATH_MAX], const char *dir, const char *name)
{
	snprintf(buf, PATH_MAX, "%s%s%s", dir ? dir : "", dir ? "/" : "", name);
	return buf;
}

int tre_read(const char *dir, const char *name, uint8_t *out, size_t *len)
{
	char buf[PATH_MAX];
	const char *path = join(buf, dir, name);
	FILE *f = fopen(path, "re");
	int err;

	if (!f)
		return cant(path, strerror(errno));
	*len = fread(out, 1, TRE_FILE_MAX, f);
	err = ferror(f) ? EIO : *len == TRE_FILE_MAX ? EFBIG : 0;
	fclose(f);
	return err ? cant(path, strerror(err)) : 0;
}

static int put(const char *path, const void *data, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, data, len);
	if (n < 0 || (size_t)n != len || fsync(fd)) {
		int err = errno ? errno : ENOSPC;

		close(fd);
		unlink(path);
		return -err;
	}
	return close(fd) ? -errno : 0;
}

int tre_write(const char *dir, const char *name, const void *data, size_t len, bool secret)
{
	char buf[PATH_MAX], tmp[PATH_MAX + 8];
	const char *path = join(buf, dir, name);
	int err;

	snprintf(tmp, sizeof(tmp), "%s.new", path);
	errno = 0;
	err = put(tmp, data, len, secret ? 0600 : 0644);
	if (!err && rename(tmp, path))
		err = -errno;
	return err ? cant(path, strerror(-err)) : 0;
}

int tre_vendor(const struct tre_args *a, struct tre_vendor *vendor, bool *there)
{
	static uint8_t text[TRE_FILE_MAX];
	const char *path = tre_option(a, TRE_OPT_ANCHOR_KEY);
	struct tre_result result;
	size_t len;
	int rc;

	*there = path;
	if (!path)
		return 0;
	rc = tre_read(NULL, path, text, &len);
	if (!rc && !tre_vendor_load(text, len, vendor, &result))
		rc = tre_failed(path, &result);
	return rc;
}

int tre_cert(const char *path, uint8_t *der, size_t *len)
{
	struct check_items items = { 0 };
	int rc = check_load_one(path, "CERTIFICATE", &items);

	if (!rc && items.item[0].len > TRE_ANCHOR_DER_MAX)
		rc = cant(path, "is too large for a certificate");
	if (!rc) {
		*len = items.item[0].len;
		memcpy(der, items.item[0].data, *len);
	}
	check_items_free(&items);
	return rc ? EXIT_FAILED : 0;
}

const char *tre_anchor_hex(const struct tre_anchor *anchor, char hex[TRE_HEX_ROOM])
{
	uint8_t digest[TRE_DIGEST_LEN];

	tre_anchor_digest(anchor, digest);
	return hex_text(hex, TRE_HEX_ROOM, digest, sizeof(digest));
}

char *tre_pem(const char *label, const uint8_t *der, size_t len)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL, *text = NULL;
	long n;

	if (bio && PEM_write_bio(bio, label, "", der, (long)len) > 0) {
		n = BIO_get_mem_data(bio, &data);
		text = n > 0 ? strndup(data, (size_t)n) : NULL;
	}
	BIO_free(bio);
	return text;
}

EVP_PKEY *tre_private(const char *path)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;

	if (f)
		fclose(f);
	ERR_clear_error();
	return key;
}

char *tre_public_pem(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL, *text = NULL;
	long n;

	if (bio && PEM_write_bio_PUBKEY(bio, key) == 1) {
		n = BIO_get_mem_data(bio, &data);
		text = n > 0 ? strndup(data, (size_t)n) : NULL;
	}
	BIO_free(bio);
	return text;
}

static int parse_part(struct tre_args *a, const char *word)
{
	for (unsigned int i = 0; i < TRE_PARTS; i++) {
		if (strcmp(word, tre_part_word((enum tre_part)i)))
			continue;
		a->replace |= 1u << i;
		return 0;
	}
	return usage_error(word, "is no part: ek, srk, ak, ike, identity, operator, anchor or approval");
}

static int parse(struct tre_args *a, const struct tre_verb *verb, int argc, char **argv)
{
	int opt;

	optind = 0;
	while ((opt = getopt_long(argc, argv, "jho:", options, NULL)) != -1) {
		unsigned int i = (unsigned int)(opt == 'o' ? TRE_OPT_OUTPUT : opt) - TRE_OPT_TCTI;

		if (opt == '?')
			return option_error(argc, argv);
		if (opt == 'h') {
			printf("usage: trustgate %s\n", verb->usage);
			exit(EXIT_OPEN);
		}
		if (opt == 'j') {
			a->ctl->json = true;
			continue;
		}
		if (!(verb->takes & 1u << i))
			return usage_error(verb->name, "does not take one of these options");
		if (opt == TRE_OPT_REPLACE) {
			if (parse_part(a, optarg))
				return EXIT_USAGE;
			continue;
		}
		if (a->option[i])
			return usage_error(verb->name, "is given an option twice");
		a->option[i] = optarg;
	}
	a->argc = argc - optind;
	a->argv = argv + optind;
	if (a->argc >= verb->min && a->argc <= verb->max)
		return 0;
	fprintf(stderr, "usage: trustgate %s\n", verb->usage);
	return EXIT_USAGE;
}

int tre_run(struct ctl *ctl, const struct tre_verb *verbs, size_t n, int argc, char **argv)
{
	bool help = argc && (!strcmp(argv[0], "-h") || !strcmp(argv[0], "--help"));
	struct tre_args a = { .ctl = ctl };
	int rc;

	for (size_t i = 0; argc && i < n; i++) {
		if (strcmp(argv[0], verbs[i].name))
			continue;
		rc = parse(&a, &verbs[i], argc, argv);
		return rc ? rc : verbs[i].run(&a);
	}
	if (argc && !help)
		return usage_error(argv[0], "is no verb of this");
	for (size_t i = 0; i < n; i++)
		fprintf(help ? stdout : stderr, "%s trustgate %s\n", i ? "      " : "usage:",
			verbs[i].usage);
	return help ? EXIT_OPEN : EXIT_USAGE;
}

int verb_tre(struct ctl *ctl, int argc, char **argv)
{
	static const struct tre_verb verbs[] = {
		{ "provision", tre_verb_provision,
		  TRE_TAKES(TCTI) | TRE_TAKES(IDENTITY) | TRE_TAKES(ANCHOR_KEY) | TRE_TAKES(DIR) |
		  TRE_TAKES(OWNER_AUTH) | TRE_TAKES(REPLACE) | TRE_TAKES(PCR_BOUND) |
		  TRE_TAKES(OPERATOR), 0, 0,
		  "tre provision [--identity NAME] [--operator-identity NAME] [--anchor-key FILE] [--pcr-bound FILE] [--owner-auth FILE] [--dir DIR] [--replace PART]... [-j]" },
		{ "show", tre_verb_show, TRE_TAKES(TCTI) | TRE_TAKES(ANCHOR_KEY), 0, 0,
		  "tre show [--anchor-key FILE] [-j]" },
	};

	for (; argc && (!strcmp(argv[0], "-j") || !strcmp(argv[0], "--json")); argc--, argv++)
		ctl->json = true;
	if (argc && !strcmp(argv[0], "credential"))
		return tre_credential(ctl, argc - 1, argv + 1);
	if (argc && !strcmp(argv[0], "anchor"))
		return tre_anchor(ctl, argc - 1, argv + 1);
	if (argc && !strcmp(argv[0], "approval"))
		return tre_approval(ctl, argc - 1, argv + 1);
	return tre_run(ctl, verbs, ARRAY_SIZE(verbs), argc, argv);
}
