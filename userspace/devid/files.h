/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files and sockets of the services and the verbs of device identifiers. */
#ifndef TRUSTGATE_DEVID_FILES_H
#define TRUSTGATE_DEVID_FILES_H

#include <stddef.h>
#include <stdint.h>
#include <openssl/types.h>

/* Each: NULL, or below 0, with the name and why in @err. */

/* All of a file of at most 1 MiB, NUL behind it. file_free() forgets what was in it. */
char *file_text(const char *path, char *err, size_t errlen);
void file_free(char *text);

EVP_PKEY *file_private_key(const char *path, char *err, size_t errlen);
EVP_PKEY *file_public_key(const char *path, char *err, size_t errlen);

/* A socket that listens on "ADDRESS:PORT", "[ADDRESS]:PORT"; says on stderr which, for port 0. */
int listen_on(const char *where, int backlog, char *err, size_t errlen);

#endif /* TRUSTGATE_DEVID_FILES_H */
