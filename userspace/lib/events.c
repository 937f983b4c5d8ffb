// SPDX-License-Identifier: GPL-2.0-or-later
/* The events of a network namespace, on a socket of their own. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netlink/genl/ctrl.h>
#include "internal.h"

/* Room for some thousand events, should the reader be busy. */
#define EVENTS_RCVBUF	(1 << 20)

struct tg_events {
	struct nl_sock *sk;
	int family;
	bool moved;		/* the module came, anew or for the first time */
	void (*cb)(const struct tg_note *note, void *arg);
	void *arg;
	int bad;
};

/* Of the kernel's own word that a family of generic netlink came or went. */
static void on_family(struct tg_events *ev, struct nlmsghdr *nlh)
{
	struct nlattr *tb[CTRL_ATTR_MAX + 1];
	struct genlmsghdr *g = nlmsg_data(nlh);

	if (genlmsg_valid_hdr(nlh, 0) && g->cmd == CTRL_CMD_NEWFAMILY &&
	    !genlmsg_parse(nlh, 0, tb, CTRL_ATTR_MAX, NULL) && tb[CTRL_ATTR_FAMILY_NAME] &&
	    !nla_strcmp(tb[CTRL_ATTR_FAMILY_NAME], TRUSTGATE_FAMILY_NAME))
		ev->moved = true;
}

static int on_event(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct tg_events *ev = arg;
	struct tg_note note = { 0 };
	struct genlmsghdr *g = nlmsg_data(nlh);

	if (nlh->nlmsg_type == GENL_ID_CTRL)
		on_family(ev, nlh);
	if (nlh->nlmsg_type != ev->family || !genlmsg_valid_hdr(nlh, 0) ||
	    g->cmd != TRUSTGATE_CMD_EVENT)
		return NL_SKIP;
	if (tg_read_note(nlh, &note)) {
		ev->bad = -EBADMSG;
		return NL_SKIP;
	}
	ev->cb(&note, ev->arg);
	return NL_OK;
}

static void enlarge(int fd)
{
	int size = EVENTS_RCVBUF;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

/* By a socket for this alone: @ev's may be full of events. */
static int join(struct tg_events *ev)
{
	struct nl_sock *sk = nl_socket_alloc();
	int rc = sk ? genl_connect(sk) : -NLE_NOMEM, group = rc, notify = rc;

	if (!rc) {
		notify = genl_ctrl_resolve_grp(sk, "nlctrl", "notify");
		ev->family = genl_ctrl_resolve(sk, TRUSTGATE_FAMILY_NAME);
		group = ev->family < 0 ? ev->family :
			genl_ctrl_resolve_grp(sk, TRUSTGATE_FAMILY_NAME, TRUSTGATE_MCGRP_EVENTS);
	}
	if (sk)
		nl_socket_free(sk);
	if (notify >= 0)
		nl_socket_add_membership(ev->sk, notify);
	rc = group < 0 ? group : nl_socket_add_membership(ev->sk, group);
	return rc < 0 ? tg_from_nle(rc) : 0;
}

static int subscribe(struct tg_events *ev)
{
	int rc;

	ev->sk = nl_socket_alloc();
	if (!ev->sk)
		return -ENOMEM;
	rc = genl_connect(ev->sk);
	if (rc < 0)
		return tg_from_nle(rc);
	rc = join(ev);
	if (rc)
		return rc;
	/* Events carry sequence number 0, which libnl would take for a mix-up. */
	nl_socket_disable_seq_check(ev->sk);
	nl_socket_modify_cb(ev->sk, NL_CB_VALID, NL_CB_CUSTOM, on_event, ev);
	enlarge(nl_socket_get_fd(ev->sk));
	return nl_socket_set_nonblocking(ev->sk) < 0 ? -EIO : 0;
}

int tg_events_open(struct tg_events **out, char *err, size_t errlen)
{
	struct tg_events *ev = calloc(1, sizeof(*ev));
	int rc = ev ? subscribe(ev) : -ENOMEM;

	*out = NULL;
	if (rc) {
		if (err)
			tg_explain(err, errlen, "events", rc, rc == -ENOENT ?
				   TG_NO_MODULE : NULL);
		tg_events_close(ev);
		return rc;
	}
	*out = ev;
	return 0;
}

int tg_events_fd(const struct tg_events *ev)
{
	return nl_socket_get_fd(ev->sk);
}

int tg_events_read(struct tg_events *ev, void (*cb)(const struct tg_note *note, void *arg),
		   void *arg)
{
	int rc;

	ev->cb = cb;
	ev->arg = arg;
	ev->bad = 0;
	do {
		rc = nl_recvmsgs_default(ev->sk);
	} while (rc >= 0);
	rc = tg_from_nle(rc);
	if (ev->moved) {
		/* What it had to say before that is lost, as all of the one before is. */
		ev->moved = false;
		join(ev);
		return -ENOBUFS;
	}
	if (rc == -EAGAIN)
		return ev->bad;
	/* libnl folds ENOBUFS, the kernel's word for lost events, into ENOMEM. */
	return rc == -ENOMEM ? -ENOBUFS : rc;
}

void tg_events_close(struct tg_events *ev)
{
	if (!ev)
		return;
	nl_socket_free(ev->sk);
	free(ev);
}
