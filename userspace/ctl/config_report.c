// SPDX-License-Identifier: GPL-2.0-or-later
/* What "trustgate check config" found, for people and for machines. */
#include <string.h>

#include "config_lint.h"

void report_init(struct config_report *report, const struct ctl *ctl)
{
	*report = (struct config_report){
		.ctl = ctl, .files = json_array(), .errors = json_array(),
		.warnings = json_array(),
	};
}

/* "trustgate: FILE:LINE: KEY = VALUE: WHY [RULE, CLAUSE] (REMEDY)" */
static void print_finding(const struct lint_finding *f)
{
	const char *mark = f->level == LINT_WARNING ? "warning: " : "";
	char key[TEXT_ROOM], value[TEXT_ROOM], file[TEXT_ROOM], where[24] = "";

	if (f->line)
		snprintf(where, sizeof(where), ":%d", f->line);
	clean(key, sizeof(key), f->key);
	clean(value, sizeof(value), f->value);
	clean(file, sizeof(file), f->file);
	fprintf(stderr, "trustgate: %s%s: %s%s", file, where, mark, key);
	if (f->absent)
		fprintf(stderr, " is not set%s%s", *value ? ", which means " : "", value);
	else
		fprintf(stderr, "%s%s", *key && *value ? " = " : "", value);
	fprintf(stderr, "%s%s [%s%s%s]", *key || *value ? ": " : "", f->why, f->rule,
		*f->clause ? ", " : "", f->clause);
	fprintf(stderr, *f->remedy ? " (%s)\n" : "%s\n", f->remedy);
}

void report_finding(struct config_report *report, const struct lint_finding *f)
{
	json_t *e = json_object();

	print_finding(f);
	json_object_set_new(e, "file", json_text(f->file));
	json_object_set_new(e, "line", json_integer(f->line));
	json_object_set_new(e, "key", json_text(f->key));
	json_object_set_new(e, "value", json_text(f->value));
	json_object_set_new(e, "default", json_boolean(f->absent));
	json_object_set_new(e, "rule", json_text(f->rule));
	json_object_set_new(e, "clause", json_text(f->clause));
	json_object_set_new(e, "why", json_text(f->why));
	json_object_set_new(e, "remedy", json_text(f->remedy));
	if (f->level == LINT_ERROR)
		report->nerrors++;
	json_array_append_new(f->level == LINT_ERROR ? report->errors : report->warnings, e);
}

void report_error(struct config_report *report, const char *file, int line, const char *key,
		  const char *value, const char *rule, const char *why, const char *remedy)
{
	const struct lint_finding f = {
		.level = LINT_ERROR, .file = file, .line = line, .key = key ? key : "",
		.value = value ? value : "", .rule = rule, .clause = "", .why = why,
		.remedy = remedy ? remedy : "",
	};

	report_finding(report, &f);
}

int report_end(struct config_report *report)
{
	int status = report->nerrors ? EXIT_FAILED : EXIT_OPEN;
	json_t *doc = json_object();

	json_object_set_new(doc, "ok", json_boolean(!report->nerrors));
	json_object_set_new(doc, "files", report->files);
	json_object_set_new(doc, "errors", report->errors);
	json_object_set_new(doc, "warnings", report->warnings);
	if (report->ctl->json)
		return json_emit(doc, "trustgate.check-config/1", true, status);
	json_decref(doc);
	return status;
}
