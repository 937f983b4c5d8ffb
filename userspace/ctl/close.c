// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate close and quarantine: asked of the kernel, no agent needed. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>
#include "ctl.h"

/* For the audit trail: who it was, through sudo too. */
static void who(char *buf, size_t len, const char *verb)
{
	FILE *f = fopen("/proc/self/loginuid", "re");
	uint32_t uid = getuid(), login;
	char line[16] = "";

	if (f) {
		/* All ones: nobody logged in, a service did it. */
		if (fgets(line, sizeof(line), f) && !parse_u32(line, 0, UINT32_MAX - 1, &login))
			uid = login;
		fclose(f);
	}
	snprintf(buf, len, "trustgate %s by uid %" PRIu32, verb, uid);
}

static int finish(struct ctl *ctl, int rc, const char *schema)
{
	if (rc)
		return gate_failed(ctl, rc);
	return ctl->json ? json_emit(json_pack("{s:b}", "ok", 1), schema, true, EXIT_OPEN) :
			   EXIT_OPEN;
}

int verb_close(struct ctl *ctl, int argc, char **argv)
{
	char detail[64];
	uint32_t id = 0;
	int rc;

	(void)argc;
	if (strcmp(argv[0], "all") != 0 && parse_u32(argv[0], 1, UINT32_MAX, &id))
		return usage_error(argv[0], "neither the ID of a context nor all");
	rc = gate_open(ctl);
	if (rc)
		return rc;
	who(detail, sizeof(detail), "close");
	rc = tg_context_close(ctl->tg, id, TRUSTGATE_REASON_CLOSED, detail);
	return finish(ctl, rc, "trustgate.close/1");
}

int verb_quarantine(struct ctl *ctl, int argc, char **argv)
{
	char detail[64];
	uint32_t id;
	int rc;

	(void)argc;
	if (parse_u32(argv[0], 1, UINT32_MAX, &id))
		return usage_error(argv[0], "not the ID of a context");
	rc = gate_open(ctl);
	if (rc)
		return rc;
	who(detail, sizeof(detail), "quarantine");
	rc = tg_context_quarantine(ctl->tg, id, detail);
	return finish(ctl, rc, "trustgate.quarantine/1");
}
