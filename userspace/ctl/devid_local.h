/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trustgate devid: the verbs of the device and of its verifier. */
#ifndef TRUSTGATE_CTL_DEVID_LOCAL_H
#define TRUSTGATE_CTL_DEVID_LOCAL_H

#include "tre/session.h"
#include "ctl.h"

int devid_provision(struct ctl *ctl, int argc, char **argv);
int devid_show(struct ctl *ctl, int argc, char **argv);
int devid_challenge_verb(struct ctl *ctl, int argc, char **argv);
int devid_prove_verb(struct ctl *ctl, int argc, char **argv);
int devid_ask_verb(struct ctl *ctl, int argc, char **argv);
int devid_verify_verb(struct ctl *ctl, int argc, char **argv);

/* A connection to the TPM that ends the tool when it is late. 0, or the exit status. */
int devid_tpm_open(struct ctl *ctl, const char *tcti, struct tre_session *s);

#endif /* TRUSTGATE_CTL_DEVID_LOCAL_H */
