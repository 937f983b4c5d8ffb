// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgated: decides whether a proof is good, and hands it to the kernel. */
#include "agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "agent/devid.h"
#include "agent/log.h"
#include "agent/profile.h"
#include "agent/segw.h"
#include "pki/hidden.h"

struct config conf;
struct pki_der anchor;
struct pki_profile profile;
struct pki_signers signers;

static struct watch signals = { .fd = -1 };

static void report(void *arg, const char *file, int line, const char *key, const char *value,
		   const char *rule, const char *remedy)
{
	(void)arg;
	fprintf(stderr, "trustgated: %s:", file);
	if (line)
		fprintf(stderr, "%d:", line);
	if (*key)
		fprintf(stderr, " %s:", key);
	fprintf(stderr, " %s", rule);
	if (*value)
		fprintf(stderr, ": '%s'", value);
	fprintf(stderr, " (%s)\n", remedy);
}

static int fail(const char *what, const char *why, const char *remedy)
{
	char shown[1024], said[1024];

	fprintf(stderr, "trustgated: %s: %s (%s)\n", hidden_urls(what, shown, sizeof(shown)),
		hidden_urls(why, said, sizeof(said)), remedy);
	return -1;
}

static void on_signal(struct watch *w, uint32_t events)
{
	struct signalfd_siginfo info;

	(void)events;
	if (read(w->fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP) {
		reload();
		return;
	}
	log_say(LOG_NOTICE, "stop", strsignal((int)info.ssi_signo), "the gate closes");
	notify_stopping();
	loop_stop(0);
}

static int watch_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : watch_start(&signals, fd, EPOLLIN, on_signal);
}

static int fail_errno(const char *what, int err, const char *remedy)
{
	return err ? fail(what, strerror(-err), remedy) : 0;
}

static int start_all(void)
{
	char why[256];
	int err = worker_setup(conf.agent.user, conf.tre.tcti, why, sizeof(why));

	if (err)
		return fail("workers", why, "see [agent] user");
	if (profile_load(conf.peer.profile, &profile, report, NULL))
		return fail(conf.peer.profile, "is not a profile of certificates",
			    "see the lines above, and [peer] profile");
	if (conf.agent.role == CONFIG_ROLE_SEGW ? segw_start() :
	    anchor_load(&conf, &anchor, report, NULL) || signers_load(&conf, &signers, report, NULL))
		return fail("configuration", "a file that it names can't be used",
			    "see the lines above");
	revoked_start();
	if (fail_errno("event loop", loop_init(), "free memory or descriptors") ||
	    fail_errno("signals", watch_signals(), "free descriptors") ||
	    fail_errno("wall clock", clock_start(), "free descriptors") ||
	    fail_errno("privileges", privs_drop(), "start with CAP_NET_ADMIN, CAP_SETUID, "
		       "CAP_SETGID, CAP_KILL and CAP_SETPCAP"))
		return -1;
	/* The gate takes one agent only: a second one gets no further, and takes
	 * no socket from the first.
	 */
	if (gate_start())
		return fail("gate", "not usable", "see the line above");
	if (fail_errno(conf.agent.plugin_socket, plugin_start(),
		       "run as root, and once; see [agent] plugin_socket") ||
	    fail_errno(conf.agent.control_socket, control_start(),
		       "run as root, and once; see [agent] control_socket"))
		return -1;
	if (devid_start())
		return fail("devid", "not usable", "see the line above");
	return 0;
}

static int run(void)
{
	int status;

	if (start_all())
		return EXIT_FAILURE;
	if (!(conf.gate.required & 1u << TRUSTGATE_EVIDENCE_KIND_REVOCATION))
		log_say(LOG_WARNING, "revocation-off", "revocation: not configured",
			"see [ocsp] mode and [gate] required, or a SeGW's [vendor] check");
	notify_ready();
	start_begin();
	integrity_watch();
	status = loop_run();
	/* The kernel closes when the netlink socket does; workers die with us. */
	gate_stop();
	clock_stop();
	plugin_stop();
	control_stop();
	devid_stop();
	return status ? EXIT_FAILURE : EXIT_SUCCESS;
}

static const char usage[] =
	"usage: trustgated [--config FILE] [--check-config] [--set-gate] [--foreground] [--features] [--version]\n";

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check-config", no_argument, NULL, 'C' },
		{ "set-gate", no_argument, NULL, 'G' },
		{ "foreground", no_argument, NULL, 'f' },
		{ "features", no_argument, NULL, 'F' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *path = CONFIG_PATH;
	bool check = false, set = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "c:fVh", options, NULL)) != -1) {
		if (opt == 'c') {
			path = optarg;
		} else if (opt == 'C') {
			check = true;
		} else if (opt == 'G') {
			set = true;
		} else if (opt == 'F') {
			puts("ocsp inband direct intunnel henb segw");
			return EXIT_SUCCESS;
		} else if (opt == 'V') {
			puts("trustgated " AGENT_VERSION);
			return EXIT_SUCCESS;
		} else if (opt == 'h') {
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		} else if (opt != 'f') {
			fputs(usage, stderr);
			return 64;
		}
	}
	if (optind != argc) {
		fputs(usage, stderr);
		return 64;
	}
	if (config_load(path, &conf, report, NULL))
		return EXIT_FAILURE;
	if (set)
		return gate_set_only() ? EXIT_FAILURE : EXIT_SUCCESS;
	reload_begin(path);
	return check ? EXIT_SUCCESS : run();
}
