/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bindings for tests. What can't be made ends the test. */
#ifndef TRUSTGATE_TEST_DEVID_MAKER_H
#define TRUSTGATE_TEST_DEVID_MAKER_H

#include "devid/binding.h"

#define MAKER_IMEI	"352099001761481"
#define MAKER_OTHER	"352099001761499"

EVP_PKEY *maker_key(const char *kind);		/* as ca_key() */
struct pki_der maker_spki(EVP_PKEY *key);
/* The IMEI of type 35209900 and what is above it, with serial number @n and check digit. */
void maker_imei(char imei[DEVID_IMEI_MAX + 1], unsigned int n);
/* Solution y, active, of MAKER_IMEI. */
struct devid_binding maker_y(struct pki_der spki);

#endif /* TRUSTGATE_TEST_DEVID_MAKER_H */
