// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests: building, sending, reading the answer, dumps. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "internal.h"

/* How often a dump that was disturbed is started again. */
#define DUMP_TRIES	20

void tg_req_init(struct tg_req *req, struct tg *tg, uint8_t cmd, const char *what)
{
	*req = (struct tg_req) { .tg = tg, .what = what, .msg = nlmsg_alloc() };
	if (!req->msg || !genlmsg_put(req->msg, NL_AUTO_PORT, NL_AUTO_SEQ, tg->family, 0,
				      NLM_F_REQUEST | NLM_F_ACK, cmd, TRUSTGATE_FAMILY_VERSION))
		req->failed = true;
}

void tg_req_data(struct tg_req *req, int attr, const void *data, size_t len)
{
	if (!req->failed && nla_put(req->msg, attr, (int)len, data) < 0)
		req->failed = true;
}

void tg_req_u8(struct tg_req *req, int attr, uint8_t v)
{
	tg_req_data(req, attr, &v, sizeof(v));
}

void tg_req_u16(struct tg_req *req, int attr, uint16_t v)
{
	tg_req_data(req, attr, &v, sizeof(v));
}

void tg_req_u32(struct tg_req *req, int attr, uint32_t v)
{
	tg_req_data(req, attr, &v, sizeof(v));
}

void tg_req_u64(struct tg_req *req, int attr, uint64_t v)
{
	tg_req_data(req, attr, &v, sizeof(v));
}

void tg_req_flag(struct tg_req *req, int attr)
{
	tg_req_data(req, attr, NULL, 0);
}

void tg_req_text(struct tg_req *req, int attr, const char *text)
{
	tg_req_data(req, attr, text, strlen(text) + 1);
}

struct nlattr *tg_req_nest(struct tg_req *req, int attr)
{
	struct nlattr *nest = NULL;

	if (!req->failed) {
		/* Strict validation wants NLA_F_NESTED, which old libnl leaves out. */
		nest = nla_nest_start(req->msg, attr | NLA_F_NESTED);
		req->failed = !nest;
	}
	return nest;
}

void tg_req_nest_end(struct tg_req *req, struct nlattr *nest)
{
	if (!req->failed && nla_nest_end(req->msg, nest) < 0)
		req->failed = true;
}

/* One request on its way: what the callbacks below fill in. */
struct exchange {
	tg_reply_fn fn;
	void *arg;
	struct nlmsghdr *request;
	bool done, interrupted;
	int err;		/* of the kernel */
	int bad;		/* of reading its answer */
	char extack[512];
};

/* What is left of an exchange that was given up must not answer this one. */
static int on_seq(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	return nlmsg_hdr(msg)->nlmsg_seq == x->request->nlmsg_seq ? NL_OK : NL_SKIP;
}

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	/* After a failure the rest is read and thrown away, so that the socket
	 * is fit for the next request.
	 */
	if (x->fn && !x->bad)
		x->bad = x->fn(nlmsg_hdr(msg), x->arg);
	return NL_OK;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	(void)msg;
	x->done = true;
	return NL_STOP;
}

static int on_finish(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;
	struct nlmsghdr *nlh = nlmsg_hdr(msg);

	if (nlmsg_datalen(nlh) >= (int)sizeof(int)) {
		int err;

		memcpy(&err, nlmsg_data(nlh), sizeof(err));
		if (err < 0) {
			x->err = err;
			tg_extack(nlh, x->request, x->extack, sizeof(x->extack));
		}
	}
	x->done = true;
	return NL_STOP;
}

static int on_interrupted(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	(void)msg;
	x->interrupted = true;
	return NL_OK;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct exchange *x = arg;
	/* libnl hands out the payload; the extended ack needs the header. */
	struct nlmsghdr *nlh = (struct nlmsghdr *)((char *)e - NLMSG_HDRLEN);

	(void)from;
	x->err = e->error < 0 ? e->error : -EPROTO;
	tg_extack(nlh, x->request, x->extack, sizeof(x->extack));
	x->done = true;
	return NL_STOP;
}

static struct nl_cb *callbacks(struct exchange *x)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);

	if (!cb)
		return NULL;
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_seq, x);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, x);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, x);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, x);
	nl_cb_set(cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_interrupted, x);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, x);
	return cb;
}

/* Sends @msg and reads until the kernel has said all. */
static int converse(struct tg *tg, struct nl_msg *msg, struct exchange *x)
{
	struct nl_cb *cb = callbacks(x);
	int rc;

	if (!cb)
		return -ENOMEM;
	x->request = nlmsg_hdr(msg);
	rc = nl_send_auto(tg->sk, msg);
	while (rc >= 0 && !x->done)
		rc = nl_recvmsgs(tg->sk, cb);
	nl_cb_put(cb);
	/* An answer by the kernel counts, whatever libnl made of it. */
	return x->done ? 0 : tg_from_nle(rc);
}

static int verdict(struct tg_req *req, struct exchange *x, int rc)
{
	if (rc)
		return tg_set_error(req->tg, rc, req->what, NULL);
	if (x->err)
		return tg_set_error(req->tg, x->err, req->what, x->extack);
	if (x->bad)
		return tg_set_error(req->tg, x->bad, req->what, NULL);
	return 0;
}

/* The same to the module that took the place of the one that is gone. */
static int send_anew(struct tg_req *req, struct exchange *x)
{
	struct nlmsghdr *nlh = nlmsg_hdr(req->msg);

	nlh->nlmsg_type = (uint16_t)req->tg->family;
	nlh->nlmsg_seq = NL_AUTO_SEQ;
	*x = (struct exchange) { .fn = x->fn, .arg = x->arg };
	return converse(req->tg, req->msg, x);
}

static int send_once(struct tg_req *req, struct exchange *x)
{
	int rc;

	req->tg->absent = false;
	if (req->failed) {
		rc = tg_set_error(req->tg, req->msg ? -EMSGSIZE : -ENOMEM, req->what, NULL);
	} else {
		rc = converse(req->tg, req->msg, x);
		if (!rc && x->err == -ENOENT && tg_family_moved(req->tg))
			rc = send_anew(req, x);
		if (req->tg->absent)
			snprintf(x->extack, sizeof(x->extack), TG_NO_MODULE);
		rc = verdict(req, x, rc);
	}
	nlmsg_free(req->msg);
	req->msg = NULL;
	return rc;
}

/* A kernel that answers "done" to a get and sends no object is not ours. */
struct counted {
	tg_reply_fn fn;
	void *arg;
	unsigned int n;
};

static int count_reply(struct nlmsghdr *nlh, void *arg)
{
	struct counted *c = arg;

	c->n++;
	return c->fn(nlh, c->arg);
}

int tg_req_send(struct tg_req *req, tg_reply_fn fn, void *arg)
{
	struct counted c = { .fn = fn, .arg = arg };
	struct exchange x = { .fn = fn ? count_reply : NULL, .arg = &c };
	int rc = send_once(req, &x);

	if (!rc && fn && !c.n)
		rc = tg_set_error(req->tg, -EBADMSG, req->what, NULL);
	return rc;
}

static int read_row(struct nlmsghdr *nlh, void *arg)
{
	struct tg_table *t = arg;
	char *row;

	if (t->n == t->room) {
		size_t room = t->room ? 2 * t->room : 16;
		void *items = reallocarray(t->items, room, t->size);

		if (!items)
			return -ENOMEM;
		t->items = items;
		t->room = room;
	}
	row = (char *)t->items + t->n * t->size;
	memset(row, 0, t->size);
	t->n++;
	return t->read(nlh, row);
}

int tg_dump(struct tg *tg, uint8_t cmd, const char *what, struct tg_table *table)
{
	int rc = -EAGAIN;

	for (int i = 0; i < DUMP_TRIES; i++) {
		struct exchange x = { .fn = read_row, .arg = table };
		struct tg_req req;

		table->n = 0;
		tg_req_init(&req, tg, cmd, what);
		if (!req.failed)
			nlmsg_hdr(req.msg)->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
		rc = send_once(&req, &x);
		if (rc || !x.interrupted)
			break;
		rc = tg_set_error(tg, -EAGAIN, what, NULL);
	}
	if (rc) {
		free(table->items);
		table->items = NULL;
		table->n = 0;
	}
	return rc;
}
