// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cost of one packet through a tunnel: pktcost FROM-NETNS TO-NETNS ADDR SIZE
 *
 * Sends a datagram in one namespace and receives it in the other, in one
 * thread, so that everything between the two calls is on the path: socket,
 * XFRM out, veth, XFRM in, socket. Prints the ns of an exchange, the median of
 * COUNT, which no timer tick moves; under icount a ns is an instruction.
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WARM	200
#define COUNT	2001
#define PORT	7777

static int socket_in(const char *netns)
{
	char path[128];
	int ns, fd;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || setns(ns, CLONE_NEWNET))
		err(1, "%s", path);
	close(ns);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		err(1, "socket");
	return fd;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static uint64_t exchange_ns(int from, int to, const struct sockaddr_in *dst, size_t size)
{
	static char buf[2048];
	uint64_t start = now_ns();

	if (sendto(from, buf, size, 0, (const struct sockaddr *)dst, sizeof(*dst)) < 0)
		err(1, "a packet was not sent");
	if (recv(to, buf, sizeof(buf), 0) != (ssize_t)size)
		err(1, "a packet did not arrive");
	return now_ns() - start;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
	struct sockaddr_in dst = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	struct timeval patience = { .tv_sec = 2 };
	static uint64_t ns[COUNT];
	size_t size;
	int from, to, i;

	if (argc != 5 || inet_pton(AF_INET, argv[3], &dst.sin_addr) != 1) {
		fprintf(stderr, "usage: pktcost FROM-NETNS TO-NETNS ADDR SIZE\n");
		return 64;
	}
	size = strtoul(argv[4], NULL, 10);
	if (!size || size > 1400)
		errx(64, "%s: not a size from 1 to 1400", argv[4]);
	from = socket_in(argv[1]);
	to = socket_in(argv[2]);
	if (bind(to, (struct sockaddr *)&dst, sizeof(dst)))
		err(1, "bind");
	setsockopt(to, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	for (i = 0; i < WARM; i++)	/* routes, bundles, neighbours */
		exchange_ns(from, to, &dst, size);
	for (i = 0; i < COUNT; i++)
		ns[i] = exchange_ns(from, to, &dst, size);
	qsort(ns, COUNT, sizeof(*ns), compare);
	printf("%llu\n", (unsigned long long)ns[COUNT / 2]);
	return 0;
}
