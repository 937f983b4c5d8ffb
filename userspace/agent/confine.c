// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a worker may do: compute, use the descriptors it was given, and answer.
 * The one that talks to the TPM may also open files, since its driver library
 * is loaded on demand; the one that asks outside of the tunnel may read files, to
 * resolve a name, and make sockets of the Internet.
 */
#include "agent/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cap-ng.h>
#include <seccomp.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static const int calls[] = {
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect),
	SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(getrandom), SCMP_SYS(rseq),
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(close),
	SCMP_SYS(fcntl), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(lseek),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(pselect6), SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid),
	SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(uname),
	SCMP_SYS(sysinfo), SCMP_SYS(exit), SCMP_SYS(exit_group),
#ifdef __SANITIZE_ADDRESS__
	SCMP_SYS(sigaltstack),	/* at an _exit() */
#endif
};

/* Of a socket that exists; there is no socket(2) here. */
static const int socket_calls[] = {
	SCMP_SYS(connect), SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg),
	SCMP_SYS(recvmsg), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(getsockname),
	SCMP_SYS(getpeername), SCMP_SYS(shutdown), SCMP_SYS(socketpair), SCMP_SYS(pipe),
	SCMP_SYS(pipe2), SCMP_SYS(eventfd2), SCMP_SYS(bind),
};

/* Beyond open(2), which must not write. */
static const int resolver_calls[] = {
	SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(statx), SCMP_SYS(pread64), SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(sendmmsg), SCMP_SYS(ioctl),
};

static const int file_calls[] = {
	SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(pread64), SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(stat), SCMP_SYS(lstat),
	SCMP_SYS(statx), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getcwd),
	SCMP_SYS(getdents64), SCMP_SYS(ioctl),
};

static int allow(scmp_filter_ctx filter, const int *nr, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, nr[i], 0);

		/* -EDOM: this architecture has no such call. */
		if (err && err != -EDOM)
			return err;
	}
	return 0;
}

static int allow_reading(scmp_filter_ctx filter)
{
	const scmp_datum_t mask = O_ACCMODE | O_CREAT | O_TRUNC;
	int err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
				   SCMP_A2(SCMP_CMP_MASKED_EQ, mask, O_RDONLY));

	if (!err || err == -EDOM)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
				       SCMP_A1(SCMP_CMP_MASKED_EQ, mask, O_RDONLY));
	return err == -EDOM ? 0 : err;
}

/* Not of Unix: what listens there may be allowed to do more than we. */
static int allow_internet(scmp_filter_ctx filter)
{
	int err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
				   SCMP_A0(SCMP_CMP_EQ, AF_INET));

	if (!err)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
				       SCMP_A0(SCMP_CMP_EQ, AF_INET6));
	return err;
}

static int filter_calls(enum worker_kind kind)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err = -ENOMEM;

	if (filter)
		err = allow(filter, calls, ARRAY_SIZE(calls));
	if (!err && kind != WORKER_TRE)
		err = allow(filter, socket_calls, ARRAY_SIZE(socket_calls));
	if (!err && kind == WORKER_FETCH)
		err = allow(filter, resolver_calls, ARRAY_SIZE(resolver_calls));
	if (!err && kind == WORKER_FETCH)
		err = allow_reading(filter);
	if (!err && kind == WORKER_FETCH)
		err = allow_internet(filter);
	if (!err && kind == WORKER_TRE)
		err = allow(filter, file_calls, ARRAY_SIZE(file_calls));
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return err;
}

static int limit(enum __rlimit_resource what, rlim_t value)
{
	const struct rlimit lim = { .rlim_cur = value, .rlim_max = value };

	return setrlimit(what, &lim);
}

#ifdef __SANITIZE_ADDRESS__
/* Its shadow is larger than any limit. */
static int limit_address_space(void)
{
	return 0;
}
#else
/* What it has by being forked, as lists that are mapped, is no growth. */
static rlim_t address_space(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;
	char line[128];

	if (f && fgets(line, sizeof(line), f))
		pages = strtoul(line, NULL, 10);
	if (f)
		fclose(f);
	return pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

static int limit_address_space(void)
{
	return limit(RLIMIT_AS, address_space() + (256u << 20));
}
#endif

static int limit_all(void)
{
	if (limit(RLIMIT_CORE, 0) || limit(RLIMIT_FSIZE, 0) || limit(RLIMIT_CPU, 20) ||
	    limit(RLIMIT_NOFILE, 64) || limit(RLIMIT_MEMLOCK, 0) || limit_address_space())
		return -1;
	/* Not before the user is changed: it is counted against the user. */
	return limit(RLIMIT_NPROC, 0);
}

static int change_user(uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return -1;
	capng_clear(CAPNG_SELECT_CAPS);
	return capng_apply(CAPNG_SELECT_CAPS);
}

int confine(enum worker_kind kind, const struct worker_ids *ids)
{
	bool tre = kind == WORKER_TRE;

	if (change_user(tre ? ids->tre_uid : ids->pki_uid, tre ? ids->tre_gid : ids->pki_gid))
		return -1;
	/* After the change of user, which clears it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() == 1)
		return -1;
	if (prctl(PR_SET_DUMPABLE, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	if (limit_all())
		return -1;
	return filter_calls(kind) ? -1 : 0;
}
