/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trustgate devid: the verbs of the repository and of the device, a file each. */
#ifndef TRUSTGATE_CTL_DEVID_H
#define TRUSTGATE_CTL_DEVID_H

#include "ctl.h"

/*
 * Each is given its own name and what follows it, as main() is: it parses its options
 * with getopt_long() from optind 0, and answers --help.
 */
int devid_publish(struct ctl *ctl, int argc, char **argv);

#endif /* TRUSTGATE_CTL_DEVID_H */
