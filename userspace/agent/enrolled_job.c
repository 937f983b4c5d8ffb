// SPDX-License-Identifier: GPL-2.0-or-later
/* One question to the database of the enrolled devices, in a confined worker. */
#include "agent/enrolled.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "segw/devices.h"

#define BUSY_MS		500	/* another gateway writes to the same device */

static enum store_answer answer_of(int err)
{
	switch (err) {
	case 0:
		return STORE_DONE;
	case -ENOENT:
		return STORE_ABSENT;
	case -ESTALE:
		return STORE_STALE;
	default:
		return STORE_SILENT;
	}
}

void enrolled_run(const void *arg, struct worker_result *out)
{
	const struct enrolled_job *job = arg;
	char err[256] = "";
	struct devices *d;
	int rc;

	memset(out, 0, sizeof(*out));
	out->tre.verdict = TRE_UNAVAILABLE;
	snprintf(out->tre.rule, sizeof(out->tre.rule), "appraise.store");
	d = devices_open(job->where, true, BUSY_MS, err, sizeof(err));
	if (d) {
		rc = job->tells ? devices_seen(d, &job->device, &job->now, job->now_s) :
				  devices_find(d, job->device.identity, &out->device);
		out->store = answer_of(rc);
		if (rc)
			snprintf(err, sizeof(err), "%s", devices_error(d));
	}
	snprintf(out->tre.detail, sizeof(out->tre.detail), "%s", err);
	devices_close(d);
}
