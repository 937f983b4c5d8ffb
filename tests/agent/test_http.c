// SPDX-License-Identifier: GPL-2.0-or-later
/* http_post() against a server that misbehaves: limits of size and of time hold. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../lib/tap.h"
#include "agent/worker.h"

#define HEAD	"HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\n"

struct answer {
	const char *head;	/* before the pause, and with @rest again and again */
	const char *rest;	/* octet by octet, without end */
	bool flood;		/* without pause */
	bool echo;		/* the request, then the end */
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* One connection, in a process of its own; *@port is where. */
static pid_t serve(const struct answer *a, uint16_t *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd;
	char request[4096];
	ssize_t n;
	pid_t pid;

	if (bind(listener, (struct sockaddr *)&sin, sizeof(sin)) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&sin, &len))
		exit(1);
	*port = ntohs(sin.sin_port);
	pid = fork();
	if (pid) {
		close(listener);
		return pid;
	}
	fd = accept(listener, NULL, NULL);
	n = read(fd, request, sizeof(request));
	if (n <= 0 || (a->head && write(fd, a->head, strlen(a->head)) < 0))
		_exit(1);
	if (a->echo)
		_exit(write(fd, request, (size_t)n) != n);
	if (!a->head)
		sleep(60);
	while (a->rest && write(fd, a->rest, strlen(a->rest)) > 0)
		if (!a->flood)
			usleep(50000);
	_exit(0);
}

/* Returns the rule, how long it took in *@took, and what came as text in @body. */
static const char *post(const struct answer *a, size_t max, int64_t *took, char *body, size_t room)
{
	struct http_call call = { .timeout_ms = 500, .max = max };
	int64_t start = now_ms();
	uint8_t *out = NULL;
	size_t len = 0;
	char uri[64], why[256];
	const char *rule;
	uint16_t port;
	pid_t pid = serve(a, &port);

	snprintf(uri, sizeof(uri), "http://127.0.0.1:%u/", port);
	call.uri = uri;
	call.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	rule = http_post(&call, (const uint8_t *)"request", 7, &out, &len, why, sizeof(why));
	*took = now_ms() - start;
	snprintf(body, room, "%.*s", rule ? 0 : (int)len, rule ? "" : (const char *)out);
	free(out);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return rule;
}

static void expect(const char *rule, const struct answer *a, size_t max, const char *what)
{
	char body[8];
	int64_t took;
	const char *got = post(a, max, &took, body, sizeof(body));
	bool ok = rule ? got && !strcmp(got, rule) : !got;

	if (!tap_ok(ok && took < 2000, "%s", what))
		printf("# %s after %lld ms\n", got ? got : "good", (long long)took);
}

/* A cache must not answer for the responder. */
static void test_request(void)
{
	const struct answer a = { .head = HEAD "\r\n", .echo = true };
	char body[4096];
	int64_t took;

	tap_ok(!post(&a, sizeof(body), &took, body, sizeof(body)) &&
	       !strncmp(body, "POST / HTTP/1.1\r\n", 17) &&
	       strstr(body, "\r\nCache-Control: no-cache\r\n") &&
	       strstr(body, "\r\nContent-Type: application/ocsp-request\r\n"),
	       "PIT-51: asked by POST, and past caches");
}

int main(void)
{
	char big[600];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	/* None of these may lead anywhere. */
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	tap_start();
	expect(NULL, &(struct answer){ .head = HEAD "Content-Length: 4\r\n\r\nocsp" }, 4096,
	       "HNB-OCSP-01: an answer, and no proxy of the environment");
	expect("ocsp.http.status", &(struct answer){ .head =
	       "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n" },
	       4096, "HNB-OCSP-08: a redirect is no answer");
	expect("ocsp.http.status", &(struct answer){ .head =
	       "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n" }, 4096, "HNB-OCSP-10: a status of 500");
	expect("ocsp.http.type", &(struct answer){ .head =
	       "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nocsp" },
	       4096, "HNB-OCSP-09: another type of content");
	expect("ocsp.http.transfer", &(struct answer){ .head = HEAD "Content-Length: 99\r\n\r\nocsp" },
	       4096, "HNB-OCSP-09: an answer cut short");
	expect("ocsp.http.size", &(struct answer){ .head = HEAD "\r\n", .rest = big, .flood = true },
	       4096, "HNB-OCSP-05: an answer without end stops at its limit");
	expect("ocsp.http.timeout", &(struct answer){ .head = HEAD "\r\n", .rest = "x" }, 4096,
	       "HNB-OCSP-05: octet by octet: ends in time");
	expect("ocsp.http.timeout", &(struct answer){ .head = "HTTP/1.1 200 OK\r\n", .rest = "X" },
	       4096, "HNB-OCSP-05: a header octet by octet: ends in time");
	expect("ocsp.http.timeout", &(struct answer){ 0 }, 4096, "SEC-04, HNB-OCSP-05: silence: ends in time");
	test_request();
	return tap_end();
}
