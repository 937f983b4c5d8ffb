// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cipher suites (TS 33.320 8.3.4: RC4 never; the others are ours). A list is judged by
 * what libssl makes of it, not by how it is spelt.
 */
#include "hems/internal.h"

#include <stdio.h>
#include <string.h>
#include <openssl/err.h>

static const char *weakness(const SSL_CIPHER *c)
{
	static const struct {
		int nid;
		const char *why;
	} ciphers[] = {
		{ NID_undef, "no encryption" }, { NID_rc4, "RC4" },
		{ NID_des_cbc, "DES" }, { NID_des_ede3_cbc, "3DES" }, { NID_rc2_cbc, "RC2" },
		{ NID_idea_cbc, "IDEA" }, { NID_seed_cbc, "SEED" },
	};
	int nid = SSL_CIPHER_get_cipher_nid(c), auth = SSL_CIPHER_get_auth_nid(c);

	for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++)
		if (nid == ciphers[i].nid)
			return ciphers[i].why;
	if (SSL_CIPHER_get_digest_nid(c) == NID_md5)
		return "MD5";
	/* NID_auth_any is TLS 1.3, where a certificate is asked for by what we set. */
	if (auth != NID_auth_rsa && auth != NID_auth_ecdsa && auth != NID_auth_any)
		return "no authentication by certificate";
	return NULL;
}

const char *hems_set_ciphers(SSL_CTX *ctx, const char *ciphers, char *why, size_t whylen)
{
	const STACK_OF(SSL_CIPHER) *list;

	/* Of OpenSSL's levels the one that both distributions and Documentation mean. */
	SSL_CTX_set_security_level(ctx, 0);
	if (SSL_CTX_set_cipher_list(ctx, ciphers) != 1) {
		ERR_clear_error();
		snprintf(why, whylen, "%.100s names no cipher suite (see openssl-ciphers(1))", ciphers);
		return "tls.ciphers.none";
	}
	list = SSL_CTX_get_ciphers(ctx);
	for (int i = 0; i < sk_SSL_CIPHER_num(list); i++) {
		const SSL_CIPHER *c = sk_SSL_CIPHER_value(list, i);
		const char *weak = weakness(c);

		if (!weak)
			continue;
		snprintf(why, whylen, "%s has %s (leave it out of the ciphers)",
			 SSL_CIPHER_get_name(c), weak);
		return "tls.ciphers.weak";
	}
	SSL_CTX_set_security_level(ctx, 2);
	return NULL;
}

const char *hems_ciphers_problem(const char *ciphers, char *why, size_t whylen)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	const char *rule = "memory";

	snprintf(why, whylen, "out of memory (free some)");
	if (ctx)
		rule = hems_set_ciphers(ctx, ciphers, why, whylen);
	SSL_CTX_free(ctx);
	return rule;
}
