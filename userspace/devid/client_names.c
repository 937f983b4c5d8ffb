// SPDX-License-Identifier: GPL-2.0-or-later
#include "devid/client_names.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#define NAME_MAX_LEN	254

static int trusted(gnutls_session_t session)
{
	gnutls_typed_vdata_st purpose = {
		.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT,
	};
	unsigned int status;

	return gnutls_certificate_type_get2(session, GNUTLS_CTYPE_PEERS) == GNUTLS_CRT_X509 &&
	       gnutls_certificate_verify_peers(session, &purpose, 1, &status) == 0 && status == 0;
}

static void take_names(gnutls_x509_crt_t cert, struct client_names *out)
{
	for (unsigned int i = 0; out->n < CLIENT_NAMES_MAX; i++) {
		char name[NAME_MAX_LEN];
		size_t len = sizeof(name);
		int type = gnutls_x509_crt_get_subject_alt_name(cert, i, name, &len, NULL);

		if (type == GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue;
		if (type < 0)
			return;
		/* A NUL would end the name where the CA did not. */
		if (type != GNUTLS_SAN_DNSNAME || len >= sizeof(name) || memchr(name, 0, len))
			continue;
		out->name[out->n] = strndup(name, len);
		if (!out->name[out->n])
			return;
		out->n++;
	}
}

void client_names_get(void *tls, struct client_names *out)
{
	gnutls_session_t session = tls;
	const gnutls_datum_t *list;
	gnutls_x509_crt_t cert;
	unsigned int n = 0;

	memset(out, 0, sizeof(*out));
	if (!trusted(session))
		return;
	list = gnutls_certificate_get_peers(session, &n);
	if (!list || !n || gnutls_x509_crt_init(&cert))
		return;
	if (!gnutls_x509_crt_import(cert, &list[0], GNUTLS_X509_FMT_DER))
		take_names(cert, out);
	gnutls_x509_crt_deinit(cert);
}

void client_names_free(struct client_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->name[i]);
	names->n = 0;
}
