// SPDX-License-Identifier: GPL-2.0-or-later
/* What a worker can still do once it gave up its privileges: SEC-04. Needs root. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/tap.h"
#include "agent/worker.h"

#define NOBODY	65534

/* Each returns 0, or -1 with errno, as the system call does. */
static int reads_a_file(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 ? -1 : 0;
}

static int writes_a_file(void)
{
	/* Anybody may, so that it is the filter that says no. */
	return open("/dev/null", O_WRONLY | O_CLOEXEC) < 0 ? -1 : 0;
}

static int runs_a_program(void)
{
	char *const argv[] = { (char *)"sh", NULL }, *const env[] = { NULL };

	return execve("/bin/sh", argv, env);
}

static int forks(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return pid < 0 ? -1 : 0;
}

static int internet_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0 ? -1 : 0;
}

static int unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? -1 : 0;
}

static int packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0) < 0 ? -1 : 0;
}

static int is_root_again(void)
{
	return setresuid(0, 0, 0);
}

static int kills_its_parent(void)
{
	return kill(getppid(), 0);
}

static int computes(void)
{
	void *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : munmap(p, 1 << 20);
}

static const struct {
	const char *what;
	int (*call)(void);
	bool may[3];		/* by enum worker_kind */
} cases[] = {
	{ "computes", computes, { true, true, true } },
	{ "reads a file", reads_a_file, { false, true, true } },
	{ "writes a file", writes_a_file, { false, false, true } },
	{ "runs a program", runs_a_program, { false, false, false } },
	{ "forks", forks, { false, false, false } },
	{ "makes a socket of the Internet", internet_socket, { false, true, false } },
	{ "makes a Unix socket", unix_socket, { false, false, false } },
	{ "makes a packet socket", packet_socket, { false, false, false } },
	{ "becomes root", is_root_again, { false, false, false } },
	{ "signals its parent", kills_its_parent, { false, false, false } },
};

static const char *const kinds[] = {
	[WORKER_PKI] = "the one that parses",
	[WORKER_FETCH] = "the one that fetches",
	[WORKER_TRE] = "the one at the TPM",
};

enum { DID, DENIED, OTHER, NOT_CONFINED };

/* In a child: confine() is for good. */
static int try_it(enum worker_kind kind, int (*call)(void))
{
	const struct worker_ids ids = { NOBODY, NOBODY, NOBODY, NOBODY };
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		if (confine(kind, &ids))
			_exit(NOT_CONFINED);
		if (!call())
			_exit(DID);
		_exit(errno == EPERM || errno == EACCES ? DENIED : OTHER);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return OTHER;
	return WEXITSTATUS(status);
}

int main(void)
{
	tap_start();
	if (geteuid()) {
		tap_skip("SEC-04: what a worker may do", "needs root");
		return tap_end();
	}
	for (size_t kind = 0; kind < 3; kind++)
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			int did = try_it((enum worker_kind)kind, cases[i].call);

			tap_ok(did == (cases[i].may[kind] ? DID : DENIED), "SEC-04: %s: %s%s",
			       kinds[kind], cases[i].what,
			       did == NOT_CONFINED ? ": could not be confined" :
			       cases[i].may[kind] ? "" : ": denied");
		}
	return tap_end();
}
