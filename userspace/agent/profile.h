/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where certificate profiles are kept. Shared with the verbs of "trustgate check". */
#ifndef TRUSTGATE_AGENT_PROFILE_H
#define TRUSTGATE_AGENT_PROFILE_H

#include "pki/profile.h"

#define PROFILE_DEFAULT	"seed"

/*
 * Read the profile @name: a file when there is a '/' in it, else NAME.conf in
 * /etc/trustgate/profiles, in profiles beside the running program, or where they
 * were installed. 0, or the number of errors, each of which was reported.
 */
int profile_load(const char *name, struct pki_profile *out, pki_profile_report_fn *report,
		 void *arg);

#endif /* TRUSTGATE_AGENT_PROFILE_H */
