/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The repository's configuration, one INI file (Documentation/devid.rst), and who may do
 * what by it: DID-X-P6, DID-X-11, PRIV-03. Pure: the text is read by the caller.
 */
#ifndef TRUSTGATE_DEVID_ACCESS_H
#define TRUSTGATE_DEVID_ACCESS_H

#include <limits.h>
#include "devid/request.h"

#define ACCESS_CLIENTS_MAX	256
#define ACCESS_RANGES_MAX	4096	/* of all clients together */
#define ACCESS_LABEL_MAX	40
#define ACCESS_NAME_MAX		253

/* Type allocation codes, the first 8 digits of an IMEI. */
struct access_range {
	uint32_t from, to;
	uint16_t client;
	uint8_t verb;			/* enum devid_verb */
};

struct access_client {
	char label[ACCESS_LABEL_MAX + 1];	/* as it is logged */
	char name[ACCESS_NAME_MAX + 1];		/* DNS name in its certificate's SAN */
};

struct devid_config {
	/* [repository] */
	char listen[64];		/* 192.0.2.1:8443, [2001:db8::1]:8443 */
	char tls_cert[PATH_MAX], tls_key[PATH_MAX], client_ca[PATH_MAX];
	char store[PATH_MAX], store_key[PATH_MAX], signing_key[PATH_MAX];
	char user[64];
	uint32_t connections, connections_per_address;
	/* [client LABEL] */
	struct access_client clients[ACCESS_CLIENTS_MAX];
	size_t nclients;
	struct access_range ranges[ACCESS_RANGES_MAX];
	size_t nranges;
	/* [aaa] */
	char aaa_socket[108], aaa_url[1024];
	char aaa_ca[PATH_MAX], aaa_cert[PATH_MAX], aaa_key[PATH_MAX];
	char aaa_repository_key[PATH_MAX], aaa_user[64], aaa_group[64];
	bool aaa_ca_from_repository;	/* ca_source: DID-X-P7 */
	uint32_t aaa_cache_s;		/* FFS-10: 0 is off, 3600 at most */
	uint32_t aaa_recheck_s;		/* how often the repository is asked for withdrawals */
	bool has_repository, has_aaa;
};

typedef void devid_config_report_fn(void *arg, int line, const char *key, const char *why);

/* The number of errors, each of which was reported; @c is then not to be used. */
int devid_config_parse(const char *text, size_t len, struct devid_config *c,
		       devid_config_report_fn *report, void *arg);

/*
 * Whether a client whose certificate has one of the @n DNS @names may do @verb with
 * @imei. Which client it is, or -1, is in @client, also when it may not.
 */
bool access_allows(const struct devid_config *c, const char *const *names, size_t n,
		   enum devid_verb verb, const char *imei, int *client);

#endif /* TRUSTGATE_DEVID_ACCESS_H */
