// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The repository over HTTPS. libmicrohttpd's one thread does all requests one after the
 * other, so there is nothing to lock but the list of connections; who is slow is closed.
 */
#include "devid/repository.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include "devid/client_names.h"
#include "devid/confine.h"
#include "devid/files.h"

#define IDLE_S		10	/* nothing is sent or read for so long */
#define AGE_S		60	/* of a connection, however busy */
#define BACKLOG		256

struct connection {
	struct connection *next;
	int fd;
	time_t since;
};

struct server {
	struct repository repository;
	char *tls_cert, *tls_key, *client_ca;
	int listener;
	pthread_mutex_t lock;
	struct connection *connections;
	struct repository_answer answer;
};

struct upload {
	size_t len;
	uint8_t data[DEVID_REQUEST_MAX];
};

static time_t monotonic(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static enum MHD_Result send_answer(struct MHD_Connection *c, const struct repository_answer *a)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(a->len, (void *)(uintptr_t)a->body,
									MHD_RESPMEM_MUST_COPY);
	enum MHD_Result rc = MHD_NO;
	char generation[24];

	if (!response)
		return MHD_NO;
	snprintf(generation, sizeof(generation), "%016lld", (long long)a->generation);
	if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
				    a->record ? DEVID_RECORD_TYPE : "text/plain") == MHD_YES &&
	    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store") == MHD_YES &&
	    MHD_add_response_header(response, DEVID_GENERATION_HEADER, generation) == MHD_YES)
		rc = MHD_queue_response(c, a->status, response);
	MHD_destroy_response(response);
	return rc;
}

static enum MHD_Result answer_request(struct server *s, struct MHD_Connection *c, const struct upload *u)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	struct client_names names = { 0 };

	if (info)
		client_names_get(info->tls_session, &names);
	repository_handle(&s->repository, (const char *const *)names.name, names.n, u->data, u->len, time(NULL), &s->answer);
	client_names_free(&names);
	fprintf(stderr, "devid: %s\n", s->answer.log);
	return send_answer(c, &s->answer);
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *c, const char *url, const char *method,
			      const char *version, const char *data, size_t *len, void **state)
{
	struct upload *u = *state;

	(void)version;
	if (!u) {
		u = calloc(1, sizeof(*u));
		*state = u;
		return u ? MHD_YES : MHD_NO;
	}
	if (*len) {
		/* Nobody has that much to say: the connection is closed. */
		if (*len > sizeof(u->data) - u->len)
			return MHD_NO;
		memcpy(u->data + u->len, data, *len);
		u->len += *len;
		*len = 0;
		return MHD_YES;
	}
	/* Elsewhere, there is what there is of a binding that nobody published. */
	if (strcmp(method, MHD_HTTP_METHOD_POST) || strcmp(url, DEVID_REQUEST_PATH))
		u->len = 0;
	return answer_request(arg, c, u);
}

static void completed(void *arg, struct MHD_Connection *c, void **state,
		      enum MHD_RequestTerminationCode why)
{
	(void)arg;
	(void)c;
	(void)why;
	free(*state);
	*state = NULL;
}

static void opened(struct server *s, struct MHD_Connection *c, void **context)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct connection *conn = info ? calloc(1, sizeof(*conn)) : NULL;

	*context = conn;
	if (!conn)
		return;
	conn->fd = info->connect_fd;
	conn->since = monotonic();
	conn->next = s->connections;
	s->connections = conn;
}

static void closed(struct server *s, struct connection *conn)
{
	struct connection **p = &s->connections;

	while (*p && *p != conn)
		p = &(*p)->next;
	if (*p)
		*p = conn->next;
	free(conn);
}

/* The descriptor is closed after this has returned, so it is never another's while listed. */
static void connection_changed(void *arg, struct MHD_Connection *c, void **context,
			       enum MHD_ConnectionNotificationCode code)
{
	struct server *s = arg;

	pthread_mutex_lock(&s->lock);
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		opened(s, c, context);
	else
		closed(s, *context);
	pthread_mutex_unlock(&s->lock);
}

/* Who sends an octet now and then is never idle, and still has no right to the place. */
static void end_the_old(struct server *s)
{
	time_t now = monotonic();

	pthread_mutex_lock(&s->lock);
	for (struct connection *conn = s->connections; conn; conn = conn->next)
		if (now - conn->since > AGE_S)
			shutdown(conn->fd, SHUT_RDWR);
	pthread_mutex_unlock(&s->lock);
}

static void server_free(struct server *s)
{
	if (s->listener >= 0)
		close(s->listener);
	store_close(s->repository.store);
	EVP_PKEY_free(s->repository.key);
	file_free(s->tls_cert);
	file_free(s->tls_key);
	file_free(s->client_ca);
	free(s);
}

/* What only root may read is read before we are somebody else. */
static struct server *server_new(const struct devid_config *c, char *err, size_t errlen)
{
	struct server *s = calloc(1, sizeof(*s));
	EVP_PKEY *key = NULL;

	if (!s) {
		snprintf(err, errlen, "out of memory (free some)");
		return NULL;
	}
	pthread_mutex_init(&s->lock, NULL);
	s->listener = -1;
	s->tls_cert = file_text(c->tls_cert, err, errlen);
	s->tls_key = s->tls_cert ? file_text(c->tls_key, err, errlen) : NULL;
	s->client_ca = s->tls_key ? file_text(c->client_ca, err, errlen) : NULL;
	if (s->client_ca)
		key = file_private_key(c->signing_key, err, errlen);
	if (key && !repository_init(&s->repository, c, NULL, key))
		snprintf(err, errlen, "no random numbers (look at the kernel)");
	s->repository.key = key;
	if (key)
		s->listener = listen_on(c->listen, BACKLOG, err, errlen);
	if (s->listener >= 0)
		return s;
	server_free(s);
	return NULL;
}

/* Made when there is no store yet: never for one that is there, or that is not ours to see. */
static int load_store_key(const struct devid_config *c, uint8_t key[STORE_KEY_LEN], char *err, size_t errlen)
{
	bool make = *c->store == '/' && access(c->store, F_OK) && errno == ENOENT;

	return store_key_load(c->store_key, make, key, err, errlen);
}

static struct MHD_Daemon *start(struct server *s, const struct devid_config *c)
{
	return MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_USE_TLS |
				MHD_USE_ERROR_LOG, 0, NULL, NULL, handle, s,
		MHD_OPTION_LISTEN_SOCKET, s->listener,
		MHD_OPTION_HTTPS_MEM_CERT, s->tls_cert,
		MHD_OPTION_HTTPS_MEM_KEY, s->tls_key,
		MHD_OPTION_HTTPS_MEM_TRUST, s->client_ca,
		MHD_OPTION_HTTPS_PRIORITIES, "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2",
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_S,
		MHD_OPTION_CONNECTION_LIMIT, c->connections,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, c->connections_per_address,
		MHD_OPTION_NOTIFY_COMPLETED, completed, NULL,
		MHD_OPTION_NOTIFY_CONNECTION, connection_changed, s,
		MHD_OPTION_END);
}

static int serve(struct server *s, const struct devid_config *c, char *err, size_t errlen)
{
	struct timespec second = { .tv_sec = 1 };
	struct MHD_Daemon *daemon;
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	/* Before there are threads, which inherit it. */
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	daemon = start(s, c);
	if (!daemon) {
		snprintf(err, errlen, "can't serve (do certificate and key belong together? see above)");
		return 1;
	}
	s->listener = -1;
	fprintf(stderr, "devid: ready\n");
	do {
		sig = sigtimedwait(&set, NULL, &second);
		end_the_old(s);
	} while (sig < 0);
	MHD_stop_daemon(daemon);
	return 0;
}

int repository_serve(const struct devid_config *c, char *err, size_t errlen)
{
	struct server *s = server_new(c, err, errlen);
	uint8_t key[STORE_KEY_LEN];
	int rc = 1;

	if (!s)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	/* The store is the user's, not root's. */
	if (!load_store_key(c, key, err, errlen) && !service_confine(c->user, "", err, errlen)) {
		s->repository.store = store_open(c->store, key, true, err, errlen);
		rc = s->repository.store ? serve(s, c, err, errlen) : 1;
	}
	OPENSSL_cleanse(key, sizeof(key));
	server_free(s);
	return rc;
}
