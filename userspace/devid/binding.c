// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading a record. Its octets may come from the network, or from a disk that was at fault. */
#include "devid/binding_internal.h"

#include <string.h>
#include <openssl/evp.h>
#include "tre/cbor.h"

#define REMEDY	"publish the binding anew"

struct reader {
	struct tre_cbor in;
	struct devid_binding *b;
	struct devid_result *result;
};

static bool bad(struct reader *rd, const char *rule, const char *what)
{
	devid_set(rd->result, DEVID_BAD, rule, "%s (" REMEDY ")", what);
	return false;
}

static bool next_key(struct reader *rd, enum binding_field key)
{
	struct tre_cbor_item item;

	return tre_cbor_next(&rd->in, &item) && item.kind == TRE_CBOR_UINT && item.value == key;
}

static bool next_uint(struct reader *rd, enum binding_field key, uint64_t max, uint64_t *v)
{
	struct tre_cbor_item item;

	if (!next_key(rd, key) || !tre_cbor_next(&rd->in, &item) || item.kind != TRE_CBOR_UINT ||
	    item.value > max)
		return false;
	*v = item.value;
	return true;
}

static bool next_octets(struct reader *rd, size_t max, struct pki_der *out)
{
	struct tre_cbor_item item;

	if (!tre_cbor_next(&rd->in, &item) || item.kind != TRE_CBOR_BYTES || !item.value ||
	    item.value > max)
		return false;
	*out = (struct pki_der){ item.data, (size_t)item.value };
	return true;
}

static bool next_bytes(struct reader *rd, enum binding_field key, size_t max, struct pki_der *out)
{
	return next_key(rd, key) && next_octets(rd, max, out);
}

static bool next_imei(struct reader *rd)
{
	struct tre_cbor_item item;

	if (!next_key(rd, BINDING_F_IMEI) || !tre_cbor_next(&rd->in, &item) ||
	    item.kind != TRE_CBOR_TEXT || item.value > DEVID_IMEI_MAX)
		return false;
	memcpy(rd->b->imei, item.data, (size_t)item.value);
	return true;
}

/* What both solutions have. */
static bool read_common(struct reader *rd)
{
	uint64_t version, solution, status, time_s;
	struct pki_der signer;

	if (!next_uint(rd, BINDING_F_VERSION, BINDING_VERSION, &version) ||
	    version != BINDING_VERSION)
		return bad(rd, "binding.version", "the version is not 1, the only one known");
	if (!next_uint(rd, BINDING_F_SOLUTION, DEVID_Y, &solution) || !solution)
		return bad(rd, "binding.solution", "the solution is neither x nor y");
	if (!next_uint(rd, BINDING_F_STATUS, DEVID_WITHDRAWN, &status) || !status)
		return bad(rd, "binding.status", "the status is neither active nor withdrawn");
	if (!next_uint(rd, BINDING_F_TIME, INT64_MAX, &time_s))
		return bad(rd, "binding.time", "there is no time");
	if (!next_imei(rd))
		return bad(rd, "binding.imei", "there is no IMEI");
	if (!next_bytes(rd, BINDING_F_SIGNER, DEVID_DIGEST_LEN, &signer) ||
	    signer.len != DEVID_DIGEST_LEN)
		return bad(rd, "binding.signer", "there is no digest of the repository's key");
	rd->b->solution = (enum devid_solution)solution;
	rd->b->status = (enum devid_status)status;
	rd->b->time_s = (int64_t)time_s;
	memcpy(rd->b->signer, signer.data, signer.len);
	return true;
}

static bool read_map(struct reader *rd)
{
	struct tre_cbor_item map;
	struct devid_binding *b = rd->b;

	if (!tre_cbor_next(&rd->in, &map) || map.kind != TRE_CBOR_MAP ||
	    (map.value != 7 && map.value != 8))
		return bad(rd, "binding.map", "it is no map of 7 or 8 keys");
	if (!read_common(rd))
		return false;
	if (b->solution == DEVID_Y && (map.value != 7 || !next_bytes(rd, BINDING_F_PUBLIC_KEY,
								      DEVID_KEY_MAX, &b->public_key)))
		return bad(rd, "binding.key", "it is of solution y and has not a public key alone");
	if (b->solution == DEVID_X &&
	    !next_bytes(rd, BINDING_F_CERTIFICATE, DEVID_CERT_MAX, &b->certificate))
		return bad(rd, "binding.certificate", "it is of solution x and has no certificate");
	if (b->solution == DEVID_X && map.value == 8 &&
	    !next_bytes(rd, BINDING_F_CA, DEVID_CERT_MAX, &b->ca))
		return bad(rd, "binding.ca", "the eighth key is not the CA's certificate");
	if (rd->in.p != rd->in.end)
		return bad(rd, "binding.trailing", "octets follow in the map");
	return binding_encodable(b, rd->result);
}

/* [ map as a byte string, signature ]: what is signed is taken as it came. */
static bool read_record(struct reader *rd, struct pki_der *payload, struct pki_der *signature)
{
	struct tre_cbor_item item;

	if (!tre_cbor_next(&rd->in, &item) || item.kind != TRE_CBOR_ARRAY || item.value != 2 ||
	    !next_octets(rd, DEVID_RECORD_MAX, payload) ||
	    !next_octets(rd, DEVID_SIG_MAX, signature) || rd->in.p != rd->in.end)
		return bad(rd, "binding.cbor", "it is no record: not two byte strings, shortest, and no more");
	rd->in = (struct tre_cbor){ payload->data, payload->data + payload->len };
	return read_map(rd);
}

static bool decode(const uint8_t *data, size_t len, struct devid_binding *b,
		   struct pki_der *payload, struct pki_der *signature, struct devid_result *result)
{
	struct reader rd = { .in = { data, data + len }, .b = b, .result = result };

	memset(b, 0, sizeof(*b));
	if (!len || len > DEVID_RECORD_MAX)
		devid_set(result, DEVID_BAD, "binding.size", "%zu octets, a record has 1 to %d (" REMEDY ")",
			  len, DEVID_RECORD_MAX);
	else if (read_record(&rd, payload, signature))
		return true;
	memset(b, 0, sizeof(*b));
	return false;
}

bool devid_binding_decode(const uint8_t *data, size_t len, struct devid_binding *b,
			  struct devid_result *result)
{
	struct pki_der payload, signature;

	if (!decode(data, len, b, &payload, &signature, result))
		return false;
	devid_set(result, DEVID_INDETERMINATE, "binding.unverified", "its signature was not looked at");
	return true;
}

static bool signed_by(const struct devid_binding *b, EVP_PKEY *key, struct pki_der payload,
		      struct pki_der signature, struct devid_result *result)
{
	uint8_t digest[DEVID_DIGEST_LEN];
	const char *problem = binding_signer_problem(key);

	if (problem)
		devid_set(result, DEVID_BAD, "binding.repository-key",
			  "the repository's key does not count: %s (give it another)", problem);
	else if (!devid_key_digest(key, digest))
		devid_set(result, DEVID_INDETERMINATE, "devid.memory", "out of memory (free some)");
	else if (memcmp(digest, b->signer, sizeof(digest)))
		devid_set(result, DEVID_BAD, "binding.signer",
			  "it is signed by another repository's key (give the key of the one that was asked)");
	else if (!binding_signature_ok(key, payload, signature))
		devid_set(result, DEVID_BAD, "binding.signature",
			  "the repository did not sign this (" REMEDY ", and look for who changed it)");
	else
		return true;
	return false;
}

bool devid_binding_verify(const uint8_t *data, size_t len, EVP_PKEY *repository,
			  struct devid_binding *b, struct devid_result *result)
{
	struct pki_der payload, signature;

	if (!decode(data, len, b, &payload, &signature, result))
		return false;
	if (signed_by(b, repository, payload, signature, result)) {
		devid_set(result, DEVID_GOOD, "binding.ok", "signed by the repository");
		return true;
	}
	memset(b, 0, sizeof(*b));
	return false;
}

bool devid_binding_answers(const struct devid_binding *b, enum devid_solution solution,
			   const char *imei, struct devid_result *result)
{
	if (b->solution != solution)
		devid_set(result, DEVID_BAD, "binding.solution",
			  "it is of solution %s, not %s (publish one of that)",
			  devid_solution_name(b->solution), devid_solution_name(solution));
	else if (strcmp(b->imei, imei))
		devid_set(result, DEVID_BAD, "binding.imei",
			  "it is another device's (distrust the repository that gave it)");
	else if (b->status != DEVID_ACTIVE)
		devid_set(result, DEVID_BAD, "binding.withdrawn",
			  "it was withdrawn (ask the manufacturer, or publish it anew)");
	else
		return true;
	return false;
}
