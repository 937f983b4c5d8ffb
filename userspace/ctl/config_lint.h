/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of "trustgate check config" share. */
#ifndef TRUSTGATE_CONFIG_LINT_H
#define TRUSTGATE_CONFIG_LINT_H

#include "ctl.h"
#include "lint/rules.h"
#include "lint/settings.h"

/* What a file is. */
enum config_kind {
	CONFIG_KIND_UNKNOWN,
	CONFIG_KIND_AGENT,	/* trustgated.conf */
	CONFIG_KIND_SWANCTL,	/* swanctl.conf, or a part of it */
	CONFIG_KIND_STRONGSWAN,	/* strongswan.conf, or a part of it */
	CONFIG_KIND_PLUGIN,	/* of strongswan.d/charon: what belongs to charon.plugins */
	CONFIG_KIND_REFERENCE,	/* reference policy of the TPM */
	CONFIG_KIND_PROFILE,	/* of certificates */
	CONFIG_KIND_RULES,	/* of this lint */
	CONFIG_KIND_MODPROBE,	/* of modprobe.d */
	CONFIG_KIND_CWMP,	/* of a CWMP client */
	CONFIG_KIND_IPSEC,	/* ipsec.conf or ipsec.secrets, which swanctl's charon does not read */
};

/* All that is found, as text at once and as JSON in the end. */
struct config_report {
	const struct ctl *ctl;
	json_t *files, *errors, *warnings;
	unsigned int nerrors;
};

/* config_report.c: @value of a finding is never a secret. */
void report_init(struct config_report *report, const struct ctl *ctl);
void report_finding(struct config_report *report, const struct lint_finding *finding);
void report_error(struct config_report *report, const char *file, int line, const char *key,
		  const char *value, const char *rule, const char *why, const char *remedy);
/* Prints the document when JSON is wanted; the exit status. Frees. */
int report_end(struct config_report *report);

/* config_file.c: the whole of a regular file of at most @max octets, with a NUL behind it;
 * to be freed. NULL after having reported.
 */
char *config_read(struct config_report *report, const char *path, size_t max, size_t *len);

/* One tree of settings, and what reads it. */
struct config_tree {
	struct config_report *report;
	struct settings *settings;
	unsigned int files, depth;
	bool failed;
};

/* NULL when out of memory; reported. */
struct settings *tree_init(struct config_tree *tree, struct config_report *report);
struct settings_calls tree_calls(struct config_tree *tree);
/* Reads @path and what it includes into @into. 0, or -1 after having reported. */
int tree_read(struct config_tree *tree, struct settings_section *into, const char *path);

/* config_kind.c: by name and content, see trustgate(8). */
enum config_kind config_kind(const char *path, const char *text, size_t len);
/* The kind of settings that @root has the sections of; CONFIG_KIND_UNKNOWN: none. */
enum config_kind config_kind_of(const struct settings_section *root);
/*
 * config_rules.c: the rules of @name, "strongswan" or "cwmp", looked for as profiles are:
 * the administrator's, those beside the program, those that were installed. NULL after
 * having reported.
 */
struct lint_rules *config_rules(struct config_report *report, const char *name);

/*
 * config_keys.c: reports each private key in the directories beside @swanctl, a
 * swanctl.conf: swanctl loads what is in them. Of an H(e)NB, whose key is in the TrE.
 */
void config_keys(struct config_report *report, const char *swanctl);

/*
 * config_path.c: reports each certificate of @root's connections with which charon would
 * send more than four, by what is in the directories beside @swanctl.
 */
void config_path(struct config_report *report, const struct settings_section *root,
		 const char *swanctl);

/* config_rounds.c: reports a round that the agent asks for and no connection in @root has. */
struct config;
void config_rounds(struct config_report *report, const struct settings_section *root,
		   const char *path, const struct config *agent);

/* config_modprobe.c: whether @line is one of modprobe.d(5), and the errors in a file of it. */
bool config_is_modprobe(const char *line, size_t len);
void config_modprobe(struct config_report *report, const char *path, const char *text, size_t len);

/* config_named.c: files that the agent's configuration of @path names, and swanctl's. */
void config_named(struct config_report *report, const char *path, const struct config *agent);
void config_named_swanctl(struct config_report *report, const char *path,
			  const struct settings_section *root);
/* A reference policy: its parser's words are "line N: why (what to do)". */
void config_reference(struct config_report *report, const char *path, const char *text, size_t len);

/* By the name that --kind takes; CONFIG_KIND_UNKNOWN: there is none. */
enum config_kind config_kind_parse(const char *name);

#endif /* TRUSTGATE_CONFIG_LINT_H */
