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
	void (*cb)(const struct tg_note *note, void *arg);
	void *arg;
	int bad;
};

static int on_event(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct tg_events *ev = arg;
	struct tg_note note = { 0 };
	struct genlmsghdr *g = nlmsg_data(nlh);

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

static int subscribe(struct tg_events *ev)
{
	int group, rc;

	ev->sk = nl_socket_alloc();
	if (!ev->sk)
		return -ENOMEM;
	rc = genl_connect(ev->sk);
	if (rc < 0)
		return tg_from_nle(rc);
	ev->family = genl_ctrl_resolve(ev->sk, TRUSTGATE_FAMILY_NAME);
	if (ev->family < 0)
		return tg_from_nle(ev->family);
	group = genl_ctrl_resolve_grp(ev->sk, TRUSTGATE_FAMILY_NAME, TRUSTGATE_MCGRP_EVENTS);
	if (group < 0)
		return tg_from_nle(group);
	rc = nl_socket_add_membership(ev->sk, group);
	if (rc < 0)
		return tg_from_nle(rc);
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
				   "the trustgate module is not loaded (modprobe trustgate)" : NULL);
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
