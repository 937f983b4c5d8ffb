// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate monitor: events as they happen, until interrupted. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include "ctl.h"

struct monitor {
	const struct ctl *ctl;
	uint64_t seq;		/* of the last event, 0 before the first */
	int rc;
};

/* Events carry boottime, which does not jump; people read the wall clock. */
static void print_clock(uint64_t boottime_ns)
{
	struct timespec real, boot;
	struct tm tm;
	char buf[16];
	int64_t ns;
	time_t s;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	clock_gettime(CLOCK_REALTIME, &real);
	ns = (int64_t)(real.tv_sec - boot.tv_sec) * 1000000000 + real.tv_nsec - boot.tv_nsec +
	     (int64_t)boottime_ns;
	s = ns / 1000000000;
	localtime_r(&s, &tm);
	strftime(buf, sizeof(buf), "%H:%M:%S", &tm);
	printf("%s.%03d ", buf, (int)(ns / 1000000 % 1000));
}

static void print_subject(const struct tg_note *n)
{
	char buf[TEXT_ROOM];

	if (n->context_id)
		printf(" context %" PRIu32, n->context_id);
	if (*n->peer)
		printf(" %s", clean(buf, sizeof(buf), n->peer));
	if (n->key.family)
		printf(" %s 0x%08" PRIx32 " to %s", protocol_name(n->key.protocol),
		       ntohl(n->key.spi), address_text(buf, sizeof(buf), n->key.family, n->key.daddr));
}

static void print_change(const struct ctl *ctl, const struct tg_note *n)
{
	const char *state = tg_state_name(n->state);

	switch (n->event) {
	case TRUSTGATE_EVENT_EVIDENCE:
		printf(": %s %s", tg_kind_name(n->kind), tg_result_name(n->result));
		break;
	case TRUSTGATE_EVENT_AGENT_REGISTERED:
	case TRUSTGATE_EVENT_AGENT_LOST:
		printf(": session 0x%016" PRIx64, n->session);
		break;
	case TRUSTGATE_EVENT_CONFIG:
		printf(": mode %s", tg_mode_name(n->mode));
		break;
	case TRUSTGATE_EVENT_BOOTSTRAP_EXHAUSTED:
		break;
	case TRUSTGATE_EVENT_CONTEXT_STATE:
		printf(": %s ->", tg_state_name(n->old_state));
		/* fall through */
	default:
		printf(" %s%s%s", state_color(ctl, state), state, color_reset(ctl));
		break;
	}
	if (n->reason)
		printf(" (%s)", tg_reason_name(n->reason));
}

static void print_note(const struct ctl *ctl, const struct tg_note *n)
{
	char buf[TEXT_ROOM];

	print_clock(n->time_ns);
	printf("%s", tg_event_name(n->event));
	print_subject(n);
	print_change(ctl, n);
	if (*n->detail)
		printf(": %s", clean(buf, sizeof(buf), n->detail));
	putchar('\n');
}

static void lost(struct monitor *m)
{
	complain("events", "some were lost", "trustgate show context has the present state");
	if (m->ctl->json)
		m->rc = json_emit(json_pack("{s:s}", "event", "lost"), "trustgate.event/1", false, 0);
}

static void on_note(const struct tg_note *n, void *arg)
{
	struct monitor *m = arg;

	if (m->rc)
		return;
	if (m->seq && n->seq > m->seq + 1)
		lost(m);
	m->seq = n->seq;
	if (m->ctl->json)
		m->rc = json_emit(json_note(n), "trustgate.event/1", false, 0);
	else
		print_note(m->ctl, n);
	if (fflush(stdout))
		m->rc = EXIT_FAILED;
}

static int signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int follow(struct monitor *m, struct tg_events *ev, int stop)
{
	struct pollfd fds[] = {
		{ .fd = tg_events_fd(ev), .events = POLLIN },
		{ .fd = stop, .events = POLLIN },
	};

	while (!m->rc) {
		int rc;

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return EXIT_FAILED;
		if (fds[1].revents)
			break;
		rc = tg_events_read(ev, on_note, m);
		if (rc == -ENOBUFS) {
			lost(m);
		} else if (rc) {
			complain("events", "one can't be read",
				 "install the module and the tools of one release");
			return EXIT_FAILED;
		}
	}
	return m->rc;
}

int verb_monitor(struct ctl *ctl, int argc, char **argv)
{
	struct monitor m = { .ctl = ctl };
	struct tg_events *ev;
	char err[640];
	int rc, stop;

	(void)argc;
	(void)argv;
	/* Joining the group needs no more than a socket on old kernels; asking
	 * first gives everyone without the capability the same answer.
	 */
	rc = gate_open(ctl);
	if (rc)
		return rc;
	rc = tg_events_open(&ev, err, sizeof(err));
	if (rc) {
		fprintf(stderr, "trustgate: %s\n", err);
		return gate_status(rc);
	}
	stop = signals();
	if (stop < 0) {
		complain("signals", "can't be waited for", "free some file descriptors");
		rc = EXIT_FAILED;
	} else {
		rc = follow(&m, ev, stop);
		close(stop);
	}
	tg_events_close(ev);
	return rc;
}
