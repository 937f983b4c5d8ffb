// SPDX-License-Identifier: GPL-2.0-or-later
#include "maker.h"

#include <stdio.h>
#include <stdlib.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#define TYPE		35209900

/* Freed when the test is over: by nobody. */
static void *kept[256];
static size_t nkept;

static void keep(void *what)
{
	if (nkept < sizeof(kept) / sizeof(kept[0]))
		kept[nkept++] = what;
}

EVP_PKEY *maker_key(const char *kind)
{
	EVP_PKEY *key = *kind == 'P' ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind) :
			EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)atoi(kind));

	if (!key) {
		printf("Bail out! no key %s\n", kind);
		exit(1);
	}
	keep(key);
	return key;
}

struct pki_der maker_spki(EVP_PKEY *key)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	if (len <= 0) {
		puts("Bail out! no public key");
		exit(1);
	}
	keep(der);
	return (struct pki_der){ der, (size_t)len };
}

void maker_imei(char imei[DEVID_IMEI_MAX + 1], unsigned int n)
{
	unsigned int sum = 0;

	snprintf(imei, DEVID_IMEI_MAX + 1, "%08u%06u", TYPE + n / 1000000, n % 1000000);
	for (int i = 0; i < 14; i++) {
		unsigned int d = (unsigned int)(imei[i] - '0') << (i & 1);

		sum += d > 9 ? d - 9 : d;
	}
	imei[14] = (char)('0' + (10 - sum % 10) % 10);
	imei[15] = '\0';
}

struct devid_binding maker_y(struct pki_der spki)
{
	return (struct devid_binding){ .solution = DEVID_Y, .status = DEVID_ACTIVE, .imei = MAKER_IMEI,
				       .time_s = 1790000000, .public_key = spki };
}
