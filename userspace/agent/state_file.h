/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small files of state that outlive the agent. */
#ifndef TRUSTGATE_STATE_FILE_H
#define TRUSTGATE_STATE_FILE_H

#include <sys/types.h>

/* Write @len octets of @text to @path, whole or not at all. 0, or a negative errno. */
int state_file_write(const char *path, const char *text, size_t len);
/* At most @room octets of @path; their number, or a negative errno. */
ssize_t state_file_read(const char *path, char *out, size_t room);

#endif /* TRUSTGATE_STATE_FILE_H */
