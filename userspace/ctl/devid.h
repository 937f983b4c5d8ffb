/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trustgate devid: the verbs of the repository and of the device, a file each. */
#ifndef TRUSTGATE_CTL_DEVID_H
#define TRUSTGATE_CTL_DEVID_H

#include "ctl.h"
#include "devid/binding.h"

/*
 * Each is given its own name and what follows it, as main() is: it parses its options
 * with getopt_long() from optind 0, and answers --help.
 */
int devid_serve(struct ctl *ctl, int argc, char **argv);
int devid_aaa(struct ctl *ctl, int argc, char **argv);
int devid_publish(struct ctl *ctl, int argc, char **argv);
int devid_query(struct ctl *ctl, int argc, char **argv);
int devid_withdraw(struct ctl *ctl, int argc, char **argv);
int devid_status(struct ctl *ctl, int argc, char **argv);

/*
 * devid_imei.c: an IMEI as it is given on a command line: its digits, @FILE, or - for
 * standard input, which other users don't see. 0, or EXIT_USAGE after having complained.
 */
int devid_imei_arg(const char *arg, char imei[DEVID_IMEI_MAX + 1]);

#endif /* TRUSTGATE_CTL_DEVID_H */
