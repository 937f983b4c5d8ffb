// SPDX-License-Identifier: GPL-2.0-or-later
/* One question over a socket that is connected: whoever else sends is not heard. */
#include "segw/radius.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Wait for a genuine answer until @end. True when it came. */
static bool answered(int fd, const struct radius_request *r, int64_t end,
		     struct radius_reply *reply, const char **rule)
{
	uint8_t buf[RADIUS_MAX];
	int64_t left;

	while ((left = end - now_ms()) > 0) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (poll(&p, 1, (int)left) <= 0)
			continue;
		n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			/* "port unreachable" may be forged too: wait on, but do not spin. */
			*rule = "authz.radius.unreachable";
			poll(NULL, 0, 10);
		} else if (n >= 0) {
			*rule = radius_decode(r, buf, (size_t)n, reply);
			if (!*rule)
				return true;
		}
	}
	return false;
}

const char *radius_ask(int fd, const struct radius_request *r, unsigned int tries,
		       unsigned int try_ms, struct radius_reply *reply)
{
	const char *rule = "authz.radius.timeout";
	uint8_t packet[RADIUS_MAX];
	size_t len = radius_encode(r, packet);

	memset(reply, 0, sizeof(*reply));
	if (!len)
		return "authz.radius.request";
	/* The same packet each time: the server knows it for one question. */
	for (unsigned int i = 0; i < tries; i++) {
		if (send(fd, packet, len, MSG_NOSIGNAL) < 0)
			rule = "authz.radius.unreachable";
		if (answered(fd, r, now_ms() + try_ms, reply, &rule))
			return NULL;
	}
	memset(reply, 0, sizeof(*reply));
	return rule;
}
