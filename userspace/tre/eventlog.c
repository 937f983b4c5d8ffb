// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The firmware's event log and its replay, TCG PC Client Platform Firmware Profile
 * 1.06, clause 10.
 */
#include <stdio.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>
#include "tre/eventlog.h"
#include "tre/internal.h"
#include "tre/octets.h"

#define EV_NO_ACTION		3u
#define SHA1_LEN		20
#define SIGNATURE_LEN		16

/* 10.4.5.1 and 10.4.5.3; the octets include the NUL. */
static const char spec_id[SIGNATURE_LEN] = "Spec ID Event03";
static const char locality[SIGNATURE_LEN] = "StartupLocality";

static int bad(struct tre_eventlog *l, const char *what)
{
	snprintf(l->err, sizeof(l->err), "event %u: %s (read the log again from the firmware)",
		 l->n, what);
	return -1;
}

/* The digests' algorithms and lengths, from the first event's data. */
static bool take_algorithms(struct tre_eventlog *l, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *skip;
	uint32_t n, id, size, vendor;

	/* Class, minor, major, errata, size of UINTN. */
	if (!take(&p, end, 8, &skip) || !take_le32(&p, end, &n) || !n ||
	    n > sizeof(l->algs) / sizeof(l->algs[0]))
		return false;
	for (l->nalgs = 0; l->nalgs < n; l->nalgs++) {
		if (!take_le(&p, end, 2, &id) || !take_le(&p, end, 2, &size) ||
		    (id == TPM2_ALG_SHA256 && size != TRE_DIGEST_LEN))
			return false;
		l->algs[l->nalgs].id = (uint16_t)id;
		l->algs[l->nalgs].size = (uint16_t)size;
	}
	return take_le(&p, end, 1, &vendor) && take(&p, end, vendor, &skip);
}

static bool has_sha256(const struct tre_eventlog *l)
{
	for (unsigned int i = 0; i < l->nalgs; i++)
		if (l->algs[i].id == TPM2_ALG_SHA256)
			return true;
	return false;
}

/* The first event has the form of those of TPM 1.2, clause 10.2.1. */
bool tre_eventlog_begin(struct tre_eventlog *l, const uint8_t *log, size_t len)
{
	const uint8_t *digest, *data;
	uint32_t pcr, type, size;
	int i;

	memset(l, 0, sizeof(*l));
	l->p = log;
	l->end = log + len;
	/* TPM2 Part 1, 17.2; those of a dynamic root of trust begin with ones. */
	for (i = 17; i <= 22; i++)
		memset(l->pcrs[i], 0xff, TRE_DIGEST_LEN);
	if (!take_le32(&l->p, l->end, &pcr) || !take_le32(&l->p, l->end, &type) ||
	    !take(&l->p, l->end, SHA1_LEN, &digest) || !take_le32(&l->p, l->end, &size) ||
	    !take(&l->p, l->end, size, &data)) {
		bad(l, "is cut off");
		return false;
	}
	if (type != EV_NO_ACTION || pcr || size < SIGNATURE_LEN ||
	    memcmp(data, spec_id, SIGNATURE_LEN)) {
		snprintf(l->err, sizeof(l->err),
			 "a log of SHA-1 digests alone, or none (enable the SHA-256 bank in the firmware)");
		return false;
	}
	if (!take_algorithms(l, data + SIGNATURE_LEN, data + size)) {
		bad(l, "is no Spec ID event");
		return false;
	}
	if (!has_sha256(l)) {
		snprintf(l->err, sizeof(l->err),
			 "the log has no SHA-256 digests (enable that bank in the firmware)");
		return false;
	}
	l->n = 1;
	return true;
}

static int alg_size(const struct tre_eventlog *l, uint32_t id)
{
	for (unsigned int i = 0; i < l->nalgs; i++)
		if (l->algs[i].id == id)
			return l->algs[i].size;
	return -1;
}

/* NULL, or what is wrong. */
static const char *take_digests(struct tre_eventlog *l, struct tre_event *e)
{
	const uint8_t *digest;
	bool found = false;
	uint32_t n, id;

	if (!take_le32(&l->p, l->end, &n))
		return "is cut off";
	if (n > l->nalgs)
		return "has more digests than the log has algorithms";
	while (n--) {
		int size;

		if (!take_le(&l->p, l->end, 2, &id))
			return "is cut off";
		size = alg_size(l, id);
		if (size < 0)
			return "has a digest of an algorithm that the log does not announce";
		if (!take(&l->p, l->end, (size_t)size, &digest))
			return "is cut off";
		if (id != TPM2_ALG_SHA256)
			continue;
		if (found)
			return "has two SHA-256 digests";
		found = true;
		memcpy(e->digest, digest, TRE_DIGEST_LEN);
	}
	/* What only tells may leave them out. */
	return found || !e->extends ? NULL : "has no SHA-256 digest";
}

/* 10.4.5.3: from where the TPM was started is PCR 0's first value. */
static const char *take_locality(struct tre_eventlog *l, const struct tre_event *e)
{
	if (e->pcr || e->len != SIGNATURE_LEN + 1 || memcmp(e->data, locality, SIGNATURE_LEN))
		return NULL;
	if (l->extended & 1)
		return "tells the startup locality when PCR 0 was extended already";
	if (e->data[SIGNATURE_LEN] > 4)
		return "tells a locality beyond 4";
	l->pcrs[0][TRE_DIGEST_LEN - 1] = e->data[SIGNATURE_LEN];
	return NULL;
}

static const char *replay(struct tre_eventlog *l, const struct tre_event *e)
{
	if (!e->extends)
		return take_locality(l, e);
	if (e->pcr >= TRE_PCRS)
		return "extends a PCR above 23";
	l->extended |= 1u << e->pcr;
	return tre_extend(l->pcrs[e->pcr], e->digest) ? NULL : "can't be hashed: out of memory";
}

/* Firmware leaves what it reserved and did not use as zeros. */
static bool only_zeros(const uint8_t *p, const uint8_t *end)
{
	while (p < end)
		if (*p++)
			return false;
	return true;
}

int tre_eventlog_next(struct tre_eventlog *l, struct tre_event *e)
{
	const char *wrong;
	uint32_t size;

	if (l->err[0])
		return -1;
	if (l->p == l->end || (!*l->p && only_zeros(l->p, l->end)))
		return 0;
	if (l->n == TRE_EVENTS_MAX)
		return bad(l, "is one too many");
	memset(e, 0, sizeof(*e));
	e->n = l->n;
	if (!take_le32(&l->p, l->end, &e->pcr) || !take_le32(&l->p, l->end, &e->type))
		return bad(l, "is cut off");
	e->extends = e->type != EV_NO_ACTION;
	wrong = take_digests(l, e);
	if (wrong)
		return bad(l, wrong);
	if (!take_le32(&l->p, l->end, &size) || !take(&l->p, l->end, size, &e->data))
		return bad(l, "is cut off");
	e->len = size;
	wrong = replay(l, e);
	if (wrong)
		return bad(l, wrong);
	l->n++;
	return 1;
}

const char *tre_event_name(uint32_t type, char buf[20])
{
	static const struct {
		uint32_t type;
		const char *name;
	} names[] = {
		{ 0x1, "EV_POST_CODE" }, { EV_NO_ACTION, "EV_NO_ACTION" },
		{ 0x4, "EV_SEPARATOR" }, { 0x5, "EV_ACTION" }, { 0x6, "EV_EVENT_TAG" },
		{ 0x7, "EV_S_CRTM_CONTENTS" }, { 0x8, "EV_S_CRTM_VERSION" },
		{ 0x9, "EV_CPU_MICROCODE" }, { 0xa, "EV_PLATFORM_CONFIG_FLAGS" },
		{ 0xb, "EV_TABLE_OF_DEVICES" }, { 0xc, "EV_COMPACT_HASH" }, { 0xd, "EV_IPL" },
		{ 0xe, "EV_IPL_PARTITION_DATA" }, { 0x11, "EV_OMIT_BOOT_DEVICE_EVENTS" },
		{ 0x80000001, "EV_EFI_VARIABLE_DRIVER_CONFIG" },
		{ 0x80000002, "EV_EFI_VARIABLE_BOOT" },
		{ 0x80000003, "EV_EFI_BOOT_SERVICES_APPLICATION" },
		{ 0x80000004, "EV_EFI_BOOT_SERVICES_DRIVER" },
		{ 0x80000005, "EV_EFI_RUNTIME_SERVICES_DRIVER" },
		{ 0x80000006, "EV_EFI_GPT_EVENT" }, { 0x80000007, "EV_EFI_ACTION" },
		{ 0x80000008, "EV_EFI_PLATFORM_FIRMWARE_BLOB" },
		{ 0x80000009, "EV_EFI_HANDOFF_TABLES" },
		{ 0x8000000a, "EV_EFI_PLATFORM_FIRMWARE_BLOB2" },
		{ 0x8000000b, "EV_EFI_HANDOFF_TABLES2" },
		{ 0x8000000c, "EV_EFI_VARIABLE_BOOT2" },
		{ 0x80000010, "EV_EFI_HCRTM_EVENT" },
		{ 0x800000e0, "EV_EFI_VARIABLE_AUTHORITY" },
		{ 0x800000e1, "EV_EFI_SPDM_FIRMWARE_BLOB" },
		{ 0x800000e2, "EV_EFI_SPDM_FIRMWARE_CONFIG" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].type == type)
			return names[i].name;
	snprintf(buf, 20, "event 0x%08x", type);
	return buf;
}
