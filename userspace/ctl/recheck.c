// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate recheck: the agent proves everything again, now. */
#include <errno.h>
#include "ctl.h"

int verb_recheck(struct ctl *ctl, int argc, char **argv)
{
	char err[TEXT_ROOM + 128];
	json_t *request, *reply;
	uint32_t id = 0;
	int rc;

	if (argc && parse_u32(argv[0], 1, UINT32_MAX, &id))
		return usage_error(argv[0], "not the ID of a context");
	request = json_pack("{s:s}", "verb", "recheck");
	if (id)
		json_object_set_new(request, "id", json_integer(id));
	rc = control_ask(ctl, request, &reply, err, sizeof(err));
	json_decref(reply);
	if (!rc)
		return ctl->json ? json_emit(json_pack("{s:b}", "ok", 1), "trustgate.recheck/1",
					     true, EXIT_OPEN) : EXIT_OPEN;
	fprintf(stderr, "trustgate: %s%s\n", rc == -EREMOTEIO ? "" : "agent: ", err);
	if (rc == -EACCES || rc == -EPERM)
		return EXIT_PERM;
	return rc == -ENOENT || rc == -ECONNREFUSED ? EXIT_ABSENT : EXIT_FAILED;
}
