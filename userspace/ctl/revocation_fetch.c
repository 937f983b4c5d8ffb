// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The child that talks to a server has no privilege, writes no file and leaves what
 * it got in memory that it shares with its parent.
 */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "revocation.h"
#include "segw/fetch.h"

#define CRL_MAX		(256u << 20)
#define FETCH_MS	60000
#define NOBODY		65534

struct shared {
	size_t len;
	char why[256];
	uint8_t data[CRL_MAX];
};

static bool done;

static void answered(void *arg, const struct fetch_answer *answer)
{
	struct shared *s = arg;

	done = true;
	if (answer->rule) {
		snprintf(s->why, sizeof(s->why), "%s", answer->why);
		return;
	}
	memcpy(s->data, answer->data, answer->len);
	s->len = answer->len;
}

static bool over(void *arg)
{
	(void)arg;
	return done;
}

/* Without root there is nothing to give up but what could be regained. */
static int give_up(void)
{
	const struct rlimit none = { 0, 0 };

	if (!geteuid() && (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
			   setresuid(NOBODY, NOBODY, NOBODY)))
		return -1;
	return prctl(PR_SET_PDEATHSIG, SIGKILL) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_DUMPABLE, 0) || setrlimit(RLIMIT_FSIZE, &none) ||
	       setrlimit(RLIMIT_CORE, &none) ? -1 : 0;
}

static void __attribute__((noreturn))
child(const struct uri *uri, const char *interface, struct shared *s)
{
	struct fetch_call call = {
		.uri = uri, .interface = interface, .max = CRL_MAX, .timeout_ms = FETCH_MS,
	};
	struct fetch *f;

	signal(SIGPIPE, SIG_IGN);
	if (give_up()) {
		snprintf(s->why, sizeof(s->why), "the privileges could not be given up");
		_exit(1);
	}
	f = fetch_new();
	if (f && !fetch_begin(f, &call, answered, s, s->why, sizeof(s->why)))
		fetch_run(f, fetch_now() + FETCH_MS, over, NULL);
	_exit(!s->len);
}

int revocation_fetch(const struct uri *uri, const char *interface, struct revocation_fetched *out)
{
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	pid_t pid;
	int status;

	memset(out, 0, sizeof(*out));
	if (s == MAP_FAILED) {
		snprintf(out->why, sizeof(out->why), "%s", strerror(errno));
		return -1;
	}
	snprintf(s->why, sizeof(s->why), "no answer within %d s", FETCH_MS / 1000);
	fflush(stdout);
	pid = fork();
	if (!pid)
		child(uri, interface, s);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	s->why[sizeof(s->why) - 1] = '\0';
	if (pid < 0 || !s->len || s->len > CRL_MAX) {
		snprintf(out->why, sizeof(out->why), "%s", pid < 0 ? "no process" : s->why);
		munmap(s, sizeof(*s));
		return -1;
	}
	/* Nobody else has it now: the child has ended. */
	out->map = s;
	out->crl = (struct pki_der){ s->data, s->len };
	return 0;
}

void revocation_fetched_free(struct revocation_fetched *f)
{
	if (f->map)
		munmap(f->map, sizeof(struct shared));
	memset(f, 0, sizeof(*f));
}
