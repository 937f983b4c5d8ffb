// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rounds of authentication that the agent asks for, and that no connection of charon's has:
 * nobody would get through (TS 33.320 A.2-3, RFC 4739).
 */
#include <string.h>
#include <strings.h>

#include "agent/config.h"
#include "config_lint.h"

/* Has @conn a round of EAP at its end @end, local or remote? */
static bool has_eap(const struct settings_section *conn, const char *end)
{
	const struct settings_section *s;

	for (s = conn->sections; s; s = s->next) {
		const struct settings_pair *auth = settings_get(s, "auth");

		if (strncasecmp(s->name, end, strlen(end)) == 0 && auth && auth->value &&
		    strncasecmp(auth->value, "eap", 3) == 0)
			return true;
	}
	return false;
}

void config_rounds(struct config_report *report, const struct settings_section *root,
		   const char *path, const struct config *agent)
{
	bool henb = agent->agent.role == CONFIG_ROLE_HENB;
	const struct settings_section *conn = settings_find(root, "connections");
	const char *end = henb ? "local" : "remote";
	bool wanted = henb ? agent->gate.authentication == CONFIG_AUTH_COMBINED :
			     *agent->segw.segw.combined;

	for (conn = conn ? conn->sections : NULL; conn; conn = conn->next) {
		if (henb && *agent->charon.ike && strcmp(agent->charon.ike, conn->name) != 0)
			continue;
		if (has_eap(conn, end))
			return;
	}
	if (wanted && henb)
		report_error(report, path, 0, "gate.authentication", "combined",
			     "trustgated.gate.authentication",
			     "the connection has no second local round, so that every SeGW is refused",
			     "add one: local-hp { round = 2  auth = eap-aka  id = NAI }");
	else if (wanted)
		report_error(report, path, 0, "segw.combined", agent->segw.segw.combined,
			     "trustgated.segw.combined",
			     "no connection has a second remote round, so that these are refused",
			     "add one: remote-hp { round = 2  auth = eap-radius }");
}
