// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an HTTP server answers, octet for octet, to http_post(): libcurl's reading of it
 * and ours. The connection is a pair of sockets that has the whole answer already.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "agent/worker.h"
#include "fuzz.h"

#define ANSWER_MAX	4096

/* libcurl's: the socket it was given is connected. */
int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	(void)fd;
	(void)addr;
	(void)len;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char request[] = "a request";
	struct http_call call = {
		.uri = "http://192.0.2.1/ocsp", .timeout_ms = 1000, .max = ANSWER_MAX,
	};
	uint8_t *out = NULL;
	const char *rule;
	char why[256];
	size_t len = 0;
	int fds[2];

	FUZZ_ASSERT(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
	FUZZ_ASSERT(!size || write(fds[1], data, size) == (ssize_t)size);
	FUZZ_ASSERT(!shutdown(fds[1], SHUT_WR));
	call.fd = fds[0];
	rule = http_post(&call, (const uint8_t *)request, sizeof(request), &out, &len, why,
			 sizeof(why));
	FUZZ_ASSERT(!rule || (!strncmp(rule, "ocsp.http.", 10) && memchr(why, 0, sizeof(why))));
	if (!rule) {
		FUZZ_ASSERT(out && len <= ANSWER_MAX);
		/* The head is not in it. That a bad status line counts as 200 is libcurl's
		 * way; whether the rest is a response is for who signed it to show.
		 */
		FUZZ_ASSERT(size > len);
		free(out);
	}
	close(fds[1]);
	/* libcurl closes what it took. */
	if (fcntl(fds[0], F_GETFD) != -1)
		close(fds[0]);
	return 0;
}

size_t fuzz_seed(unsigned int n, uint8_t buf[FUZZ_MAX])
{
	static const char *const seeds[] = {
		"HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\n"
		"Content-Length: 5\r\n\r\n\x30\x03\x0a\x01\x03",
		"HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response; a=b\r\n"
		"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX: y\r\n\r\n",
		"HTTP/1.0 200\r\ncontent-type:APPLICATION/OCSP-RESPONSE\r\n\r\nuntil the end",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 302 Found\r\n"
		"Location: http://198.51.100.1/\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Type: text/html\r\n"
		"Content-Length: 2\r\n\r\nno",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n"
		"Content-Type: application/ocsp-response\r\n\r\nshort",
	};

	if (n >= sizeof(seeds) / sizeof(seeds[0]))
		return 0;
	memcpy(buf, seeds[n], strlen(seeds[n]));
	return strlen(seeds[n]);
}
