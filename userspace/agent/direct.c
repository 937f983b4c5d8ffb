// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A query outside of the tunnel. Whoever answers for names may answer with any
 * address, so each is looked at after it was resolved and before it is asked; and a
 * certificate's pointer leads only where the operator said it may.
 */
#include "agent/worker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <openssl/x509v3.h>

/* Of the addresses that a name has, how many are asked. */
#define ADDRESSES_MAX	4

/* Where the certificate says that its responder is, if that is somewhere allowed. */
static bool pointer(const struct job_pki *job, struct pki_der der, struct config_uri *out)
{
	const unsigned char *p = der.data;
	X509 *cert = d2i_X509(NULL, &p, (long)der.len);
	STACK_OF(OPENSSL_STRING) *uris = cert ? X509_get1_ocsp(cert) : NULL;
	bool found = false;

	for (int i = 0; !found && i < sk_OPENSSL_STRING_num(uris); i++)
		found = !config_uri_parse(sk_OPENSSL_STRING_value(uris, i), true, out) &&
			config_allows_pointer(job->ocsp, out);
	X509_email_free(uris);
	X509_free(cert);
	return found;
}

static bool address_of(const struct sockaddr *sa, struct config_addr *out)
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

static struct addrinfo *resolve(const struct config_uri *uri, char *why, size_t whylen)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP };
	struct addrinfo *list = NULL;
	char port[8];
	int err;

	snprintf(port, sizeof(port), "%u", uri->port);
	if (uri->addr.family)
		hints.ai_flags = AI_NUMERICHOST;
	err = getaddrinfo(uri->host, port, &hints, &list);
	if (!err)
		return list;
	snprintf(why, whylen, "%.100s can't be resolved: %s (see resolv.conf, or give an address)",
		 uri->host, gai_strerror(err));
	return NULL;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static const char *ask_one(const struct job_pki *job, const struct ocsp_ask *ask,
			   const struct config_uri *uri, const struct config_addr *addr,
			   struct ocsp_reply *reply)
{
	char text[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN + 16];
	struct http_call call = {
		.uri = uri->text, .connect_to = to, .max = job->ocsp->response_max,
	};
	int64_t left = ask->end_ms - now_ms();

	if (left <= 0) {
		snprintf(reply->why, sizeof(reply->why),
			 "%.100s: no time left (see [ocsp] direct_try)", uri->text);
		return "ocsp.http.timeout";
	}
	call.timeout_ms = (uint32_t)left;
	inet_ntop(addr->family, addr->addr, text, sizeof(text));
	snprintf(to, sizeof(to), addr->family == AF_INET6 ? "::[%s]:%u" : "::%s:%u", text,
		 uri->port);
	/* libcurl closes it. */
	call.fd = socket(addr->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (call.fd < 0) {
		snprintf(reply->why, sizeof(reply->why), "no socket: %s", strerror(errno));
		return "ocsp.socket";
	}
	return http_post(&call, ask->body, ask->len, &reply->data, &reply->len, reply->why,
			 sizeof(reply->why));
}

const char *direct_post(const struct job_pki *job, const struct ocsp_ask *ask,
			struct ocsp_reply *reply)
{
	const struct config_uri *uri = ask->uri;
	const char *rule = "ocsp.target";
	struct config_uri led;
	struct addrinfo *list;
	int n = 0;

	/* HNB-OCSP-08: what is configured comes first. */
	if (!*uri->text) {
		if (job->ocsp->aia != CONFIG_AIA_ALLOW || !pointer(job, ask->cert, &led)) {
			snprintf(reply->why, sizeof(reply->why), "no responder is configured and "
				 "the certificate names none that may be asked "
				 "(see [ocsp] direct_uri, aia and allow)");
			return rule;
		}
		uri = &led;
	}
	list = resolve(uri, reply->why, sizeof(reply->why));
	if (!list)
		return "ocsp.resolve";
	snprintf(reply->why, sizeof(reply->why), "no address of %.100s may be asked "
		 "(see [ocsp] allow)", uri->host);
	for (struct addrinfo *i = list; i && n < ADDRESSES_MAX && rule; i = i->ai_next) {
		struct config_addr addr;

		if (!address_of(i->ai_addr, &addr) || !config_allows_addr(job->ocsp, &addr))
			continue;
		rule = ask_one(job, ask, uri, &addr, reply);
		n++;
	}
	freeaddrinfo(list);
	return rule;
}
