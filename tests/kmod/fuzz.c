// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages no program of ours sends: malformed ones, each with a defect that must
 * have it refused, and requests of somebody without the capability.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "gatectl.h"
#include "lib/internal.h"

#define LAST_REQUEST	(TRUSTGATE_CMD_EVENT - 1)

struct message {
	struct nlmsghdr nlh;
	struct genlmsghdr genl;
	uint8_t data[1024];
	size_t len;	/* of data */
};

static struct {
	struct nl_sock *sk;
	int family;
} own;

/* The agent's own socket once there is one: nothing stands between it and us. */
static int target(struct line *l, int *family, uint32_t *port)
{
	struct tg *tg = line_has(l, "own") ? NULL : gate(l);
	struct nl_sock *sk = tg ? tg->sk : own.sk;

	if (!tg && !own.sk) {
		own.sk = sk = nl_socket_alloc();
		if (!sk || genl_connect(sk) < 0)
			return fail(l, -ENOBUFS, "netlink");
		own.family = genl_ctrl_resolve(sk, TRUSTGATE_FAMILY_NAME);
		if (own.family < 0)
			return fail(l, -ENOENT, "no family");
	}
	l->len = 0;
	l->reply[0] = '\0';
	*family = tg ? tg->family : own.family;
	*port = nl_socket_get_local_port(sk);
	return nl_socket_get_fd(sk);
}

static uint32_t seq = 0x74670000;

/* The kernel's answer to the message: 0 or a negative errno; 1: none at all. */
static int answer(int fd)
{
	uint8_t buf[32768];

	while (!socket_wait(fd, 1, 1000)) {
		struct nlmsghdr *nlh = (void *)buf;
		ssize_t n = recv(fd, buf, sizeof(buf), 0);

		for (; n > 0 && NLMSG_OK(nlh, (size_t)n); nlh = NLMSG_NEXT(nlh, n)) {
			struct nlmsgerr *e = NLMSG_DATA(nlh);

			if (nlh->nlmsg_seq != seq)
				continue;
			if (nlh->nlmsg_type == NLMSG_ERROR)
				return e->error;
			if (nlh->nlmsg_type == NLMSG_DONE)
				return e->error < 0 ? e->error : 0;
		}
	}
	return 1;
}

static int exchange(int fd, struct message *m, size_t total)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	m->nlh.nlmsg_seq = ++seq;
	if (sendto(fd, m, total, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	return answer(fd);
}

static void start(struct message *m, int family, uint8_t cmd, uint16_t flags)
{
	memset(m, 0, sizeof(*m));
	m->nlh.nlmsg_type = (uint16_t)family;
	m->nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	m->genl.cmd = cmd;
	m->genl.version = TRUSTGATE_FAMILY_VERSION;
}

static size_t finish(struct message *m)
{
	m->nlh.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + GENL_HDRLEN + m->len);
	return m->nlh.nlmsg_len;
}

/* An attribute that claims @claim octets and has @len. */
static void attr(struct message *m, uint16_t type, const void *data, size_t len, size_t claim)
{
	struct nlattr a = { .nla_type = type, .nla_len = (uint16_t)(NLA_HDRLEN + claim) };

	if (m->len + NLA_HDRLEN + NLA_ALIGN(len) > sizeof(m->data))
		return;
	memcpy(m->data + m->len, &a, sizeof(a));
	memcpy(m->data + m->len + NLA_HDRLEN, data, len);
	m->len += NLA_HDRLEN + NLA_ALIGN(len);
}

static uint64_t rng;

static uint32_t rnd(uint32_t below)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (uint32_t)(rng >> 32) % below;
}

static void noise(uint8_t *to, size_t n)
{
	while (n--)
		*to++ = (uint8_t)rnd(256);
}

/* Plausible attributes, so that the defect is met somewhere inside. */
static void some_attrs(struct message *m)
{
	static const size_t sizes[] = { 1, 2, 4, 8, 32, 16, 0, 5 };
	uint8_t data[64];

	for (uint32_t n = rnd(5); n; n--) {
		noise(data, sizeof(data));
		if (rnd(2))
			memset(data + 1, 0, 3);
		attr(m, (uint16_t)(1 + rnd(12)), data, sizes[rnd(8)], sizes[rnd(8)]);
	}
}

/*
 * A defect that no valid message has, at the end of an otherwise random one.
 * The nested attribute types start at 1 in every set, so that type 0 and those
 * above the highest are unknown everywhere.
 */
static size_t defect(struct message *m, uint32_t kind)
{
	uint8_t data[300];
	size_t total;

	noise(data, sizeof(data));
	switch (kind) {
	case 0:		/* unknown attribute */
		attr(m, (uint16_t)(64 + rnd(1000)), data, 4, 4);
		break;
	case 1:		/* longer than what is left */
		attr(m, (uint16_t)(1 + rnd(20)), data, 4, 5 + rnd(4000));
		break;
	case 2:		/* shorter than its own header */
		attr(m, (uint16_t)(1 + rnd(20)), data, 4, 0);
		m->data[m->len - 8] = (uint8_t)rnd(NLA_HDRLEN);
		m->data[m->len - 7] = 0;
		break;
	case 3:		/* a nest flag where none belongs, or garbage in a nest */
		attr(m, (uint16_t)((64 + rnd(64)) | NLA_F_NESTED), data, 64, 64);
		break;
	case 4:		/* octets that are no attribute */
		attr(m, 1000, data, 0, 0);
		m->len -= 1 + rnd(3);
		break;
	case 5:		/* network byte order flag */
		attr(m, (uint16_t)((1 + rnd(20)) | NLA_F_NET_BYTEORDER | NLA_F_NESTED), data,
		     rnd(200), 300);
		break;
	}
	total = finish(m);
	return total;
}

static bool is_refused(int rc)
{
	return rc < 0;
}

struct tally {
	unsigned int sent, refused, accepted, silent;
	uint8_t cmd;		/* of the first accepted */
	uint32_t kind;
};

static void count_answer(struct tally *t, int rc, uint8_t cmd, uint32_t kind)
{
	t->sent++;
	if (is_refused(rc))
		t->refused++;
	else if (rc)
		t->silent++;
	else if (!t->accepted++) {
		t->cmd = cmd;
		t->kind = kind;
	}
}

static int say_tally(struct line *l, const struct tally *t)
{
	if (t->accepted || t->silent)
		return fail(l, -EPROTO, "sent=%u refused=%u accepted=%u silent=%u first=%u/%u",
			    t->sent, t->refused, t->accepted, t->silent, t->cmd, t->kind);
	say(l, "sent=%u refused=%u", t->sent, t->refused);
	return 0;
}

/* fuzz [n=] [seed=] [own]: malformed messages, the same ones for the same seed */
static int do_fuzz(struct line *l)
{
	uint64_t n = line_num(l, "n", 1000);
	struct tally t = { 0 };
	struct message m;
	uint32_t port;
	int family, fd;

	rng = line_num(l, "seed", 1) * 0x9e3779b97f4a7c15ULL | 1;
	fd = target(l, &family, &port);
	if (fd < 0)
		return fd;
	while (n--) {
		uint8_t cmd = (uint8_t)(1 + rnd(LAST_REQUEST));
		uint32_t kind = rnd(6);
		size_t total;

		start(&m, family, cmd, rnd(8) ? 0 : NLM_F_DUMP);
		some_attrs(&m);
		total = defect(&m, kind);
		count_answer(&t, exchange(fd, &m, total), cmd, kind);
	}
	return say_tally(l, &t);
}

/* One attribute of a request that is wrong by itself, alone in its message. */
static const struct wrong {
	uint8_t cmd;
	uint16_t type;
	uint8_t len;
	uint64_t value;
} wrongs[] = {
#define WRONG(c, a, n, v) { TRUSTGATE_CMD_ ## c, TRUSTGATE_A_ ## a, n, v }
	WRONG(CONFIG_SET, CONFIG_MODE, 4, 3), WRONG(CONFIG_SET, CONFIG_MODE, 3, 2),
	WRONG(CONFIG_SET, CONFIG_MODE, 8, 2), WRONG(CONFIG_SET, CONFIG_T_BIND_MS, 4, 99),
	WRONG(CONFIG_SET, CONFIG_T_BIND_MS, 4, 600001),
	WRONG(CONFIG_SET, CONFIG_T_VERIFY_MS, 4, 0),
	WRONG(CONFIG_SET, CONFIG_GRACE_MS, 4, 60001),
	WRONG(CONFIG_SET, CONFIG_MAX_CONTEXTS, 4, 0),
	WRONG(CONFIG_SET, CONFIG_MAX_CONTEXTS, 4, 1048577),
	WRONG(CONFIG_SET, CONFIG_MAX_SAS, 4, 0), WRONG(CONFIG_SET, CONFIG_MAX_SAS, 4, 4194305),
	WRONG(CONFIG_SET, CONFIG_SCOPE, 4, 7), WRONG(CONFIG_SET, CONFIG_SCOPE_ALL, 4, 1),
	WRONG(AGENT_REGISTER, AGENT_LEASE_MS, 4, 0), WRONG(AGENT_REGISTER, AGENT_LEASE_MS, 4, 99),
	WRONG(AGENT_REGISTER, AGENT_LEASE_MS, 4, 300001),
	WRONG(AGENT_REGISTER, AGENT_LEASE_MS, 2, 200), WRONG(AGENT_REGISTER, AGENT_SESSION, 8, 1),
	WRONG(AGENT_RENEW, AGENT_SESSION, 4, 1), WRONG(AGENT_RENEW, AGENT_SESSION, 8, 0),
	WRONG(CONTEXT_SET, CONTEXT_REQUIRED, 4, 0), WRONG(CONTEXT_SET, CONTEXT_REQUIRED, 4, 32),
	WRONG(CONTEXT_SET, CONTEXT_ROLE, 4, 2), WRONG(CONTEXT_SET, CONTEXT_IKE_ID, 2, 1),
	WRONG(CONTEXT_SET, CONTEXT_CERT_DIGEST, 8, 1), WRONG(CONTEXT_DEL, CONTEXT_ID, 4, 0),
	WRONG(CONTEXT_DEL, CONTEXT_REASON, 4, 26), WRONG(CONTEXT_GET, CONTEXT_ID, 4, 0),
	WRONG(CONTEXT_CLOSE, CONTEXT_ID, 4, 0), WRONG(CONTEXT_CLOSE, CONTEXT_ID, 1, 1),
	WRONG(CONTEXT_CLOSE, CONTEXT_REASON, 4, TRUSTGATE_REASON_NONE),
	WRONG(CONTEXT_CLOSE, CONTEXT_REASON, 4, 26),
	WRONG(CONTEXT_CLOSE, CONTEXT_REASON, 4, 0xffffffff),
	WRONG(CONTEXT_CLOSE, CONTEXT_STATE, 4, TRUSTGATE_STATE_OPEN),
	WRONG(CONTEXT_QUARANTINE, CONTEXT_ID, 4, 0),
	WRONG(CONTEXT_REVERIFY, CONTEXT_ID, 4, 1), WRONG(CONTEXT_REQUIRE, CONTEXT_ID, 4, 1),
	WRONG(EVIDENCE_SET, CONTEXT_ID, 4, 1), WRONG(EVIDENCE_SET, CONTEXT_STATE, 4, 3),
	WRONG(SA_BIND, BIND_CONTEXT_ID, 4, 1), WRONG(SA_BIND, BIND_CERT_DIGEST, 4, 1),
	WRONG(SA_GET, SA_ID, 4, 0), WRONG(SA_GET, SA_SPI, 4, 1),
	WRONG(BOOTSTRAP_SET, BOOTSTRAP_CONTEXT_ID, 4, 1),
	WRONG(BOOTSTRAP_SET, BOOTSTRAP_SOCKFD, 2, 1), WRONG(BOOTSTRAP_GET, BOOTSTRAP_CONTEXT_ID, 4, 0),
#undef WRONG
};

/* wrong-values [own]: lengths and ranges that the spec excludes */
static int do_wrong_values(struct line *l)
{
	struct tally t = { 0 };
	struct message m;
	uint32_t port;
	int family, fd = target(l, &family, &port);

	if (fd < 0)
		return fd;
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		const struct wrong *w = &wrongs[i];
		size_t total;

		start(&m, family, w->cmd, 0);
		attr(&m, w->type, &w->value, w->len, w->len);
		total = finish(&m);
		count_answer(&t, exchange(fd, &m, total), w->cmd, (uint32_t)i);
	}
	return say_tally(l, &t);
}

/* Headers that lie. What the kernel takes for no message it answers nothing to. */
static int do_wrong_headers(struct line *l)
{
	struct tally t = { 0 };
	struct message m;
	uint32_t port;
	int family, fd = target(l, &family, &port);

	if (fd < 0)
		return fd;
	for (uint32_t i = 0; i < 256; i++) {
		start(&m, family, (uint8_t)i, 0);
		if (i >= 1 && i <= LAST_REQUEST)
			m.genl.reserved = (uint16_t)(1 + i);
		finish(&m);
		count_answer(&t, exchange(fd, &m, m.nlh.nlmsg_len), (uint8_t)i, i);
	}
	for (uint32_t i = 1; i <= LAST_REQUEST; i++) {
		start(&m, family, (uint8_t)i, 0);
		m.nlh.nlmsg_len = NLMSG_HDRLEN + 1;	/* no generic header */
		count_answer(&t, exchange(fd, &m, NLMSG_HDRLEN + GENL_HDRLEN), (uint8_t)i, 1000);
	}
	return say_tally(l, &t);
}

/* ask-all own: every request, empty; says how each was answered */
static int do_ask_all(struct line *l)
{
	struct message m;
	uint32_t port;
	int family, fd = target(l, &family, &port);

	if (fd < 0)
		return fd;
	for (uint8_t cmd = 1; cmd <= LAST_REQUEST; cmd++) {
		int rc;

		start(&m, family, cmd, 0);
		finish(&m);
		rc = exchange(fd, &m, m.nlh.nlmsg_len);
		say(l, "%s%u:%s", cmd > 1 ? " " : "", cmd,
		    rc < 0 ? strerrorname_np(-rc) : rc ? "silent" : "0");
	}
	return 0;
}

/* raw cmd= attr=TYPE:HEX... [own] [dump]: exactly these attributes */
static int do_raw(struct line *l)
{
	struct message m;
	const char *text;
	uint32_t port;
	int family, fd = target(l, &family, &port), rc;

	if (fd < 0)
		return fd;
	start(&m, family, (uint8_t)line_num(l, "cmd", 0), line_has(l, "dump") ? NLM_F_DUMP : 0);
	for (unsigned int i = 0; (text = line_nth(l, "attr", i)); i++) {
		uint8_t data[256];
		size_t n = 0;
		unsigned int type, octet;

		if (sscanf(text, "%u", &type) != 1 || !strchr(text, ':'))
			return fail(l, -EINVAL, "attr=%s", text);
		for (text = strchr(text, ':') + 1; sscanf(text, "%2x", &octet) == 1 && n < 256;
		     text += 2)
			data[n++] = (uint8_t)octet;
		attr(&m, (uint16_t)type, data, n, n);
	}
	rc = exchange(fd, &m, finish(&m));
	return rc < 0 ? fail(l, rc, "%s", strerror(-rc)) : 0;
}

const struct command fuzz_commands[] = {
	{ "fuzz", do_fuzz }, { "wrong-values", do_wrong_values },
	{ "wrong-headers", do_wrong_headers }, { "ask-all", do_ask_all }, { "raw", do_raw },
	{ NULL, NULL },
};
