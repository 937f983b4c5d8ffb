// SPDX-License-Identifier: GPL-2.0-or-later
/* Start, reap and kill workers. What comes back is a structure, not a syntax. */
#include "agent/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <curl/curl.h>
#include <openssl/crypto.h>

/* One write(2) of a result must be whole. */
_Static_assert(sizeof(struct worker_result) <= PIPE_BUF, "result is torn in the pipe");

/* Children that were killed and had not gone when last looked at. */
#define CORPSES		32
/*
 * A charon gone mad must not make us fork without end. Those that take turns in the queue
 * are bounded there; these are for all that does not.
 */
#define WORKERS_MAX	(QUEUE_PROCESSES + 32)
/* Descriptors that a child may be given. */
#define KEEP_MAX	8
static pid_t corpses[CORPSES];
static struct timer reaper;
static struct worker_ids ids;
static const char *device;	/* the TPM's, or NULL */
static unsigned int running;

/* Who may use the TPM. Looked up each time, as the device may come late; until
 * then nobody is root for it.
 */
static void find_tpm_owner(void)
{
	struct stat st;
	bool found = device && !stat(device, &st) && S_ISCHR(st.st_mode);

	ids.tre_uid = found ? st.st_uid : ids.pki_uid;
	ids.tre_gid = found ? st.st_gid : ids.pki_gid;
}

int worker_setup(const char *user, const char *tcti, char *err, size_t errlen)
{
	const struct passwd *pw = getpwnam(user);

	if (!pw || !pw->pw_uid) {
		snprintf(err, errlen, "user %s: %s", user,
			 pw ? "is root" : "there is no such user");
		return -ENOENT;
	}
	ids.pki_uid = pw->pw_uid;
	ids.pki_gid = pw->pw_gid;
	/* Here, so that the children need no file for it. */
	if (!OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) ||
	    curl_global_init(CURL_GLOBAL_NOTHING)) {
		snprintf(err, errlen, "OpenSSL or libcurl do not start");
		return -EIO;
	}
	device = strncmp(tcti, "device:", 7) ? NULL : tcti + 7;
	return 0;
}

static void reap(struct timer *t)
{
	bool left = false;

	for (size_t i = 0; i < CORPSES; i++) {
		if (corpses[i] && waitpid(corpses[i], NULL, WNOHANG))
			corpses[i] = 0;
		left = left || corpses[i];
	}
	if (left)
		timer_start(t, 200, reap);
}

/* Kill and bury. A child deep in the TPM driver dies only later; waiting for
 * it here would let the lease lapse.
 */
static void bury(pid_t pid)
{
	kill(pid, SIGKILL);
	if (waitpid(pid, NULL, WNOHANG))
		return;
	for (size_t i = 0; i < CORPSES; i++) {
		if (!corpses[i]) {
			corpses[i] = pid;
			timer_start(&reaper, 20, reap);
			return;
		}
	}
}

void worker_init(struct worker *w)
{
	memset(w, 0, sizeof(*w));
	w->pipe.fd = -1;
}

void worker_cancel(struct worker *w)
{
	if (!w->pid)
		return;
	watch_close(&w->pipe);
	timer_stop(&w->deadline);
	bury(w->pid);
	w->pid = 0;
	running--;
	if (w->queued)
		queue_ended(w->class, w->source);
}

void worker_in_turn(struct worker *w, const struct turn *turn)
{
	worker_cancel(w);
	w->queued = true;
	w->class = turn->class;
	w->source = turn->source;
}

static void no_result(struct worker_result *r, const char *rule, const char *detail)
{
	memset(r, 0, sizeof(*r));
	r->chain.verdict = PKI_INDETERMINATE;
	r->tre.verdict = TRE_UNAVAILABLE;
	snprintf(r->chain.rule, sizeof(r->chain.rule), "%s", rule);
	snprintf(r->chain.detail, sizeof(r->chain.detail), "%s", detail);
	snprintf(r->tre.rule, sizeof(r->tre.rule), "%s", rule);
	snprintf(r->tre.detail, sizeof(r->tre.detail), "%s", detail);
	r->ocsp = r->chain;
	r->authz = r->chain;
	r->appraisal.verdict = APPRAISE_BAD;
	snprintf(r->appraisal.rule, sizeof(r->appraisal.rule), "%s", rule);
	snprintf(r->appraisal.detail, sizeof(r->appraisal.detail), "%s", detail);
}

static void seal(struct pki_result *r)
{
	r->rule[sizeof(r->rule) - 1] = '\0';
	r->detail[sizeof(r->detail) - 1] = '\0';
	if (r->verdict > PKI_BAD)
		r->verdict = PKI_INDETERMINATE;
}

static void take_result(struct watch *pipe, uint32_t events)
{
	struct worker *w = container_of(pipe, struct worker, pipe);
	struct worker_result r;
	ssize_t n = read(pipe->fd, &r, sizeof(r));

	(void)events;
	worker_cancel(w);
	if (n != sizeof(r))
		no_result(&r, "worker.died", "the checking process ended without a result: "
			  "see the journal for why, or recheck");
	/* The child may have been taken over by what it parsed. */
	seal(&r.chain);
	seal(&r.ocsp);
	seal(&r.authz);
	if (r.record_len > sizeof(r.record))
		r.record_len = 0;
	r.tre.rule[sizeof(r.tre.rule) - 1] = '\0';
	r.tre.detail[sizeof(r.tre.detail) - 1] = '\0';
	r.tre.policy[sizeof(r.tre.policy) - 1] = '\0';
	if (r.tre.verdict > TRE_FAIL)
		r.tre.verdict = TRE_UNAVAILABLE;
	if (r.store > STORE_DONE)
		r.store = STORE_SILENT;
	if (r.validation > VALIDATION_GOOD)
		r.validation = VALIDATION_NONE;
	r.links.fallback[sizeof(r.links.fallback) - 1] = '\0';
	r.sought = w->sought;
	w->done(w, &r);
}

static void late(struct timer *t)
{
	struct worker *w = container_of(t, struct worker, deadline);
	struct worker_result r;

	worker_cancel(w);
	no_result(&r, "worker.timeout", "the check took too long and was ended: it is tried again");
	r.sought = w->sought;
	w->done(w, &r);
}

/* Leave only stdio and the @n of @keep open; negative ones are none. */
static void close_others(const int *keep, size_t n)
{
	unsigned int from = 3;

	for (;;) {
		int next = -1;

		for (size_t i = 0; i < n; i++)
			if (keep[i] >= (int)from && (next < 0 || keep[i] < next))
				next = keep[i];
		if (next < 0)
			break;
		if (next > (int)from)
			syscall(SYS_close_range, from, next - 1, 0);
		from = (unsigned int)next + 1;
	}
	syscall(SYS_close_range, from, ~0u, 0);
}

static void __attribute__((noreturn))
child(enum worker_kind kind, worker_job *job, const void *arg, int out, const int *keep, size_t n)
{
	int fds[KEEP_MAX + 1] = { out };
	struct worker_result r;

	if (n)
		memcpy(fds + 1, keep, n * sizeof(*keep));
	close_others(fds, n + 1);
	signal(SIGPIPE, SIG_IGN);
	no_result(&r, "worker.confine", "the checking process could not give up its privileges: "
		  "it needs CAP_SETUID, CAP_SETGID and seccomp");
	if (!confine(kind, &ids))
		job(arg, &r);
	_exit(write(out, &r, sizeof(r)) != sizeof(r));
}

int worker_start(struct worker *w, enum worker_kind kind, worker_job *job, const void *arg,
		 int keep_fd, uint32_t deadline_ms,
		 void (*done)(struct worker *w, const struct worker_result *result))
{
	return worker_start_keeping(w, kind, job, arg, &keep_fd, 1, deadline_ms, done);
}

int worker_start_keeping(struct worker *w, enum worker_kind kind, worker_job *job,
			 const void *arg, const int *keep, size_t n, uint32_t deadline_ms,
			 void (*done)(struct worker *w, const struct worker_result *result))
{
	int fds[2], err;
	pid_t pid;

	worker_cancel(w);
	if (n > KEEP_MAX)
		return -EINVAL;
	if (running == WORKERS_MAX)
		return -EAGAIN;
	if (kind == WORKER_TRE)
		find_tpm_owner();
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid)
		child(kind, job, arg, fds[1], keep, n);
	err = -errno;
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return err;
	}
	w->done = done;
	err = watch_start(&w->pipe, fds[0], EPOLLIN, take_result);
	if (err) {
		close(fds[0]);
		bury(pid);
		return err;
	}
	w->pid = pid;
	running++;
	if (w->queued)
		queue_started(w->class, w->source);
	timer_start(&w->deadline, deadline_ms, late);
	return 0;
}
