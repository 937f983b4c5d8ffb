// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference policies are the operator's files: read when they are first needed, and
 * again when they changed. What can't be read does not take the place of what could.
 */
#include "agent/references.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/log.h"
#include "agent/seen.h"

#define FILE_MAX	(1u << 20)
/* Of a policy each, 2 MiB at most. */
#define OWN_MAX		64
#define PATH_ROOM	(CONFIG_TEXT_MAX + APPRAISE_REFERENCE_MAX + 16)

struct entry {
	char name[APPRAISE_REFERENCE_MAX + 1];	/* empty: of all that name none */
	struct appraise_reference *reference;
	struct stat seen;
};

static struct entry common, own[OWN_MAX];

static void complain(const char *file, const char *why)
{
	struct log l;

	log_begin(&l, LOG_ERR, "segw-file");
	log_str(&l, "file", file);
	log_str(&l, "value", why);
	log_str(&l, "remedy", "mend the file; see trustgated.conf(5), [integrity]");
	log_end(&l);
}

char *references_read(const char *path, size_t *len, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text = NULL;
	ssize_t n = 0;

	*len = 0;
	if (fd < 0 || fstat(fd, st)) {
		complain(path, strerror(errno));
	} else if (!S_ISREG(st->st_mode) || st->st_size > FILE_MAX) {
		complain(path, "not a regular file of at most 1 MiB");
	} else {
		text = malloc((size_t)st->st_size + 1);
		while (text && *len < (size_t)st->st_size &&
		       (n = read(fd, text + *len, (size_t)st->st_size - *len)) > 0)
			*len += (size_t)n;
	}
	/* Of half a policy what it no longer allows, or denies, may be the other half. */
	if (text && *len != (size_t)st->st_size) {
		complain(path, n < 0 ? strerror(errno) : "it became shorter while it was read");
		free(text);
		text = NULL;
	}
	if (fd >= 0)
		close(fd);
	if (text)
		text[*len] = '\0';
	return text;
}

static void path_of(const struct entry *e, char path[PATH_ROOM])
{
	if (*e->name)
		snprintf(path, PATH_ROOM, "%s/%s.policy", conf.integrity.references, e->name);
	else
		snprintf(path, PATH_ROOM, "%s", conf.integrity.reference);
}

static bool load(struct entry *e)
{
	char path[PATH_ROOM];
	char err[TRE_TEXT_MAX + 1] = "out of memory";
	struct appraise_reference *made = NULL;
	struct tre_policy *policy;
	size_t len;
	char *text;

	path_of(e, path);
	text = references_read(path, &len, &e->seen);
	if (!text)
		return false;
	policy = tre_policy_parse(text, len, err, sizeof(err));
	if (policy)
		made = appraise_reference_make(policy, conf.integrity.pcrs, err, sizeof(err));
	if (!made)
		complain(path, err);
	free(text);
	if (!made)
		return false;
	appraise_reference_free(e->reference);
	e->reference = made;
	return true;
}

int references_start(void)
{
	return !*conf.integrity.reference || load(&common) ? 0 : -1;
}

/* Whether it was read anew. */
static bool refresh(struct entry *e)
{
	char path[PATH_ROOM];
	struct stat now;

	if (!e->reference)
		return false;
	path_of(e, path);
	if (stat(path, &now) || seen_same(&now, &e->seen))
		return false;
	/* What can't be read changes nothing, and is not told each second. */
	e->seen = now;
	if (!load(e))
		return false;
	log_say(LOG_NOTICE, "segw-changed", path, NULL);
	return true;
}

bool references_refresh(void)
{
	bool changed = refresh(&common);

	for (size_t i = 0; i < OWN_MAX; i++)
		changed = refresh(&own[i]) || changed;
	return changed;
}

/* Nothing that leads out of the directory, whoever wrote into the store. */
static bool name_ok(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	return *name != '.' && !name[strspn(name, allowed)];
}

const struct appraise_reference *references_for(const struct appraise_device *device)
{
	struct entry *e = own;

	if (!device || !*device->reference)
		return common.reference;
	if (!*conf.integrity.references || !name_ok(device->reference))
		return NULL;
	while (e < own + OWN_MAX && *e->name && strcmp(e->name, device->reference))
		e++;
	if (e == own + OWN_MAX) {
		complain(conf.integrity.references, "more than 64 references are in use");
		return NULL;
	}
	if (e->reference)
		return e->reference;
	memcpy(e->name, device->reference, sizeof(e->name));
	if (load(e))
		return e->reference;
	*e->name = '\0';
	return NULL;
}
