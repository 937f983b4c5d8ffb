/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a file of the operator's is another one than was read. */
#ifndef TRUSTGATE_AGENT_SEEN_H
#define TRUSTGATE_AGENT_SEEN_H

#include <stdbool.h>
#include <sys/stat.h>

/* @a, @b: of one path, at two times. Whether what it leads to is the same, unchanged. */
static inline bool seen_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

#endif /* TRUSTGATE_AGENT_SEEN_H */
