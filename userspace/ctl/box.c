// SPDX-License-Identifier: GPL-2.0-or-later
/* What the gate and the agent say of this box, and what is wrong with it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ctl.h"

#define PROBLEM_ROOM	((size_t)4096)

/* "why (what to do)" in two; NULL when no remedy is in it. */
static char *split_remedy(char *why)
{
	size_t n = strlen(why);
	char *open = NULL;

	if (!n || why[n - 1] != ')')
		return NULL;
	for (char *p = why; (p = strstr(p, " (")); p++)
		open = p;
	if (!open)
		return NULL;
	why[n - 1] = '\0';
	*open = '\0';
	return strdup(open + 2);
}

void box_problem(struct box *box, const char *what, const char *why, const char *todo)
{
	struct problem *p;
	char *room;

	if (box->nproblems == PROBLEMS_MAX)
		return;
	p = &box->problems[box->nproblems++];
	snprintf(p->what, sizeof(p->what), "%s", what);
	room = malloc(PROBLEM_ROOM);
	p->why = room ? strdup(clean(room, PROBLEM_ROOM, why)) : NULL;
	if (todo)
		p->todo = strdup(todo);
	else if (p->why)
		p->todo = split_remedy(p->why);
	free(room);
}

/* Of a line of the library, which already is "what: why (what to do)". */
static void problem_line(struct box *box, const char *line)
{
	const char *colon = strstr(line, ": ");
	char what[32];

	if (!colon || (size_t)(colon - line) >= sizeof(what)) {
		box_problem(box, "gate", line, NULL);
		return;
	}
	snprintf(what, sizeof(what), "%.*s", (int)(colon - line), line);
	box_problem(box, what, colon + 2, NULL);
}

static void load_gate(struct ctl *ctl, struct box *box)
{
	char err[640];
	int rc = tg_open(&ctl->tg, err, sizeof(err));

	if (rc) {
		box->gate_status = rc == -ENOENT ? EXIT_ABSENT : gate_status(rc);
		problem_line(box, err);
		return;
	}
	rc = tg_config_get(ctl->tg, &box->config);
	if (!rc)
		rc = tg_context_dump(ctl->tg, &box->contexts, &box->ncontexts);
	if (!rc)
		rc = tg_sa_dump(ctl->tg, &box->sas, &box->nsas);
	if (!rc)
		rc = tg_agent_get(ctl->tg, &box->agent);
	box->registered = !rc;
	if (rc && rc != -ENOENT) {
		box->gate_status = gate_status(rc);
		problem_line(box, tg_error(ctl->tg));
	}
}

static void judge_gate(struct box *box)
{
	if (box->gate_status)
		return;
	if (box->config.mode == TRUSTGATE_MODE_OFF)
		box_problem(box, "gate", "off in this network namespace, nothing is held",
			    "trustgate config set mode=enforce");
	else if (box->config.mode == TRUSTGATE_MODE_OBSERVE)
		box_problem(box, "gate", "only observes, what it would hold passes",
			    "trustgate config set mode=enforce");
}

static void judge_agent(struct box *box, const char *control_error)
{
	bool silent = !box->control;
	char *why = NULL;

	if (box->gate_status) {
		/* Then it is at most a second problem. */
		if (silent)
			box_problem(box, "agent", control_error, NULL);
	} else if (!box->registered && silent) {
		if (asprintf(&why, "none is registered with the gate, and %s", control_error) >= 0)
			box_problem(box, "agent", why, NULL);
	} else if (!box->registered) {
		box_problem(box, "agent", "it runs but is not registered with the gate of this network namespace",
			    "use ip netns exec for the agent's own namespace; journalctl -u trustgated says more");
	} else if (silent) {
		if (asprintf(&why, "registered as %s, but %s", box->agent.name, control_error) >= 0)
			box_problem(box, "agent", why, NULL);
	}
	if (!box->gate_status && box->registered && !box->agent.lease_left_ms)
		box_problem(box, "agent", "its lease has run out, so everything is held",
			    "systemctl restart trustgated; journalctl -u trustgated says why it was late");
	free(why);
}

/* For verdicts whose detail names no remedy, and for a device that isn't there. */
static const char *tre_remedy(const char *verdict)
{
	if (strcmp(verdict, "fail") == 0)
		return "boot known software, or install a policy that knows what runs";
	if (strcmp(verdict, "unavailable") == 0)
		return "enable the TPM in the firmware, modprobe tpm_crb or tpm_tis, check tcti in trustgated.conf";
	return "wait, or trustgate recheck";
}

static void judge_tre(struct box *box, json_t *tre)
{
	const char *verdict = json_str(tre, "verdict"), *rule = json_str(tre, "rule");
	const char *detail = json_str(tre, "detail");
	char *why = NULL, *own;

	if (strcmp(verdict, "pass") == 0)
		return;
	if (asprintf(&why, "%s%s%s%s%s", *verdict ? verdict : "no verdict", *rule ? ", " : "", rule,
		     *detail ? ": " : "", detail) < 0)
		return;
	own = split_remedy(why);
	if (!own || strcmp(rule, "tre.tpm.open") == 0)
		box_problem(box, "tpm", why, tre_remedy(verdict));
	else
		box_problem(box, "tpm", why, own);
	free(own);
	free(why);
}

static void judge_charon(struct box *box)
{
	json_t *plugin = json_object_get(box->control, "plugin");
	json_t *vici = json_object_get(box->control, "vici");

	if (!json_is_true(json_object_get(plugin, "connected")))
		box_problem(box, "charon", "its trustgate plugin is not connected to the agent, so no SA can be announced",
			    "systemctl start strongswan; swanctl --stats has to list trustgate among the plugins");
	if (!json_is_true(json_object_get(vici, "connected")))
		box_problem(box, "charon", "the agent has no VICI connection, so it can't start or end a tunnel",
			    "systemctl start strongswan; check vici in trustgated.conf");
}

static void judge_start(struct box *box)
{
	json_t *start = json_object_get(box->control, "start");
	const char *error = json_str(start, "last_error");
	json_int_t retry = json_integer_value(json_object_get(start, "retry_in_s"));
	char *why = NULL;

	if (strcmp(json_str(start, "state"), "backoff") != 0)
		return;
	if (asprintf(&why, "attempt %" JSON_INTEGER_FORMAT " failed: %s; next in %" JSON_INTEGER_FORMAT " s",
		     json_integer_value(json_object_get(start, "attempts")),
		     *error ? error : "no reason given", retry) < 0)
		return;
	box_problem(box, "tunnel", why, "journalctl -u strongswan; trustgate recheck tries at once");
	free(why);
}

void box_load(struct ctl *ctl, struct box *box)
{
	char err[TEXT_ROOM + 128];
	json_t *request;

	memset(box, 0, sizeof(*box));
	tg_close(ctl->tg);
	ctl->tg = NULL;
	load_gate(ctl, box);
	request = json_pack("{s:s}", "verb", "status");
	control_ask(ctl, request, &box->control, err, sizeof(err));
	judge_gate(box);
	judge_agent(box, err);
	if (!box->control) {
		probe_box(box);
		return;
	}
	judge_tre(box, json_object_get(box->control, "tre"));
	judge_charon(box);
	judge_start(box);
}

void box_free(struct box *box)
{
	for (unsigned int i = 0; i < box->nproblems; i++) {
		free(box->problems[i].why);
		free(box->problems[i].todo);
	}
	free(box->contexts);
	free(box->sas);
	json_decref(box->control);
	memset(box, 0, sizeof(*box));
}

void box_complain(const struct box *box)
{
	for (unsigned int i = 0; i < box->nproblems; i++) {
		const struct problem *p = &box->problems[i];

		complain(p->what, p->why ? p->why : "out of memory", p->todo);
	}
}

json_t *box_problems(const struct box *box)
{
	json_t *a = json_array();

	for (unsigned int i = 0; i < box->nproblems; i++) {
		const struct problem *p = &box->problems[i];
		json_t *o = json_object();

		json_object_set_new(o, "what", json_text(p->what));
		json_object_set_new(o, "why", json_text(p->why ? p->why : "out of memory"));
		json_object_set_new(o, "todo", json_text(p->todo ? p->todo : ""));
		json_array_append_new(a, o);
	}
	return a;
}

const struct tg_context *box_context(const struct box *box, uint32_t id)
{
	for (size_t i = 0; i < box->ncontexts; i++)
		if (box->contexts[i].id == id)
			return &box->contexts[i];
	return NULL;
}

/* Held by itself: nobody's, or refused although its context is open. */
bool sa_is_loose(const struct tg_sa *sa)
{
	if (sa->state == TRUSTGATE_STATE_GONE || sa->state == TRUSTGATE_STATE_ABSENT)
		return false;
	return !sa->context_id || sa->state == TRUSTGATE_STATE_UNBOUND;
}

int box_status(const struct box *box, uint32_t id)
{
	size_t tunnels = 0, held = 0, rejected = 0;

	if (box->gate_status)
		return box->gate_status;
	if (!box->registered || !box->agent.lease_left_ms)
		return EXIT_ABSENT;
	for (size_t i = 0; i < box->ncontexts; i++) {
		const struct tg_context *c = &box->contexts[i];

		if (c->state == TRUSTGATE_STATE_GONE || (id && c->id != id))
			continue;
		tunnels++;
		if (c->state == TRUSTGATE_STATE_REJECTED)
			rejected++;
		else if (!state_is_open(c->state))
			held++;
	}
	for (size_t i = 0; !id && i < box->nsas; i++)
		held += sa_is_loose(&box->sas[i]);
	if (rejected)
		return EXIT_REJECTED;
	/* Without a tunnel nothing can pass, which is not "all open". */
	return held || !tunnels ? EXIT_HELD : EXIT_OPEN;
}
