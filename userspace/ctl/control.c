// SPDX-License-Identifier: GPL-2.0-or-later
/* Client of the agent's control socket: one request, and a reply up to its end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "ctl.h"

/* The agent answers from memory; an hour-long wait would hide that it hangs. */
#define REPLY_TIMEOUT_S	10
#define PACKET_MAX	65536	/* the agent's are shorter */

static int failed(int err, const char *path, char *buf, size_t len)
{
	switch (err) {
	case ENOENT:
	case ECONNREFUSED:
		snprintf(buf, len, "nobody listens on %s (systemctl start trustgated, or name the socket with --socket)",
			 path);
		break;
	case EACCES:
	case EPERM:
		snprintf(buf, len, "%s may not be opened (run as root)", path);
		break;
	case EAGAIN:
		snprintf(buf, len, "no answer on %s within %d s (journalctl -u trustgated says what it is doing)",
			 path, REPLY_TIMEOUT_S);
		break;
	case ECONNRESET:
	case EPIPE:
		snprintf(buf, len, "it closed %s without an answer (journalctl -u trustgated says why)",
			 path);
		break;
	case EBADMSG:
		snprintf(buf, len, "its answer on %s can't be read (install the agent and the tool of one release)",
			 path);
		break;
	default:
		snprintf(buf, len, "%s: %s", path, strerror(err));
		break;
	}
	return -err;
}

/* A connected socket, or a negative errno. */
static int dial(const char *path)
{
	const struct timeval limit = { .tv_sec = REPLY_TIMEOUT_S };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd;

	if (len >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, len + 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
	    connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		int err = errno;

		close(fd);
		return -err;
	}
	return fd;
}

struct reply {
	char *text;
	size_t len, room;
};

/* The next packet; its octets, 0 at the end, or a negative errno. */
static ssize_t receive(int fd, struct reply *r)
{
	ssize_t n;

	if (r->room - r->len < PACKET_MAX) {
		size_t room = r->room ? 2 * r->room : 2 * PACKET_MAX;
		char *text = room <= CONTROL_MAX ? realloc(r->text, room) : NULL;

		if (!text)
			return room <= CONTROL_MAX ? -ENOMEM : -EBADMSG;
		r->text = text;
		r->room = room;
	}
	do {
		n = recv(fd, r->text + r->len, r->room - r->len, MSG_TRUNC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n > r->room - r->len ? -EBADMSG : n;
}

/* 0, or a negative errno. The agent closes the connection behind its last packet. */
static int exchange(int fd, const char *request, struct reply *r)
{
	ssize_t n;

	if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		return -errno;
	while ((n = receive(fd, r)) > 0)
		r->len += (size_t)n;
	return n ? (int)n : r->len ? 0 : -ECONNRESET;
}

static int converse(const char *path, const char *request, json_t **reply)
{
	struct reply r = { 0 };
	int fd = dial(path);
	int err = fd < 0 ? fd : exchange(fd, request, &r);

	if (!err) {
		/* One that was cut off is no JSON. */
		*reply = json_loadb(r.text, r.len, JSON_REJECT_DUPLICATES, NULL);
		if (!json_is_boolean(json_object_get(*reply, "ok")))
			err = -EBADMSG;
	}
	if (fd >= 0)
		close(fd);
	free(r.text);
	return err;
}

int control_ask(const struct ctl *ctl, json_t *request, json_t **reply, char *err, size_t errlen)
{
	char *text = json_dumps(request, JSON_COMPACT);
	int rc;

	*reply = NULL;
	json_decref(request);
	rc = text ? converse(ctl->socket, text, reply) : -ENOMEM;
	free(text);
	if (!rc && !json_is_true(json_object_get(*reply, "ok"))) {
		char buf[TEXT_ROOM];
		const char *why = json_str(*reply, "error");

		snprintf(err, errlen, "%s", *why ? clean(buf, sizeof(buf), why) :
			 "it refused and did not say why (journalctl -u trustgated)");
		rc = -EREMOTEIO;
	} else if (rc) {
		failed(-rc, ctl->socket, err, errlen);
	}
	if (rc) {
		json_decref(*reply);
		*reply = NULL;
	}
	return rc;
}
