// SPDX-License-Identifier: GPL-2.0-or-later
/* "trustgate devid aaa": verifiers on one side, the repository on the other, one request at a time. */
#include "devid/aaa_serve.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <curl/curl.h>
#include <openssl/evp.h>
#include "devid/aaa.h"
#include "devid/aaa_lookup.h"
#include "devid/confine.h"
#include "devid/files.h"
#include "devid/repository.h"

#define VERIFIERS_MAX	32
#define BACKLOG		32
#define REPOSITORY_MS	5000

struct server {
	const struct devid_config *config;
	struct repository log;			/* its pseudonyms */
	EVP_PKEY *key;
	struct ask *ask;
	struct aaa *aaa;
	struct pollfd fds[1 + VERIFIERS_MAX];	/* the listener first */
	nfds_t nfds;
	uint8_t answer[AAA_ANSWER_MAX];
};

static volatile sig_atomic_t ending;

static void end(int sig)
{
	ending = sig;
}

bool aaa_request_decode(const uint8_t *data, size_t len, enum devid_solution *solution, char *imei)
{
	struct devid_result ignored;

	if (len < 3 || len > AAA_REQUEST_MAX || data[0] != AAA_VERSION ||
	    (data[1] != DEVID_X && data[1] != DEVID_Y) ||
	    !devid_imei_ok((const char *)data + 2, len - 2, &ignored))
		return false;
	*solution = (enum devid_solution)data[1];
	memcpy(imei, data + 2, len - 2);
	imei[len - 2] = '\0';
	return true;
}

static int64_t monotonic(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static size_t make_answer(struct server *s, enum devid_solution solution, const char *imei)
{
	struct devid_result r;
	char device[17];
	bool cached;
	size_t len = aaa_lookup(s->aaa, solution, imei, monotonic(), s->answer + AAA_ANSWER_HEAD,
				&cached, &r);

	repository_pseudonym(&s->log, imei, device);
	/* A rule's detail may come from elsewhere, but has no IMEI in it. */
	fprintf(stderr, "devid: aaa: query solution=%s device=%s from=%s answer=%s: %s\n",
		devid_solution_name(solution), device, cached ? "cache" : "repository", r.rule, r.detail);
	s->answer[0] = AAA_VERSION;
	s->answer[1] = (uint8_t)(len ? DEVID_GOOD : r.verdict == DEVID_BAD ? DEVID_BAD : DEVID_INDETERMINATE);
	s->answer[2] = s->config->aaa_ca_from_repository ? AAA_FLAG_CA : 0;
	s->answer[3] = 0;
	if (len)
		return AAA_ANSWER_HEAD + len;
	memcpy(s->answer + AAA_ANSWER_HEAD, r.rule, strlen(r.rule));
	return AAA_ANSWER_HEAD + strlen(r.rule);
}

/* False: the verifier is gone, or says what we don't understand. */
static bool answer_one(struct server *s, int fd)
{
	uint8_t request[AAA_REQUEST_MAX];
	char imei[DEVID_IMEI_MAX + 1];
	enum devid_solution solution;
	ssize_t n = recv(fd, request, sizeof(request), MSG_TRUNC | MSG_DONTWAIT);
	size_t len;

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	if ((size_t)n > sizeof(request) || !aaa_request_decode(request, (size_t)n, &solution, imei))
		return false;
	len = make_answer(s, solution, imei);
	return send(fd, s->answer, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len;
}

static void accept_one(struct server *s)
{
	int fd = accept4(s->fds[0].fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	/* Full of those that say nothing: the one that is there longest goes. */
	if (s->nfds == 1 + VERIFIERS_MAX) {
		close(s->fds[1].fd);
		memmove(s->fds + 1, s->fds + 2, (VERIFIERS_MAX - 1) * sizeof(s->fds[0]));
		s->nfds--;
	}
	s->fds[s->nfds++] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

static void round_of(struct server *s)
{
	for (nfds_t i = 1; i < s->nfds; i++) {
		if (!s->fds[i].revents || answer_one(s, s->fds[i].fd))
			continue;
		close(s->fds[i].fd);
		s->nfds--;
		memmove(s->fds + i, s->fds + i + 1, (s->nfds - i) * sizeof(s->fds[0]));
		i--;
	}
	if (s->fds[0].revents)
		accept_one(s);
}

/* The directory says who comes near; the socket, whose group may ask. */
static int listen_unix(const struct devid_config *c, char *err, size_t errlen)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const struct group *gr = *c->aaa_group ? getgrnam(c->aaa_group) : NULL;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t old = umask(0177);
	bool ok;

	memcpy(a.sun_path, c->aaa_socket, strnlen(c->aaa_socket, sizeof(a.sun_path) - 1));
	unlink(a.sun_path);
	ok = fd >= 0 && (!*c->aaa_group || gr) && !bind(fd, (struct sockaddr *)&a, sizeof(a)) &&
	     (!gr || !chown(a.sun_path, (uid_t)-1, gr->gr_gid)) &&
	     (!gr || !chmod(a.sun_path, 0660)) && !listen(fd, BACKLOG);
	umask(old);
	if (ok)
		return fd;
	snprintf(err, errlen, "%s: %s (is its directory there, and the group?)", c->aaa_socket, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool ask_now(void *arg, const struct devid_request *q, struct ask_answer *a, char *err, size_t errlen)
{
	return ask_repository(arg, q, a, err, errlen);
}

static int set_up(struct server *s, const struct devid_config *c, char *err, size_t errlen)
{
	const struct ask_peer peer = { c->aaa_url, c->aaa_ca, c->aaa_cert, c->aaa_key, REPOSITORY_MS };
	const struct aaa_limits limits = { c->aaa_cache_s, c->aaa_recheck_s };

	s->config = c;
	s->nfds = 1;
	s->fds[0] = (struct pollfd){ .fd = -1, .events = POLLIN };
	s->key = file_public_key(c->aaa_repository_key, err, errlen);
	if (!s->key)
		return -1;
	snprintf(err, errlen, "out of memory (free some)");
	if (curl_global_init(CURL_GLOBAL_DEFAULT) || !repository_init(&s->log, NULL, NULL, NULL))
		return -1;
	s->ask = ask_new(&peer, err, errlen);
	s->aaa = s->ask ? aaa_new(s->key, &limits, ask_now, s->ask) : NULL;
	if (s->aaa)
		s->fds[0].fd = listen_unix(c, err, errlen);
	return s->fds[0].fd < 0 ? -1 : 0;
}

static void tear_down(struct server *s)
{
	for (nfds_t i = 0; i < s->nfds; i++)
		if (s->fds[i].fd >= 0)
			close(s->fds[i].fd);
	aaa_free(s->aaa);
	ask_free(s->ask);
	EVP_PKEY_free(s->key);
	curl_global_cleanup();
	free(s);
}

/* They are blocked but while we wait, so that none comes between looking and waiting. */
static void handle_signals(void)
{
	struct sigaction sa = { .sa_handler = end };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int aaa_serve(const struct devid_config *c, char *err, size_t errlen)
{
	struct server *s = calloc(1, sizeof(*s));
	sigset_t none;
	int rc = 1;

	if (!s) {
		snprintf(err, errlen, "out of memory (free some)");
		return 1;
	}
	handle_signals();
	sigemptyset(&none);
	if (!set_up(s, c, err, errlen) && !service_confine(c->aaa_user, c->aaa_group, err, errlen)) {
		rc = 0;
		fprintf(stderr, "devid: aaa: ready\n");
		while (!ending)
			if (ppoll(s->fds, s->nfds, NULL, &none) > 0)
				round_of(s);
	}
	tear_down(s);
	return rc;
}
