/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Role segw: the states that are allowed, one reference policy for all and others for
 * devices that were enrolled with a name of one.
 */
#ifndef TRUSTGATE_AGENT_REFERENCES_H
#define TRUSTGATE_AGENT_REFERENCES_H

#include "segw/appraise.h"

/* Load [integrity] reference. 0, or -1, told. */
int references_start(void);
/* Look at the files again. Whether what they allow has changed. */
bool references_refresh(void);
/*
 * By which @device goes (NULL: it is not enrolled), valid until the loop runs again.
 * NULL: there is none. One that names its own never goes by another.
 */
const struct appraise_reference *references_for(const struct appraise_device *device);

/*
 * Octets of the regular file @path, at most 1 MiB, with a NUL behind them, for free();
 * NULL, told. @st is of what was read.
 */
struct stat;
char *references_read(const char *path, size_t *len, struct stat *st);

#endif /* TRUSTGATE_AGENT_REFERENCES_H */
