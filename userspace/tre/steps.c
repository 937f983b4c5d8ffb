// SPDX-License-Identifier: GPL-2.0-or-later
/* Digests of policies, names and commands as a TPM computes them. */
#include <string.h>
#include <openssl/evp.h>
#include <tss2/tss2_mu.h>
#include "tre/attest.h"
#include "tre/steps.h"

/* A command's digest is over names, parameters and what they are counted by. */
#define ARGS_MAX	(2 * sizeof(TPMU_NAME) + TPM2_MAX_NV_BUFFER_SIZE + 16)

/* Octets to be digested, appended piece by piece. */
struct octets {
	uint8_t buf[ARGS_MAX];
	size_t len;
	bool bad;
};

static void add(struct octets *o, const void *p, size_t len)
{
	if (o->bad || len > sizeof(o->buf) - o->len) {
		o->bad = true;
		return;
	}
	memcpy(o->buf + o->len, p, len);
	o->len += len;
}

static void add_number(struct octets *o, uint32_t v, size_t octets)
{
	uint8_t be[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

	add(o, be + 4 - octets, octets);
}

static bool hash(const struct octets *o, uint8_t out[TRE_DIGEST_LEN])
{
	return !o->bad && EVP_Digest(o->buf, o->len, out, NULL, EVP_sha256(), NULL) == 1;
}

/* The next value of @policy: its old one, the command, and what it is about. */
static bool extend(uint8_t policy[TRE_DIGEST_LEN], TPM2_CC cc, const struct octets *args)
{
	struct octets o = { .bad = args->bad };

	add(&o, policy, TRE_DIGEST_LEN);
	add_number(&o, cc, 4);
	add(&o, args->buf, args->len);
	return hash(&o, policy);
}

bool tre_step_unwritten(uint8_t policy[TRE_DIGEST_LEN])
{
	struct octets args = { .len = 0 };

	add_number(&args, TPM2_NO, 1);
	return extend(policy, TPM2_CC_PolicyNvWritten, &args);
}

void tre_put_version(uint8_t out[8], uint64_t version)
{
	int i;

	for (i = 7; i >= 0; i--) {
		out[i] = (uint8_t)version;
		version >>= 8;
	}
}

bool tre_step_version(uint8_t policy[TRE_DIGEST_LEN], const TPM2B_NAME *index, uint64_t version,
		      TPM2_EO op)
{
	uint8_t operand[8], digest[TRE_DIGEST_LEN];
	struct octets args = { .len = 0 };

	tre_put_version(operand, version);
	add(&args, operand, sizeof(operand));
	add_number(&args, 0, 2);
	add_number(&args, op, 2);
	if (!hash(&args, digest))
		return false;
	args.len = 0;
	add(&args, digest, sizeof(digest));
	add(&args, index->name, index->size);
	return extend(policy, TPM2_CC_PolicyNV, &args);
}

bool tre_step_command(uint8_t policy[TRE_DIGEST_LEN], const TPM2B_DIGEST *cp)
{
	struct octets args = { .len = 0 };

	add(&args, cp->buffer, cp->size);
	return extend(policy, TPM2_CC_PolicyCpHash, &args);
}

void tre_pcr_selection(uint32_t mask, TPML_PCR_SELECTION *out)
{
	*out = (TPML_PCR_SELECTION) {
		.count = 1,
		.pcrSelections = { {
			.hash = TPM2_ALG_SHA256,
			.sizeofSelect = 3,
			.pcrSelect = { (BYTE)mask, (BYTE)(mask >> 8), (BYTE)(mask >> 16) },
		} },
	};
}

bool tre_step_pcr(uint8_t policy[TRE_DIGEST_LEN], uint32_t mask,
		  const uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN])
{
	uint8_t selection[sizeof(TPML_PCR_SELECTION)], digest[TRE_DIGEST_LEN];
	struct octets args = { .len = 0 };
	TPML_PCR_SELECTION list;
	size_t len = 0;

	tre_pcr_selection(mask, &list);
	if (Tss2_MU_TPML_PCR_SELECTION_Marshal(&list, selection, sizeof(selection), &len) ||
	    !tre_pcr_digest(mask, pcrs, digest))
		return false;
	add(&args, selection, len);
	add(&args, digest, sizeof(digest));
	return extend(policy, TPM2_CC_PolicyPCR, &args);
}

bool tre_step_authorize(uint8_t policy[TRE_DIGEST_LEN], const TPM2B_NAME *key, const char *ref)
{
	struct octets args = { .len = 0 };

	memset(policy, 0, TRE_DIGEST_LEN);
	add(&args, key->name, key->size);
	if (!extend(policy, TPM2_CC_PolicyAuthorize, &args))
		return false;
	args.len = 0;
	add(&args, policy, TRE_DIGEST_LEN);
	add(&args, ref, strlen(ref));
	return hash(&args, policy);
}

static bool make_name(const uint8_t *public, size_t len, TPM2B_NAME *name)
{
	name->size = 2 + TRE_DIGEST_LEN;
	name->name[0] = TPM2_ALG_SHA256 >> 8;
	name->name[1] = TPM2_ALG_SHA256 & 0xff;
	return EVP_Digest(public, len, name->name + 2, NULL, EVP_sha256(), NULL) == 1;
}

bool tre_name_of(const TPMT_PUBLIC *public, TPM2B_NAME *name)
{
	uint8_t buf[sizeof(*public)];
	size_t len = 0;

	return !Tss2_MU_TPMT_PUBLIC_Marshal(public, buf, sizeof(buf), &len) &&
	       make_name(buf, len, name);
}

bool tre_nv_name(const TPMS_NV_PUBLIC *public, bool written, TPM2B_NAME *name)
{
	uint8_t buf[sizeof(*public)];
	TPMS_NV_PUBLIC of = *public;
	size_t len = 0;

	if (written)
		of.attributes |= TPMA_NV_WRITTEN;
	return !Tss2_MU_TPMS_NV_PUBLIC_Marshal(&of, buf, sizeof(buf), &len) &&
	       make_name(buf, len, name);
}

bool tre_nv_write_hash(const TPM2B_NAME *index, const uint8_t *data, size_t len,
		       TPM2B_DIGEST *out)
{
	struct octets o = { .len = 0 };

	add_number(&o, TPM2_CC_NV_Write, 4);
	/* The index is its own authority. */
	add(&o, index->name, index->size);
	add(&o, index->name, index->size);
	add_number(&o, (uint32_t)len, 2);
	add(&o, data, len);
	add_number(&o, 0, 2);
	out->size = TRE_DIGEST_LEN;
	return hash(&o, out->buffer);
}
