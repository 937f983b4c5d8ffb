/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the services of device identifiers are left with before they listen to anybody. */
#ifndef TRUSTGATE_DEVID_CONFINE_H
#define TRUSTGATE_DEVID_CONFINE_H

#include <stddef.h>

/*
 * Become @user when we are root (it has to be given then), with @group or its own; no
 * capability, no new privileges, no core, and the system calls of a server alone: no
 * program is started any more. 0, or -1 with why in @err.
 */
int service_confine(const char *user, const char *group, char *err, size_t errlen);

#endif /* TRUSTGATE_DEVID_CONFINE_H */
