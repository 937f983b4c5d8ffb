// SPDX-License-Identifier: GPL-2.0-or-later
/* Sockets that stay open between commands, and datagrams. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "gatectl.h"

#ifndef IPPROTO_SCTP
#define IPPROTO_SCTP	132
#endif

static const uint8_t filler[65536];

int socket_wait(int fd, short events, uint64_t ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, (int)ms) > 0 ? 0 : -ETIMEDOUT;
}

static int proto_of(struct line *l, int *type)
{
	const char *name = line_val(l, "proto");

	*type = SOCK_STREAM;
	if (!name || !strcmp(name, "tcp"))
		return IPPROTO_TCP;
	if (!strcmp(name, "sctp"))
		return IPPROTO_SCTP;
	if (!strcmp(name, "udp")) {
		*type = SOCK_DGRAM;
		return IPPROTO_UDP;
	}
	l->wrong = "proto";
	return IPPROTO_TCP;
}

/* A socket of @type, bound to src= and sport= when src= is there. What it has not
 * delivered when it is closed is forgotten: an orphan that waits for an answer that
 * is held would keep its namespace for minutes.
 */
int socket_bound(struct line *l, int type, int proto)
{
	struct sockaddr_storage src, dst;
	uint16_t sport = (uint16_t)line_num(l, "sport", 0);
	int bound = line_addr(l, "src", &src, sport);
	int family = line_addr(l, "dst", &dst, 0) ?: bound ?: AF_INET;
	struct linger gone = { .l_onoff = 1 };
	int one = 1, fd;

	fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, proto);
	if (fd < 0)
		return fail(l, -errno, "socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (proto == IPPROTO_TCP)	/* SCTP would send an ABORT */
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &gone, sizeof(gone));
	if (bound && bind(fd, (struct sockaddr *)&src, addr_len(&src)) < 0) {
		int err = -errno;

		close(fd);
		return fail(l, err, "bind: %s", strerror(-err));
	}
	return fd;
}

static int enter_netns(struct line *l, const char *name, int *back)
{
	char path[128];
	int fd, rc;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	*back = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	rc = fd < 0 || *back < 0 ? -1 : setns(fd, CLONE_NEWNET);
	if (fd >= 0)
		close(fd);
	return rc < 0 ? fail(l, -errno, "netns %s: %s", name, strerror(errno)) : 0;
}

/* socket [proto=] [src= sport=] [netns=]: a socket, bound and not connected */
static int do_socket(struct line *l)
{
	const char *netns = line_val(l, "netns");
	int type, proto = proto_of(l, &type), back = -1, fd, rc;

	if (netns) {
		rc = enter_netns(l, netns, &back);
		if (rc)
			return rc;
	}
	fd = socket_bound(l, type, proto);
	if (back >= 0) {
		rc = setns(back, CLONE_NEWNET);
		close(back);
		if (rc < 0)
			return fail(l, -errno, "no way back");
	}
	if (fd >= 0)
		say(l, "fd=%d", fd);
	return fd < 0 ? fd : 0;
}

/* connect [fd=] dst= port= [proto= src= sport=] [wait=MS] */
static int do_connect(struct line *l)
{
	uint64_t ms = line_num(l, "wait", 300);
	int type, proto = proto_of(l, &type), err = 0;
	int fd = (int)line_num(l, "fd", UINT32_MAX);
	bool ours = fd < 0;
	struct sockaddr_storage dst;
	socklen_t len = sizeof(err);

	line_addr(l, "dst", &dst, (uint16_t)line_num(l, "port", 0));
	if (ours)
		fd = socket_bound(l, type, proto);
	if (fd < 0)
		return fd;
	if (connect(fd, (struct sockaddr *)&dst, addr_len(&dst)) < 0 && errno != EINPROGRESS)
		err = errno;
	else if (socket_wait(fd, POLLOUT, ms))
		err = ETIMEDOUT;
	else
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err) {
		if (ours)
			close(fd);
		return fail(l, -err, "connect: %s", strerror(err));
	}
	say(l, "fd=%d", fd);
	return 0;
}

/* listen [proto=] src= sport= */
static int do_listen(struct line *l)
{
	int type, proto = proto_of(l, &type), fd = socket_bound(l, type, proto);

	if (fd < 0)
		return fd;
	if (listen(fd, 64) < 0)
		return fail(l, -errno, "listen: %s", strerror(errno));
	say(l, "fd=%d", fd);
	return 0;
}

/* accept fd= [wait=] */
static int do_accept(struct line *l)
{
	int fd = (int)line_num(l, "fd", 0);

	if (socket_wait(fd, POLLIN, line_num(l, "wait", 300)))
		return fail(l, -ETIMEDOUT, "nobody has connected");
	fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return fail(l, -errno, "accept: %s", strerror(errno));
	say(l, "fd=%d", fd);
	return 0;
}

/* write fd= len= [wait=]: gives up when nothing was taken for that long */
static int do_write(struct line *l)
{
	int fd = (int)line_num(l, "fd", 0);
	size_t len = line_num(l, "len", 1), done = 0;
	uint64_t ms = line_num(l, "wait", 300);

	while (done < len && !socket_wait(fd, POLLOUT, ms)) {
		size_t part = len - done < sizeof(filler) ? len - done : sizeof(filler);
		ssize_t n = send(fd, filler, part, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			return fail(l, -errno, "send after %zu: %s", done, strerror(errno));
		done += n > 0 ? (size_t)n : 0;
	}
	say(l, "n=%zu", done);
	return 0;
}

/* read fd= [len=] [wait=]: until so much has come, the end, or silence */
static int do_read(struct line *l)
{
	static uint8_t sink[65536];
	int fd = (int)line_num(l, "fd", 0);
	size_t len = line_num(l, "len", SIZE_MAX), done = 0;
	uint64_t ms = line_num(l, "wait", 300);

	while (done < len && !socket_wait(fd, POLLIN, ms)) {
		ssize_t n = recv(fd, sink, sizeof(sink), 0);

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	say(l, "n=%zu", done);
	return 0;
}

static int do_shut(struct line *l)
{
	return close((int)line_num(l, "fd", UINT32_MAX)) ? fail(l, -errno, "close") : 0;
}

/* rst fd=: close without a word to the peer but a reset */
static int do_reset(struct line *l)
{
	struct linger linger = { .l_onoff = 1 };
	int fd = (int)line_num(l, "fd", UINT32_MAX);

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	return close(fd) ? fail(l, -errno, "close") : 0;
}

static void multicast(int fd, const struct sockaddr_storage *src, struct sockaddr_storage *dst,
		      const char *dev)
{
	int ttl = 4, index = dev ? (int)if_nametoindex(dev) : 0;

	if (dst->ss_family == AF_INET) {
		setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl));
		setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF,
			   &((const struct sockaddr_in *)src)->sin_addr, sizeof(struct in_addr));
	} else if (index) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &ttl, sizeof(ttl));
		setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof(index));
		((struct sockaddr_in6 *)dst)->sin6_scope_id = (uint32_t)index;
	}
}

/* udp dst= port= [src= sport=] [n=] [len=] [dev=] [gap=MS]: datagrams */
static int do_udp(struct line *l)
{
	uint64_t n = line_num(l, "n", 1), sent = 0, gap = line_num(l, "gap", 0);
	size_t len = line_num(l, "len", 64);
	struct sockaddr_storage src, dst;
	int err = 0, fd;

	line_addr(l, "dst", &dst, (uint16_t)line_num(l, "port", 0));
	line_addr(l, "src", &src, 0);
	fd = socket_bound(l, SOCK_DGRAM, IPPROTO_UDP);
	if (fd < 0)
		return fd;
	multicast(fd, &src, &dst, line_val(l, "dev"));
	for (uint64_t i = 0; i < n; i++) {
		if (sendto(fd, filler, len, 0, (struct sockaddr *)&dst, addr_len(&dst)) >= 0)
			sent++;
		else
			err = errno;
		if (gap)
			usleep((useconds_t)gap * 1000);
	}
	close(fd);
	say(l, "sent=%ju errno=%s", (uintmax_t)sent, err ? strerrorname_np(err) : "0");
	return 0;
}

static int do_sleep(struct line *l)
{
	usleep((useconds_t)line_num(l, "ms", 0) * 1000);
	return 0;
}

const struct command socket_commands[] = {
	{ "socket", do_socket }, { "connect", do_connect }, { "listen", do_listen },
	{ "accept", do_accept }, { "write", do_write }, { "read", do_read },
	{ "shut", do_shut }, { "reset", do_reset }, { "udp", do_udp }, { "sleep", do_sleep },
	{ NULL, NULL },
};
