// SPDX-License-Identifier: GPL-2.0-or-later
#include "devid.h"

int devid_publish(struct ctl *ctl, int argc, char **argv)
{
	(void)ctl;
	(void)argc;
	return usage_error(argv[0], "not there yet");
}
