/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a certificate says that its status can be had (SGW-REV-06): the OCSP entries
 * of its AIA and the CRL distribution points. A certificate is a peer's say-so, so
 * nothing in it is looked at before its path is good (PIT-34), and nobody is asked
 * who is not on the operator's list.
 */
#ifndef TRUSTGATE_SEGW_POINTERS_H
#define TRUSTGATE_SEGW_POINTERS_H

#include "pki/pki.h"
#include "segw/uri.h"

#define POINTERS_MAX		8	/* more in one certificate: none is used */
#define POINTER_HOSTS_MAX	32
#define POINTER_NETS_MAX	32
#define POINTER_CERT_MAX		65536	/* octets */

enum pointer_kind { POINTER_OCSP, POINTER_CRL };

struct pointer_host {
	char host[URI_HOST_MAX + 1];	/* as in struct uri */
	uint16_t port;
};

struct pointer_policy {
	bool use;			/* false: every pointer is refused */
	struct pointer_host hosts[POINTER_HOSTS_MAX];
	size_t nhosts;
	/* Ranges that are not of the Internet and may be asked all the same. */
	struct uri_prefix nets[POINTER_NETS_MAX];
	size_t nnets;
};

struct pointer {
	enum pointer_kind kind;
	struct uri uri;
	const char *refused;		/* rule that it breaks, or NULL: it may be asked */
};

/*
 * The pointers of @cert, refused ones with why. @chain is what pki_check_chain() said
 * of the path that @cert leads; unless that is good, and of this very certificate,
 * there are none. Returns how many of @out were filled.
 */
size_t pointers_of(struct pki_der cert, const struct pki_result *chain,
		   const struct pointer_policy *policy, struct pointer out[POINTERS_MAX]);

/*
 * Whether a connection to @addr may be made for a pointer whose host was resolved to
 * it: NULL, or the rule that it breaks. To be asked of the very address that is
 * connected to, not of one that was resolved before.
 */
const char *pointer_addr_refused(const struct pointer_policy *policy, const struct uri_addr *addr);

/* Whether @uri may be asked at all: by host and port, and by the address it names. */
const char *pointer_refused(const struct pointer_policy *policy, const struct uri *uri);

/* "host[:port]" into @out. NULL, or the rule that it breaks. */
const char *pointer_host_parse(const char *text, struct pointer_host *out);

#endif /* TRUSTGATE_SEGW_POINTERS_H */
