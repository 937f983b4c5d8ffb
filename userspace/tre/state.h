/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that is to be known of a box's TPM, and what of it deviates. */
#ifndef TRUSTGATE_TRE_STATE_H
#define TRUSTGATE_TRE_STATE_H

#include "tre/provision.h"

struct tre_key_state {
	bool there;
	TPMA_OBJECT attributes;
	TPM2B_NAME name;
	struct tre_result check;	/* TRE_PASS, or what is wrong with it */
};

struct tre_state {
	struct tre_key_state keys[TRE_KEYS];
	char identity[TRE_IDENTITY_MAX + 1];
	TPMA_NV identity_attributes;	/* 0: there is no index */
	struct tre_result identity_check;
	/* The one of profile operator, which no box has to have. */
	char operator[TRE_IDENTITY_MAX + 1];
	TPMA_NV operator_attributes;
	struct tre_result operator_check;
	struct tre_anchor anchor;
	TPMA_NV anchor_attributes;
	uint8_t anchor_policy[TRE_DIGEST_LEN];
	struct tre_result anchor_check;
	/* Passwords of the hierarchies, and what keeps them from being guessed. */
	bool owner_auth, endorsement_auth, lockout_auth;
	bool locked;
	uint32_t lockout_tries, lockout_max, lockout_interval_s, lockout_recovery_s;
	struct tre_result owner_check, lockout_check;
};

/* @vendor NULL: whose the anchor's index is is not looked at. False: the TPM fails. */
bool tre_state_read(struct tre_session *s, const struct tre_vendor *vendor,
		    struct tre_state *out, struct tre_result *result);

/*
 * The session is to act as the owner. A TPM whose owner has no password gets @auth for
 * one, and so does its lockout hierarchy, which can clear the owner's.
 */
#define TRE_AUTH_MAX	32
bool tre_owner(struct tre_session *s, const uint8_t *auth, size_t len, struct tre_result *result);

#endif /* TRUSTGATE_TRE_STATE_H */
