// SPDX-License-Identifier: GPL-2.0-or-later
#include "trustgate_key.h"

#include <asn1/asn1.h>
#include <credentials/keys/private_key.h>
#include <library.h>
#include <threading/mutex.h>

/* Beyond the longest deadline that the agent can have for the TPM. */
#define SIGN_MS	21000
#define NUMBER_LEN	32	/* of r and of s on P-256 */

typedef struct private_trustgate_key_t private_trustgate_key_t;
typedef struct tpm_key_t tpm_key_t;

struct private_trustgate_key_t {
	trustgate_key_t public;
	trustgate_link_t *link;
	mutex_t *mutex;
	/* The key that the agent told of last. */
	public_key_t *known;
};

/* What charon holds while it authenticates. */
struct tpm_key_t {
	private_key_t public;
	trustgate_link_t *link;
	public_key_t *key;
	refcount_t ref;
};

/* --- the key ---------------------------------------------------------------- */

static bool ask(trustgate_link_t *link, chunk_t digest, struct tg_reply *reply)
{
	struct tg_msg *m = tg_msg_create(TG_WIRE_SIGN);

	if (m && digest.len)
		tg_msg_put(m, TG_WIRE_DIGEST, digest.ptr, digest.len);
	if (!link->request(link, m, SIGN_MS, reply)) {
		DBG1(DBG_CFG, "trustgate: the IKE key is the agent's to use, and it does not "
		     "answer: no AUTH (is trustgated running?)");
		return FALSE;
	}
	if (reply->status) {
		DBG1(DBG_CFG, "trustgate: the TPM does not sign: %s", reply->text);
		return FALSE;
	}
	return TRUE;
}

/* Of ECDSA-Sig-Value: r and s, each NUMBER_LEN octets. */
static bool flatten(chunk_t der, chunk_t *out)
{
	uint8_t raw[2 * NUMBER_LEN] = { 0 };
	chunk_t body, number;

	if (asn1_unwrap(&der, &body) != ASN1_SEQUENCE || der.len)
		return FALSE;
	for (int i = 1; i <= 2; i++) {
		if (asn1_unwrap(&body, &number) != ASN1_INTEGER)
			return FALSE;
		number = chunk_skip_zero(number);
		if (number.len > NUMBER_LEN)
			return FALSE;
		memcpy(raw + i * NUMBER_LEN - number.len, number.ptr, number.len);
	}
	*out = chunk_clone(chunk_from_thing(raw));
	return !body.len;
}

METHOD(private_key_t, sign, bool, tpm_key_t *this, signature_scheme_t scheme, void *params,
       chunk_t data, chunk_t *signature)
{
	hasher_t *hasher = lib->crypto->create_hasher(lib->crypto, HASH_SHA256);
	uint8_t digest[HASH_SIZE_SHA256];
	struct tg_reply reply;
	chunk_t der;
	bool hashed;

	(void)params;
	if (scheme != SIGN_ECDSA_WITH_SHA256_DER && scheme != SIGN_ECDSA_256) {
		DESTROY_IF(hasher);
		DBG1(DBG_CFG, "trustgate: the IKE key signs by ECDSA with SHA-256 alone");
		return FALSE;
	}
	hashed = hasher && hasher->get_hash(hasher, data, digest);
	DESTROY_IF(hasher);
	if (!hashed || !ask(this->link, chunk_from_thing(digest), &reply))
		return FALSE;
	der = chunk_create(reply.signature, reply.signature_len);
	/* Of a key that took this one's place nobody would take it. */
	if (!der.len || !this->key->verify(this->key, SIGN_ECDSA_WITH_SHA256_DER, NULL, data, der)) {
		DBG1(DBG_CFG, "trustgate: the TPM signed by another key than the certificate's: no "
		     "AUTH (have a certificate issued for it: trustgate tre provision)");
		return FALSE;
	}
	if (scheme == SIGN_ECDSA_256)
		return flatten(der, signature);
	*signature = chunk_clone(der);
	return TRUE;
}

METHOD(private_key_t, get_type, key_type_t, tpm_key_t *this)
{
	(void)this;
	return KEY_ECDSA;
}

METHOD(private_key_t, supported_signature_schemes, enumerator_t *, tpm_key_t *this)
{
	static signature_params_t params = { .scheme = SIGN_ECDSA_WITH_SHA256_DER };

	(void)this;
	return enumerator_create_single(&params, NULL);
}

METHOD(private_key_t, decrypt, bool, tpm_key_t *this, encryption_scheme_t scheme, void *params,
       chunk_t crypto, chunk_t *plain)
{
	(void)this;
	(void)scheme;
	(void)params;
	(void)crypto;
	(void)plain;
	return FALSE;
}

METHOD(private_key_t, get_keysize, int, tpm_key_t *this)
{
	return this->key->get_keysize(this->key);
}

METHOD(private_key_t, get_public_key, public_key_t *, tpm_key_t *this)
{
	return this->key->get_ref(this->key);
}

METHOD(private_key_t, get_fingerprint, bool, tpm_key_t *this, cred_encoding_type_t type,
       chunk_t *fingerprint)
{
	return this->key->get_fingerprint(this->key, type, fingerprint);
}

METHOD(private_key_t, get_encoding, bool, tpm_key_t *this, cred_encoding_type_t type,
       chunk_t *encoding)
{
	(void)this;
	(void)type;
	(void)encoding;
	return FALSE;
}

METHOD(private_key_t, get_ref, private_key_t *, tpm_key_t *this)
{
	ref_get(&this->ref);
	return &this->public;
}

METHOD(private_key_t, destroy_key, void, tpm_key_t *this)
{
	if (!ref_put(&this->ref))
		return;
	this->key->destroy(this->key);
	free(this);
}

static private_key_t *key_create(trustgate_link_t *link, public_key_t *key)
{
	tpm_key_t *this;

	INIT(this,
		.public = {
			.get_type = _get_type,
			.supported_signature_schemes = _supported_signature_schemes,
			.sign = _sign,
			.decrypt = _decrypt,
			.get_keysize = _get_keysize,
			.get_public_key = _get_public_key,
			.equals = private_key_equals,
			.belongs_to = private_key_belongs_to,
			.get_fingerprint = _get_fingerprint,
			.has_fingerprint = private_key_has_fingerprint,
			.get_encoding = _get_encoding,
			.get_ref = _get_ref,
			.destroy = _destroy_key,
		},
		.link = link,
		.key = key,
		.ref = 1,
	);
	return &this->public;
}

/* --- the set ---------------------------------------------------------------- */

static public_key_t *fetch(private_trustgate_key_t *this)
{
	struct tg_reply reply;
	public_key_t *key;

	if (!ask(this->link, chunk_empty, &reply))
		return NULL;
	key = lib->creds->create(lib->creds, CRED_PUBLIC_KEY, KEY_ECDSA, BUILD_BLOB_ASN1_DER,
				 chunk_create(reply.key, reply.key_len), BUILD_END);
	if (!key)
		DBG1(DBG_CFG, "trustgate: charon does not take the TPM's key (load its plugin "
		     "openssl)");
	return key;
}

/* A new reference to the key of that identifier; NULL: it is not ours. */
static public_key_t *find(private_trustgate_key_t *this, chunk_t id)
{
	public_key_t *key = NULL, *old;

	this->mutex->lock(this->mutex);
	if (this->known && this->known->has_fingerprint(this->known, id))
		key = this->known->get_ref(this->known);
	this->mutex->unlock(this->mutex);
	/* It may have been replaced. */
	if (key || !(key = fetch(this)))
		return key;
	this->mutex->lock(this->mutex);
	old = this->known;
	this->known = key->get_ref(key);
	this->mutex->unlock(this->mutex);
	DESTROY_IF(old);
	if (key->has_fingerprint(key, id))
		return key;
	key->destroy(key);
	return NULL;
}

METHOD(credential_set_t, create_private_enumerator, enumerator_t *, private_trustgate_key_t *this,
       key_type_t type, identification_t *id)
{
	private_key_t *key;
	public_key_t *public;

	if ((type != KEY_ANY && type != KEY_ECDSA) || !id || id->get_type(id) != ID_KEY_ID ||
	    !this->link->signs(this->link))
		return NULL;
	public = find(this, id->get_encoding(id));
	if (!public)
		return NULL;
	key = key_create(this->link, public);
	return enumerator_create_single(key, (void *)key->destroy);
}

METHOD(trustgate_key_t, destroy, void, private_trustgate_key_t *this)
{
	DESTROY_IF(this->known);
	this->mutex->destroy(this->mutex);
	free(this);
}

trustgate_key_t *trustgate_key_create(trustgate_link_t *link)
{
	private_trustgate_key_t *this;

	INIT(this,
		.public = {
			.set = {
				.create_private_enumerator = _create_private_enumerator,
				.create_cert_enumerator = (void *)return_null,
				.create_shared_enumerator = (void *)return_null,
				.create_cdp_enumerator = (void *)return_null,
				.cache_cert = (void *)nop,
			},
			.destroy = _destroy,
		},
		.link = link,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
