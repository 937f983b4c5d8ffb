// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate devid ask: has the SeGW's agent ask a device once more. */
#include <string.h>
#include "devid_local.h"

int devid_ask_verb(struct ctl *ctl, int argc, char **argv)
{
	json_t *request, *reply;
	char err[512];
	uint32_t id = 0;

	if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
		puts("usage: trustgate devid ask [ID]\n\n"
		     "Has the agent of this SeGW ask for the device identifier of a context, or of\n"
		     "all that are open, anew. The verdict is in its log and in 'trustgate status -j'.");
		return EXIT_OPEN;
	}
	if (argc > 2)
		return usage_error(argv[2], "takes one context");
	if (argc > 1 && parse_u32(argv[1], 1, UINT32_MAX, &id))
		return usage_error(argv[1], "not the ID of a context");
	request = json_pack("{s:s, s:I}", "verb", "devid", "id", (json_int_t)id);
	if (control_ask(ctl, request, &reply, err, sizeof(err))) {
		complain("agent", err, NULL);
		return EXIT_FAILED;
	}
	json_decref(reply);
	return EXIT_OPEN;
}
