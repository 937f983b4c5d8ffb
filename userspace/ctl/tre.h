/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verbs "trustgate tre ..." share. */
#ifndef TRUSTGATE_CTL_TRE_H
#define TRUSTGATE_CTL_TRE_H

#include "ctl.h"
#include "tre/provision.h"

#define TRE_TCTI	"device:/dev/tpmrm0"
#define TRE_DIR		"/var/lib/trustgate/tre"
#define TRE_FILE_MAX	65536

enum tre_option {
	TRE_OPT_TCTI = 256, TRE_OPT_IDENTITY, TRE_OPT_ANCHOR_KEY, TRE_OPT_DIR, TRE_OPT_OWNER_AUTH,
	TRE_OPT_REPLACE, TRE_OPT_SECRET, TRE_OPT_ROOT, TRE_OPT_VERSION, TRE_OPT_KEY,
	TRE_OPT_OUTPUT, TRE_OPT_PCR_BOUND, TRE_OPT_OPERATOR, TRE_OPT_END,
};

struct tre_args {
	struct ctl *ctl;
	const char *option[TRE_OPT_END - TRE_OPT_TCTI];
	uint32_t replace;	/* mask of 1 << enum tre_part */
	int argc;		/* what is left */
	char **argv;
};

static inline const char *tre_option(const struct tre_args *a, enum tre_option o)
{
	return a->option[o - TRE_OPT_TCTI];
}

/* Of each verb: what it takes. A bit of @takes is 1 << (option - TRE_OPT_TCTI). */
#define TRE_TAKES(name)	(1u << (TRE_OPT_##name - TRE_OPT_TCTI))

struct tre_verb {
	const char *name;
	int (*run)(struct tre_args *a);
	uint32_t takes;
	int min, max;		/* arguments */
	const char *usage;
};

/* Runs the one of @verbs that @argv names. */
int tre_run(struct ctl *ctl, const struct tre_verb *verbs, size_t n, int argc, char **argv);

int tre_verb_provision(struct tre_args *a);
int tre_verb_show(struct tre_args *a);
int tre_credential(struct ctl *ctl, int argc, char **argv);
int tre_anchor(struct ctl *ctl, int argc, char **argv);
int tre_approval(struct ctl *ctl, int argc, char **argv);

/* Complains of what @result says went wrong with @what; the exit status. */
int tre_failed(const char *what, const struct tre_result *result);
/* A connection to the TPM that ends the tool when it is late. 0, or the exit status. */
int tre_open(const struct tre_args *a, struct tre_session *s);
/* Owner of the TPM by the password in @path; NULL: by an empty one. 0, or told. */
int tre_be_owner(const char *path, struct tre_session *s);
/* The octets of DIR/NAME, or of NAME when @dir is NULL; room for TRE_FILE_MAX. */
int tre_read(const char *dir, const char *name, uint8_t *out, size_t *len);
/* Whole or not at all. */
int tre_write(const char *dir, const char *name, const void *data, size_t len, bool secret);
/* The vendor's key of --anchor-key; *@there: it was given. */
int tre_vendor(const struct tre_args *a, struct tre_vendor *vendor, bool *there);
/* The certificate in the file @path, PEM or DER, as DER; room for TRE_ANCHOR_DER_MAX. */
int tre_cert(const char *path, uint8_t *der, size_t *len);
/* The private key in the file @path, PEM; NULL: none. */
EVP_PKEY *tre_private(const char *path);
/* Its public key, PEM; for free(). */
char *tre_public_pem(EVP_PKEY *key);
/* An approval from DIR/NAME, or from NAME when @dir is NULL; and to it. */
int tre_approval_load(const char *dir, const char *name, struct tre_approval *out);
int tre_approval_save(const char *dir, const char *name, const struct tre_approval *a);
/* As the one that is in force, below @dir. */
int tre_approval_keep(const char *dir, const struct tre_approval *a);
/* The digest of the root in @anchor, hexadecimal. */
#define TRE_HEX_ROOM	(2 * TRE_DIGEST_LEN + 1)
const char *tre_anchor_hex(const struct tre_anchor *anchor, char hex[TRE_HEX_ROOM]);
/* A block of PEM around @der; for free(). */
char *tre_pem(const char *label, const uint8_t *der, size_t len);

#endif /* TRUSTGATE_CTL_TRE_H */
