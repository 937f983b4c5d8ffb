/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record's keys, for who writes and who reads it. */
#ifndef TRUSTGATE_TRE_RECORD_INTERNAL_H
#define TRUSTGATE_TRE_RECORD_INTERNAL_H

#include "tre/record.h"

/* Documentation/integrity-info.cddl. A key, once given out, keeps its meaning. */
enum tre_record_field {
	TRE_FIELD_VERSION = 1,
	TRE_FIELD_VERDICT,
	TRE_FIELD_NONCE,
	TRE_FIELD_ATTESTATION,
	TRE_FIELD_SIGNATURE,
	TRE_FIELD_AK_NAME,
	TRE_FIELD_FIRMWARE,
	TRE_FIELD_POLICY,
	TRE_FIELD_CLOCK,
	TRE_FIELD_PCRS,
	TRE_FIELD_MADE_FOR,
	TRE_FIELDS
};

/* 1 to TRE_POLICY_VERSION_MAX printable ASCII characters. */
bool tre_policy_version_ok(const char *s, size_t len);

#endif /* TRUSTGATE_TRE_RECORD_INTERNAL_H */
