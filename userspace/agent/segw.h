/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Role segw: what an H(e)NB is checked by, for context.c and verify.c. */
#ifndef TRUSTGATE_AGENT_SEGW_H
#define TRUSTGATE_AGENT_SEGW_H

#include "agent/context.h"
#include "segw/world.h"

/* Load what the configuration names, and watch what changes of it. 0, or -1, told. */
int segw_start(void);

/* The files that @c names, for segw_replace(): they take the place of those before,
 * whose lists and indexes stay. NULL, told.
 */
struct segw_world *segw_load(const struct config *c, const struct pki_profile *rules,
			     segw_report_fn *tell, void *arg);
void segw_replace(struct segw_world *new);

/* Check the path alone, all while the plugin waits, all, or the sources that were
 * not waited for; as worker_start().
 */
enum segw_extent { SEGW_PATH, SEGW_FIRST, SEGW_ALL, SEGW_FOLLOW };
int segw_run(struct context *c, struct worker *w, enum segw_extent extent,
	     void (*done)(struct worker *w, const struct worker_result *r));

/* The files as they were when they were looked at last, and as they are now; not
 * within what looks at a context, as it may have all of them looked at again.
 */
const struct segw_world *segw_files(void);
const struct segw_world *segw_look(void);

/* segw_lists.c: a check found that a list is missing, or soon over. */
void segw_want_list(const struct context *c, const struct worker_result *r);

/* Has the H(e)NB called @peer to do both rounds, certificate and EAP-AKA? */
bool segw_combined(const char *peer);

/*
 * PIT-55: while we wait for proofs of the H(e)NB, it may wait for one of us. Lets its
 * connection to the responder of [ocsp] uri pass, if one is configured.
 */
void segw_let_verify(struct context *c);

#endif /* TRUSTGATE_AGENT_SEGW_H */
