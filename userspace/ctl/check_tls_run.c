// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The child that speaks to the peer. Its own key is loaded before it gives up its
 * privileges, for which the TPM's device may be needed; nothing of the peer's is read
 * before.
 */
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <openssl/err.h>
#include "agent/worker.h"
#include "check_tls.h"

#define NOBODY	65534

static void say(struct tls_outcome *out, enum pki_verdict verdict, const char *rule,
		const char *detail)
{
	struct pki_result *r = &out->report.result;

	r->verdict = verdict;
	snprintf(r->rule, sizeof(r->rule), "%s", rule);
	snprintf(r->detail, sizeof(r->detail), "%s", detail);
}

/* Without root there is nothing to give up but what could be regained. */
static int give_up(void)
{
	const struct worker_ids ids = { .pki_uid = NOBODY, .pki_gid = NOBODY };
	const struct rlimit none = { 0, 0 };

	if (!geteuid())
		return confine(WORKER_FETCH, &ids);
	return prctl(PR_SET_PDEATHSIG, SIGKILL) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_DUMPABLE, 0) || setrlimit(RLIMIT_FSIZE, &none) ||
	       setrlimit(RLIMIT_CORE, &none) ? -1 : 0;
}

/* A connected socket that gives up after a while, or -1 with why. */
static int dial(const struct tls_job *job, struct tls_outcome *out, char *why, size_t whylen)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	const struct timeval limit = { .tv_sec = job->timeout_ms / 1000,
				       .tv_usec = job->timeout_ms % 1000 * 1000 };
	char port[8];
	int fd = -1, err;

	snprintf(port, sizeof(port), "%u", job->port);
	err = getaddrinfo(job->host, port, &hints, &list);
	if (err) {
		snprintf(why, whylen, "%.100s can't be resolved: %.80s (is DNS up?)", job->host,
			 gai_strerror(err));
		return -1;
	}
	for (struct addrinfo *i = list; i && fd < 0; i = i->ai_next) {
		fd = socket(i->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		getnameinfo(i->ai_addr, i->ai_addrlen, out->address, sizeof(out->address), NULL, 0,
			    NI_NUMERICHOST);
		if (!connect(fd, i->ai_addr, i->ai_addrlen))
			break;
		snprintf(why, whylen, "%.60s port %u: %.80s (is the H(e)MS up, and may it be reached?)",
			 out->address, job->port, strerror(errno == EINPROGRESS ? ETIMEDOUT : errno));
		close(fd);
		fd = -1;
	}
	freeaddrinfo(list);
	return fd;
}

static bool is_address(const char *host)
{
	unsigned char addr[16];

	return inet_pton(AF_INET, host, addr) == 1 || inet_pton(AF_INET6, host, addr) == 1;
}

/*
 * A peer that speaks TLS 1.3 says what it makes of our certificate when the handshake
 * is over for us: it is told that this is all, and what it answers is read to its end.
 */
static bool read_to_end(SSL *ssl)
{
	char buf[512];
	int n;

	SSL_shutdown(ssl);
	while ((n = SSL_read(ssl, buf, sizeof(buf))) > 0)
		;
	n = SSL_get_error(ssl, n);
	/* An end without a word is no refusal: that would be an alert. */
	if (n == SSL_ERROR_ZERO_RETURN || (n == SSL_ERROR_SYSCALL && !ERR_peek_error()))
		return true;
	return n == SSL_ERROR_SSL &&
	       ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

static void shake_hands(const struct tls_job *job, struct hems *h, SSL *ssl,
			struct tls_outcome *out)
{
	const char *name = job->name ? job->name : job->host;
	bool ok;

	/* The name that the server is to answer for is the one that is then checked. */
	ok = (is_address(name) || SSL_set_tlsext_host_name(ssl, name) == 1) && SSL_connect(ssl) == 1;
	if (ok) {
		out->connected = true;
		snprintf(out->version, sizeof(out->version), "%s", SSL_get_version(ssl));
		snprintf(out->cipher, sizeof(out->cipher), "%s", SSL_get_cipher_name(ssl));
		ERR_clear_error();
		ok = read_to_end(ssl);
	}
	hems_end(h, ssl, ok, &out->report);
	out->sent = out->connected && job->key && out->report.asked;
	if (out->report.result.verdict == PKI_GOOD && job->key && !out->report.asked)
		say(out, PKI_BAD, "tls.client.unasked",
		    "the peer does not ask for our certificate, so that anybody may be an H(e)NB (have it ask for one)");
}

static void run(const struct tls_job *job, struct tls_outcome *out)
{
	struct hems_policy policy = {
		.peer = PKI_HEMS, .name = job->name ? job->name : job->host,
		.anchors = job->anchors.item, .nanchors = job->anchors.n,
		.profile = &job->profile, .revocation = job->revocation, .now = job->at,
		.signers = &job->signers, .nonce = job->nonce, .nonce_len = job->nonce_len,
		.ciphers = job->ciphers, .ask = job->has_responder ? hems_ask_http : NULL,
		.ask_arg = (void *)&job->responder,
	};
	struct hems *h = hems_new(&policy);
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	char why[PKI_TEXT_MAX + 1] = "out of memory (free some)";
	const char *rule = "memory";
	SSL *ssl = NULL;
	int fd;

	if (h && ctx)
		rule = hems_attach(h, ctx, why, sizeof(why));
	if (!rule && job->key)
		rule = hems_own(ctx, job->own.item, job->own.n, job->key, why, sizeof(why));
	if (!rule && give_up()) {
		snprintf(why, sizeof(why), "the privileges could not be given up");
		rule = "tls.confine";
	}
	if (rule) {
		say(out, PKI_INDETERMINATE, rule, why);
		return;
	}
	fd = dial(job, out, why, sizeof(why));
	if (fd < 0) {
		say(out, PKI_INDETERMINATE, "tls.connect", why);
		return;
	}
	ssl = SSL_new(ctx);
	if (ssl && SSL_set_fd(ssl, fd) == 1)
		shake_hands(job, h, ssl, out);
}

static void went_wrong(struct tls_outcome *out)
{
	say(out, PKI_INDETERMINATE, "tls.child",
	    "the child that spoke to the peer went wrong (look at the kernel's log)");
}

/* What a child says that did not come to its end is nothing. */
static void ended(struct tls_outcome *out, pid_t pid, int status)
{
	if (pid < 0)
		say(out, PKI_INDETERMINATE, "memory", "no process could be made (end some)");
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		say(out, PKI_INDETERMINATE, "tls.timeout",
		    "the peer kept us waiting for too long (is it up?)");
	else if (status || out->report.result.verdict > PKI_BAD || out->report.source > HEMS_OFF)
		went_wrong(out);
}

void tls_run(const struct tls_job *job, struct tls_outcome *out)
{
	struct tls_outcome *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = -1;	/* unless its end is known */
	pid_t pid;

	memset(out, 0, sizeof(*out));
	if (s == MAP_FAILED) {
		say(out, PKI_INDETERMINATE, "memory", "out of memory (free some)");
		return;
	}
	went_wrong(s);	/* unless it says something else */
	fflush(stdout);
	signal(SIGCHLD, SIG_DFL);	/* ignored, there is nobody to wait for */
	pid = fork();
	if (!pid) {
		signal(SIGPIPE, SIG_IGN);
		/* Its default action: see ended(). */
		alarm(3 * job->timeout_ms / 1000 + 1);
		run(job, s);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*out = *s;
	munmap(s, sizeof(*s));
	/* A child that parsed what the peer sent is not trusted to end its texts. */
	out->report.result.rule[sizeof(out->report.result.rule) - 1] = '\0';
	out->report.result.detail[sizeof(out->report.result.detail) - 1] = '\0';
	out->report.status.rule[sizeof(out->report.status.rule) - 1] = '\0';
	out->report.status.detail[sizeof(out->report.status.detail) - 1] = '\0';
	out->address[sizeof(out->address) - 1] = '\0';
	out->version[sizeof(out->version) - 1] = '\0';
	out->cipher[sizeof(out->cipher) - 1] = '\0';
	ended(out, pid, status);
}
