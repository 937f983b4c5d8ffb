/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * charon's end of Trustgate: says who authenticated which IKE SA and which SPIs
 * belong to it, and asks. It decides nothing. Options, below
 * charon-systemd.plugins.trustgate (charon.plugins.trustgate):
 *
 *	socket		path of the agent's socket, default TG_WIRE_PATH
 *	require_agent	refuse every peer that the agent did not answer for;
 *			default no: the SA comes up and the gate holds it. An agent
 *			whose policy does not allow that says so itself, once it was
 *			there
 *	ocsp_request	as initiator ask for OCSP responses in IKE (RFC 4806);
 *			default yes
 *	ocsp_unsolicited as responder send them also to who does not ask;
 *			default no
 *
 * Whether INTEGRITY_INFO is sent, and by which type, the agent says: [integrity] in
 * trustgated.conf. So it does of AUTH, whether it has it signed: [tre] sign_auth.
 */
#ifndef TRUSTGATE_PLUGIN_H
#define TRUSTGATE_PLUGIN_H

#include <plugins/plugin.h>

#define TG_EXPORT __attribute__((visibility("default")))

/* What charon calls. */
TG_EXPORT plugin_t *trustgate_plugin_create(void);

/* strongSwan 6.0.3 and later load no plugin of another version than their own. */
extern TG_EXPORT const char *trustgate_plugin_version;

#endif /* TRUSTGATE_PLUGIN_H */
