// SPDX-License-Identifier: GPL-2.0-or-later
/* The verifier's side. The AAA is believed, as it is on this machine; its words are still read. */
#include "devid/aaa.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static bool unreachable(struct devid_result *result, const char *socket, int err)
{
	devid_set(result, DEVID_INDETERMINATE, "aaa.unreachable",
		  "%.100s: %s (does trustgate devid aaa run, and may this process ask it?)", socket,
		  strerror(err));
	return false;
}

static int connect_to(const char *path, int timeout_ms)
{
	struct timeval tv = { timeout_ms / 1000, (timeout_ms % 1000) * 1000 };
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(a.sun_path)) {
		close(fd);
		return -ENAMETOOLONG;
	}
	memcpy(a.sun_path, path, strlen(path));
	if (!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) &&
	    !setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) &&
	    !connect(fd, (struct sockaddr *)&a, sizeof(a)))
		return fd;
	err = errno;
	close(fd);
	return -err;
}

static bool bad_answer(struct devid_result *result)
{
	devid_set(result, DEVID_INDETERMINATE, "aaa.answer",
		  "the AAA's answer is none of version 1 (update the older of the two)");
	return false;
}

/* A rule and no more: letters, digits, dots and hyphens. */
static bool refused(const struct aaa_answer *a, struct devid_result *result)
{
	size_t len = a->len - AAA_ANSWER_HEAD;
	char rule[64];

	if (!len || len >= sizeof(rule))
		return bad_answer(result);
	memcpy(rule, a->octets + AAA_ANSWER_HEAD, len);
	rule[len] = '\0';
	if (strspn(rule, "abcdefghijklmnopqrstuvwxyz0123456789.-") != len)
		return bad_answer(result);
	devid_set(result, a->octets[1] == DEVID_BAD ? DEVID_BAD : DEVID_INDETERMINATE, rule,
		  "the AAA has no binding that counts (its log says more)");
	return false;
}

static bool read_answer(struct aaa_answer *a, enum devid_solution solution, const char *imei,
			struct devid_result *result)
{
	struct devid_result ignored;

	if (a->len < AAA_ANSWER_HEAD || a->octets[0] != AAA_VERSION || a->octets[1] > DEVID_BAD ||
	    a->octets[2] & ~AAA_FLAG_CA || a->octets[3])
		return bad_answer(result);
	if (a->octets[1] != DEVID_GOOD)
		return refused(a, result);
	if (!devid_binding_decode(a->octets + AAA_ANSWER_HEAD, a->len - AAA_ANSWER_HEAD, &a->binding,
				  &ignored))
		return bad_answer(result);
	if (!devid_binding_answers(&a->binding, solution, imei, result))
		return false;
	a->ca_usable = a->octets[2] & AAA_FLAG_CA && a->binding.ca.len;
	devid_set(result, DEVID_GOOD, "binding.ok", "there is a binding, signed by the repository");
	return true;
}

static bool exchange(int fd, int timeout_ms, const uint8_t *request, size_t len,
		     struct aaa_answer *a)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	do
		n = send(fd, request, len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)len)
		return false;
	/* The connection may be one that blocks, or not. */
	if (poll(&p, 1, timeout_ms) <= 0) {
		errno = ETIMEDOUT;
		return false;
	}
	do
		n = recv(fd, a->octets, sizeof(a->octets), MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n <= 0 || (size_t)n > sizeof(a->octets)) {
		errno = n < 0 ? errno : EPIPE;
		return false;
	}
	a->len = (size_t)n;
	return true;
}

bool aaa_ask_on(int fd, int timeout_ms, enum devid_solution solution, const char *imei,
		struct aaa_answer *a, struct devid_result *result)
{
	uint8_t request[AAA_REQUEST_MAX + 1] = { AAA_VERSION, (uint8_t)solution };
	size_t len = strlen(imei);
	bool ok;

	memset(a, 0, sizeof(*a));
	if (!devid_imei_ok(imei, len, result))
		return false;
	memcpy(request + 2, imei, len + 1);
	ok = exchange(fd, timeout_ms, request, 2 + len, a) ||
	     unreachable(result, "its socket", errno);
	if (ok && read_answer(a, solution, imei, result))
		return true;
	memset(a, 0, sizeof(*a));
	return false;
}

bool aaa_ask(const char *socket, int timeout_ms, enum devid_solution solution, const char *imei,
	     struct aaa_answer *a, struct devid_result *result)
{
	bool ok;
	int fd;

	memset(a, 0, sizeof(*a));
	if (!devid_imei_ok(imei, strlen(imei), result))
		return false;
	fd = connect_to(socket, timeout_ms);
	if (fd < 0)
		return unreachable(result, socket, -fd);
	ok = aaa_ask_on(fd, timeout_ms, solution, imei, a, result);
	close(fd);
	return ok;
}
