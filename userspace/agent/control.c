// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The operator's socket: one JSON request a connection, one JSON reply, for
 * root only. It answers from memory and waits for nothing. A reply has no limit: it goes
 * out in as many packets as it takes, and ends where the connection does.
 */
#include "agent/agent.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/appraisal.h"
#include "agent/devid.h"
#include "agent/log.h"

#define REQUEST_MAX	4096
#define CLIENTS_MAX	8
#define CLIENT_MS	5000	/* without a sign of the client */
#define PACKET_MAX	32768	/* well below the least send buffer there is */

struct client {
	struct watch watch;
	struct timer deadline;
	char *reply;
	size_t len, sent;
};

static struct watch listener = { .fd = -1 };
static struct client clients[CLIENTS_MAX];

json_t *control_text(const char *text)
{
	char clean[512];
	size_t i;

	for (i = 0; text[i] && i < sizeof(clean) - 1; i++)
		clean[i] = isprint((unsigned char)text[i]) ? text[i] : '?';
	clean[i] = '\0';
	return json_string(clean);
}

static json_t *failure(const char *why)
{
	return json_pack("{s:b, s:s}", "ok", 0, "error", why);
}

/* The modes in their order; none of them: not configured (HNB-AUTH-15). */
static json_t *revocation_json(void)
{
	bool required = conf.gate.required & 1u << TRUSTGATE_EVIDENCE_KIND_REVOCATION;
	json_t *modes = json_array();

	for (uint32_t i = 0; i < conf.ocsp.nmodes; i++)
		json_array_append_new(modes, json_string(config_mode_name(conf.ocsp.modes[i])));
	required = required && (conf.ocsp.nmodes || conf.agent.role == CONFIG_ROLE_SEGW);
	return json_pack("{s:b, s:o, s:I, s:o}", "configured", required, "modes", modes,
			 "sha1_accepted", (json_int_t)verify_sha1(),
			 "known", revoked_json());
}

static json_t *status(void)
{
	bool segw = conf.agent.role == CONFIG_ROLE_SEGW;

	return json_pack("{s:b, s:s, s:s, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:b, s:o}, s:{s:b}, s:o, s:o, s:o}",
			 "ok", 1, "schema", "trustgate.agent/1", "version", AGENT_VERSION,
			 "role", segw ? "segw" : "henb",
			 "pid", (json_int_t)getpid(),
			 "tre", integrity_json(),
			 "integrity_info", segw ? appraisal_json() : report_json(),
			 "revocation", revocation_json(), "tre_chain", tre_chain_json(),
			 "auth", auth_json(), "clock", clock_json(),
			 "plugin", "connected", plugin_connected(),
			 "daemon", control_text(plugin_daemon()),
			 "vici", "connected", start_reached(),
			 "start", start_json(), "contexts", context_json(), "devid", devid_json());
}

static json_t *recheck(json_t *request)
{
	json_t *id = json_object_get(request, "id");
	json_int_t n = json_integer_value(id);

	if (id && (!json_is_integer(id) || n < 0 || n > UINT32_MAX))
		return failure("recheck: id is not a context's number (see trustgate status)");
	if (!context_recheck((uint32_t)n))
		return failure("recheck: the agent knows no such context (see trustgate status)");
	if (!n)
		start_now();
	return json_pack("{s:b}", "ok", 1);
}

static json_t *reset_clock(json_t *request)
{
	if (json_is_true(json_object_get(request, "reset")))
		clock_reset();
	return json_pack("{s:b, s:o}", "ok", 1, "clock", clock_json());
}

static json_t *ask_devid(json_t *request)
{
	json_t *id = json_object_get(request, "id");
	json_int_t n = json_integer_value(id);
	const char *why;

	if (id && (!json_is_integer(id) || n < 0 || n > UINT32_MAX))
		return failure("devid: id is not a context's number (see trustgate status)");
	why = context_ask_devid((uint32_t)n);
	return why ? json_pack("{s:b, s:s+}", "ok", 0, "error", "devid: ", why) :
		     json_pack("{s:b}", "ok", 1);
}

static json_t *answer(const char *text, size_t len)
{
	json_t *request = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const char *verb = json_string_value(json_object_get(request, "verb"));
	json_t *reply;

	if (!verb)
		reply = failure("request: not a JSON object with a verb "
				"(use the trustgate tool of this version)");
	else if (!strcmp(verb, "status"))
		reply = status();
	else if (!strcmp(verb, "recheck"))
		reply = recheck(request);
	else if (!strcmp(verb, "clock"))
		reply = reset_clock(request);
	else if (!strcmp(verb, "devid"))
		reply = ask_devid(request);
	else
		reply = failure("request: unknown verb (use the trustgate tool of this version)");
	json_decref(request);
	return reply;
}

static void close_client(struct client *c)
{
	watch_close(&c->watch);
	timer_stop(&c->deadline);
	free(c->reply);
	c->reply = NULL;
}

static void late(struct timer *t)
{
	close_client(container_of(t, struct client, deadline));
}

/* One that does not read its answer goes without. */
static void writable(struct watch *w, uint32_t events)
{
	struct client *c = container_of(w, struct client, watch);
	size_t left = c->len - c->sent;
	ssize_t n = send(w->fd, c->reply + c->sent, left < PACKET_MAX ? left : PACKET_MAX,
			 MSG_NOSIGNAL | MSG_DONTWAIT);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0)
		log_say(LOG_WARNING, "control", "an answer could not be sent", strerror(errno));
	else
		c->sent += (size_t)n;
	if (n <= 0 || c->sent == c->len)
		close_client(c);
	else
		timer_start(&c->deadline, CLIENT_MS, late);
}

static void readable(struct watch *w, uint32_t events)
{
	struct client *c = container_of(w, struct client, watch);
	char buf[REQUEST_MAX];
	ssize_t n = recv(w->fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_TRUNC);
	json_t *reply;

	(void)events;
	if (n <= 0) {
		close_client(c);
		return;
	}
	if ((size_t)n > sizeof(buf))
		reply = failure("request: too long (at most 4096 octets)");
	else
		reply = answer(buf, (size_t)n);
	c->reply = reply ? json_dumps(reply, JSON_COMPACT) : NULL;
	json_decref(reply);
	c->len = c->reply ? strlen(c->reply) : 0;
	c->sent = 0;
	w->ready = writable;
	if (c->reply && !watch_events(w, EPOLLOUT))
		return;
	log_say(LOG_WARNING, "control", "no memory for an answer", NULL);
	close_client(c);
}

static void incoming(struct watch *w, uint32_t events)
{
	int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *c = NULL;

	(void)events;
	if (fd < 0)
		return;
	for (size_t i = 0; i < CLIENTS_MAX && !c; i++)
		if (clients[i].watch.fd < 0)
			c = &clients[i];
	if (!c || !socket_from_root(fd) || watch_start(&c->watch, fd, EPOLLIN, readable))
		close(fd);
	else
		timer_start(&c->deadline, CLIENT_MS, late);
}

int control_start(void)
{
	int fd = socket_listen(conf.agent.control_socket), err;

	if (fd < 0)
		return fd;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		clients[i].watch.fd = -1;
	err = watch_start(&listener, fd, EPOLLIN, incoming);
	if (err)
		close(fd);
	return err;
}

void control_stop(void)
{
	watch_close(&listener);
	unlink(conf.agent.control_socket);
}
