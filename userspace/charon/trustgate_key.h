/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The IKE key, which is in the TPM and signs where the agent says that it does ([tre]
 * sign_auth): charon finds it by the certificate, and has the agent ask the TPM. It has
 * what charon's own plugin for TPMs lacks: a session by which a key that is bound to PCRs
 * signs, a deadline, and signatures that are DER. Without an agent there is no AUTH.
 */
#ifndef TRUSTGATE_KEY_H
#define TRUSTGATE_KEY_H

#include <credentials/credential_set.h>

#include "trustgate_link.h"

typedef struct trustgate_key_t trustgate_key_t;

struct trustgate_key_t {
	/**
	 * To be added to charon's credentials.
	 */
	credential_set_t set;

	void (*destroy)(trustgate_key_t *this);
};

/**
 * trustgate_key_create() - a set that has the key of the agent at @link, if it signs
 */
trustgate_key_t *trustgate_key_create(trustgate_link_t *link);

#endif /* TRUSTGATE_KEY_H */
