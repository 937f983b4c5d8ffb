// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One HTTP POST over a given socket. Plain HTTP: the response is signed, and https
 * would need an OCSP check of its own (PIT-14). No redirect is followed and no
 * proxy of the environment used: nobody but us says who is asked.
 */
#include "agent/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <curl/curl.h>

struct body {
	uint8_t *data;
	size_t len, max;
	bool overflow;
};

struct one_socket {
	int fd;
	bool taken;
};

static size_t collect(char *data, size_t size, size_t n, void *arg)
{
	struct body *b = arg;

	n *= size;
	if (n > b->max - b->len) {
		b->overflow = true;
		return 0;
	}
	memcpy(b->data + b->len, data, n);
	b->len += n;
	return n;
}

/* Only this socket: it is the one that the gate knows, or whose address was checked. */
static curl_socket_t hand_out(void *arg, curlsocktype purpose, struct curl_sockaddr *addr)
{
	struct one_socket *s = arg;

	(void)addr;
	if (purpose != CURLSOCKTYPE_IPCXN || s->taken)
		return CURL_SOCKET_BAD;
	s->taken = true;
	return s->fd;
}

static const char *judge(CURL *curl, CURLcode code, const struct body *b,
			 const struct http_call *call, char *why, size_t whylen)
{
	const char *type = NULL;
	long status = 0, err = 0;

	if (b->overflow) {
		snprintf(why, whylen, "OCSP response from %.100s is longer than %zu octets: "
			 "look at the responder", call->uri, call->max);
		return "ocsp.http.size";
	}
	if (code != CURLE_OK) {
		curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &err);
		snprintf(why, whylen, "%.100s: %s%s%s: is the responder up, and can it be reached?",
			 call->uri, curl_easy_strerror(code), err ? ": " : "",
			 err ? strerror((int)err) : "");
		return code == CURLE_OPERATION_TIMEDOUT ? "ocsp.http.timeout" : "ocsp.http.transfer";
	}
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
	if (status != 200) {
		snprintf(why, whylen, "%.100s answered with HTTP status %ld, not 200: "
			 "look at the responder", call->uri, status);
		return "ocsp.http.status";
	}
	if (!type || strncasecmp(type, "application/ocsp-response", 25) ||
	    (type[25] && type[25] != ';' && type[25] != ' ')) {
		snprintf(why, whylen, "%.100s answered with type %.60s, not application/ocsp-response: "
			 "is this an OCSP responder?", call->uri, type ? type : "none");
		return "ocsp.http.type";
	}
	return NULL;
}

#define SET(option, value) \
	(code == CURLE_OK ? (void)(code = curl_easy_setopt(curl, option, value)) : (void)0)

static CURLcode prepare(CURL *curl, struct one_socket *s, const struct http_call *call,
			const uint8_t *body, size_t len, struct body *b,
			struct curl_slist *headers, struct curl_slist *to)
{
	CURLcode code = CURLE_OK;

	SET(CURLOPT_URL, call->uri);
	SET(CURLOPT_PROTOCOLS_STR, "http");
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_CONNECT_TO, to);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)call->timeout_ms);
	SET(CURLOPT_TIMEOUT_MS, (long)call->timeout_ms);
	SET(CURLOPT_OPENSOCKETFUNCTION, hand_out);
	SET(CURLOPT_OPENSOCKETDATA, s);
	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_POSTFIELDSIZE, (long)len);
	SET(CURLOPT_POSTFIELDS, body);
	SET(CURLOPT_WRITEFUNCTION, collect);
	SET(CURLOPT_WRITEDATA, b);
	return code;
}

static struct curl_slist *make_headers(void)
{
	static const char *const lines[] = {
		"Content-Type: application/ocsp-request", "Accept: application/ocsp-response",
		"Expect:", "Connection: close", "Cache-Control: no-cache",
	};
	struct curl_slist *list = NULL;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct curl_slist *longer = curl_slist_append(list, lines[i]);

		if (!longer) {
			curl_slist_free_all(list);
			return NULL;
		}
		list = longer;
	}
	return list;
}

const char *http_post(const struct http_call *call, const uint8_t *body, size_t len,
		      uint8_t **out, size_t *out_len, char *why, size_t whylen)
{
	struct curl_slist *headers = make_headers(), *to = NULL;
	struct body b = { .max = call->max };
	struct one_socket s = { .fd = call->fd };
	const char *rule = "ocsp.http.memory";
	CURL *curl = curl_easy_init();

	snprintf(why, whylen, "out of memory: recheck when there is more");
	b.data = malloc(b.max);
	if (call->connect_to)
		to = curl_slist_append(NULL, call->connect_to);
	if (curl && headers && b.data && !call->connect_to == !to) {
		CURLcode code = prepare(curl, &s, call, body, len, &b, headers, to);

		if (code == CURLE_OK)
			code = curl_easy_perform(curl);
		rule = judge(curl, code, &b, call, why, whylen);
	}
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	curl_slist_free_all(to);
	if (rule) {
		free(b.data);
		return rule;
	}
	*out = b.data;
	*out_len = b.len;
	return NULL;
}
