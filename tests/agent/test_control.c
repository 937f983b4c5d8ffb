// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Both ends of the control socket, for as many contexts as there are: the agent's side in a
 * child with all but the socket left out, the tool's side here.
 */
#include "agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/appraisal.h"
#include "agent/context.h"
#include "agent/devid.h"
#include "agent/log.h"
#include "ctl/ctl.h"
#include "../lib/tap.h"

#define CONTEXTS	20000

struct config conf;
static char path[sizeof(((struct sockaddr_un *)0)->sun_path)];

json_t *context_json(void)
{
	json_t *list = json_array();

	for (int i = 0; i < CONTEXTS; i++)
		json_array_append_new(list, json_pack("{s:i, s:s, s:s}", "id", i, "peer",
			"0000B9-0123456789abcdef.vendor.test", "detail",
			"ocsp.good: not revoked, good until 2026-09-21T15:12:20Z"));
	return list;
}

json_t *integrity_json(void) { return json_null(); }
json_t *appraisal_json(void) { return json_null(); }
json_t *report_json(void) { return json_null(); }
json_t *tre_chain_json(void) { return json_null(); }
json_t *auth_json(void) { return json_null(); }
json_t *clock_json(void) { return json_null(); }
json_t *revoked_json(void) { return json_null(); }
void clock_reset(void)
{
}

json_t *start_json(void) { return json_null(); }
json_t *devid_json(void) { return json_null(); }
const char *config_mode_name(uint32_t mode) { return mode ? "direct" : "inband"; }
unsigned int verify_sha1(void) { return 0; }
bool plugin_connected(void) { return true; }
const char *plugin_daemon(void) { return "charon"; }
bool start_reached(void) { return true; }
void start_now(void) { }
bool context_recheck(uint32_t id) { return id < CONTEXTS; }
const char *context_ask_devid(uint32_t id) { return id < CONTEXTS ? NULL : "no such context"; }
bool socket_from_root(int fd) { return fd >= 0; }
void log_say(int priority, const char *decision, const char *value, const char *remedy)
{
	printf("# %d %s: %s (%s)\n", priority, decision, value ?: "", remedy ?: "");
}

/* Not ../userspace/agent/socket.c: it wants root. */
int socket_listen(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(addr.sun_path, name, strlen(name) + 1);
	return bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 16) ? -errno : fd;
}

/* The tool's text.c and json.c have more below them than this needs. */
const char *clean(char *buf, size_t len, const char *s)
{
	snprintf(buf, len, "%s", s);
	return buf;
}

const char *json_str(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key)) ?: "";
}

static pid_t serve(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(conf.agent.control_socket, sizeof(conf.agent.control_socket), "%s", path);
	if (loop_init() || control_start())
		_exit(1);
	_exit(loop_run() != 0);
}

static json_t *ask(json_t *request, char *err, size_t len)
{
	struct ctl ctl = { .socket = path };
	json_t *reply;

	snprintf(err, len, "%s", "");
	return control_ask(&ctl, request, &reply, err, len) ? NULL : reply;
}

static int connected(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	memcpy(addr.sun_path, path, sizeof(path));
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	close(fd);
	return -1;
}

static void test_status(void)
{
	char err[256];
	json_t *reply = ask(json_pack("{s:s}", "verb", "status"), err, sizeof(err)), *list;

	list = json_object_get(reply, "contexts");
	if (!tap_ok(json_array_size(list) == CONTEXTS,
		    "a status of %u contexts arrives whole", CONTEXTS))
		printf("# %s\n", err);
	tap_ok(json_integer_value(json_object_get(json_array_get(list, CONTEXTS - 1), "id")) ==
	       CONTEXTS - 1, "and the last of them is the last");
	json_decref(reply);
	reply = ask(json_pack("{s:s, s:i}", "verb", "recheck", "id", 3), err, sizeof(err));
	tap_ok(reply, "a short reply arrives as before");
	json_decref(reply);
	reply = ask(json_pack("{s:s, s:i}", "verb", "recheck", "id", CONTEXTS), err, sizeof(err));
	tap_ok(!reply && strstr(err, "no such context"), "and so does a refusal: %s", err);
}

/* Some that ask and read nothing: others get their answer all the same. */
static void test_unread(void)
{
	static const char request[] = "{\"verb\":\"status\"}";
	char err[256];
	int fds[4];
	json_t *reply;
	bool sent = true;

	for (int i = 0; i < 4; i++) {
		fds[i] = connected();
		sent = sent && send(fds[i], request, strlen(request), MSG_NOSIGNAL) > 0;
	}
	tap_ok(sent, "four ask, and read nothing");
	reply = ask(json_pack("{s:s}", "verb", "status"), err, sizeof(err));
	tap_ok(json_array_size(json_object_get(reply, "contexts")) == CONTEXTS,
	       "a fifth gets its status whole");
	json_decref(reply);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
	reply = ask(json_pack("{s:s}", "verb", "status"), err, sizeof(err));
	tap_ok(reply, "they go without, and the agent stays");
	json_decref(reply);
}

/* An agent that ends in the middle of its answer. */
static void test_cut(void)
{
	static const char half[] = "{\"ok\":true,\"contexts\":[{\"id\":1},";
	int fd, client;
	char err[256];
	pid_t pid;

	unlink(path);
	fd = socket_listen(path);
	pid = fork();
	if (!pid) {
		char buf[256];

		fcntl(fd, F_SETFL, 0);
		client = accept(fd, NULL, NULL);
		_exit(recv(client, buf, sizeof(buf), 0) < 0 ||
		      send(client, half, strlen(half), MSG_NOSIGNAL) < 0);
	}
	tap_ok(!ask(json_pack("{s:s}", "verb", "status"), err, sizeof(err)) && *err,
	       "half an answer is none: %s", err);
	waitpid(pid, NULL, 0);
	close(fd);
}

int main(void)
{
	char dir[] = "/tmp/trustgate-control.XXXXXX";
	pid_t agent;

	tap_start();
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/control.sock", dir);
	agent = serve();
	for (int i = 0, fd = -1; i < 100 && fd < 0; i++, close(fd)) {
		usleep(50000);
		fd = connected();
	}
	test_status();
	test_unread();
	kill(agent, SIGTERM);
	waitpid(agent, NULL, 0);
	test_cut();
	unlink(path);
	rmdir(dir);
	return tap_end();
}
