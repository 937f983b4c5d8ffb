// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the agent keeps: netlink to the gate, being its agent (CAP_MAC_ADMIN, which tells
 * it from whoever may set addresses), and making and ending workers that are nobody. Not CAP_SYS_ADMIN: an agent that is taken over can't turn the
 * gate off.
 */
#include "agent/agent.h"

#include <errno.h>
#include <sys/prctl.h>
#include <cap-ng.h>

int privs_drop(void)
{
	static const unsigned int keep[] = {
		CAP_NET_ADMIN, CAP_MAC_ADMIN, CAP_SETUID, CAP_SETGID, CAP_KILL,
	};

	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; i < sizeof(keep) / sizeof(keep[0]); i++)
		if (capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET,
				 keep[i]))
			return -EPERM;
	if (capng_apply(CAPNG_SELECT_BOTH))
		return -EPERM;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}
