// SPDX-License-Identifier: GPL-2.0-or-later
#include "segw/post.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <curl/curl.h>
#include <jansson.h>

#define ADDRESSES_MAX	4

static size_t take(char *data, size_t size, size_t n, void *arg)
{
	struct post_answer *a = arg;
	size_t len = size * n, room = POST_ANSWER_MAX - a->len;

	memcpy(a->text + a->len, data, len < room ? len : room);
	a->len += len < room ? len : room;
	/* More than a line is of no use; the transfer goes on, within its time. */
	return len;
}

static struct curl_slist *headers(const struct post *p)
{
	struct curl_slist *list = NULL, *more;
	char type[128];

	snprintf(type, sizeof(type), "Content-Type: %s", p->type);
	list = curl_slist_append(NULL, type);
	for (size_t i = 0; list && p->headers && p->headers[i]; i++) {
		more = curl_slist_append(list, p->headers[i]);
		if (!more) {
			curl_slist_free_all(list);
			return NULL;
		}
		list = more;
	}
	return list;
}

/* Host and port of @url, for curl_free(). False: it has none. */
static bool split(const char *url, char **host, char **port)
{
	CURLU *u = curl_url();
	bool ok = u && !curl_url_set(u, CURLUPART_URL, url, 0) &&
		  !curl_url_get(u, CURLUPART_HOST, host, 0) &&
		  !curl_url_get(u, CURLUPART_PORT, port, CURLU_DEFAULT_PORT);

	curl_url_cleanup(u);
	return ok;
}

/* "host:port:address,address" for CURLOPT_RESOLVE: libcurl would start a thread for it. */
static struct curl_slist *list_of(const struct addrinfo *found, const char *host, const char *port)
{
	char text[512], addr[INET6_ADDRSTRLEN];
	size_t used = (size_t)snprintf(text, sizeof(text), "%.255s:%.8s:", host, port);
	int n = 0;

	for (; found && n < ADDRESSES_MAX; found = found->ai_next) {
		if (getnameinfo(found->ai_addr, found->ai_addrlen, addr, sizeof(addr), NULL, 0,
				NI_NUMERICHOST) || strchr(addr, '%'))
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", n++ ? "," : "", addr);
	}
	return n ? curl_slist_append(NULL, text) : NULL;
}

/* False with why. An address needs no list. */
static bool resolve(const char *url, struct curl_slist **list, char *why, size_t whylen)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP }, *found = NULL;
	char *host = NULL, *port = NULL;
	struct in_addr v4;
	int err = 0;

	*list = NULL;
	if (split(url, &host, &port) && *host != '[' && inet_pton(AF_INET, host, &v4) != 1) {
		err = getaddrinfo(host, port, &hints, &found);
		*list = err ? NULL : list_of(found, host, port);
		if (!*list)
			snprintf(why, whylen, "%.100s can't be resolved: %s (see resolv.conf, or give an address)",
				 host, err ? gai_strerror(err) : "no address of use");
		err = !*list;
	}
	if (found)
		freeaddrinfo(found);
	curl_free(host);
	curl_free(port);
	return !err;
}

static CURLcode set_pem(CURL *c, CURLoption option, const struct post_pem *pem)
{
	struct curl_blob blob = { (void *)pem->data, pem->len, CURL_BLOB_NOCOPY };

	return pem->data ? curl_easy_setopt(c, option, &blob) : CURLE_OK;
}

static CURLcode set_pems(CURL *c, const struct post *p)
{
	CURLcode rc = set_pem(c, CURLOPT_CAINFO_BLOB, &p->ca_pem);

	/* No other CA than the one that is named. */
	if (p->ca || p->ca_pem.data)
		curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	rc = rc ? rc : set_pem(c, CURLOPT_SSLCERT_BLOB, &p->cert_pem);
	return rc ? rc : set_pem(c, CURLOPT_SSLKEY_BLOB, &p->key_pem);
}

static CURLcode configure(CURL *c, const struct post *p, struct curl_slist *list,
			  struct post_answer *a, char *error)
{
	CURLcode rc;

	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, error);
	curl_easy_setopt(c, CURLOPT_URL, p->url);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, p->body);
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)p->len);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, a);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, p->timeout_ms);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	/* No proxy of the environment, no other server than the one that is named. */
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (p->ca)
		curl_easy_setopt(c, CURLOPT_CAINFO, p->ca);
	if (p->cert)
		curl_easy_setopt(c, CURLOPT_SSLCERT, p->cert);
	if (p->key)
		curl_easy_setopt(c, CURLOPT_SSLKEY, p->key);
	rc = set_pems(c, p);
	return rc ? rc : curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
}

void post(const struct post *p, struct post_answer *a)
{
	struct curl_slist *list = headers(p), *addresses = NULL;
	char error[CURL_ERROR_SIZE] = "";
	CURL *c = curl_easy_init();
	CURLcode rc = CURLE_OUT_OF_MEMORY;
	bool resolved;

	memset(a, 0, sizeof(*a));
	resolved = resolve(p->url, &addresses, a->why, sizeof(a->why));
	if (c && list)
		rc = configure(c, p, list, a, error);
	if (rc == CURLE_OK && addresses)
		rc = curl_easy_setopt(c, CURLOPT_RESOLVE, addresses);
	if (rc == CURLE_OK && !resolved)
		goto out;
	if (rc == CURLE_OK)
		rc = curl_easy_perform(c);
	if (rc == CURLE_OK)
		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &a->status);
	else
		snprintf(a->why, sizeof(a->why), "%.160s (is the server up, and its certificate of the CA that is named?)",
			 *error ? error : curl_easy_strerror(rc));
out:
	curl_easy_cleanup(c);
	curl_slist_free_all(list);
	curl_slist_free_all(addresses);
}

static enum validation answered(const struct post_answer *a, char why[256])
{
	json_t *o = json_loadb(a->text, a->len, JSON_REJECT_DUPLICATES, NULL);
	const char *verdict = json_string_value(json_object_get(o, "verdict"));
	enum validation v = VALIDATION_NONE;

	if (verdict && !strcmp(verdict, "good"))
		v = VALIDATION_GOOD;
	else if (verdict && !strcmp(verdict, "bad"))
		v = VALIDATION_BAD;
	else
		snprintf(why, 256, "the validation entity's answer has no verdict good or bad (look at its log)");
	json_decref(o);
	return v;
}

enum validation validate(const struct post *entity, const uint8_t *cmw, size_t len,
			 const uint8_t qualifying[TRE_DIGEST_LEN], char why[256])
{
	char header[32 + 2 * TRE_DIGEST_LEN] = "Trustgate-Qualifying-Data: ";
	const char *const more[] = { header, "Accept: application/json", NULL };
	struct post p = *entity;
	struct post_answer a;
	size_t n = strlen(header);

	for (int i = 0; i < TRE_DIGEST_LEN; i++)
		n += (size_t)snprintf(header + n, sizeof(header) - n, "%02x", qualifying[i]);
	p.type = "application/cmw+cbor";
	p.headers = more;
	p.body = cmw;
	p.len = len;
	*why = '\0';
	post(&p, &a);
	if (a.status == 200)
		return answered(&a, why);
	if (a.status)
		snprintf(why, 256, "the validation entity answered %ld (look at its log)", a.status);
	else
		snprintf(why, 256, "%s", a.why);
	return VALIDATION_NONE;
}
