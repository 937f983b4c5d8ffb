/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two files of the SeGW's configuration share with segw/config.c. */
#ifndef TRUSTGATE_SEGW_CONFIG_VALUES_H
#define TRUSTGATE_SEGW_CONFIG_VALUES_H

#include "segw/config.h"

/* What a value may be, and what it is when it is not given. */
struct value_limits {
	uint32_t min, max, preset;
	const char *text;	/* words to choose from; preset of a text */
	bool required;
};

/* Store @value at @member. NULL, or the rule that it breaks. */
typedef const char *value_fn(const struct value_limits *limits, const char *value, void *member);

value_fn value_ms, value_u32, value_text, value_path, value_bool, value_choice, value_ifname;
value_fn value_uri, value_uris, value_server, value_hosts, value_networks, value_rounds;

void value_preset(value_fn *store, const struct value_limits *limits, void *member);

/* config_together.c: what no single value shows. Returns the number of errors. */
struct config_together {
	struct segw_config *config;
	const char *file;
	segw_report_fn *report;
	void *arg;
	int errors;
};

int config_check_together(struct config_together *t);

/*
 * Copy the next element of a list with commas into @out, without the blanks around
 * it. False at the list's end; what does not fit is cut to @size - 1 octets, which
 * no caller takes for a good value.
 */
bool value_next(const char **list, char *out, size_t size);

#endif /* TRUSTGATE_SEGW_CONFIG_VALUES_H */
