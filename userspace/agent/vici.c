// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests to charon over VICI, without ever waiting for it. */
#include "agent/vici.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define HEADER		4u	/* the length, of 32 bits */
#define REQUEST_MS	10000	/* for what charon answers from memory */

struct vici_request {
	struct watch watch;
	struct timer deadline;
	struct vici_packet_buf out;	/* the command; for a list, after the event */
	bool listing, confirmed;
	char ike[256], child[256];
	unsigned char *in;		/* a packet being received */
	size_t have, need;
	struct vici_answer answer;
	vici_done_fn *done;
	void *arg;
};

static void finish(struct vici_request *r, int status, const char *why)
{
	watch_close(&r->watch);
	timer_stop(&r->deadline);
	r->answer.status = status;
	if (why)
		snprintf(r->answer.error, sizeof(r->answer.error), "%s", why);
	r->done(r->arg, &r->answer);
	free(r->in);
	free(r);
}

static void late(struct timer *t)
{
	struct vici_request *r = container_of(t, struct vici_request, deadline);

	finish(r, -ETIMEDOUT, "charon did not answer");
}

/* Requests are small, and the socket is new: all of it goes, or it is broken. */
static int send_packet(struct vici_request *r, struct vici_packet_buf *b)
{
	int err = vici_finish(b);
	ssize_t n;

	if (err)
		return err;
	n = send(r->watch.fd, b->data, b->len, MSG_NOSIGNAL);
	if (n < 0)
		return -errno;
	return (size_t)n == b->len ? 0 : -EAGAIN;
}

static void response_value(void *arg, const struct vici_str *path, size_t depth,
			   struct vici_str key, struct vici_str value)
{
	struct vici_request *r = arg;

	(void)path;
	if (depth)
		return;
	if (vici_is(key, "success"))
		r->answer.status = vici_is(value, "yes") ? 0 : -EPROTO;
	else if (vici_is(key, "errmsg"))
		vici_copy(value, r->answer.error, sizeof(r->answer.error));
}

static bool ours(const struct vici_request *r, struct vici_str ike)
{
	return !*r->ike || vici_is(ike, r->ike);
}

/* list-sa: one section named as the connection, children in child-sas. */
static void list_value(void *arg, const struct vici_str *path, size_t depth,
		       struct vici_str key, struct vici_str value)
{
	struct vici_request *r = arg;

	if (depth == 1 && *r->ike && ours(r, path[0]) && vici_is(key, "state")) {
		if (vici_is(value, "CONNECTING") || vici_is(value, "CREATED"))
			r->answer.connecting = true;
		else if (vici_is(value, "ESTABLISHED") || vici_is(value, "REKEYING"))
			r->answer.ike_up = true;
	}
	if (depth == 3 && ours(r, path[0]) && vici_is(path[1], "child-sas") &&
	    vici_is(key, "name") && vici_is(value, r->child))
		r->answer.child_up = true;
}

/* False when the request is over. */
static bool take_packet(struct vici_request *r, const uint8_t *p, size_t len)
{
	uint8_t name_len;
	int err;

	switch (p[0]) {
	case VICI_CMD_RESPONSE:
		r->answer.status = 0;
		err = vici_walk(p + 1, len - 1, response_value, NULL, r);
		finish(r, err ? err : r->answer.status,
		       err ? "charon's answer does not parse" : NULL);
		return false;
	case VICI_EVENT_CONFIRM:
		r->confirmed = true;
		err = send_packet(r, &r->out);
		if (err)
			finish(r, err, "charon takes no request");
		return !err;
	case VICI_EVENT:
		name_len = len > 1 ? p[1] : UINT8_MAX;
		if (len < 2u + name_len) {
			finish(r, -EBADMSG, "charon's event does not parse");
			return false;
		}
		if (vici_walk(p + 2 + name_len, len - 2 - name_len, list_value, NULL, r)) {
			finish(r, -EBADMSG, "charon's event does not parse");
			return false;
		}
		return true;
	default:
		finish(r, -EOPNOTSUPP,
		       "charon does not know the request: is its vici plugin complete?");
		return false;
	}
}

/* Make room for the packet whose length has come. */
static int start_body(struct vici_request *r)
{
	uint32_t len;

	memcpy(&len, r->in, sizeof(len));
	len = ntohl(len);
	if (!len || len > VICI_PACKET_MAX)
		return -EBADMSG;
	free(r->in);
	r->in = malloc(len);
	if (!r->in)
		return -ENOMEM;
	r->have = 0;
	r->need = len;
	return 0;
}

static int start_header(struct vici_request *r)
{
	free(r->in);
	r->in = malloc(HEADER);
	r->have = 0;
	r->need = 0;
	return r->in ? 0 : -ENOMEM;
}

static void readable(struct watch *w, uint32_t events)
{
	struct vici_request *r = container_of(w, struct vici_request, watch);
	size_t want = (r->need ? r->need : HEADER) - r->have;
	ssize_t n = recv(w->fd, r->in + r->have, want, MSG_DONTWAIT);
	int err = 0;

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		finish(r, n ? -errno : -ECONNRESET, "charon closed the connection");
		return;
	}
	r->have += (size_t)n;
	if ((size_t)n < want)
		return;
	if (!r->need) {
		err = start_body(r);
	} else {
		if (!take_packet(r, r->in, r->need))
			return;
		err = start_header(r);
	}
	if (err)
		finish(r, err, "charon's answer is too long or there is no memory");
}

static int connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0)
		return -errno;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static struct vici_request *start(struct vici_request *r, const char *path, uint32_t deadline_ms)
{
	struct vici_packet_buf event;
	int fd = connect_to(path), err;

	if (fd < 0) {
		finish(r, fd, strerror(-fd));
		return NULL;
	}
	err = watch_start(&r->watch, fd, EPOLLIN, readable);
	if (err) {
		close(fd);
	} else if (r->listing) {
		vici_begin(&event, VICI_EVENT_REGISTER, "list-sa");
		err = send_packet(r, &event);
	} else {
		err = send_packet(r, &r->out);
	}
	if (!err)
		err = start_header(r);
	if (err) {
		finish(r, err, strerror(-err));
		return NULL;
	}
	timer_start(&r->deadline, deadline_ms, late);
	return r;
}

static struct vici_request *make(vici_done_fn *done, void *arg)
{
	struct vici_request *r = calloc(1, sizeof(*r));
	struct vici_answer none = { .status = -ENOMEM, .error = "out of memory" };

	if (!r) {
		done(arg, &none);
		return NULL;
	}
	r->watch.fd = -1;
	r->done = done;
	r->arg = arg;
	return r;
}

struct vici_request *vici_initiate(const char *socket, const char *ike, const char *child,
				   uint32_t timeout_ms, vici_done_fn *done, void *arg)
{
	struct vici_request *r = make(done, arg);
	char timeout[16];

	if (!r)
		return NULL;
	snprintf(timeout, sizeof(timeout), "%u", timeout_ms);
	vici_begin(&r->out, VICI_CMD_REQUEST, "initiate");
	vici_add(&r->out, "child", child);
	if (*ike)
		vici_add(&r->out, "ike", ike);
	vici_add(&r->out, "timeout", timeout);
	vici_add(&r->out, "loglevel", "-1");
	return start(r, socket, timeout_ms + REQUEST_MS);
}

struct vici_request *vici_terminate(const char *socket, uint32_t ike_id, vici_done_fn *done,
				    void *arg)
{
	struct vici_request *r = make(done, arg);
	char id[16];

	if (!r)
		return NULL;
	snprintf(id, sizeof(id), "%u", ike_id);
	vici_begin(&r->out, VICI_CMD_REQUEST, "terminate");
	vici_add(&r->out, "ike-id", id);
	/* The Delete goes out; a peer that does not confirm it delays nothing. */
	vici_add(&r->out, "force", "yes");
	vici_add(&r->out, "timeout", "2000");
	vici_add(&r->out, "loglevel", "-1");
	return start(r, socket, REQUEST_MS);
}

struct vici_request *vici_reauth(const char *socket, uint32_t ike_id, vici_done_fn *done,
				 void *arg)
{
	struct vici_request *r = make(done, arg);
	char id[16];

	if (!r)
		return NULL;
	snprintf(id, sizeof(id), "%u", ike_id);
	vici_begin(&r->out, VICI_CMD_REQUEST, "rekey");
	vici_add(&r->out, "ike-id", id);
	vici_add(&r->out, "reauth", "yes");
	return start(r, socket, REQUEST_MS);
}

struct vici_request *vici_list(const char *socket, const char *ike, const char *child,
			       vici_done_fn *done, void *arg)
{
	struct vici_request *r = make(done, arg);

	if (!r)
		return NULL;
	r->listing = true;
	snprintf(r->ike, sizeof(r->ike), "%s", ike);
	snprintf(r->child, sizeof(r->child), "%s", child);
	vici_begin(&r->out, VICI_CMD_REQUEST, "list-sas");
	if (*ike)
		vici_add(&r->out, "ike", ike);
	return start(r, socket, REQUEST_MS);
}

void vici_detach(struct vici_request *r, vici_done_fn *done)
{
	r->done = done;
	r->arg = NULL;
}
