/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CRLs that are kept on this machine: one file for each issuer, scope and class of source,
 * which holds the issuer's certificate and then the list, both DER. A file is replaced
 * as a whole or not at all, and only by a newer list of the same issuer (SGW-REV-05).
 *
 * A file is found by the issuer's name and key, and its signature is checked again
 * whenever it is loaded, against the issuer that the checked path has.
 */
#ifndef TRUSTGATE_SEGW_CRLSTORE_H
#define TRUSTGATE_SEGW_CRLSTORE_H

#include "pki/crl.h"
#include "segw/revocation.h"

#define CRLSTORE_SCOPE_LEN	8	/* octets of a scope's digest in a name */
#define CRLSTORE_NAME_ROOM	(2 * PKI_DIGEST_LEN + 2 * CRLSTORE_SCOPE_LEN + 32)

/*
 * The name of the file for @issuer and @class: "operator-crl-" and the SHA-256 of the
 * issuer's name and key in hexadecimal, so that a CA whose certificate was renewed
 * keeps its list; behind another "-" the first octets of the digest @scope of the list's
 * issuingDistributionPoint, where it has one (NULL: it has none), so that the parts of a
 * split list lie beside one another. Parses @issuer. 0, or -EINVAL.
 */
int crlstore_name(enum rev_class class, struct pki_der issuer, const uint8_t *scope,
		  char out[CRLSTORE_NAME_ROOM]);

/* Whether @name is that of a list of the issuer and class whose own name is @base. */
bool crlstore_name_is_of(const char *name, const char *base);

/* A file's octets, and where its two halves are. */
struct crlstore_file {
	uint8_t *map;		/* read only; NULL: nothing is mapped */
	size_t len;
	struct pki_der issuer, crl;
};

/*
 * Whether @new may take the place of @old (NULL: there is none) at @now: PKI_GOOD, or
 * PKI_BAD with the rule: a lower crlNumber, the same one with other content, none where
 * there was one, an earlier thisUpdate, or one of the future. "crl.import.same" is
 * PKI_GOOD and means that there is nothing to do.
 */
void crlstore_succession(const struct pki_crl_info *old, const struct pki_crl_info *new,
			 int64_t skew_s, int64_t now, struct pki_result *result);

/*
 * Import @crl of @issuer for @class into @dir, which is made when it is not there.
 * PKI_GOOD: it is there, durably; else @result says why, and what was there before
 * is there still. The issuer's right to sign for anybody is the caller's to know.
 */
void crlstore_import(const char *dir, enum rev_class class, struct pki_der crl,
		     struct pki_der issuer, const struct pki_crl_policy *policy, int64_t now,
		     struct pki_result *result);

/*
 * Map the file for @issuer, @class and @scope, as in crlstore_name(). 0, -ENOENT when there is none, or another
 * negative errno, -EBADMSG for a file that is not two DER structures. Nothing in it
 * has been verified. crlstore_close() takes it.
 */
int crlstore_open(const char *dir, enum rev_class class, struct pki_der issuer,
		  const uint8_t *scope, struct crlstore_file *file);
void crlstore_close(struct crlstore_file *file);

/*
 * Call @each for every file of @dir (map NULL: it is damaged), which may keep the file
 * by copying and zeroing it, until it returns other than 0, which is then
 * returned; -errno when the directory can't be read, 0 when there is none.
 */
int crlstore_each(const char *dir,
		  int (*each)(void *arg, enum rev_class class, const char *path,
			      struct crlstore_file *file), void *arg);

#endif /* TRUSTGATE_SEGW_CRLSTORE_H */
