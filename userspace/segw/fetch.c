// SPDX-License-Identifier: GPL-2.0-or-later
/* libcurl's multi interface, with the sockets made here. */
#include "segw/fetch.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <curl/curl.h>

#define CALLS_MAX	8

struct one {
	bool used;
	struct fetch_call call;
	CURL *curl;
	struct curl_slist *headers, *resolve;
	uint8_t *data;
	size_t len, room;
	bool overflow, refused;
	void (*done)(void *arg, const struct fetch_answer *answer);
	void *arg;
};

struct fetch {
	CURLM *multi;
	struct one calls[CALLS_MAX];
};

int64_t fetch_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct fetch *fetch_new(void)
{
	struct fetch *f = calloc(1, sizeof(*f));

	if (f)
		f->multi = curl_multi_init();
	if (f && f->multi)
		return f;
	free(f);
	return NULL;
}

static void end(struct fetch *f, struct one *o)
{
	if (o->curl) {
		curl_multi_remove_handle(f->multi, o->curl);
		curl_easy_cleanup(o->curl);
	}
	curl_slist_free_all(o->headers);
	curl_slist_free_all(o->resolve);
	free(o->data);
	memset(o, 0, sizeof(*o));
}

void fetch_free(struct fetch *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < CALLS_MAX; i++)
		if (f->calls[i].used)
			end(f, &f->calls[i]);
	curl_multi_cleanup(f->multi);
	free(f);
}

static size_t collect(char *data, size_t size, size_t n, void *arg)
{
	struct one *o = arg;
	uint8_t *longer;

	n *= size;
	if (n > o->call.max - o->len) {
		o->overflow = true;
		return 0;
	}
	if (o->len + n > o->room) {
		/* Not for each piece: a list may be long. */
		o->room = 2 * (o->len + n) < o->call.max ? 2 * (o->len + n) : o->call.max;
		longer = realloc(o->data, o->room);
		if (!longer)
			return 0;
		o->data = longer;
	}
	memcpy(o->data + o->len, data, n);
	o->len += n;
	return n;
}

static bool address_of(const struct sockaddr *sa, struct uri_addr *out)
{
	struct sockaddr_in6 v6;
	struct sockaddr_in v4;

	memset(out, 0, sizeof(*out));
	out->family = sa->sa_family;
	if (sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof(v4));
		memcpy(out->addr, &v4.sin_addr, sizeof(v4.sin_addr));
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&v6, sa, sizeof(v6));
		memcpy(out->addr, &v6.sin6_addr, sizeof(v6.sin6_addr));
	}
	return sa->sa_family == AF_INET || sa->sa_family == AF_INET6;
}

/* The address that is about to be connected to, not one that was looked up before. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct one *o = arg;
	struct uri_addr addr;
	int fd;

	if (purpose != CURLSOCKTYPE_IPCXN || !address_of(&a->addr, &addr) ||
	    (o->call.pointers && pointer_addr_refused(o->call.pointers, &addr))) {
		o->refused = true;
		return CURL_SOCKET_BAD;
	}
	fd = socket(a->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return CURL_SOCKET_BAD;
	/* Unprivileged since Linux 5.7, as long as the socket is bound to none. */
	if (o->call.interface && *o->call.interface &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, o->call.interface,
		       (socklen_t)strlen(o->call.interface))) {
		close(fd);
		return CURL_SOCKET_BAD;
	}
	return fd;
}

/* "host:port:address,address" for CURLOPT_RESOLVE; no thread may be started here. */
static struct curl_slist *resolve(const struct uri *uri)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP };
	struct addrinfo *list = NULL;
	struct curl_slist *out;
	char text[URI_HOST_MAX + 512];
	size_t used;
	int n = 0;

	if (getaddrinfo(uri->host, NULL, &hints, &list))
		return NULL;
	used = (size_t)snprintf(text, sizeof(text), "%s:%u:", uri->host, uri->port);
	for (struct addrinfo *i = list; i && n < 4; i = i->ai_next, n++) {
		char addr[INET6_ADDRSTRLEN];

		if (getnameinfo(i->ai_addr, i->ai_addrlen, addr, sizeof(addr), NULL, 0,
				NI_NUMERICHOST) || strchr(addr, '%'))
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", n ? "," : "", addr);
	}
	freeaddrinfo(list);
	out = curl_slist_append(NULL, text);
	return out;
}

#define SET(option, value) \
	(code == CURLE_OK ? (void)(code = curl_easy_setopt(o->curl, option, value)) : (void)0)

static CURLcode prepare(struct one *o)
{
	CURLcode code = CURLE_OK;

	SET(CURLOPT_URL, o->call.uri->text);
	SET(CURLOPT_PROTOCOLS_STR, "http");
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_TIMEOUT_MS, (long)o->call.timeout_ms);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_OPENSOCKETDATA, o);
	SET(CURLOPT_HTTPHEADER, o->headers);
	if (o->call.body) {
		SET(CURLOPT_POSTFIELDSIZE, (long)o->call.body_len);
		SET(CURLOPT_POSTFIELDS, o->call.body);
	}
	SET(CURLOPT_WRITEFUNCTION, collect);
	SET(CURLOPT_WRITEDATA, o);
	SET(CURLOPT_PRIVATE, o);
	if (o->resolve)
		SET(CURLOPT_RESOLVE, o->resolve);
	return code;
}

static struct curl_slist *make_headers(bool post)
{
	static const char *const lines[] = {
		"Cache-Control: no-cache", "Expect:", "Connection: close",
		"Content-Type: application/ocsp-request", "Accept: application/ocsp-response",
	};
	struct curl_slist *list = NULL;

	for (size_t i = 0; i < (post ? 5 : 3); i++) {
		struct curl_slist *longer = curl_slist_append(list, lines[i]);

		if (!longer) {
			curl_slist_free_all(list);
			return NULL;
		}
		list = longer;
	}
	return list;
}

int fetch_begin(struct fetch *f, const struct fetch_call *call,
		void (*done)(void *arg, const struct fetch_answer *answer), void *arg,
		char *why, size_t whylen)
{
	struct one *o = f->calls;

	while (o < f->calls + CALLS_MAX && o->used)
		o++;
	snprintf(why, whylen, "out of memory");
	if (o == f->calls + CALLS_MAX)
		return -1;
	*o = (struct one){ .used = true, .call = *call, .done = done, .arg = arg };
	if (!call->uri->addr.family) {
		o->resolve = resolve(call->uri);
		if (!o->resolve) {
			snprintf(why, whylen, "%.100s can't be resolved", call->uri->host);
			end(f, o);
			return -1;
		}
	}
	o->curl = curl_easy_init();
	o->headers = make_headers(call->body);
	if (o->curl && o->headers && prepare(o) == CURLE_OK &&
	    curl_multi_add_handle(f->multi, o->curl) == CURLM_OK)
		return 0;
	end(f, o);
	return -1;
}

static const char *judge(struct one *o, CURLcode code, char *why, size_t whylen)
{
	const char *type = NULL, *uri = o->call.uri->text;
	long status = 0;

	if (o->overflow) {
		snprintf(why, whylen, "%.100s answered with more than %zu octets", uri, o->call.max);
		return "ocsp.http.size";
	}
	if (o->refused) {
		snprintf(why, whylen, "%.100s has an address that may not be asked", uri);
		return "ocsp.http.address";
	}
	if (code != CURLE_OK) {
		snprintf(why, whylen, "%.100s: %s: is it up, and can it be reached?", uri,
			 curl_easy_strerror(code));
		return code == CURLE_OPERATION_TIMEDOUT ? "ocsp.http.timeout" : "ocsp.http.transfer";
	}
	curl_easy_getinfo(o->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(o->curl, CURLINFO_CONTENT_TYPE, &type);
	if (status != 200) {
		snprintf(why, whylen, "%.100s answered with HTTP status %ld, not 200", uri, status);
		return "ocsp.http.status";
	}
	/* CRLs come with any type; what counts is their signature. */
	if (!o->call.body)
		return NULL;
	if (!type || strncasecmp(type, "application/ocsp-response", 25) != 0 ||
	    (type[25] && type[25] != ';' && type[25] != ' ')) {
		snprintf(why, whylen, "%.100s answered with type %.60s: is it an OCSP responder?",
			 uri, type ? type : "none");
		return "ocsp.http.type";
	}
	return NULL;
}

static void finish(struct fetch *f, CURL *curl, CURLcode code)
{
	struct fetch_answer answer = { 0 };
	struct one *o = NULL, ended;

	curl_easy_getinfo(curl, CURLINFO_PRIVATE, (char **)&o);
	answer.rule = judge(o, code, answer.why, sizeof(answer.why));
	answer.data = o->data;
	answer.len = o->len;
	/* The slot is free before the callback, which may need it. */
	ended = *o;
	memset(o, 0, sizeof(*o));
	ended.done(ended.arg, &answer);
	end(f, &ended);
}

void fetch_run(struct fetch *f, int64_t end_ms, bool (*stop)(void *arg), void *arg)
{
	int running = 1, left;

	while (running && !stop(arg)) {
		int64_t ms = end_ms - fetch_now();
		CURLMsg *m;

		if (ms <= 0 || curl_multi_perform(f->multi, &running) != CURLM_OK)
			return;
		while ((m = curl_multi_info_read(f->multi, &left))) {
			if (m->msg == CURLMSG_DONE) {
				finish(f, m->easy_handle, m->data.result);
				/* It may have begun another. */
				running = 1;
			}
		}
		if (running && !stop(arg) &&
		    curl_multi_poll(f->multi, NULL, 0, ms < 100 ? (int)ms : 100, NULL) != CURLM_OK)
			return;
	}
}
