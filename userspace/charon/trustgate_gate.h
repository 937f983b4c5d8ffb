/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether there is a gate that would hold a CHILD_SA, seen by the plugin itself: the
 * agent may be the one that is missing, and an IPsec SA without a gate passes user data.
 */
#ifndef TRUSTGATE_GATE_H
#define TRUSTGATE_GATE_H

#include <sa/child_sa.h>

/*
 * NULL when the kernel's gate enforces in charon's network namespace and @child is in its
 * scope (NULL: when all are, or some may be); else why not, and what to do. Asked
 * of the kernel each time, within a second: a module can be unloaded.
 */
const char *tg_gate_missing(child_sa_t *child);

/* The configuration says in so many words that IPsec SAs may be without a gate. */
bool tg_gate_may_be_absent(void);

#endif /* TRUSTGATE_GATE_H */
