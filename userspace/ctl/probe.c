// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * When no agent can be asked: what would keep it from working, as far as it can
 * be seen from outside. Looks, opens nothing and starts nothing.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "agent/config.h"
#include "ctl.h"

#define TPM_DEVICE	"/dev/tpmrm0"
#define VICI_PATH	"/run/charon.vici"

static void on_error(void *arg, const char *file, int line, const char *key, const char *value,
		     const char *rule, const char *remedy)
{
	(void)arg;
	(void)file;
	(void)line;
	(void)key;
	(void)value;
	(void)rule;
	(void)remedy;
}

static bool exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

static void probe_tpm(struct box *box, const char *tcti)
{
	static const char device[] = "device:";
	char why[CONFIG_TEXT_MAX + 64];

	/* Only a device can be looked at without talking to it. */
	if (strncmp(tcti, device, strlen(device)) != 0 || exists(tcti + strlen(device)))
		return;
	snprintf(why, sizeof(why), "there is no %s", tcti + strlen(device));
	box_problem(box, "tpm", why,
		    "enable the TPM in the firmware, modprobe tpm_crb or tpm_tis; tcti in trustgated.conf names another");
}

static void probe_charon(struct box *box, const char *vici)
{
	char why[CONFIG_SOCKET_MAX + 64];

	if (exists(vici))
		return;
	snprintf(why, sizeof(why), "it has no VICI socket at %s", vici);
	box_problem(box, "charon", why, "systemctl start strongswan");
}

void probe_box(struct box *box)
{
	struct config *config = calloc(1, sizeof(*config));
	bool readable = access(CONFIG_PATH, R_OK) == 0;
	int errors = readable && config ? config_load(CONFIG_PATH, config, on_error, NULL) : 1;

	if (readable && config && errors)
		box_problem(box, "configuration", CONFIG_PATH " has errors, the agent can't start",
			    "trustgate check config lists them");
	probe_tpm(box, errors ? "device:" TPM_DEVICE : config->tre.tcti);
	probe_charon(box, errors ? VICI_PATH : config->charon.vici);
	free(config);
}
