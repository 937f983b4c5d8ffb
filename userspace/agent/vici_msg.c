// SPDX-License-Identifier: GPL-2.0-or-later
/* VICI encoding. charon parses hostile input, so what it says is not trusted. */
#include "agent/vici_msg.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

enum element {
	SECTION_START = 1,
	SECTION_END = 2,
	KEY_VALUE = 3,
	LIST_START = 4,
	LIST_ITEM = 5,
	LIST_END = 6,
};

static void put(struct vici_packet_buf *b, const void *data, size_t len)
{
	if (len > sizeof(b->data) - b->len) {
		b->overflow = true;
		return;
	}
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

static void put_name(struct vici_packet_buf *b, const char *name)
{
	size_t len = strlen(name);
	uint8_t octet = (uint8_t)len;

	if (len > UINT8_MAX)
		b->overflow = true;
	put(b, &octet, 1);
	put(b, name, octet);
}

void vici_begin(struct vici_packet_buf *b, enum vici_packet type, const char *name)
{
	uint8_t octet = (uint8_t)type;

	b->len = sizeof(uint32_t);
	b->overflow = false;
	put(b, &octet, 1);
	put_name(b, name);
}

void vici_add(struct vici_packet_buf *b, const char *key, const char *value)
{
	uint8_t type = KEY_VALUE;
	size_t len = strlen(value);
	uint16_t be = htons((uint16_t)len);

	put(b, &type, 1);
	put_name(b, key);
	if (len > UINT16_MAX)
		b->overflow = true;
	put(b, &be, sizeof(be));
	put(b, value, len);
}

int vici_finish(struct vici_packet_buf *b)
{
	uint32_t len = htonl((uint32_t)(b->len - sizeof(len)));

	memcpy(b->data, &len, sizeof(len));
	return b->overflow ? -EMSGSIZE : 0;
}

bool vici_is(struct vici_str str, const char *text)
{
	return str.len == strlen(text) && !memcmp(str.s, text, str.len);
}

void vici_copy(struct vici_str str, char *out, size_t size)
{
	size_t n = str.len < size ? str.len : size - 1;

	for (size_t i = 0; i < n; i++)
		out[i] = iscntrl((unsigned char)str.s[i]) ? '?' : str.s[i];
	out[n] = '\0';
}

struct cursor {
	const uint8_t *p;
	size_t left;
};

static bool take_octet(struct cursor *c, uint8_t *out)
{
	if (!c->left)
		return false;
	*out = *c->p++;
	c->left--;
	return true;
}

static bool take_str(struct cursor *c, size_t len, struct vici_str *out)
{
	if (len > c->left)
		return false;
	out->s = (const char *)c->p;
	out->len = len;
	c->p += len;
	c->left -= len;
	return true;
}

static bool take_name(struct cursor *c, struct vici_str *out)
{
	uint8_t len;

	return take_octet(c, &len) && take_str(c, len, out);
}

static bool take_value(struct cursor *c, struct vici_str *out)
{
	uint8_t hi, lo;

	return take_octet(c, &hi) && take_octet(c, &lo) &&
	       take_str(c, (size_t)hi << 8 | lo, out);
}

struct walk {
	struct cursor c;
	struct vici_str path[VICI_DEPTH_MAX];
	size_t depth;
	struct vici_str list;
	bool in_list;
	vici_value_fn *value;
	vici_section_fn *section;
	void *arg;
};

static bool list_element(struct walk *w, uint8_t type)
{
	struct vici_str value;

	if (type == LIST_END) {
		w->in_list = false;
		return true;
	}
	if (type != LIST_ITEM || !take_value(&w->c, &value))
		return false;
	w->value(w->arg, w->path, w->depth, w->list, value);
	return true;
}

static bool section_element(struct walk *w, uint8_t type)
{
	struct vici_str key, value;

	switch (type) {
	case SECTION_START:
		if (w->depth == VICI_DEPTH_MAX || !take_name(&w->c, &w->path[w->depth]))
			return false;
		w->depth++;
		if (w->section)
			w->section(w->arg, w->path, w->depth);
		return true;
	case SECTION_END:
		return w->depth && w->depth--;
	case KEY_VALUE:
		if (!take_name(&w->c, &key) || !take_value(&w->c, &value))
			return false;
		w->value(w->arg, w->path, w->depth, key, value);
		return true;
	case LIST_START:
		w->in_list = true;
		return take_name(&w->c, &w->list);
	default:
		return false;
	}
}

int vici_walk(const uint8_t *data, size_t len, vici_value_fn *value, vici_section_fn *section,
	      void *arg)
{
	struct walk w = {
		.c = { .p = data, .left = len }, .value = value, .section = section, .arg = arg,
	};
	uint8_t type;

	while (take_octet(&w.c, &type)) {
		bool good = w.in_list ? list_element(&w, type) : section_element(&w, type);

		if (!good)
			return -EBADMSG;
	}
	return w.depth || w.in_list ? -EBADMSG : 0;
}
