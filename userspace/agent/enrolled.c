// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent/enrolled.h"

#include <errno.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/log.h"
#include "db/db.h"
#include "segw/devices.h"

#define BUSY_MS		200	/* another program writes to the file */

static struct devices *devices;

bool enrolled_remote(void)
{
	return db_is_remote(conf.integrity.enrolment);
}

int enrolled_start(void)
{
	char err[256];
	struct log l;

	if (!*conf.integrity.enrolment || enrolled_remote())
		return 0;
	devices = devices_open(conf.integrity.enrolment, true, BUSY_MS, err, sizeof(err));
	if (devices)
		return 0;
	log_begin(&l, LOG_ERR, "segw-file");
	log_str(&l, "file", conf.integrity.enrolment);
	log_str(&l, "value", err);
	log_str(&l, "remedy", "mend the file; see trustgated.conf(5), [integrity]");
	log_end(&l);
	return -1;
}

int enrolled_find(const char *identity, struct appraise_device *device)
{
	return devices ? devices_find(devices, identity, device) : -ENOENT;
}

int enrolled_seen(const struct appraise_device *device, const struct appraise_counters *now)
{
	return devices_seen(devices, device, now, clock_ms() / 1000);
}

const char *enrolled_error(void)
{
	return devices_error(devices);
}

int enrolled_ask(struct worker *w, const char *identity, uint32_t ms,
		 void (*done)(struct worker *w, const struct worker_result *r))
{
	struct enrolled_job job = { .where = conf.integrity.enrolment };

	strncpy(job.device.identity, identity, sizeof(job.device.identity) - 1);
	return worker_start(w, WORKER_FETCH, enrolled_run, &job, -1, ms, done);
}

int enrolled_tell(struct worker *w, const struct appraise_device *device,
		  const struct appraise_counters *now, uint32_t ms,
		  void (*done)(struct worker *w, const struct worker_result *r))
{
	const struct enrolled_job job = {
		.where = conf.integrity.enrolment, .device = *device, .tells = true, .now = *now,
		.now_s = clock_ms() / 1000,
	};

	return worker_start(w, WORKER_FETCH, enrolled_run, &job, -1, ms, done);
}
