/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record's keys, for who writes and who reads it. */
#ifndef TRUSTGATE_TRE_RECORD_INTERNAL_H
#define TRUSTGATE_TRE_RECORD_INTERNAL_H

#include "tre/record.h"

/* Documentation/integrity-info.cddl. A key, once given out, keeps its meaning. */
enum tre_record_key {
	TRE_KEY_VERSION = 1,
	TRE_KEY_VERDICT,
	TRE_KEY_NONCE,
	TRE_KEY_ATTESTATION,
	TRE_KEY_SIGNATURE,
	TRE_KEY_AK_NAME,
	TRE_KEY_FIRMWARE,
	TRE_KEY_POLICY,
	TRE_KEY_CLOCK,
	TRE_KEY_PCRS,
	TRE_KEYS
};

/* 1 to TRE_POLICY_VERSION_MAX printable ASCII characters. */
bool tre_policy_version_ok(const char *s, size_t len);

#endif /* TRUSTGATE_TRE_RECORD_INTERNAL_H */
