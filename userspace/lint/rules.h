/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lint of strongSwan's configuration. What is asked of it is data, the file
 * policy/lint/strongswan.rules; Documentation/lint.rst describes it. Nothing here opens
 * a file.
 */
#ifndef TRUSTGATE_LINT_RULES_H
#define TRUSTGATE_LINT_RULES_H

#include "lint/settings.h"

/* Which end of the tunnel a connection is; a mask. */
enum { LINT_HENB = 1, LINT_SEGW = 2 };
/* How an H(e)NB learns of revocation; a mask. */
enum { LINT_INBAND = 1, LINT_DIRECT = 2, LINT_INTUNNEL = 4 };
/* How it reaches its H(e)MS, in the same mask: with TLS. */
enum { LINT_HEMS_TLS = 8 };

enum lint_level { LINT_WARNING, LINT_ERROR };

struct lint_context {
	/*
	 * Roles of this box; 0: not known. A connection that has pools, so that it gives
	 * addresses away, is then taken for a SeGW's, any other for an H(e)NB's.
	 */
	unsigned int roles;
	unsigned int modes;
	const char *hems;	/* selector of a H(e)MS outside of the tunnel; NULL: none */
	const char *peer;	/* name the agent expects of the SeGW; NULL: not known */
	bool signs;		/* the agent signs AUTH: charon needs no token */
	bool fragment;		/* a part of a configuration: what is not in it is not judged */
};

struct lint_finding {
	enum lint_level level;
	const char *file;
	int line;		/* of the value, or of the section that lacks it; 0: none */
	const char *key;	/* "connections.segw.mobike" */
	const char *value;	/* as given, or strongSwan's default; may be "" */
	bool absent;		/* @value is the default: the key is not there */
	const char *rule, *clause, *why, *remedy;
};

/* @finding is the callee's for the time of the call. */
typedef void lint_found_fn(void *arg, const struct lint_finding *finding);

struct lint_rules;

/*
 * Read rules from @len octets of @text, called @file. Errors go to @calls, whose include
 * is not used. NULL after an error: then nothing can be judged.
 */
struct lint_rules *lint_rules_parse(const char *file, const char *text, size_t len,
				    const struct settings_calls *calls);
void lint_rules_free(struct lint_rules *rules);

/* Identifier of rule @n, NULL behind the last one. */
const char *lint_rule_id(const struct lint_rules *rules, unsigned int n);

/*
 * Judge @root, the resolved tree of swanctl.conf and what it includes; each departure
 * goes to @found.
 */
void lint_swanctl(const struct lint_rules *rules, const struct settings_section *root,
		  const struct lint_context *context, lint_found_fn *found, void *arg);
/* The same of strongswan.conf, settings of the IKE daemon. */
void lint_strongswan(const struct lint_rules *rules, const struct settings_section *root,
		     const struct lint_context *context, lint_found_fn *found, void *arg);

/* The same of the settings of a CWMP client. */
void lint_cwmp(const struct lint_rules *rules, const struct settings_section *root,
	       const struct lint_context *context, lint_found_fn *found, void *arg);

/* Roles of the connections in @root of swanctl.conf, when none is known; 0: no connection. */
unsigned int lint_roles(const struct settings_section *root);

/* The section of @root that the daemon which Debian starts reads; NULL: none. */
const struct settings_section *lint_daemon(const struct settings_section *root);

#endif /* TRUSTGATE_LINT_RULES_H */
