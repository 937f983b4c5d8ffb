/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which H(e)NBs have to do both rounds of RFC 4739, the certificate and EAP-AKA: the user
 * profile of TS 33.320 A.1-3 and A.2-3, chosen by IDi.
 */
#ifndef TRUSTGATE_SEGW_ROUNDS_H
#define TRUSTGATE_SEGW_ROUNDS_H

#include <stdbool.h>

/*
 * @list: identities of devices, "*.DOMAIN" for all below it, "*" for all, with commas.
 * NULL, or the rule that it breaks.
 */
const char *rounds_check(const char *list);

/* Is @identity among @list, which rounds_check() has looked at? */
bool rounds_combined(const char *list, const char *identity);

#endif /* TRUSTGATE_SEGW_ROUNDS_H */
