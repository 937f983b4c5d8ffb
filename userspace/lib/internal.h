/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of libtrustgate share among themselves. */
#ifndef TRUSTGATE_LIB_INTERNAL_H
#define TRUSTGATE_LIB_INTERNAL_H

#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include "trustgate.h"

#define TG_ERROR_MAX	640
#define TG_NO_MODULE	"the trustgate module is not loaded (modprobe trustgate)"

struct tg {
	struct nl_sock *sk;
	int family;
	bool absent;		/* there was no module when it was last looked for */
	unsigned int modules;	/* how often another took its place */
	char error[TG_ERROR_MAX];
};

/*
 * A request being put together. What does not fit is remembered, so that only
 * tg_req_send() has an error to look at.
 */
struct tg_req {
	struct tg *tg;
	const char *what;	/* for people: "config set" */
	struct nl_msg *msg;
	bool failed;
};

/* Reads one reply; 0 or a negative errno. */
typedef int (*tg_reply_fn)(struct nlmsghdr *nlh, void *arg);

void tg_req_init(struct tg_req *req, struct tg *tg, uint8_t cmd, const char *what);
void tg_req_u8(struct tg_req *req, int attr, uint8_t v);
void tg_req_u16(struct tg_req *req, int attr, uint16_t v);
void tg_req_u32(struct tg_req *req, int attr, uint32_t v);
void tg_req_u64(struct tg_req *req, int attr, uint64_t v);
void tg_req_flag(struct tg_req *req, int attr);
void tg_req_data(struct tg_req *req, int attr, const void *data, size_t len);
void tg_req_text(struct tg_req *req, int attr, const char *text);
struct nlattr *tg_req_nest(struct tg_req *req, int attr);
void tg_req_nest_end(struct tg_req *req, struct nlattr *nest);
/* Sends, reads the answer, frees the message. @fn NULL: no reply expected. */
int tg_req_send(struct tg_req *req, tg_reply_fn fn, void *arg);

/*
 * Growing array of what a dump returns. @read fills one zeroed element.
 */
struct tg_table {
	void *items;
	size_t n, room, size;
	tg_reply_fn read;
};

/* On success @table->items is the caller's to free(). */
int tg_dump(struct tg *tg, uint8_t cmd, const char *what, struct tg_table *table);

/* Resolve the family anew. True when it has another number than before. */
bool tg_family_moved(struct tg *tg);

/* Octets of an address of @family, 0 when it is none of ours. */
size_t tg_addr_len(uint16_t family);

/* errno (negative) for a negative error number of libnl. */
int tg_from_nle(int nle);
int tg_set_error(struct tg *tg, int err, const char *what, const char *why);
/* The answer of the kernel to @request as one line in @buf: its own words when
 * it has any, else what @err usually means here.
 */
void tg_explain(char *buf, size_t len, const char *what, int err, const char *extack);
/* What the extended ack in @nlh, the answer to @request, says; "" for nothing. */
void tg_extack(struct nlmsghdr *nlh, const struct nlmsghdr *request, char *buf, size_t len);

/* Replies to structures: struct tg_config, tg_agent, tg_context, tg_sa, ... */
int tg_read_config(struct nlmsghdr *nlh, void *arg);
int tg_read_agent(struct nlmsghdr *nlh, void *arg);
int tg_read_context(struct nlmsghdr *nlh, void *arg);
int tg_read_sa(struct nlmsghdr *nlh, void *arg);
int tg_read_bootstrap(struct nlmsghdr *nlh, void *arg);
int tg_read_stats(struct nlmsghdr *nlh, void *arg);
int tg_read_note(struct nlmsghdr *nlh, void *arg);

#endif /* TRUSTGATE_LIB_INTERNAL_H */
