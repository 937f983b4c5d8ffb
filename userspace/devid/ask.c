// SPDX-License-Identifier: GPL-2.0-or-later
#include "devid/ask.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <curl/curl.h>
#include "devid/files.h"

struct ask {
	CURL *curl;
	struct curl_slist *headers;
	char error[CURL_ERROR_SIZE];
	char url[1200];
	struct ask_answer *answer;	/* of the request that is under way */
	bool too_long;
};

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
	struct ask *ask = arg;
	struct ask_answer *a = ask->answer;

	if (size * n > DEVID_RECORD_MAX - a->len) {
		ask->too_long = true;
		return 0;
	}
	memcpy(a->body + a->len, data, size * n);
	a->len += size * n;
	return size * n;
}

/* A header's line is not NUL-terminated. */
static bool header_is(const char *line, size_t len, const char *name, const char **value, size_t *vlen)
{
	size_t n = strlen(name);

	if (len <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
		return false;
	for (n++; n < len && (line[n] == ' ' || line[n] == '\t'); n++)
		;
	while (len > n && isspace((unsigned char)line[len - 1]))
		len--;
	*value = line + n;
	*vlen = len - n;
	return true;
}

static int64_t number(const char *s, size_t len)
{
	int64_t v = 0;

	if (!len || len > 18)
		return -1;
	for (; len--; s++) {
		if (!isdigit((unsigned char)*s))
			return -1;
		v = v * 10 + (*s - '0');
	}
	return v;
}

static size_t take_header(char *line, size_t size, size_t n, void *arg)
{
	struct ask *ask = arg;
	const char *value;
	size_t len;

	if (header_is(line, size * n, DEVID_GENERATION_HEADER, &value, &len))
		ask->answer->generation = number(value, len);
	if (header_is(line, size * n, "Content-Type", &value, &len))
		ask->answer->record = len == sizeof(DEVID_RECORD_TYPE) - 1 &&
				      !strncasecmp(value, DEVID_RECORD_TYPE, len);
	return size * n;
}

static bool set_blob(struct ask *ask, CURLoption option, const char *path, char *err, size_t errlen)
{
	char *text = file_text(path, err, errlen);
	struct curl_blob blob = { text, text ? strlen(text) : 0, CURL_BLOB_COPY };
	bool ok = text && curl_easy_setopt(ask->curl, option, &blob) == CURLE_OK;

	if (text && !ok)
		snprintf(err, errlen, "%.150s: libcurl does not take it (is it PEM?)", path);
	file_free(text);
	return ok;
}

static bool set_up(struct ask *ask, const struct ask_peer *p, char *err, size_t errlen)
{
	CURL *c = ask->curl;

	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, ask->error);
	curl_easy_setopt(c, CURLOPT_URL, ask->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_HTTP09_ALLOWED, 0L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)p->timeout_ms);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, ask->headers);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, ask);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, ask);
	return set_blob(ask, CURLOPT_CAINFO_BLOB, p->ca, err, errlen) &&
	       set_blob(ask, CURLOPT_SSLCERT_BLOB, p->cert, err, errlen) &&
	       set_blob(ask, CURLOPT_SSLKEY_BLOB, p->key, err, errlen);
}

struct ask *ask_new(const struct ask_peer *peer, char *err, size_t errlen)
{
	struct ask *ask = calloc(1, sizeof(*ask));
	size_t len = strlen(peer->url);

	snprintf(err, errlen, "out of memory (free some)");
	if (!ask)
		return NULL;
	while (len && peer->url[len - 1] == '/')
		len--;
	snprintf(ask->url, sizeof(ask->url), "%.*s%s", (int)(len < 1024 ? len : 1024), peer->url,
		 DEVID_REQUEST_PATH);
	ask->curl = curl_easy_init();
	ask->headers = curl_slist_append(NULL, "Content-Type: " DEVID_REQUEST_TYPE);
	if (ask->curl && ask->headers && set_up(ask, peer, err, errlen))
		return ask;
	ask_free(ask);
	return NULL;
}

void ask_free(struct ask *ask)
{
	if (!ask)
		return;
	curl_easy_cleanup(ask->curl);
	curl_slist_free_all(ask->headers);
	free(ask);
}

bool ask_repository(struct ask *ask, const struct devid_request *request, struct ask_answer *a,
		    char *err, size_t errlen)
{
	uint8_t body[DEVID_REQUEST_MAX];
	size_t len = devid_request_encode(request, body);
	CURLcode rc = CURLE_FAILED_INIT;

	memset(a, 0, sizeof(*a));
	a->generation = -1;
	*ask->error = '\0';
	ask->answer = a;
	ask->too_long = false;
	curl_easy_setopt(ask->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
	curl_easy_setopt(ask->curl, CURLOPT_POSTFIELDS, body);
	if (len)
		rc = curl_easy_perform(ask->curl);
	a->body[a->len] = '\0';
	if (rc == CURLE_OK)
		return curl_easy_getinfo(ask->curl, CURLINFO_RESPONSE_CODE, &a->status) == CURLE_OK;
	if (ask->too_long)
		snprintf(err, errlen, "the answer has more than %d octets (is this the repository?)", DEVID_RECORD_MAX);
	else
		snprintf(err, errlen, "%s (is it reachable, and who is trusted there and here?)",
			 *ask->error ? ask->error : curl_easy_strerror(rc));
	memset(a, 0, sizeof(*a));
	return false;
}
