/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The directory below the CRL store: nothing here knows what a CRL is. */
#ifndef TRUSTGATE_SEGW_CRLSTORE_DIR_H
#define TRUSTGATE_SEGW_CRLSTORE_DIR_H

#include "segw/crlstore.h"

/* Makes @dir when needed and locks it against other importers; a descriptor or -errno. */
int crlstore_dir_lock(const char *dir);
void crlstore_dir_unlock(int lock);
/* Likewise, but -EWOULDBLOCK when another importer has it. */
int crlstore_dir_trylock(const char *dir);

/*
 * Put @issuer and @crl in the place of what is there, so that at any moment, also one
 * at which the power fails, either is there as a whole. 0, or -errno and nothing has
 * changed. The caller holds the lock.
 */
int crlstore_dir_replace(const char *dir, enum rev_class class, struct pki_der issuer,
			 const uint8_t *scope, struct pki_der crl);

/* The same for who must not parse @issuer: @name is crlstore_name()'s. -EINVAL for a
 * name that is no such.
 */
int crlstore_dir_put(const char *dir, const char *name, struct pki_der issuer,
		     struct pki_der crl);

#endif /* TRUSTGATE_SEGW_CRLSTORE_DIR_H */
