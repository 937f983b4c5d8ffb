/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the agent asks of charon: start, stop and look. Each request has a
 * connection of its own, so that a slow one delays no other.
 */
#ifndef TRUSTGATE_VICI_H
#define TRUSTGATE_VICI_H

#include "agent/loop.h"
#include "agent/vici_msg.h"

struct vici_answer {
	int status;		/* 0, or a negative errno: charon was not reached, or said no */
	char error[256];	/* charon's words, or why it was not reached */
	/* list: what there is of the configured connection. */
	bool connecting, ike_up, child_up;
};

struct vici_request;
typedef void vici_done_fn(void *arg, const struct vici_answer *answer);

/*
 * Send one request. @done is called exactly once, possibly before the call
 * returns; the request is freed after it. NULL when @done was called already.
 */
struct vici_request *vici_initiate(const char *socket, const char *ike, const char *child,
				   uint32_t timeout_ms, vici_done_fn *done, void *arg);
struct vici_request *vici_terminate(const char *socket, uint32_t ike_id, vici_done_fn *done,
				    void *arg);
/* Authenticate anew, with whatever the peer then sends of its certificate. */
struct vici_request *vici_reauth(const char *socket, uint32_t ike_id, vici_done_fn *done,
				 void *arg);
struct vici_request *vici_list(const char *socket, const char *ike, const char *child,
			       vici_done_fn *done, void *arg);

/* The request goes on, but its answer interests nobody but @done any more. */
void vici_detach(struct vici_request *r, vici_done_fn *done);

#endif /* TRUSTGATE_VICI_H */
