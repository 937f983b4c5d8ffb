/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VICI's encoding (strongSwan, src/libcharon/plugins/vici/README.md): build a
 * message, and walk over one. Pure functions over octets.
 */
#ifndef TRUSTGATE_VICI_MSG_H
#define TRUSTGATE_VICI_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Largest packet charon sends or takes. */
#define VICI_PACKET_MAX	(512u * 1024)
#define VICI_DEPTH_MAX	8

enum vici_packet {
	VICI_CMD_REQUEST = 0,
	VICI_CMD_RESPONSE = 1,
	VICI_CMD_UNKNOWN = 2,
	VICI_EVENT_REGISTER = 3,
	VICI_EVENT_UNREGISTER = 4,
	VICI_EVENT_CONFIRM = 5,
	VICI_EVENT_UNKNOWN = 6,
	VICI_EVENT = 7,
};

/* A packet being built, its length prefix included. */
struct vici_packet_buf {
	uint8_t data[1024];
	size_t len;
	bool overflow;
};

/* Start a packet of @type for the command or event @name. */
void vici_begin(struct vici_packet_buf *b, enum vici_packet type, const char *name);
void vici_add(struct vici_packet_buf *b, const char *key, const char *value);
/* Sets the length. 0, or -EMSGSIZE when something did not fit. */
int vici_finish(struct vici_packet_buf *b);

struct vici_str {
	const char *s;			/* not terminated */
	size_t len;
};
bool vici_is(struct vici_str str, const char *text);
/* As text, cut to fit, without control characters. */
void vici_copy(struct vici_str str, char *out, size_t size);

/*
 * Walk over the message in @data. @value is called for each key and value and
 * each list item (key: the list's name), with the names of the @depth sections
 * around it; @section, which may be NULL, for each section that starts. 0, or
 * -EBADMSG.
 */
typedef void vici_value_fn(void *arg, const struct vici_str *path, size_t depth,
			   struct vici_str key, struct vici_str value);
typedef void vici_section_fn(void *arg, const struct vici_str *path, size_t depth);
int vici_walk(const uint8_t *data, size_t len, vici_value_fn *value, vici_section_fn *section,
	      void *arg);

#endif /* TRUSTGATE_VICI_MSG_H */
