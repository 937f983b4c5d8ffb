// SPDX-License-Identifier: GPL-2.0-or-later
#include "devid/files.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#define TEXT_MAX	(1u << 20)

static size_t read_all(int fd, char *to, size_t room)
{
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len < room) {
		n = read(fd, to + len, room - len);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			len += (size_t)n;
	}
	return n < 0 ? SIZE_MAX : len;
}

char *file_text(const char *path, char *err, size_t errlen)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char *text = fd < 0 ? NULL : calloc(1, TEXT_MAX + 1);
	size_t len = text ? read_all(fd, text, TEXT_MAX) : SIZE_MAX;

	if (len >= TEXT_MAX) {
		snprintf(err, errlen, "%.150s: %s (give a readable file)", path,
			 len == TEXT_MAX ? "too large" : strerror(errno));
		file_free(text);
		text = NULL;
	}
	if (fd >= 0)
		close(fd);
	return text;
}

void file_free(char *text)
{
	if (text)
		OPENSSL_cleanse(text, strlen(text));
	free(text);
}

/* A passphrase is not asked for: there is nobody to ask. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static EVP_PKEY *load_key(const char *path, bool private, char *err, size_t errlen)
{
	char *text = file_text(path, err, errlen);
	BIO *bio = text ? BIO_new_mem_buf(text, -1) : NULL;
	EVP_PKEY *key = NULL;

	if (bio)
		key = private ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) :
		      PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	if (text && !key)
		snprintf(err, errlen, "%.150s: no %s key in PEM, without a passphrase (give one)", path,
			 private ? "private" : "public");
	file_free(text);
	return key;
}

EVP_PKEY *file_private_key(const char *path, char *err, size_t errlen)
{
	return load_key(path, true, err, errlen);
}

EVP_PKEY *file_public_key(const char *path, char *err, size_t errlen)
{
	return load_key(path, false, err, errlen);
}

static bool split(const char *where, char host[64], char port[8])
{
	const char *colon = strrchr(where, ':');
	size_t len = colon ? (size_t)(colon - where) : 0;

	if (!colon || strlen(colon + 1) > 5 || len >= 64)
		return false;
	if (len > 1 && *where == '[' && where[len - 1] == ']') {
		where++;
		len -= 2;
	}
	memcpy(host, where, len);
	host[len] = '\0';
	snprintf(port, 8, "%s", colon + 1);
	return true;
}

static void tell(int fd)
{
	char host[64], port[8];
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	if (!getsockname(fd, (struct sockaddr *)&a, &len) &&
	    !getnameinfo((struct sockaddr *)&a, len, host, sizeof(host), port, sizeof(port),
			 NI_NUMERICHOST | NI_NUMERICSERV))
		fprintf(stderr, "devid: listening on %s port %s\n", host, port);
}

int listen_on(const char *where, int backlog, char *err, size_t errlen)
{
	const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
					.ai_socktype = SOCK_STREAM };
	struct addrinfo *a = NULL;
	char host[64], port[8];
	int fd = -1, on = 1;

	if (!split(where, host, port) || getaddrinfo(*host ? host : NULL, port, &hints, &a)) {
		snprintf(err, errlen, "%s: no address and port (as 192.0.2.1:8443 or [2001:db8::1]:8443)", where);
		return -1;
	}
	fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, backlog)) {
		snprintf(err, errlen, "%s: %s (is another server there?)", where, strerror(errno));
		if (fd >= 0)
			close(fd);
		fd = -1;
	} else {
		tell(fd);
	}
	freeaddrinfo(a);
	return fd;
}
