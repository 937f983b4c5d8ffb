/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gatectl: one process a network namespace that does what a test's shell script
 * tells it, a line a command, and answers each with one line. A program for each
 * packet and each request would take the tests minutes under emulation, and an
 * agent has to keep its socket open.
 *
 *	NAME KEY=VALUE...	->	ok KEY=VALUE...
 *				or	err -ESTALE what: why
 */
#ifndef TRUSTGATE_TESTS_GATECTL_H
#define TRUSTGATE_TESTS_GATECTL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define WORDS_MAX	64
#define REPLY_MAX	65536

/* A command as it was read. What nobody asked for is an error: a typo in a test
 * must not make it pass.
 */
struct line {
	unsigned int n;
	char *key[WORDS_MAX], *val[WORDS_MAX];
	bool used[WORDS_MAX];
	const char *wrong;	/* the first key whose value can't be read */
	size_t len;
	char reply[REPLY_MAX];
};

/* 0, or a negative errno with the reason in @l->reply. */
typedef int (*command_fn)(struct line *l);

struct command {
	const char *name;
	command_fn fn;
};

/* The value of a key, NULL when it is not there; the i-th one of several. */
const char *line_val(struct line *l, const char *key);
const char *line_nth(struct line *l, const char *key, unsigned int i);
bool line_has(struct line *l, const char *key);
uint64_t line_num(struct line *l, const char *key, uint64_t otherwise);
/* AF_INET or AF_INET6, 0 when there is none. */
int line_addr(struct line *l, const char *key, struct sockaddr_storage *ss, uint16_t port);
/* Adds to the reply. */
__attribute__((format(printf, 2, 3)))
void say(struct line *l, const char *fmt, ...);
/* The reply of a failure; returns @err. */
__attribute__((format(printf, 3, 4)))
int fail(struct line *l, int err, const char *fmt, ...);

socklen_t addr_len(const struct sockaddr_storage *ss);
bool addr_parse(const char *text, struct sockaddr_storage *ss, uint16_t port);
int64_t now_ms(void);

/* sockets.c: descriptors that stay open between commands */
int socket_bound(struct line *l, int type, int proto);
int socket_wait(int fd, short events, uint64_t ms);

/* watch.c */
void watch_zero(void);

extern const struct command gate_commands[];
extern const struct command fuzz_commands[];
extern const struct command socket_commands[];
extern const struct command packet_commands[];
extern const struct command watch_commands[];

struct tg;
/* The connection to the gate, opened when first needed; NULL and a reply. */
struct tg *gate(struct line *l);

#endif /* TRUSTGATE_TESTS_GATECTL_H */
