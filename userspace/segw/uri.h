/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The URIs that the SeGW asks: plain http, and nothing in them that could lead
 * elsewhere. Whom a certificate points to is no different from what an operator
 * writes, except that nobody has looked at it: see pointers.h.
 */
#ifndef TRUSTGATE_SEGW_URI_H
#define TRUSTGATE_SEGW_URI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define URI_MAX		255
#define URI_HOST_MAX	253
#define URI_PREFIX_MAX	48	/* "2001:db8:.../128" and its NUL */

struct uri_addr {
	uint16_t family;	/* AF_INET, AF_INET6; 0: the host is a name */
	uint8_t addr[16];
};

struct uri {
	char text[URI_MAX + 1];
	char host[URI_HOST_MAX + 1];	/* lower case, no trailing dot, no brackets */
	uint16_t port;			/* host byte order; 80 when there is none */
	struct uri_addr addr;
};

struct uri_prefix {
	struct uri_addr addr;
	unsigned int bits;
};

/* Take @text of @len octets apart. NULL, or the rule that it breaks. */
const char *uri_parse(const char *text, size_t len, struct uri *out);

/* "192.0.2.0/24", or an address alone. NULL, or the rule that it breaks. */
const char *uri_prefix_parse(const char *text, struct uri_prefix *out);
bool uri_in_prefix(const struct uri_addr *addr, const struct uri_prefix *prefix);

/*
 * What keeps @addr from being a server in the Internet, or NULL: private, loopback,
 * link-local and multicast ranges, and IPv6 that has IPv4 inside.
 */
const char *uri_special(const struct uri_addr *addr);

#endif /* TRUSTGATE_SEGW_URI_H */
