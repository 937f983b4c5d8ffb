// SPDX-License-Identifier: GPL-2.0-or-later
/* IP packets made by hand, past the stack's own sockets. */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "gatectl.h"

struct packet {
	struct sockaddr_storage src, dst;
	uint16_t sport, dport, frag;
	uint8_t proto, flags;
	bool hopbyhop, options;
	size_t payload, len;
	uint8_t data[2048];
};

static uint32_t sum16(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *p = data;

	for (; len > 1; len -= 2, p += 2)
		sum += (uint32_t)p[0] << 8 | p[1];
	if (len)
		sum += (uint32_t)p[0] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static const void *raw_addr(const struct sockaddr_storage *ss, size_t *len)
{
	if (ss->ss_family == AF_INET) {
		*len = sizeof(struct in_addr);
		return &((const struct sockaddr_in *)ss)->sin_addr;
	}
	*len = sizeof(struct in6_addr);
	return &((const struct sockaddr_in6 *)ss)->sin6_addr;
}

static uint16_t checksum(const struct packet *p, const void *l4, size_t len)
{
	size_t alen;
	uint32_t sum = 0;

	if (p->proto != IPPROTO_ICMP) {
		const void *src = raw_addr(&p->src, &alen);

		sum = sum16(src, alen, sum);
		sum = sum16(raw_addr(&p->dst, &alen), alen, sum);
		sum += (uint32_t)len + p->proto;
	}
	return fold(sum16(l4, len, sum));
}

static size_t put_l4(const struct packet *p, uint8_t *at)
{
	static uint16_t echo;

	if (p->proto == IPPROTO_TCP) {
		struct tcphdr th = { .th_sport = htons(p->sport), .th_dport = htons(p->dport),
				     .th_seq = htonl(1), .th_off = 5, .th_flags = p->flags,
				     .th_win = htons(8192) };
		size_t len = sizeof(th) + p->payload;

		memcpy(at, &th, sizeof(th));
		th.th_sum = checksum(p, at, len);
		memcpy(at, &th, sizeof(th));
		return len;
	}
	if (p->proto == IPPROTO_UDP) {
		size_t len = sizeof(struct udphdr) + p->payload;
		struct udphdr uh = { .uh_sport = htons(p->sport), .uh_dport = htons(p->dport),
				     .uh_ulen = htons((uint16_t)len) };

		memcpy(at, &uh, sizeof(uh));
		uh.uh_sum = checksum(p, at, len);
		memcpy(at, &uh, sizeof(uh));
		return len;
	}
	if (p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6) {
		struct icmphdr ih = { .type = p->proto == IPPROTO_ICMP ? ICMP_ECHO :
								       ICMP6_ECHO_REQUEST };
		size_t len = sizeof(ih) + p->payload;

		ih.un.echo.id = htons(p->sport);
		ih.un.echo.sequence = htons(++echo);
		memcpy(at, &ih, sizeof(ih));
		ih.checksum = checksum(p, at, len);
		memcpy(at, &ih, sizeof(ih));
		return len;
	}
	return p->payload;
}

/* frag: 1 the first fragment of two, 2 the second. */
static void put_v4(struct packet *p)
{
	size_t opt = p->options ? 4 : 0, alen;
	struct iphdr ip = { .version = 4, .ihl = (unsigned int)(5 + opt / 4), .ttl = 64, .protocol = p->proto };
	size_t len = put_l4(p, p->data + sizeof(ip) + opt);

	if (p->frag == 1)
		ip.frag_off = htons(IP_MF);
	else if (p->frag == 2)
		ip.frag_off = htons(1);
	ip.id = p->frag ? htons(0x7467) : 0;
	memcpy(&ip.saddr, raw_addr(&p->src, &alen), sizeof(ip.saddr));
	memcpy(&ip.daddr, raw_addr(&p->dst, &alen), sizeof(ip.daddr));
	p->len = sizeof(ip) + opt + len;
	ip.tot_len = htons((uint16_t)p->len);
	memset(p->data + sizeof(ip), IPOPT_NOP, opt);
	memcpy(p->data, &ip, sizeof(ip));
	ip.check = fold(sum16(p->data, sizeof(ip) + opt, 0));
	memcpy(p->data, &ip, sizeof(ip));
}

static void put_v6(struct packet *p)
{
	struct ip6_hdr ip = { .ip6_hlim = 64, .ip6_nxt = p->proto };
	uint8_t *at = p->data + sizeof(ip);
	size_t alen;

	ip.ip6_vfc = 6 << 4;
	if (p->hopbyhop) {
		const uint8_t hbh[8] = { p->proto, 0, 1, 4 };	/* PadN */

		ip.ip6_nxt = IPPROTO_HOPOPTS;
		memcpy(at, hbh, sizeof(hbh));
		at += sizeof(hbh);
	}
	if (p->frag) {
		struct ip6_frag f = { .ip6f_nxt = p->proto, .ip6f_ident = htonl(0x7467),
				      .ip6f_offlg = p->frag == 1 ? IP6F_MORE_FRAG : htons(8) };

		ip.ip6_nxt = IPPROTO_FRAGMENT;
		memcpy(at, &f, sizeof(f));
		at += sizeof(f);
	}
	at += put_l4(p, at);
	memcpy(&ip.ip6_src, raw_addr(&p->src, &alen), sizeof(ip.ip6_src));
	memcpy(&ip.ip6_dst, raw_addr(&p->dst, &alen), sizeof(ip.ip6_dst));
	p->len = (size_t)(at - p->data);
	ip.ip6_plen = htons((uint16_t)(p->len - sizeof(ip)));
	memcpy(p->data, &ip, sizeof(ip));
}

static uint8_t tcp_flags(struct line *l)
{
	const char *v = line_val(l, "flags");

	if (!v)
		return TH_SYN;
	return (uint8_t)((strchr(v, 's') ? TH_SYN : 0) | (strchr(v, 'a') ? TH_ACK : 0) |
			 (strchr(v, 'f') ? TH_FIN : 0) | (strchr(v, 'r') ? TH_RST : 0) |
			 (strchr(v, 'p') ? TH_PUSH : 0));
}

static uint8_t protocol(struct line *l, int family)
{
	const char *v = line_val(l, "proto");

	if (!v || !strcmp(v, "udp"))
		return IPPROTO_UDP;
	if (!strcmp(v, "tcp"))
		return IPPROTO_TCP;
	if (!strcmp(v, "icmp"))
		return family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	return (uint8_t)line_num(l, "proto", 0);
}

static int via_raw(const struct packet *p)
{
	struct sockaddr_storage to = p->dst;
	int fd = socket(p->dst.ss_family, SOCK_RAW, IPPROTO_RAW);

	if (to.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&to)->sin6_port = 0;
	if (fd >= 0 && to.ss_family == AF_INET6) {
		int one = 1;

		setsockopt(fd, IPPROTO_IPV6, IPV6_HDRINCL, &one, sizeof(one));
	}
	return fd;
}

static int via_device(struct line *l, const struct packet *p, const char *dev,
		      struct sockaddr_ll *ll)
{
	int fd;

	memset(ll, 0, sizeof(*ll));
	ll->sll_family = AF_PACKET;
	ll->sll_protocol = htons(p->dst.ss_family == AF_INET ? ETH_P_IP : ETH_P_IPV6);
	ll->sll_ifindex = (int)if_nametoindex(dev);
	if (!ll->sll_ifindex)
		return fail(l, -ENODEV, "no device %s", dev);
	fd = socket(AF_PACKET, SOCK_DGRAM, 0);
	return fd < 0 ? fail(l, -errno, "packet socket: %s", strerror(errno)) : fd;
}

static void describe(struct line *l, struct packet *p)
{
	p->sport = (uint16_t)line_num(l, "sport", 4000);
	p->dport = (uint16_t)line_num(l, "port", 4001);
	line_addr(l, "src", &p->src, 0);
	line_addr(l, "dst", &p->dst, 0);
	p->proto = protocol(l, p->dst.ss_family);
	p->flags = tcp_flags(l);
	p->frag = (uint16_t)line_num(l, "frag", 0);
	p->hopbyhop = line_has(l, "hopbyhop");
	p->options = line_has(l, "options");
	p->payload = line_num(l, "len", 32) & 1023;
	if (p->dst.ss_family == AF_INET)
		put_v4(p);
	else
		put_v6(p);
}

/*
 * packet src= dst= [proto=] [sport= port= flags= len= frag=1|2 hopbyhop options]
 * [n=] [dev=]: by a raw socket with the header included, or into a device
 */
static int do_packet(struct line *l)
{
	uint64_t n = line_num(l, "n", 1), sent = 0;
	const char *dev = line_val(l, "dev");
	static struct packet p;
	struct sockaddr_ll ll;
	int fd, err = 0;

	memset(&p, 0, sizeof(p));
	describe(l, &p);
	if (!p.dst.ss_family || p.src.ss_family != p.dst.ss_family)
		return fail(l, -EINVAL, "packet: src and dst");
	fd = dev ? via_device(l, &p, dev, &ll) : via_raw(&p);
	if (fd < 0)
		return dev ? fd : fail(l, -errno, "raw socket: %s", strerror(errno));
	for (uint64_t i = 0; i < n; i++) {
		const void *to = dev ? (void *)&ll : (void *)&p.dst;
		socklen_t tolen = dev ? sizeof(ll) : addr_len(&p.dst);

		if (sendto(fd, p.data, p.len, 0, to, tolen) >= 0)
			sent++;
		else
			err = errno;
	}
	close(fd);
	say(l, "sent=%ju errno=%s", (uintmax_t)sent, err ? strerrorname_np(err) : "0");
	return 0;
}

const struct command packet_commands[] = {
	{ "packet", do_packet }, { NULL, NULL },
};
