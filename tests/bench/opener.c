// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The agent of a benchmark: opener NETNS SPI ADDR [SPI ADDR...]
 *
 * Hands in every proof for the ESP SAs named, says "open" and keeps the lease
 * until its standard input ends. It proves nothing, so it is no use elsewhere:
 * the gate believes whoever holds CAP_NET_ADMIN and the lease.
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/trustgate.h"

#define BATCH	16

static void enter(const char *netns)
{
	char path[128];
	int ns;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || setns(ns, CLONE_NEWNET))
		err(1, "%s", path);
}

static void bind_all(struct tg *tg, const struct tg_context *ctx, char **argv, int argc)
{
	struct tg_sa_key keys[BATCH];
	int i, n = 0;

	for (i = 0; i + 1 < argc; i += 2) {
		struct tg_sa_key *key = &keys[n++];

		memset(key, 0, sizeof(*key));
		key->spi = htonl(strtoul(argv[i], NULL, 0));
		key->protocol = IPPROTO_ESP;
		key->family = AF_INET;
		if (inet_pton(AF_INET, argv[i + 1], key->daddr) != 1)
			errx(64, "%s: not an address", argv[i + 1]);
		if (n < BATCH && i + 3 < argc)
			continue;
		if (tg_sa_bind(tg, ctx, keys, n))
			errx(1, "bind: %s", tg_error(tg));
		n = 0;
	}
}

int main(int argc, char **argv)
{
	struct tg_context ctx = {
		.ike_instance = 1, .ike_id = 1, .role = TRUSTGATE_ROLE_HENB, .peer = "bench",
		.required = 1 << TRUSTGATE_EVIDENCE_KIND_DEVICE_AUTH,
	};
	struct tg_evidence ev = {
		.kind = TRUSTGATE_EVIDENCE_KIND_DEVICE_AUTH, .result = TRUSTGATE_RESULT_GOOD,
		.expires_ms = 3600000,
	};
	uint64_t session;
	char why[256];
	struct tg *tg;

	if (argc < 4 || argc % 2) {
		fprintf(stderr, "usage: opener NETNS SPI ADDR [SPI ADDR...]\n");
		return 64;
	}
	enter(argv[1]);
	if (tg_open(&tg, why, sizeof(why)))
		errx(1, "%s", why);
	if (tg_agent_register(tg, TRUSTGATE_LEASE_MAX_MS, "bench", &session) ||
	    tg_context_announce(tg, &ctx))
		errx(1, "announce: %s", tg_error(tg));
	bind_all(tg, &ctx, argv + 2, argc - 2);
	if (tg_evidence_set(tg, &ctx, &ev) || ctx.state != TRUSTGATE_STATE_OPEN)
		errx(1, "evidence: %s", tg_error(tg));
	printf("open\n");
	fflush(stdout);
	while (read(STDIN_FILENO, why, sizeof(why)) > 0)
		;
	return 0;
}
