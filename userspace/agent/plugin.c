// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The IKE plugin's socket. One connection counts, the newest that has said hello;
 * whoever only connects takes nothing from it. A plugin that
 * stops beating its heart is as good as gone: nobody would tell us of an IKE SA
 * that was deleted.
 */
#include "agent/agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/devid.h"
#include "agent/log.h"

#define GRACE_MS	2000

static struct watch listener = { .fd = -1 };
static struct watch slots[2] = { { .fd = -1 }, { .fd = -1 } };
static struct watch *peer;	/* the slot that has said hello, or NULL */
static bool ready;
static struct timer heartbeat, grace, unheard;
static uint64_t instance;
static char daemon_name[256];

bool plugin_connected(void)
{
	return peer;
}

bool plugin_ready(void)
{
	return peer && ready;
}

const char *plugin_daemon(void)
{
	return daemon_name;
}

static void lost_for_good(struct timer *t)
{
	(void)t;
	context_plugin_lost();
}

/* The slot of a connection that has not said hello, in use or not. */
static struct watch *candidate(void)
{
	return peer == &slots[0] ? &slots[1] : &slots[0];
}

static void drop_candidate(struct timer *t)
{
	(void)t;
	timer_stop(&unheard);
	watch_close(candidate());
}

static void drop_peer(const char *why)
{
	struct watch *gone = peer;
	struct log l;

	if (!gone)
		return;
	/* A candidate would hide the slot that is being given up. */
	drop_candidate(NULL);
	peer = NULL;
	watch_close(gone);
	timer_stop(&heartbeat);
	report_stop();
	auth_stop();
	log_begin(&l, LOG_WARNING, "plugin-lost");
	log_str(&l, "value", why);
	log_str(&l, "remedy", "the gate closes in 2 s unless the plugin is back; is charon up?");
	log_end(&l);
	context_plugin_gone();
	if (!grace.armed)
		timer_start(&grace, GRACE_MS, lost_for_good);
}

static void silent(struct timer *t)
{
	(void)t;
	drop_peer("no heartbeat");
}

static void stay_alive(void)
{
	timer_start(&heartbeat, conf.charon.heartbeat_ms, silent);
}

void plugin_tell(const uint8_t *msg, size_t len)
{
	if (peer && send(peer->fd, msg, len, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)len)
		drop_peer("a message could not be sent");
}

void plugin_reply(uint32_t seq, uint32_t status, const char *text)
{
	uint8_t buf[DECODE_REPLY_MAX];

	plugin_tell(buf, encode_reply(buf, seq, status, text));
}

void plugin_record(uint32_t seq, const uint8_t *record, size_t len)
{
	uint8_t buf[DECODE_REPLY_MAX];

	plugin_tell(buf, encode_record(buf, seq, record, len));
}

void plugin_signature(uint32_t seq, const struct worker_auth *auth)
{
	uint8_t buf[DECODE_REPLY_MAX];

	plugin_tell(buf, encode_signature(buf, seq, auth->key, auth->key_len, auth->sig,
					  auth->sig_len));
}

/*
 * HNB-OCSP-15: where no query through the tunnel may follow, an SA that nobody
 * looked at before it came up can't become a good one.
 */
static uint32_t policy_flags(void)
{
	bool revocation = conf.gate.required & 1u << TRUSTGATE_EVIDENCE_KIND_REVOCATION;

	return (revocation && !config_has_mode(&conf.ocsp, CONFIG_OCSP_INTUNNEL) ?
		TG_WIRE_FLAG_REQUIRED : 0) | (devid_wanted() ? TG_WIRE_FLAG_DEVID : 0) |
	       (auth_wanted() ? TG_WIRE_FLAG_SIGNS : 0);
}

static void greet(uint32_t seq)
{
	struct decode_hello h = { .flags = policy_flags() };
	uint8_t buf[DECODE_REPLY_MAX];

	report_hello(&h);
	plugin_tell(buf, encode_hello_reply(buf, seq, &h));
}

static void hello(const struct decode_msg *m)
{
	struct log l;

	instance = m->instance;
	snprintf(daemon_name, sizeof(daemon_name), "%s", m->text);
	log_begin(&l, LOG_NOTICE, "plugin-connected");
	log_str(&l, "daemon", daemon_name);
	log_end(&l);
	/* Within the grace period nothing was closed. */
	timer_stop(&grace);
	context_plugin_back(instance);
	greet(m->seq);
	staple_plugin();
}

/*
 * The first message after hello: the plugin has read what it was greeted with. An
 * IKE_SA_INIT that charon sent before would have left out what is wanted of it.
 */
static void heard(void)
{
	if (ready)
		return;
	ready = true;
	start_plugin();
}

static void dispatch(const struct decode_msg *m)
{
	char why[256] = "";
	uint32_t status;

	switch (m->type) {
	case TG_WIRE_HELLO:
		hello(m);
		break;
	case TG_WIRE_AUTHORIZE:
		context_authorize(m, instance);
		break;
	case TG_WIRE_CHILD_KEYS:
		status = context_child_keys(m, why, sizeof(why));
		plugin_reply(m->seq, status, why);
		break;
	case TG_WIRE_CHILD_UP:
		context_child_up(m);
		break;
	case TG_WIRE_CHILD_DOWN:
		context_child_down(m);
		break;
	case TG_WIRE_IKE_DOWN:
		context_ike_down(m);
		break;
	case TG_WIRE_IKE_REKEY:
		context_ike_rekey(m);
		break;
	case TG_WIRE_REPORT:
		report_make(m);
		break;
	case TG_WIRE_SIGN:
		auth_sign(m);
		break;
	case TG_WIRE_NOTIFIED:
		context_notified(m);
		break;
	case TG_WIRE_PING:
		plugin_reply(m->seq, 0, NULL);
		break;
	}
}

/* The candidate has said hello: it takes the place of the one before. */
static void promote(struct watch *w)
{
	struct watch *old = peer;

	timer_stop(&unheard);
	peer = w;
	ready = false;
	if (!old)
		return;
	/* No grace: who took its place tells of everything now. */
	watch_close(old);
	log_say(LOG_NOTICE, "plugin-replaced", "a newer connection took its place", NULL);
	context_plugin_gone();
}

static void bad_message(struct watch *w, const char *why)
{
	log_say(LOG_ERR, "plugin-bad-message", why, "install plugin and agent of the same version");
	if (w == peer)
		drop_peer("it sent a bad message");
	else
		drop_candidate(NULL);
}

static void readable(struct watch *w, uint32_t events)
{
	static uint8_t buf[TG_WIRE_MAX];
	struct decode_msg m;
	const char *why;
	ssize_t n = recv(w->fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_TRUNC);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		if (w == peer)
			drop_peer(n ? strerror(errno) : "the plugin closed the connection");
		else
			drop_candidate(NULL);
		return;
	}
	why = (size_t)n > sizeof(buf) ? "longer than a message may be" :
	      decode_msg(buf, (size_t)n, &m);
	if (!why && (m.type == TG_WIRE_HELLO) == (w == peer))
		why = w == peer ? "a second hello" : "a message before hello";
	if (why) {
		bad_message(w, why);
		return;
	}
	if (w != peer)
		promote(w);
	else
		heard();
	stay_alive();
	dispatch(&m);
}

static void incoming(struct watch *w, uint32_t events)
{
	int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	if (!socket_from_root(fd)) {
		log_say(LOG_WARNING, "plugin-refused", "the peer is not root",
			"charon must run as root to be believed");
		close(fd);
		return;
	}
	drop_candidate(NULL);
	if (watch_start(candidate(), fd, EPOLLIN, readable))
		close(fd);
	else
		timer_start(&unheard, conf.charon.heartbeat_ms, drop_candidate);
}

void plugin_again(void)
{
	drop_peer("it is to tell of all IKE SAs again");
}

int plugin_start(void)
{
	int fd = socket_listen(conf.agent.plugin_socket), err;

	if (fd < 0)
		return fd;
	err = watch_start(&listener, fd, EPOLLIN, incoming);
	if (err)
		close(fd);
	return err;
}

void plugin_stop(void)
{
	watch_close(&slots[0]);
	watch_close(&slots[1]);
	watch_close(&listener);
	unlink(conf.agent.plugin_socket);
}
