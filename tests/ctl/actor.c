// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plays the agent for the tests of the tool: commands on stdin, one a line, each
 * answered by one line, "ok [VALUE]" or "err ERRNO TEXT".
 *
 *	register LEASE_MS NAME		renew
 *	context IKE_ID MASK PEER	answers the context's id; later ones mean it
 *	good KIND MS DETAIL		bad KIND DETAIL		unknown KIND DETAIL
 *	bind SPI IPV4			reverify	del
 *	control PATH FILE		answers every request on PATH with FILE
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "lib/trustgate.h"

static struct tg *tg;
static struct tg_context context;
static uint64_t session;

static void answer(int rc)
{
	if (rc)
		printf("err %d %s\n", -rc, tg ? tg_error(tg) : "no gate");
	else
		puts("ok");
	fflush(stdout);
}

static void enlist(char *args)
{
	uint32_t lease_ms = strtoul(strsep(&args, " "), NULL, 0);

	answer(tg_agent_register(tg, lease_ms, args, &session));
}

static void new_context(char *args)
{
	int rc;

	memset(&context, 0, sizeof(context));
	context.ike_instance = 0xfeedfacecafebeefull;
	context.ike_id = strtoul(strsep(&args, " "), NULL, 0);
	context.required = strtoul(args ? strsep(&args, " ") : "1", NULL, 0);
	memset(context.cert_digest, 0x5a, sizeof(context.cert_digest));
	snprintf(context.peer, sizeof(context.peer), "%s", args ? args : "");
	rc = tg_context_announce(tg, &context);
	if (rc) {
		answer(rc);
		return;
	}
	printf("ok %u\n", context.id);
	fflush(stdout);
}

static void proof(uint32_t result, char *args)
{
	struct tg_evidence e = { .result = result };
	const char *kind = strsep(&args, " ");

	if (tg_kind_parse(kind, &e.kind)) {
		printf("err %d no such kind\n", EINVAL);
		fflush(stdout);
		return;
	}
	if (result == TRUSTGATE_RESULT_GOOD)
		e.expires_ms = strtoul(args ? strsep(&args, " ") : "1", NULL, 0);
	snprintf(e.detail, sizeof(e.detail), "%s", args ? args : "");
	memcpy(e.cert_digest, context.cert_digest, sizeof(e.cert_digest));
	memset(e.proof_digest, 0xa5, sizeof(e.proof_digest));
	answer(tg_evidence_set(tg, &context, &e));
}

static void bind_sa(char *args)
{
	struct tg_sa_key key = { .protocol = IPPROTO_ESP, .family = AF_INET };

	key.spi = htonl(strtoul(strsep(&args, " "), NULL, 0));
	if (!args || inet_pton(AF_INET, args, key.daddr) != 1) {
		printf("err %d no address\n", EINVAL);
		fflush(stdout);
		return;
	}
	answer(tg_sa_bind(tg, &context, &key, 1));
}

static void serve(int fd, const char *file)
{
	static char request[65536], reply[65536];

	for (;;) {
		int c = accept(fd, NULL, NULL);
		FILE *f = fopen(file, "r");
		size_t n = f ? fread(reply, 1, sizeof(reply), f) : 0;

		if (recv(c, request, sizeof(request), 0) > 0 && n)
			send(c, reply, n, MSG_NOSIGNAL);
		if (f)
			fclose(f);
		close(c);
	}
}

static void control(char *args)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *path = strsep(&args, " ");
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	unlink(path);
	if (!args || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 8)) {
		printf("err %d %s\n", errno, strerror(errno));
		fflush(stdout);
		return;
	}
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd, args);
	}
	close(fd);
	puts("ok");
	fflush(stdout);
}

static void obey(char *line)
{
	char *args = line;
	const char *verb = strsep(&args, " ");

	if (!args)
		args = line + strlen(line);
	if (strcmp(verb, "control") == 0)
		control(args);
	else if (!tg)
		answer(-ENOTCONN);
	else if (strcmp(verb, "register") == 0)
		enlist(args);
	else if (strcmp(verb, "renew") == 0)
		answer(tg_agent_renew(tg, session));
	else if (strcmp(verb, "context") == 0)
		new_context(args);
	else if (strcmp(verb, "good") == 0)
		proof(TRUSTGATE_RESULT_GOOD, args);
	else if (strcmp(verb, "bad") == 0)
		proof(TRUSTGATE_RESULT_BAD, args);
	else if (strcmp(verb, "unknown") == 0)
		proof(TRUSTGATE_RESULT_INDETERMINATE, args);
	else if (strcmp(verb, "bind") == 0)
		bind_sa(args);
	else if (strcmp(verb, "reverify") == 0)
		answer(tg_context_reverify(tg, context.id, context.generation));
	else if (strcmp(verb, "del") == 0)
		answer(tg_context_del(tg, context.id, TRUSTGATE_REASON_IKE_DELETED));
	else
		exit(1);
}

int main(void)
{
	char line[1024], err[640];

	/* Without a gate there still is a control socket to play. */
	if (tg_open(&tg, err, sizeof(err)))
		fprintf(stderr, "# actor: %s\n", err);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		obey(line);
	}
	return 0;
}
