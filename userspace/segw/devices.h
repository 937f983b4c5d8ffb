/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices that are enrolled: an attestation key each, and what their TPMs said of
 * themselves last (FFS-04). One SQLite file, shared by the agent and the tool. A change
 * is there as a whole or not at all, and after it was reported also after a crash.
 */
#ifndef TRUSTGATE_SEGW_DEVICES_H
#define TRUSTGATE_SEGW_DEVICES_H

#include "segw/appraise.h"
#include "tre/evidence.h"

#define DEVICES_PATH	"/var/lib/trustgate/devices.db"

struct devices;

/*
 * Open the store at @path; @write: make it when it is not there. Nobody is waited for
 * longer than @busy_ms. NULL with why, and what to do, in @err.
 */
struct devices *devices_open(const char *path, bool write, int busy_ms, char *err, size_t errlen);
void devices_close(struct devices *d);
/* Of the last call that failed: why, and what to do. */
const char *devices_error(const struct devices *d);

/*
 * What is to be stored of a device whose certification @c is right and is of the key in
 * its certificate. @identity is the certificate's, as authz_canonical() writes it.
 * False, with rule and detail in @result, when it isn't so.
 */
bool devices_prepare(const char *identity, struct pki_der certificate,
		     const struct tre_certification *c, const char *reference,
		     struct appraise_device *device, struct tre_result *result);

/*
 * Store @device with the certification it rests on, its counters as not seen. A device
 * of that identity: -EEXIST, or @replace it. -EEXIST as well when its attestation key
 * or its IKE key is another device's. Other negative errnos.
 */
int devices_enrol(struct devices *d, const struct appraise_device *device,
		  const struct tre_certification *c, int64_t now, bool replace);

/* 0 and @device, -ENOENT, or another negative errno. */
int devices_find(struct devices *d, const char *identity, struct appraise_device *device);
/* 0, -ENOENT, or another negative errno. */
int devices_remove(struct devices *d, const char *identity);

/*
 * The TPM of @device, as it was found, said @now in an authentic report: remember it.
 * To be called before the report opens anything. -ESTALE: it would go back from what is
 * stored by now, or the device was enrolled anew; then the report is one of before.
 */
int devices_seen(struct devices *d, const struct appraise_device *device,
		 const struct appraise_counters *now, int64_t now_s);

struct devices_entry {
	struct appraise_device device;
	int64_t enrolled_s, seen_s;	/* seconds since the epoch; 0: never */
};

/* By identity, until @each returns other than 0, which is then returned; or -errno. */
int devices_each(struct devices *d, int (*each)(void *arg, const struct devices_entry *entry),
		 void *arg);
/* How many there are, or a negative errno. */
int64_t devices_count(struct devices *d);

#endif /* TRUSTGATE_SEGW_DEVICES_H */
