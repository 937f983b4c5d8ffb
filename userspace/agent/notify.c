// SPDX-License-Identifier: GPL-2.0-or-later
/* The service manager's notification protocol, sd_notify(3), and its watchdog. */
#include "agent/agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct timer watchdog;
static uint64_t period_ms;

static void tell(const char *text)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	socklen_t len;
	int fd;

	if (!path || (*path != '/' && *path != '@') || strlen(path) >= sizeof(addr.sun_path))
		return;
	memcpy(addr.sun_path, path, strlen(path));
	if (*path == '@')
		addr.sun_path[0] = '\0';
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	/* Best effort: a manager that does not listen restarts us by itself. */
	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&addr, len) < 0)
		period_ms = 0;
	close(fd);
}

static void alive(struct timer *t)
{
	tell("WATCHDOG=1");
	if (period_ms)
		timer_start(t, period_ms, alive);
}

void notify_ready(void)
{
	const char *usec = getenv("WATCHDOG_USEC");

	tell("READY=1");
	period_ms = usec ? strtoull(usec, NULL, 10) / 2000 : 0;
	if (period_ms)
		timer_start(&watchdog, period_ms, alive);
}

void notify_reloading(void)
{
	struct timespec now;
	char text[64];

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%llu",
		 (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000);
	tell(text);
}

void notify_stopping(void)
{
	tell("STOPPING=1");
}
