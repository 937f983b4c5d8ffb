// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is seen on the devices of the namespace, by packet sockets, which see what
 * is decrypted before any socket, filter or route does.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include "gatectl.h"

struct seen {
	uint16_t family, sport, dport;
	uint8_t proto, pkttype;
	int ifindex;
	uint8_t src[16], dst[16];
};

static struct {
	int fd;
	struct seen *seen;
	size_t n, room;
	bool lost;
} watch = { .fd = -1 };

static void read_headers(struct seen *s, const uint8_t *data, size_t len)
{
	size_t off = 0;

	if (s->family == AF_INET && len >= sizeof(struct iphdr)) {
		struct iphdr ip;

		memcpy(&ip, data, sizeof(ip));
		s->proto = ip.protocol;
		memcpy(s->src, &ip.saddr, 4);
		memcpy(s->dst, &ip.daddr, 4);
		off = ip.ihl * 4U;
	} else if (s->family == AF_INET6 && len >= sizeof(struct ip6_hdr)) {
		struct ip6_hdr ip;

		memcpy(&ip, data, sizeof(ip));
		s->proto = ip.ip6_nxt;
		memcpy(s->src, &ip.ip6_src, 16);
		memcpy(s->dst, &ip.ip6_dst, 16);
		off = sizeof(ip);
	}
	if (off && off + 4 <= len) {
		s->sport = (uint16_t)(data[off] << 8 | data[off + 1]);
		s->dport = (uint16_t)(data[off + 2] << 8 | data[off + 3]);
	}
}

static void keep(const struct seen *s)
{
	if (watch.n == watch.room) {
		size_t room = watch.room ? 2 * watch.room : 1024;
		struct seen *more = reallocarray(watch.seen, room, sizeof(*more));

		if (!more) {
			watch.lost = true;
			return;
		}
		watch.seen = more;
		watch.room = room;
	}
	watch.seen[watch.n++] = *s;
}

static void drain(void)
{
	uint8_t data[128];

	for (;;) {
		struct sockaddr_ll ll;
		socklen_t len = sizeof(ll);
		struct seen s = { 0 };
		ssize_t n = recvfrom(watch.fd, data, sizeof(data), MSG_DONTWAIT,
				     (struct sockaddr *)&ll, &len);

		if (n < 0)
			break;
		s.family = ll.sll_protocol == htons(ETH_P_IP) ? AF_INET :
			   ll.sll_protocol == htons(ETH_P_IPV6) ? AF_INET6 : 0;
		if (!s.family)
			continue;
		s.pkttype = ll.sll_pkttype;
		s.ifindex = ll.sll_ifindex;
		read_headers(&s, data, (size_t)n);
		keep(&s);
	}
}

void watch_zero(void)
{
	if (watch.fd < 0)
		return;
	drain();
	watch.n = 0;
}

/* A socket that was too small would make "nothing passed" out of much. */
static bool dropped(void)
{
	struct tpacket_stats st = { 0 };
	socklen_t len = sizeof(st);

	return getsockopt(watch.fd, SOL_PACKET, PACKET_STATISTICS, &st, &len) < 0 || st.tp_drops;
}

static int do_watch(struct line *l)
{
	int size = 16 << 20;

	if (watch.fd >= 0)
		return 0;
	watch.fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL));
	if (watch.fd < 0)
		return fail(l, -errno, "packet socket: %s", strerror(errno));
	setsockopt(watch.fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return 0;
}

struct filter {
	int src, dst;
	struct sockaddr_storage saddr, daddr;
	uint64_t proto, sport, port;
	int ifindex;
	bool out;
	const char *dir;
};

#define ANY	UINT64_MAX

static bool same_addr(const struct sockaddr_storage *ss, int family, const uint8_t *addr)
{
	if (!family)
		return true;
	if (family == AF_INET)
		return !memcmp(&((const struct sockaddr_in *)ss)->sin_addr, addr, 4);
	return !memcmp(&((const struct sockaddr_in6 *)ss)->sin6_addr, addr, 16);
}

static bool matches(const struct filter *f, const struct seen *s)
{
	int family = f->src ?: f->dst;

	return (!family || family == s->family) &&
	       (f->proto == ANY || f->proto == s->proto) &&
	       (f->sport == ANY || f->sport == s->sport) &&
	       (f->port == ANY || f->port == s->dport) &&
	       (!f->ifindex || f->ifindex == s->ifindex) &&
	       f->out == (s->pkttype == PACKET_OUTGOING) &&
	       same_addr(&f->saddr, f->src, s->src) && same_addr(&f->daddr, f->dst, s->dst);
}

static int read_filter(struct line *l, struct filter *f)
{
	const char *dir = line_val(l, "dir"), *dev = line_val(l, "dev");

	f->src = line_addr(l, "src", &f->saddr, 0);
	f->dst = line_addr(l, "dst", &f->daddr, 0);
	f->proto = line_num(l, "proto", ANY);
	f->sport = line_num(l, "sport", ANY);
	f->port = line_num(l, "port", ANY);
	f->out = dir && !strcmp(dir, "out");
	f->ifindex = dev ? (int)if_nametoindex(dev) : 0;
	return dev && !f->ifindex ? fail(l, -ENODEV, "no device %s", dev) : 0;
}

static size_t matching(const struct filter *f)
{
	size_t n = 0;

	drain();
	for (size_t i = 0; i < watch.n; i++)
		n += matches(f, &watch.seen[i]);
	return n;
}

/*
 * count [src= dst= proto=NUMBER sport= port= dev= dir=in|out] [min= wait=MS]:
 * packets since zero; waits until there are min of them
 */
static int do_count(struct line *l)
{
	size_t n, min = line_num(l, "min", 0);
	int64_t until = now_ms() + (int64_t)line_num(l, "wait", 1000);
	struct filter f = { 0 };
	int rc = read_filter(l, &f);

	if (rc)
		return rc;
	if (watch.fd < 0)
		return fail(l, -ENOTCONN, "count: watch first");
	while ((n = matching(&f)) < min && now_ms() < until)
		socket_wait(watch.fd, POLLIN, 20);
	if (watch.lost || dropped())
		return fail(l, -ENOMEM, "count: packets were not recorded");
	say(l, "n=%zu", n);
	return 0;
}

const struct command watch_commands[] = {
	{ "watch", do_watch }, { "count", do_count }, { NULL, NULL },
};
