// SPDX-License-Identifier: GPL-2.0-or-later
/* The tool's connection to the gate, and what its errors mean to a script. */
#include <errno.h>
#include "ctl.h"

int gate_status(int err)
{
	switch (err) {
	case 0:
		return EXIT_OPEN;
	case -EPERM:
	case -EACCES:
		return EXIT_PERM;
	default:
		return EXIT_FAILED;
	}
}

int gate_open(struct ctl *ctl)
{
	char err[640];
	int rc = tg_open(&ctl->tg, err, sizeof(err));

	if (!rc)
		return EXIT_OPEN;
	fflush(stdout);
	fprintf(stderr, "trustgate: %s\n", err);
	/* Only the family itself can be what was not found. */
	return rc == -ENOENT ? EXIT_ABSENT : gate_status(rc);
}

int gate_failed(const struct ctl *ctl, int err)
{
	fflush(stdout);
	fprintf(stderr, "trustgate: %s\n", tg_error(ctl->tg));
	return gate_status(err);
}
