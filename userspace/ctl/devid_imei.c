// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include "devid.h"
#include "report.h"

static int from_file(const char *path, char *text, size_t room)
{
	size_t len;
	int rc = report_read(path, (uint8_t *)text, room - 1, &len);

	if (rc)
		return rc;
	while (len && (text[len - 1] == '\n' || text[len - 1] == '\r' || text[len - 1] == ' '))
		len--;
	text[len] = '\0';
	return 0;
}

int devid_imei_arg(const char *arg, char imei[DEVID_IMEI_MAX + 1])
{
	struct devid_result why;
	char text[80];
	int rc = 0;

	if (*arg == '@' || !strcmp(arg, "-"))
		rc = from_file(*arg == '@' ? arg + 1 : arg, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "%s", arg);
	if (rc)
		return rc;
	if (!devid_imei_ok(text, strlen(text), &why)) {
		complain("IMEI", why.detail, NULL);
		return EXIT_USAGE;
	}
	memcpy(imei, text, strlen(text) + 1);
	return 0;
}
